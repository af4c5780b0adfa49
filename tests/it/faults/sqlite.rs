//! The database file is locked by another process, or its disk is full.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use super::{assert_unavailable, deployment, rounds};
use crate::soak::assert_whole;
use crate::support::{Client, Deployment, Installation, Server, form, sign_in};

const SECOND: Duration = Duration::from_secs(1);
/// People who sign in at the same moment: several batches.
const AT_ONCE: usize = 300;
/// What a request waits at the most: five seconds for the work before it and five for its own, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(14);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_locked_database_is_waited_for_and_then_told() {
    let Deployment { installation, idp } = deployment("");
    let server = Server::start(&installation);
    let client = Client::of(&server);
    let session = sign_in(&client, &idp, 0).await.unwrap();

    let mut signed_in = 1;
    for _ in rounds(1) {
        // For a moment, as a backup or a command locks it: nobody notices but by the time.
        let other = lock(&installation);
        let waiting = many_starts(&client);
        tokio::time::sleep(SECOND).await;
        assert_eq!(client.status("/sso/session", &session).await, 200);
        drop(other);
        for start in waiting {
            let reply = start.await.unwrap();
            assert_eq!(reply.status, 200, "{}", reply.body);
            assert!(reply.took > SECOND / 2, "it was not locked");
        }

        // For longer than anybody waits.
        let other = lock(&installation);
        let begun = Instant::now();
        for start in many_starts(&client) {
            let reply = start.await.unwrap();
            assert_unavailable(&reply);
            assert!(reply.took < PATIENCE, "{:?}", reply.took);
        }
        assert!(begun.elapsed() > 3 * SECOND, "it was not waited for");
        // Who is signed in goes on, and so does what needs no database.
        assert_eq!(client.status("/sso/session", &session).await, 200);
        assert_eq!(client.status("/sso/metadata", "").await, 200);
        drop(other);
        let begun = Instant::now();
        sign_in(&client, &idp, signed_in).await.unwrap();
        signed_in += 1;
        assert!(
            begun.elapsed() < 2 * SECOND,
            "what was given up is still tried"
        );
    }
    server.stop();
    let file = installation.path("data/vestibule.sqlite3");
    let signed_in = signed_in.try_into().unwrap();
    assert_whole(&format!("sqlite:{}", file.display()), signed_in).await;
}

/// Another process's transaction. It ends when it is dropped.
fn lock(installation: &Installation) -> rusqlite::Connection {
    let file = installation.path("data/vestibule.sqlite3");
    let other = rusqlite::Connection::open(file).unwrap();
    other.busy_timeout(SECOND).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    other
}

fn many_starts(client: &Client) -> Vec<tokio::task::JoinHandle<crate::support::Reply>> {
    let start = || {
        let client = client.clone();
        tokio::spawn(async move { client.get("/sso/login", "").await.unwrap() })
    };
    (0..AT_ONCE).map(|_| start()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_is_told_and_room_is_enough_to_go_on() {
    let Deployment { installation, idp } = deployment("");
    let disk = SmallDisk::serve(&installation);
    let client = Client::of(&disk.server);
    let session = sign_in(&client, &idp, 0).await.unwrap();
    // A person who comes back from the identity provider just then.
    let started = client.begin().await.unwrap();
    let answer = form(&idp, &started, 1);

    let mut signed_in = 1;
    // Not for as long as one likes: the database grows until there is no room to be made.
    for round in 0..3 {
        disk.fill();
        let mut refused = 0;
        for start in 0.. {
            // The log of the database may still have some room of its own.
            assert!(start < 5000, "it does not fill");
            let reply = client.get("/sso/login", "").await.unwrap();
            if reply.status != 200 {
                assert_unavailable(&reply);
                refused += 1;
            }
            if refused == 3 {
                break;
            }
        }
        if round == 0 {
            assert_unavailable(&client.post(&started.cookie, answer.clone()).await.unwrap());
        }
        assert_eq!(client.status("/sso/session", &session).await, 200);
        disk.make_room();
        if round == 0 {
            // The same Response is good: nothing of it was kept.
            let cookie = client.bring(&started.cookie, answer.clone()).await;
            assert!(cookie.unwrap().is_some());
        } else {
            sign_in(&client, &idp, 10 + round).await.unwrap();
        }
        signed_in += 1;
    }
    assert_whole(&disk.copy(&installation), signed_in).await;
    let log = disk.server.stop();
    assert!(!log.contains("panicked"), "{log}");
}

/// A server whose data is on a disk of a few megabytes.
struct SmallDisk {
    server: Server,
    /// The data, as this process sees it.
    data: PathBuf,
    how: How,
}

enum How {
    /// A file system of its own, in a mount namespace.
    FileSystem,
    /// Where that is not allowed, a limit on the length of files.
    FileLimit,
}

impl SmallDisk {
    fn serve(installation: &Installation) -> Self {
        std::fs::create_dir(installation.path("disk")).unwrap();
        let own = ["--user --map-root-user --mount", "--mount"]
            .into_iter()
            .find(|options| can_mount(options));
        // Without a handler of its own, a process dies of the signal of the limit.
        let mut script = "trap '' XFSZ; ".to_owned();
        let mut command = installation.command();
        if let Some(options) = own {
            script += "mount -t tmpfs -o size=6m none disk && cp -a data/. disk && ";
            let vestibule = command.get_program().to_owned();
            let folder = command.get_current_dir().unwrap().to_owned();
            command = Command::new("unshare");
            command.args(options.split(' ')).current_dir(folder);
            command.args(["sh", "-c", &format!("{script} exec \"$0\" serve")]);
            command.arg(vestibule);
        } else {
            script += "cp -a data/. disk && ";
            let vestibule = command.get_program().to_owned();
            let folder = command.get_current_dir().unwrap().to_owned();
            command = Command::new("sh");
            command.current_dir(folder);
            command.args(["-c", &format!("{script} exec \"$0\" serve")]);
            command.arg(vestibule);
        }
        command.env("VESTIBULE_DATA_DIR", "disk");
        let server = Server::run(command);
        let folder = installation.path("disk");
        let (how, data) = if own.is_some() {
            let seen = format!("/proc/{}/root{}", server.id(), folder.display());
            (How::FileSystem, seen.into())
        } else {
            (How::FileLimit, folder)
        };
        Self { server, data, how }
    }

    /// The URL of a copy of the database. (SQLite itself would look at this process's side of the path.)
    fn copy(&self, installation: &Installation) -> String {
        let copy = installation.path("copy.sqlite3");
        for end in ["", "-wal"] {
            let from = self.data.join(format!("vestibule.sqlite3{end}"));
            std::fs::copy(from, format!("{}{end}", copy.display())).unwrap();
        }
        format!("sqlite:{}", copy.display())
    }

    fn fill(&self) {
        match self.how {
            How::FileSystem => {
                let mut ballast = OpenOptions::new()
                    .create(true)
                    .append(true)
                    .open(self.data.join("ballast"))
                    .unwrap();
                while ballast.write_all(&[0; 4096]).is_ok() {}
            }
            How::FileLimit => self.limit(Some(self.log_length())),
        }
    }

    fn make_room(&self) {
        match self.how {
            How::FileSystem => File::create(self.data.join("ballast"))
                .and_then(|ballast| ballast.set_len(0))
                .unwrap(),
            How::FileLimit => self.limit(None),
        }
    }

    fn log_length(&self) -> u64 {
        let log = self.data.join("vestibule.sqlite3-wal");
        log.metadata().unwrap().len()
    }

    fn limit(&self, most: Option<u64>) {
        use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit};
        let maximum = getrlimit(Resource::Fsize).maximum;
        let current = most.or(maximum);
        let process = Pid::from_raw(self.server.id().try_into().unwrap());
        prlimit(process, Resource::Fsize, Rlimit { current, maximum }).unwrap();
    }
}

fn can_mount(options: &str) -> bool {
    Command::new("unshare")
        .args(options.split(' '))
        .args(["sh", "-c", "mount -t tmpfs -o size=1m none /mnt"])
        .output()
        .is_ok_and(|said| said.status.success())
}
