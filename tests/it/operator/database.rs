//! The database at the start: open to others, or out of reach.

use std::os::unix::fs::PermissionsExt as _;

use super::{serve, settings, with_own_keys};

#[test]
fn a_database_that_others_can_read_is_refused() {
    let installation = with_own_keys();
    let file = installation.path("data/vestibule.sqlite3");
    for end in ["", "-wal", "-shm"] {
        let path = std::path::PathBuf::from(format!("{}{end}", file.display()));
        if !path.exists() {
            std::fs::write(&path, "").unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        }
        let mode = |mode| std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode));
        mode(0o644).unwrap();
        let shown = format!("chmod 600 {}", path.display());
        serve(&installation).fails(1, &["can be read by other users", "mode 0644", &shown]);
        mode(0o600).unwrap();
    }
    installation.run("company list").succeeds();
}

#[test]
fn a_postgres_that_cannot_be_reached_is_named() {
    let installation = with_own_keys();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    settings(&installation, |text| {
        format!("{text}\n[database]\nurl = \"postgres://vestibule:geheim@127.0.0.1:{port}/sso\"\n")
    });
    let said = serve(&installation).fails(
        1,
        &[
            &format!("127.0.0.1:{port}, database sso, user vestibule"),
            "nothing listens there",
            "whether PostgreSQL runs",
        ],
    );
    assert!(!said.err.contains("geheim"), "{said:?}");
}

#[test]
fn a_postgres_that_refuses_says_why() {
    let url = std::env::var("VESTIBULE_TEST_POSTGRES").expect("run script/with-postgres");
    let mut url = url::Url::parse(&url).unwrap();
    url.set_path("there_is_no_such_database");
    let installation = with_own_keys();
    settings(&installation, |text| {
        format!("{text}\n[database]\nurl = \"{url}\"\n")
    });
    serve(&installation).fails(
        1,
        &[
            "database there_is_no_such_database",
            "Look at the database's name",
        ],
    );
}
