//! What the statements of sign-ins, starts and checks read of PostgreSQL's tables, however many rows there are and whatever is
//! known of them. (SQLite is held to the same by its own counters, in `src/store/engine/statement_cost.rs`.)

use std::collections::BTreeMap;
use std::time::Duration;

use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, Row as _, raw_sql};
use vestibule::domain::{AttemptKind, Creation, GroupClaim, User};
use vestibule::store::{SignInFilter, Store};

use super::database::Database;
use super::world::{NOW, World, new_attempt, profile, signed_in, user};
use crate::support::people;

/// Of each table: sequential scans, index scans, and the rows that both have found.
type Counters = BTreeMap<String, [i64; 3]>;

/// As many users as wanted, each with an identity at the connection, a session, a sign-in that succeeded, one that is open, and a
/// group of their own company; and as many again in another company.
const FILL: &str = "
INSERT INTO company (id, slug, name, return_origins, created_at, revision)
    SELECT 'other', 'other', 'other', '[]', 0, 0;
INSERT INTO account (id, company_id, email, email_key, first_name, last_name, company_name, created_by, created_at, password)
    SELECT c.id || n, c.id, n || '@fill.example', n || '@fill.example', 'B.', 'Simon', '', 'administrator', 0, 'x'
    FROM company c, generate_series(1, $USERS) n;
INSERT INTO identity (connection_id, subject, user_id, created_at)
    SELECT c.id, 'oid:' || n, c.company_id || n, 0 FROM connection c, generate_series(1, $USERS) n;
INSERT INTO permission_group (id, company_id, title, kind, sso_only, created_at)
    SELECT 'group' || c.id || n, c.id, 'group ' || n, 'member', 0, 0 FROM company c, generate_series(1, $USERS / 10) n;
INSERT INTO group_grant (user_id, group_id, source, created_at)
    SELECT c.id || n, 'group' || c.id || (1 + n % ($USERS / 10)), 'administrator', 0 FROM company c, generate_series(1, $USERS) n;
INSERT INTO session (session_key, user_id, company_id, attempt_id, signed_in_at, expires_at, idle_ms, last_seen_at, data)
    SELECT decode(md5(c.id || n) || md5(c.id || n), 'hex'), c.id || n, c.id, 'a', 0, 0, 0, 0, '{}' FROM company c, generate_series(1, $USERS) n;
INSERT INTO login_attempt (id, code, company_id, kind, request_id, browser_hash, started_at, expires_at, outcome, summary, record)
    SELECT 'open' || c.id || n, 'ABCD', c.id, 'saml', '_' || n, 'x', n, n, 'open', '', '' FROM company c, generate_series(1, $USERS) n;
INSERT INTO login_attempt (id, code, company_id, kind, request_id, browser_hash, started_at, expires_at, outcome, summary, record, user_id)
    SELECT 'done' || c.id || n, 'ABCD', c.id, 'saml', '=' || n, 'x', n, n, 'signed_in', '', '', c.id || n FROM company c, generate_series(1, $USERS) n;
";

/// A server's statements are counted when its connections are gone.
async fn counted(database: &Database, store: Store) -> Counters {
    store.close().await;
    let mut connection = PgConnection::connect(&database.url()).await.unwrap();
    let others = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() \
                  AND backend_type = 'client backend'";
    loop {
        let row = connection.fetch_one(others).await.unwrap();
        if row.get::<i64, _>(0) == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let counters = "SELECT relname::text, seq_scan, COALESCE(idx_scan, 0), seq_tup_read + COALESCE(idx_tup_fetch, 0) \
                    FROM pg_stat_user_tables";
    let rows = connection.fetch_all(counters).await.unwrap();
    let rows = rows.iter().map(|row| {
        let numbers = [row.get(1), row.get(2), row.get(3)];
        (row.get(0), numbers)
    });
    rows.collect()
}

/// Five people sign in, one for the first time, one by the address, one by a password.
async fn story(world: &World, elsewhere: &Store, known: &[User]) {
    for (number, user) in known.iter().enumerate() {
        let mut profile = profile(&format!("oid:known{number}"), user.email.as_str());
        profile.other_names = vec![format!("name_id(persistent):{number}")];
        profile.groups = GroupClaim::Values(vec!["a".into()]);
        let attempt = world.attempt().await;
        let request = attempt.request_id.as_deref().unwrap();
        let found = elsewhere
            .attempt_by_request(world.company.id, request)
            .await;
        assert!(found.unwrap().is_some());
        let finished = world.finish(attempt.id, request, &profile).await;
        let vestibule::store::Finished::SignedIn { key, .. } = finished else {
            panic!("{finished:?}")
        };
        let checked = elsewhere.signed_in(key, NOW).await.unwrap();
        assert_eq!(checked.unwrap().user.id, user.id);
        assert!(elsewhere.end_session(key, NOW).await.unwrap());
    }
    let new = profile("oid:new", "new@contoso.example");
    assert!(signed_in(world.sign_in(&new).await).1);
    let waiting = profile("oid:waiting", "waiting@contoso.example");
    assert!(!signed_in(world.sign_in(&waiting).await).1);
    assert!(!signed_in(world.password(known[0].id).await).1);
    let refused = new_attempt(world.company.id, AttemptKind::Saml);
    world.store.add_attempt(&refused).await.unwrap();
}

/// What the story costs with so many users in the tables.
async fn cost(users: usize, analyzed: bool) -> Counters {
    let database = Database::postgres().await;
    let mut world = World::new(database.open().await).await;
    let mut known = Vec::new();
    for number in 0..5 {
        let email = format!("known{number}@contoso.example");
        let profile = profile(&format!("oid:known{number}"), &email);
        let (user, _) = signed_in(world.sign_in(&profile).await);
        people::set_password(&world.store, user.id, Some(b"sealed")).await;
        people::revoke(
            &world.store,
            vestibule::domain::Grant {
                user_id: user.id,
                group_id: world.basic.id,
                source: vestibule::domain::GrantSource::Jit(world.connection.id),
            },
        )
        .await;
        known.push(user);
    }
    let waiting = user(
        world.company.id,
        "waiting@contoso.example",
        Creation::Administrator,
    );
    people::add(&world.store, &waiting, None, &[]).await;
    let mut connection = PgConnection::connect(&database.url()).await.unwrap();
    let fill = FILL.replace("$USERS", &users.to_string());
    connection
        .execute(raw_sql(AssertSqlSafe(fill)))
        .await
        .unwrap();
    if analyzed {
        connection.execute("ANALYZE").await.unwrap();
    }
    connection.close().await.unwrap();
    let before = counted(&database, world.store.clone()).await;
    world.store = database.open().await;
    let elsewhere = database.open().await;
    story(&world, &elsewhere, &known).await;
    elsewhere.close().await;
    let mut after = counted(&database, world.store.clone()).await;
    for (table, numbers) in &mut after {
        let earlier = before.get(table).copied().unwrap_or_default();
        for (number, earlier) in numbers.iter_mut().zip(earlier) {
            *number -= earlier;
        }
    }
    database.remove().await;
    after
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_in_reads_the_same_rows_however_many_users_there_are() {
    let few = cost(10, false).await;
    assert!(few["account"][1] > 0 && few["identity"][1] > 0, "{few:?}");
    for (users, analyzed) in [(1_000, false), (10_000, false), (10, true), (10_000, true)] {
        let many = cost(users, analyzed).await;
        for (table, numbers) in &few {
            assert_eq!(
                many.get(table),
                Some(numbers),
                "{table} with {users} users, analyzed: {analyzed}"
            );
        }
    }
}

/// What an overview and a list of sign-ins read when a stranger has begun this many sign-ins.
async fn read_by_pages(open: usize) -> i64 {
    let database = Database::postgres().await;
    let world = World::new(database.open().await).await;
    for number in 0..5 {
        let profile = profile(
            &format!("oid:{number}"),
            &format!("p{number}@contoso.example"),
        );
        signed_in(world.sign_in(&profile).await);
    }
    let mut connection = PgConnection::connect(&database.url()).await.unwrap();
    let fill = format!(
        "INSERT INTO login_attempt (id, code, company_id, kind, request_id, browser_hash, started_at, expires_at, outcome, summary, record) \
         SELECT '6' || LPAD(CAST(n AS TEXT), 25, '0'), 'K7QF-3XHD', c.id, 'saml', '_' || n, 'x', 4000000000000 + n, n, 'open', '', '' FROM company c, generate_series(1, {open}) n"
    );
    connection
        .execute(raw_sql(AssertSqlSafe(fill)))
        .await
        .unwrap();
    connection.close().await.unwrap();
    let before = counted(&database, world.store.clone()).await;
    let store = database.open().await.at_leisure();
    let (company, since) = (world.company.id, NOW - time::Duration::days(30));
    let newest = store.latest_outcomes(company, since, 500).await.unwrap();
    assert!(newest[0].summary.starts_with("Signed in"));
    let last = store
        .outcomes_by_connection(company, since, 200)
        .await
        .unwrap();
    assert_eq!(last.len(), 5);
    let latest = store.latest_sign_ins(company, 5).await.unwrap();
    assert_eq!(latest.len(), 5);
    let page = store.sign_ins(company, &SignInFilter::default(), 50).await;
    assert_eq!(page.unwrap().rows.len(), 50);
    let after = counted(&database, store).await;
    database.remove().await;
    after["login_attempt"][2] - before["login_attempt"][2]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_do_not_read_what_is_open() {
    let (some, many) = (read_by_pages(3_000).await, read_by_pages(50_000).await);
    assert!(many < 5_000, "{many}");
    assert!(many < some + 500, "{some} and {many}");
}
