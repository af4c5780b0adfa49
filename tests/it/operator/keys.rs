//! Keys that do not fit are noticed; keys are rotated while a server runs.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::{Server, copy_keys, serve, settings, with_own_keys};

const HOST: &str = "acme.localhost:8080";

#[test]
fn a_database_without_its_keys_makes_no_new_ones() {
    let installation = with_own_keys();
    installation.run("keys list").succeeds();
    let keys = installation.path("keys");
    let away = installation.path("away");
    std::fs::rename(&keys, &away).unwrap();
    serve(&installation).fails(
        1,
        &["is not there", "vestibule restore", "--accept-new-keys"],
    );
    assert!(!keys.exists());

    // One file is enough to be noticed.
    for missing in ["instance.key", "signing.key", "encryption.key"] {
        copy_keys(&away, &keys);
        std::fs::remove_file(keys.join(missing)).unwrap();
        for command in ["serve", "keys list"] {
            installation
                .run(command)
                .fails(1, &[missing, "is not there"]);
        }
        assert!(!keys.join(missing).exists());
        let said = installation.run("doctor");
        assert_eq!(said.code, 1, "{said:?}");
        said.says(&["✗ keys", missing, "Make no new one"]);
    }
    copy_keys(&away, &keys);
    let said = installation.run("doctor");
    said.says(&["✓ keys           they are those of the database"]);
}

/// A database that cannot be asked may well know other keys.
#[test]
fn doctor_advises_no_new_keys_while_the_database_cannot_be_asked() {
    let installation = with_own_keys();
    installation.run("keys list").succeeds();
    std::fs::remove_file(installation.path("keys/instance.key")).unwrap();
    let database = installation.path("data/vestibule.sqlite3");
    std::fs::set_permissions(&database, std::fs::Permissions::from_mode(0o644)).unwrap();
    let said = installation.run("doctor");
    assert_eq!(said.code, 1, "{said:?}");
    let said = said.says(&[
        "✗ keys",
        "instance.key is not there",
        "Make none. Mend first",
        "✗ database",
    ]);
    assert!(
        !said.out.contains("The first start makes the keys"),
        "{said:?}"
    );
    let keys = said.out.find("✗ keys").unwrap();
    assert!(keys < said.out.find("listen").unwrap(), "first: {said:?}");
}

#[test]
fn keys_of_another_installation_are_refused_until_they_are_accepted() {
    let installation = with_own_keys();
    installation.run("keys list").succeeds();
    let instance = installation.path("keys/instance.key");
    std::fs::write(&instance, format!("{}\n", "ab".repeat(32))).unwrap();
    for command in ["serve", "keys list"] {
        installation.run(command).fails(
            1,
            &[
                "not the keys of this database: instance.",
                "--accept-new-keys",
            ],
        );
    }
    let said = installation.run("doctor");
    assert_eq!(said.code, 1, "{said:?}");
    said.says(&["✗ keys", "instance", "Make no new instance key"]);

    // Signing and encryption change their places.
    let keys = installation.path("keys");
    copy_keys(crate::support::KEYS, &keys);
    for ending in ["key", "pem"] {
        let (a, b) = (format!("signing.{ending}"), format!("encryption.{ending}"));
        std::fs::copy(Path::new(crate::support::KEYS).join(&a), keys.join(&b)).unwrap();
        std::fs::copy(Path::new(crate::support::KEYS).join(&b), keys.join(&a)).unwrap();
    }
    serve(&installation).fails(1, &["signing, encryption"]);
    installation.run("keys list --accept-new-keys").succeeds();
    installation.run("keys list").succeeds();
    // Who asks later finds that it happened, and with which keys.
    let file = installation.path("data/vestibule.sqlite3");
    let database = rusqlite::Connection::open(&file).unwrap();
    let sql =
        "SELECT actor, subject FROM audit_event WHERE action = 'key.accept' AND company_id IS NULL";
    let found: (String, String) = database
        .query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();
    assert_eq!(found.0, "command line");
    for kind in ["signing", "encryption"] {
        assert!(found.1.contains(kind), "{}", found.1);
    }
}

#[test]
fn an_earlier_version_notes_its_keys_at_the_first_start() {
    let installation = with_own_keys();
    let file = installation.path("data/vestibule.sqlite3");
    let database = rusqlite::Connection::open(&file).unwrap();
    let count = || -> i64 {
        let sql = "SELECT COUNT(*) FROM key_fingerprint";
        database.query_row(sql, [], |row| row.get(0)).unwrap()
    };
    database.execute("DELETE FROM key_fingerprint", []).unwrap();
    Server::start(&installation).stop();
    assert_eq!(count(), 3);
}

#[test]
fn keys_are_rotated_while_the_server_runs() {
    let installation = with_own_keys();
    installation
        .run_words(&["company", "set", "acme", "encrypted_assertions=true"], "")
        .succeeds();
    let server = Server::start(&installation);
    let certificate = |name: &str| {
        let pem = std::fs::read(installation.path("keys").join(name)).unwrap();
        let der = openssl::x509::X509::from_pem(&pem)
            .unwrap()
            .to_der()
            .unwrap();
        BASE64_STANDARD.encode(der)
    };
    let soon = |expected: &[(&str, &str, bool)]| {
        let fits = |page: &str| {
            expected.iter().all(|(use_, certificate, there)| {
                let begun = format!("use=\"{use_}\"");
                let found = page
                    .split("<md:KeyDescriptor")
                    .any(|part| part.contains(&begun) && part.contains(certificate));
                found == *there
            })
        };
        let seen = (0..25).any(|_| {
            std::thread::sleep(std::time::Duration::from_millis(100));
            fits(&server.answer(HOST, "/sso/metadata"))
        });
        assert!(seen, "within two seconds: {expected:?}");
    };
    for of in ["signing", "encryption"] {
        let old = certificate(&format!("{of}.pem"));
        installation
            .run(&format!("keys rotate {of}"))
            .fails(1, &["There is no next", "vestibule keys new"]);
        installation.run(&format!("keys new {of}")).succeeds();
        let new = certificate(&format!("{of}-next.pem"));
        soon(&[(of, &old, true), (of, &new, true)]);
        installation
            .run(&format!("keys new {of}"))
            .fails(1, &["There is a next"]);

        installation.run(&format!("keys rotate {of}")).succeeds();
        assert_eq!(certificate(&format!("{of}.pem")), new);
        assert_eq!(certificate(&format!("{of}-previous.pem")), old);
        // Nobody is to encrypt to the old one; what the old one signed is still verified.
        soon(&[(of, &new, true), (of, &old, of == "signing")]);
        installation
            .run("keys list")
            .succeeds()
            .says(&["previous:", "in use"]);

        // It says first what would end.
        installation.run(&format!("keys retire {of}")).fails(
            1,
            &[
                "key before the one in use",
                &format!("vestibule keys retire {of} --yes"),
            ],
        );
        soon(&[(of, &new, true), (of, &old, of == "signing")]);
        installation
            .run(&format!("keys retire {of} --yes"))
            .succeeds();
        soon(&[(of, &new, true), (of, &old, false)]);
        assert!(
            !installation
                .path("keys")
                .join(format!("{of}-previous.key"))
                .exists()
        );
        installation
            .run(&format!("keys retire {of}"))
            .fails(1, &["before the one in use"]);
    }
    let told = installation.run("audit list --installation").succeeds();
    for of in ["signing", "encryption"] {
        for action in ["key.new", "key.rotate", "key.retire"] {
            let line = told
                .out
                .lines()
                .find(|line| line.contains(action) && line.contains(of));
            assert!(
                line.is_some_and(|line| line.contains("SHA-256 ")),
                "{}",
                told.out
            );
        }
    }
    let log = server.stop();
    assert!(!log.contains("\"level\":\"ERROR\""), "{log}");
    // The keys of before are not those of the database any more.
    copy_keys(crate::support::KEYS, &installation.path("keys"));
    serve(&installation).fails(1, &["not the keys of this database: signing, encryption"]);
}

/// What the commands and the documents say of several nodes.
#[test]
fn another_node_takes_up_what_is_copied_to_it() {
    let installation = with_own_keys();
    let (here, there) = (
        installation.path("keys"),
        installation.path("keys-of-the-other"),
    );
    copy_keys(&here, &there);
    let start = || {
        let mut command = installation.command();
        command.arg("serve").env("VESTIBULE_KEYS__DIR", &there);
        Server::run(command)
    };
    let copy = |from: &str, to: &str| {
        for ending in ["key", "pem"] {
            let from = here.join(format!("{from}.{ending}"));
            std::fs::copy(from, there.join(format!("{to}.{ending}"))).unwrap();
        }
    };
    let delete = |name: &str| {
        for ending in ["key", "pem"] {
            std::fs::remove_file(there.join(format!("{name}.{ending}"))).unwrap();
        }
    };
    let certificate = |name: &str| {
        let pem = std::fs::read(here.join(name)).unwrap();
        let der = openssl::x509::X509::from_pem(&pem).unwrap().to_der();
        BASE64_STANDARD.encode(der.unwrap())
    };
    let has =
        |node: &Server, certificate: &str| node.answer(HOST, "/sso/metadata").contains(certificate);
    let old = certificate("signing.pem");
    let node = start();
    installation
        .run("keys new signing")
        .succeeds()
        .says(&["-next.pem; they take it up without a restart"]);
    let new = certificate("signing-next.pem");
    std::thread::sleep(std::time::Duration::from_millis(1_500));
    assert!(
        has(&node, &old) && !has(&node, &new),
        "it goes on with what it has"
    );
    copy("signing-next", "signing-next");
    let seen = (0..25).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(100));
        has(&node, &new)
    });
    assert!(seen, "within two seconds of the copy");

    let said = installation.run("keys rotate signing").succeeds();
    said.says(&["copy the signing files to the others, without -next, and restart them"]);
    assert!(has(&node, &old) && has(&node, &new));
    copy("signing", "signing");
    copy("signing-previous", "signing-previous");
    delete("signing-next");
    let log = node.stop();
    assert!(
        log.contains("this server goes on with the ones before"),
        "{log}"
    );
    let node = start();
    assert!(has(&node, &old) && has(&node, &new));

    let said = installation.run("keys retire signing --yes").succeeds();
    said.says(&["delete signing-previous.key and signing-previous.pem on the others"]);
    delete("signing-previous");
    node.stop();
    let node = start();
    assert!(!has(&node, &old) && has(&node, &new));
    let log = node.stop();
    assert!(!log.contains("\"level\":\"ERROR\""), "{log}");
}

#[test]
fn a_rotation_that_was_cut_off_is_completed() {
    let installation = with_own_keys();
    installation.run("keys new encryption").succeeds();
    let keys = installation.path("keys");
    for ending in ["key", "pem"] {
        let from = keys.join(format!("encryption.{ending}"));
        std::fs::copy(from, keys.join(format!("encryption-previous.{ending}"))).unwrap();
    }
    std::fs::rename(
        keys.join("encryption-next.key"),
        keys.join("encryption.key"),
    )
    .unwrap();
    installation
        .run("keys list")
        .succeeds()
        .says(&["encryption, previous"]);
    assert!(!keys.join("encryption-next.pem").exists());
}

#[test]
fn files_that_the_configuration_names_are_not_rotated() {
    let installation = with_own_keys();
    let keys = installation.path("keys");
    settings(&installation, |text| {
        let dir = keys.display();
        text.replace(
            "[log]",
            &format!("encryption_key_file = \"{dir}/encryption.key\"\nencryption_certificate_file = \"{dir}/encryption.pem\"\n[log]"),
        )
    });
    installation
        .run("keys new encryption")
        .fails(1, &["keys.encryption_key_file", "does not change them"]);
}
