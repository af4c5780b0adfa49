//! One company's console at work, and another's that goes on.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use super::load::{Latencies, promised};
use super::people::{BETA, Console, sqlite_file, two_companies};
use super::{assert_no_5xx, deployment, rounds, siege};
use crate::support::{ACME, Client, Deployment, Server};

/// Addresses that are asked at once: the figure.
const SILENT: usize = 8;
/// Who looks at once at an overview.
const LOOKING: usize = 8;
const NEW: &str = "/admin/connections/new";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silent_addresses_keep_no_other_company_out() {
    let Deployment { installation, .. } = deployment("");
    two_companies(&installation);
    let metadata = std::fs::read_to_string(installation.path("idp.xml")).unwrap();
    let server = Server::start(&installation);
    let acme = Console::of(&server, ACME).await;
    let beta = Console::of(&server, BETA).await;
    // Whoever asks is let in, and hears nothing.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/metadata", silent.local_addr().unwrap());
    for _ in rounds(1) {
        let asking: Vec<_> = (0..SILENT)
            .map(|_| {
                let (acme, url) = (acme.clone(), url.clone());
                tokio::spawn(async move {
                    let csrf = acme.csrf().await;
                    let fields = [("csrf", csrf.as_str()), ("url", url.as_str())];
                    acme.upload(NEW, &fields, None).await
                })
            })
            .collect();
        // A company asks so many at once, and more are told.
        while asking.iter().filter(|one| one.is_finished()).count() < SILENT / 2 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let begun = Instant::now();
        let csrf = beta.csrf().await;
        let fields = [("csrf", csrf.as_str())];
        let (status, page) = beta.upload(NEW, &fields, Some(("file", &metadata))).await;
        assert_eq!(status, 200, "{page}");
        let uploaded = begun.elapsed();
        // Of its own silent address it hears as soon as of any: it has a turn.
        let closed = TcpListener::bind("127.0.0.1:0").unwrap();
        let nobody = format!("http://{}/metadata", closed.local_addr().unwrap());
        drop(closed);
        let begun = Instant::now();
        let fields = [("csrf", csrf.as_str()), ("url", nobody.as_str())];
        let (status, page) = beta.upload(NEW, &fields, None).await;
        assert_eq!(status, 422, "{page}");
        let fetched = begun.elapsed();
        println!(
            "siege: beside {SILENT} silent addresses of one company, another's file is read after {uploaded:?} and its address asked \
             after {fetched:?}"
        );
        for took in [uploaded, fetched] {
            assert!(took < Duration::from_secs(5), "{took:?}");
        }
        for one in asking {
            one.abort();
        }
    }
    assert_no_5xx(&server.stop());
}

/// Makes many of the one open sign-in.
fn multiply_open(file: &str, count: usize) {
    let connection = rusqlite::Connection::open(file).unwrap();
    let mut statement = connection
        .prepare("SELECT name FROM pragma_table_info('login_attempt')")
        .unwrap();
    let names = statement.query_map([], |row| row.get::<_, String>(0));
    let names: Vec<String> = names.unwrap().map(Result::unwrap).collect();
    let values = names.iter().map(|name| match name.as_str() {
        "id" | "request_id" => "printf('%s-%026d', l.id, n.n)".to_owned(),
        other => format!("l.{other}"),
    });
    let sql = format!(
        "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {count}) \
         INSERT INTO login_attempt ({}) SELECT {} FROM n, (SELECT * FROM login_attempt WHERE outcome = 'open' LIMIT 1) l",
        names.join(", "),
        values.collect::<Vec<_>>().join(", ")
    );
    assert_eq!(connection.execute(&sql, []).unwrap(), count);
}

/// Looks at the overview again and again; how long each took.
async fn look(console: &Console, end: Instant) -> Latencies {
    let mut latencies = Latencies::default();
    while Instant::now() < end {
        latencies.add(console.page("/admin").await.1);
    }
    latencies
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_overview_over_open_sign_ins_keeps_no_other_console_waiting() {
    let Deployment { installation, .. } = deployment("");
    two_companies(&installation);
    let server = Server::start(&installation);
    Client::of(&server).begin().await.unwrap();
    let acme = Console::of(&server, ACME).await;
    let beta = Console::of(&server, BETA).await;
    let seconds = |count| Instant::now() + Duration::from_secs(count);
    let usual = look(&acme, seconds(1)).await.percentile(50);
    let usual_of_another = look(&beta, seconds(1)).await.percentile(99);
    let open = if siege().is_some() { 300_000 } else { 30_000 };
    multiply_open(&sqlite_file(&installation), open);
    let with_open = look(&acme, seconds(1)).await.percentile(50);
    let mut best: Option<Duration> = None;
    for _ in 1..=4 {
        let end = Instant::now() + siege().unwrap_or(Duration::from_secs(2));
        let looking: Vec<_> = (0..LOOKING)
            .map(|_| {
                let acme = acme.clone();
                tokio::spawn(async move { look(&acme, end).await })
            })
            .collect();
        let p99 = look(&beta, end).await.percentile(99);
        for one in looking {
            one.await.unwrap();
        }
        best = Some(best.map_or(p99, |best| best.min(p99)));
        // Other tests run on the same processors; one quiet round is proof.
        if p99 < promised(usual_of_another) {
            break;
        }
    }
    let p99 = best.unwrap();
    println!(
        "siege: an overview with {open} open sign-ins: median {with_open:?} (without them {usual:?}); beside {LOOKING} who look at it, \
         another company's p99 {p99:?} (alone {usual_of_another:?})"
    );
    // Before, it walked over all of them: a second for 300,000.
    assert!(with_open < promised(usual) / 2, "{with_open:?}");
    assert!(p99 < promised(usual_of_another), "{p99:?}");
    assert_no_5xx(&server.stop());
}
