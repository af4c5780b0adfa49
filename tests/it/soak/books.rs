//! The database itself: what must never be in it, and what the clients' ledger says must be.

use std::collections::{BTreeMap, BTreeSet};

use super::database::Database;
use super::ledger::{Ledger, Seen, State, session_key};

/// Counts that are zero.
const NEVER: [(&str, &str); 11] = [
    (
        "attempts that are consumed and not closed, or closed and not consumed",
        "SELECT COUNT(*) FROM login_attempt WHERE (consumed_at IS NULL) <> (outcome = 'open') OR (finished_at IS NULL) <> (outcome = 'open')",
    ),
    (
        "sign-ins without account or session",
        "SELECT COUNT(*) FROM login_attempt WHERE (outcome = 'signed_in') <> (session_key IS NOT NULL) OR (outcome = 'signed_in') <> (user_id IS NOT NULL)",
    ),
    (
        "sign-ins to an account that is not there",
        "SELECT COUNT(*) FROM login_attempt a LEFT JOIN account u ON u.id = a.user_id WHERE a.outcome = 'signed_in' AND u.id IS NULL",
    ),
    (
        "sessions of no sign-in, or of another account's",
        "SELECT COUNT(*) FROM session s LEFT JOIN login_attempt a ON a.id = s.attempt_id AND a.outcome = 'signed_in' \
         AND a.session_key = s.session_key AND a.user_id = s.user_id WHERE a.id IS NULL",
    ),
    (
        "sign-ins with several sessions",
        "SELECT COUNT(*) FROM (SELECT attempt_id FROM session GROUP BY attempt_id HAVING COUNT(*) > 1) t",
    ),
    (
        "accounts made at a sign-in that is not there",
        "SELECT COUNT(*) FROM account WHERE created_by <> 'administrator' \
         AND id NOT IN (SELECT user_id FROM login_attempt WHERE outcome = 'signed_in' AND user_id IS NOT NULL)",
    ),
    (
        "accounts made at a sign-in without an identity",
        "SELECT COUNT(*) FROM account u WHERE u.created_by <> 'administrator' AND NOT EXISTS (SELECT 1 FROM identity i WHERE i.user_id = u.id)",
    ),
    (
        "accounts made at a sign-in without a group",
        "SELECT COUNT(*) FROM account u WHERE u.created_by <> 'administrator' AND NOT EXISTS (SELECT 1 FROM group_grant g WHERE g.user_id = u.id)",
    ),
    (
        "identities without an account",
        "SELECT COUNT(*) FROM identity i LEFT JOIN account u ON u.id = i.user_id WHERE u.id IS NULL",
    ),
    (
        "more or fewer assertions used than sign-ins",
        "SELECT ABS((SELECT COUNT(*) FROM assertion_seen) - (SELECT COUNT(*) FROM login_attempt WHERE outcome = 'signed_in' AND kind = 'saml'))",
    ),
    (
        "changes beyond the counter",
        "SELECT COUNT(*) FROM change c JOIN change_counter k ON c.revision > k.revision",
    ),
];

const AUDITED: &str =
    "SELECT COUNT(*) FROM audit_event WHERE action = 'administrator.password_sign_in'";

/// What a request came to.
struct Attempt {
    outcome: String,
    session_key: Option<Vec<u8>>,
    email: Option<String>,
}

/// Holds the database against itself and against the ledger, and settles what was in doubt.
///
/// `forgetful`: the start of a sign-in may be lost, as long as nothing more came of it.
pub(super) async fn check(url: &str, ledger: &mut Ledger, forgetful: bool) {
    let mut database = Database::open(url).await;
    ledger.wrong.extend(contradictions(&mut database).await);
    let keys = database.rows("SELECT session_key FROM session").await;
    let stored: BTreeSet<Vec<u8>> = keys
        .iter()
        .filter_map(|row| row[0].blob().map(<[u8]>::to_vec))
        .collect();
    sessions(&stored, ledger);
    sign_ins(&mut database, &stored, ledger, forgetful).await;
    let audited = database.number(AUDITED).await;
    if audited < i64::try_from(ledger.audited).unwrap() {
        let all = ledger.audited;
        let what = format!("{audited} of {all} sign-ins of the administrator are in the audit log");
        ledger.wrong.push(what);
    }
    let accounts = database.rows("SELECT email FROM account").await;
    let accounts: BTreeSet<&str> = accounts.iter().filter_map(|row| row[0].text()).collect();
    let lost: Vec<String> = ledger
        .added
        .iter()
        .filter(|email| !accounts.contains(email.as_str()))
        .map(|email| format!("the account {email}, which a command added, is lost"))
        .collect();
    ledger.wrong.extend(lost);
}

/// What the database says against itself.
async fn contradictions(database: &mut Database) -> Vec<String> {
    let mut wrong = Vec::new();
    for (what, sql) in NEVER {
        let count = database.number(sql).await;
        if count != 0 {
            wrong.push(format!("{count} {what}"));
        }
    }
    if database.is_sqlite() {
        for row in database.rows("PRAGMA integrity_check").await {
            if row[0].text() != Some("ok") {
                wrong.push(format!("integrity_check: {row:?}"));
            }
        }
        let broken = database.rows("PRAGMA foreign_key_check").await;
        if !broken.is_empty() {
            wrong.push(format!("broken references: {broken:?}"));
        }
    }
    wrong
}

/// Asserts that no sign-in is half stored, and how many there are.
pub(crate) async fn assert_whole(url: &str, sign_ins: i64) {
    let mut database = Database::open(url).await;
    assert_eq!(contradictions(&mut database).await, Vec::<String>::new());
    let count = "SELECT COUNT(*) FROM login_attempt WHERE outcome = 'signed_in'";
    assert_eq!(database.number(count).await, sign_ins);
}

/// What was answered is there, what ended is not, and what was in doubt is now known.
fn sessions(stored: &BTreeSet<Vec<u8>>, ledger: &mut Ledger) {
    let known: Vec<(String, State)> = ledger
        .sessions
        .iter()
        .map(|(cookie, kept)| (cookie.clone(), kept.state))
        .collect();
    for (cookie, state) in known {
        let is_stored = stored.contains(&session_key(&cookie));
        match state {
            State::Doubtful => {
                let found = if is_stored { State::Live } else { State::Ended };
                ledger.set(&cookie, found);
            }
            State::Live | State::Ended if is_stored == (state == State::Live) => {}
            State::Live => ledger
                .wrong
                .push("a session that was answered is lost".to_owned()),
            State::Ended => ledger
                .wrong
                .push("a session that ended is there".to_owned()),
        }
    }
}

/// Each posted Response against the attempt that it answered.
async fn sign_ins(
    database: &mut Database,
    stored: &BTreeSet<Vec<u8>>,
    ledger: &mut Ledger,
    forgetful: bool,
) {
    let rows = database
        .rows(
            "SELECT a.request_id, a.outcome, a.session_key, u.email FROM login_attempt a LEFT JOIN account u ON u.id = a.user_id \
             WHERE a.request_id IS NOT NULL",
        )
        .await;
    let attempts: BTreeMap<String, Attempt> = rows
        .iter()
        .map(|row| {
            let attempt = Attempt {
                outcome: row[1].text().unwrap().to_owned(),
                session_key: row[2].blob().map(<[u8]>::to_vec),
                email: row[3].text().map(str::to_owned),
            };
            (row[0].text().unwrap().to_owned(), attempt)
        })
        .collect();
    let mut wrong = Vec::new();
    for request in &ledger.started {
        if !forgetful && !attempts.contains_key(request) {
            wrong.push(format!("the request {request} is lost"));
        }
    }
    for posted in &ledger.posted {
        let Some(attempt) = attempts.get(&posted.started.request) else {
            if posted.seen != Seen::Lost {
                wrong.push(format!("the sign-in is lost: {posted}"));
            }
            continue;
        };
        let key = attempt.session_key.as_ref();
        let as_it_should = match (&posted.seen, posted.good) {
            (Seen::SignedIn(session), true) => {
                attempt.outcome == "signed_in"
                    && key == Some(&session_key(session))
                    && attempt.email.as_deref() == Some(&posted.email)
            }
            // Nobody has the session's secret, or can end it.
            (Seen::Lost, true) => {
                attempt.outcome == "signed_in"
                    && key.is_some_and(|key| stored.contains(key))
                    && attempt.email.as_deref() == Some(&posted.email)
            }
            (Seen::Refused | Seen::Lost, false) => attempt.outcome == "refused",
            _ => false,
        };
        if !as_it_should {
            let (outcome, email) = (&attempt.outcome, &attempt.email);
            wrong.push(format!("{outcome} as {email:?}: {posted}"));
        }
    }
    ledger.wrong.append(&mut wrong);
}
