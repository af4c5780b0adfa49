//! Clients that are slow, silent, many, or gone.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use super::load::sign_ins;
use super::{assert_no_5xx, deployment, siege, until};
use crate::support::{ACME, Client, Deployment, Server, encoded_form, form};

const SECOND: Duration = Duration::from_secs(1);

/// A server that has little patience, and more in its configuration.
fn impatient(settings: &str) -> (Deployment, Server) {
    let deployment = deployment(&format!(
        "[connections]\nidle_timeout = \"4s\"\nhead_timeout = \"1s\"\nbody_timeout = \"1s\"\nanswer_timeout = \"2s\"\n{settings}"
    ));
    let server = Server::start(&deployment.installation);
    (deployment, server)
}

fn connect(server: &Server) -> TcpStream {
    let stream = TcpStream::connect(server.address).unwrap();
    stream.set_nodelay(true).unwrap();
    stream.set_read_timeout(Some(10 * SECOND)).unwrap();
    stream
}

/// What comes until the other side closes, however it does.
fn rest(stream: &mut TcpStream) -> String {
    let mut octets = Vec::new();
    match stream.read_to_end(&mut octets) {
        Err(cause) if cause.kind() != ErrorKind::ConnectionReset => panic!("{cause}"),
        _ => String::from_utf8(octets).unwrap(),
    }
}

/// Sends an octet every tenth of a second until the server has closed; what it said, and after how long.
fn drip(mut stream: TcpStream, octets: impl Iterator<Item = u8>) -> (String, Duration) {
    let begun = Instant::now();
    stream
        .set_read_timeout(Some(Duration::from_millis(100)))
        .unwrap();
    let mut said = Vec::new();
    for octet in octets {
        let _ = stream.write_all(&[octet]);
        let mut buffer = [0; 8192];
        match stream.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => said.extend_from_slice(&buffer[..count]),
            Err(cause) if cause.kind() == ErrorKind::WouldBlock => {}
            Err(_) => break,
        }
        assert!(begun.elapsed() < 20 * SECOND, "it waits for ever");
    }
    (String::from_utf8(said).unwrap(), begun.elapsed())
}

#[test]
fn what_is_no_request_has_its_line_in_the_log() {
    let (_deployment, server) = impatient("");
    for (octets, status) in [
        ("rubbish\r\n\r\n".to_owned(), 400),
        (
            format!("GET / HTTP/1.1\r\nX: {}\r\n\r\n", "a".repeat(100_000)),
            431,
        ),
    ] {
        let mut stream = connect(&server);
        stream.write_all(octets.as_bytes()).unwrap();
        let answer = rest(&mut stream);
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}")),
            "{answer}"
        );
    }
    let log = server.stop();
    for status in [400, 431] {
        let line = format!("\"status\":{status}");
        let line = log.lines().find(|it| it.contains(&line)).expect("a line");
        for field in ["\"method\":\"-\"", "\"route\":\"-\""] {
            assert!(line.contains(field), "{line}");
        }
    }
}

#[test]
fn a_head_that_drips_is_cut_off() {
    let (_deployment, server) = impatient("");
    let mut silent = connect(&server);
    let began = Instant::now();
    let head = format!(
        "GET / HTTP/1.1\r\nHost: {ACME}\r\n{}",
        "X-Y: z\r\n".repeat(99)
    );
    let (said, took) = drip(connect(&server), head.bytes());
    assert!(took < 3 * SECOND, "{took:?}");
    assert_eq!(said, "");
    // A connection that is not used stays longer.
    assert_eq!(rest(&mut silent), "");
    let took = began.elapsed();
    assert!(3 * SECOND < took && took < 7 * SECOND, "{took:?}");
}

#[test]
fn a_body_that_drips_is_told_so() {
    let (_deployment, server) = impatient("");
    for (path, kind) in [
        ("/sso/acs", "Content-Length: 200000"),
        ("/sso/slo", "Content-Length: 200000"),
        ("/sign-in", "Content-Length: 200000"),
    ] {
        let mut stream = connect(&server);
        write!(
            stream,
            "POST {path} HTTP/1.1\r\nHost: {ACME}\r\n{kind}\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\nSAMLResponse="
        )
        .unwrap();
        let (said, took) = drip(stream, std::iter::repeat(b'A'));
        assert!(said.starts_with("HTTP/1.1 408"), "{path}: {said}");
        assert!(said.contains("connection: close"), "{path}: {said}");
        assert!(took < 3 * SECOND, "{path}: {took:?}");
    }
}

#[test]
fn an_answer_that_is_not_taken_is_dropped() {
    let (_deployment, server) = impatient("");
    let before = server.open_files();
    let mut stream = connect(&server);
    stream
        .set_write_timeout(Some(Duration::from_millis(200)))
        .unwrap();
    // More requests than the buffers of both sides hold answers to.
    let requests = format!("GET /sign-in HTTP/1.1\r\nHost: {ACME}\r\n\r\n").repeat(1000);
    while stream.write_all(requests.as_bytes()).is_ok() {}
    assert_eq!(server.open_files(), before + 1);
    until(8 * SECOND, "the connection ends", || {
        server.open_files() == before
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_closes_his_side_still_gets_the_answer() {
    let (deployment, server) = impatient("");
    let client = Client::of(&server);
    let started = client.begin().await.unwrap();
    let body = form(&deployment.idp, &started, 1);
    let request = format!(
        "POST /sso/acs HTTP/1.1\r\nHost: {ACME}\r\nCookie: {}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\n\r\n{body}",
        started.cookie,
        body.len()
    );
    for (sent, status) in [
        (request.as_str(), "HTTP/1.1 303"),
        (
            &format!("GET /sso/login HTTP/1.1\r\nHost: {ACME}\r\n\r\n"),
            "HTTP/1.1 200",
        ),
        // Half a body is no request, and half a head is none.
        (&request[..request.len() - 10], "HTTP/1.1 400"),
        (&request[..100], ""),
        ("", ""),
    ] {
        let mut stream = connect(&server);
        stream.write_all(sent.as_bytes()).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let began = Instant::now();
        let answer = rest(&mut stream);
        assert!(answer.starts_with(status), "{sent:.40}: {answer}");
        assert!(began.elapsed() < SECOND, "{sent:.40}");
    }
}

#[test]
fn who_goes_away_leaves_nothing() {
    let (_deployment, server) = impatient("");
    let before = server.open_files();
    let body = encoded_form(&vec![b'<'; 150_000], "");
    for round in 0..300 {
        let mut stream = connect(&server);
        match round % 3 {
            0 => write!(stream, "GET /sso/login HTTP/1.1\r\nHost: {ACME}\r\n\r\n").unwrap(),
            1 => write!(stream, "GET /sso/login HTTP/1.1\r\nHost:").unwrap(),
            _ => write!(
                stream,
                "POST /sso/acs HTTP/1.1\r\nHost: {ACME}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
                 Content-Length: {}\r\n\r\n{}",
                body.len(),
                &body[..body.len() / 2]
            )
            .unwrap(),
        }
    }
    until(5 * SECOND, "every connection ends", || {
        server.open_files() <= before
    });
    assert_eq!(server.status(ACME, "/sso/login"), 200);
    assert_no_5xx(&server.stop());
}

/// As many as a scanner opens, and as a proxy with many workers keeps.
const IDLE: usize = 10_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_idle_connections_are_borne() {
    raise_file_limit();
    let settings = "[connections]\nidle_timeout = \"1h\"\n";
    let Deployment { installation, idp } = deployment(settings);
    let server = Server::start(&installation);
    let client = Client::of(&server);
    let mut warm = sign_ins(&client, &idp, 0, Instant::now() + SECOND).await;
    let (files, memory) = (server.open_files(), server.memory());

    let mut idle = Vec::with_capacity(IDLE);
    for at in 0..IDLE {
        let mut stream = connect(&server);
        if at % 2 == 0 {
            // Half of them have been used.
            write!(stream, "GET /healthz HTTP/1.1\r\nHost: {ACME}\r\n\r\n").unwrap();
            let mut answer = [0; 1024];
            let length = stream.read(&mut answer).unwrap();
            assert!(answer[..length].starts_with(b"HTTP/1.1 200"));
        }
        idle.push(stream);
    }
    until(10 * SECOND, "all are there", || {
        server.open_files() >= files + IDLE
    });
    // What was used gives its buffers back, and the allocator gives them to the system when it likes.
    let peak = (server.memory() - memory) * 1024 / IDLE as u64;
    std::thread::sleep(3 * SECOND);
    let each = (server.memory() - memory) * 1024 / IDLE as u64;
    let idle_time = processor_time_of_a_second(&server);
    let end = Instant::now() + siege().unwrap_or(2 * SECOND);
    let mut good = sign_ins(&client, &idp, 10_000, end).await;
    println!(
        "siege: {IDLE} idle connections: {each} octets each ({peak} at first), {idle_time:?} of processor time in a second, \
         sign-ins p99 {:?} (without them {:?})",
        good.percentile(99),
        warm.percentile(99)
    );
    assert!(each < 12 * 1024, "{each} octets for each");
    assert!(idle_time < SECOND / 2, "{idle_time:?}");
    assert!(good.count() > 10);
    assert!(server.open_files() >= files + IDLE, "some were closed");
    for stream in &mut idle[..2] {
        write!(
            stream,
            "GET /healthz HTTP/1.1\r\nHost: {ACME}\r\nConnection: close\r\n\r\n"
        )
        .unwrap();
        assert!(rest(stream).starts_with("HTTP/1.1 200"));
    }
    drop(idle);
    // The database may have opened a file or two more.
    until(30 * SECOND, "all are gone", || {
        server.open_files() <= files + 50
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_the_most_connections_the_longest_idle_ones_make_room() {
    let (Deployment { idp, .. }, server) = impatient("most = 100\n");
    let before = server.open_files();
    let client = Client::of(&server);
    let mut idle = Vec::new();
    for at in 0..400 {
        let mut stream = connect(&server);
        if at % 2 == 0 {
            // A head that does not end waits for its client as well.
            stream.write_all(b"GET / HTTP/1.1\r\nHost").unwrap();
        }
        idle.push(stream);
        if at % 50 == 0 {
            let now = Instant::now();
            assert!(sign_ins(&client, &idp, at, now + SECOND / 10).await.count() > 0);
        }
    }
    let open = server.open_files() - before;
    assert!((90..140).contains(&open), "{open}");
    // The oldest had to go, the youngest are there.
    assert_eq!(rest(&mut idle[1]), "");
    write!(
        idle[399],
        "GET /healthz HTTP/1.1\r\nHost: {ACME}\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    assert!(rest(&mut idle[399]).starts_with("HTTP/1.1 200"));
}

#[test]
fn without_a_free_descriptor_it_waits_and_goes_on() {
    let (_deployment, server) = impatient("");
    let files = server.open_files();
    limit_files(&server, files + 20);
    let mut waiting: Vec<TcpStream> = (0..60).map(|_| connect(&server)).collect();
    std::thread::sleep(SECOND / 2);
    let took = processor_time_of_a_second(&server);
    assert!(took < SECOND / 4, "it took {took:?} of a second");
    // The ones that wait longest make room for the others.
    let last = waiting.last_mut().unwrap();
    write!(
        last,
        "GET /healthz HTTP/1.1\r\nHost: {ACME}\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    assert!(rest(last).starts_with("HTTP/1.1 200"));
    drop(waiting);
    assert_eq!(server.status(ACME, "/sso/login"), 200);
    let log = server.stop();
    let complaints = log.matches("accepted").count();
    assert!((1..20).contains(&complaints), "{log}");
}

fn processor_time_of_a_second(server: &Server) -> Duration {
    let before = server.processor_time();
    std::thread::sleep(SECOND);
    server.processor_time().saturating_sub(before)
}

/// As many descriptors as the system lets this process have: each idle connection is one here, too.
fn raise_file_limit() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    assert!(
        limit.current.is_none_or(|most| most >= IDLE as u64 + 500),
        "this test needs {IDLE} descriptors; raise the hard limit (ulimit -Hn)"
    );
    setrlimit(Resource::Nofile, limit).unwrap();
}

/// Takes descriptors away from a server that runs.
fn limit_files(server: &Server, most: usize) {
    use rustix::process::{Pid, Resource, Rlimit, prlimit};
    let process = Pid::from_raw(server.id().try_into().unwrap());
    let limit = Rlimit {
        current: Some(most as u64),
        maximum: rustix::process::getrlimit(Resource::Nofile).maximum,
    };
    prlimit(process, Resource::Nofile, limit).unwrap();
}
