//! Backup and restore, while the server runs and into nothing.

use std::os::unix::fs::PermissionsExt as _;

use super::{Installation, Server, settings, with_own_keys};

const PASSPHRASE: &str = "correct horse battery staple";

fn private(installation: &Installation, name: &str, text: &str) {
    let path = installation.path(name);
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

fn with_password() -> Installation {
    let installation = with_own_keys();
    private(&installation, "pass", PASSPHRASE);
    installation
        .run("user add --company acme --email admin@acme.example --admin")
        .succeeds();
    installation
}

#[test]
fn what_was_backed_up_comes_back() {
    let installation = with_password();
    let server = Server::start(&installation);
    installation
        .run("backup copy --passphrase-file pass")
        .succeeds()
        .says(&["Both were read again and fit", "vestibule restore copy"]);
    server.stop();
    for name in ["copy/database.sqlite3", "copy/keys.sealed"] {
        let mode = std::fs::metadata(installation.path(name))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    // No key stands there to be read.
    let sealed = std::fs::read(installation.path("copy/keys.sealed")).unwrap();
    assert!(!String::from_utf8_lossy(&sealed).contains("PRIVATE KEY"));
    let keys = installation.path("keys");
    let before = std::fs::read(keys.join("signing.key")).unwrap();

    // What is there is not overwritten by mistake.
    installation
        .run("user add --company acme --email later@acme.example")
        .succeeds();
    installation
        .run("restore copy --passphrase-file pass")
        .fails(
            1,
            &["There is something already", "vestibule.sqlite3", "--force"],
        );

    // Into nothing, as on another machine.
    std::fs::rename(installation.path("data"), installation.path("old-data")).unwrap();
    std::fs::rename(&keys, installation.path("old-keys")).unwrap();
    installation
        .run("restore copy --passphrase-file pass")
        .succeeds()
        .says(&["1 companies", "They fit"]);
    assert_eq!(std::fs::read(keys.join("signing.key")).unwrap(), before);
    let users = installation.run("user list --company acme").succeeds();
    assert!(users.out.contains("admin@acme.example") && !users.out.contains("later@"));
    Server::start(&installation).stop();

    // Over something: that is kept.
    std::fs::write(keys.join("instance.key"), format!("{}\n", "cd".repeat(32))).unwrap();
    installation
        .run("restore copy --passphrase-file pass --force")
        .succeeds()
        .says(&["kept what was there", "instance.key.before-restore-"]);
    installation.run("keys list").succeeds();
}

#[test]
fn a_backup_that_does_not_fit_changes_nothing() {
    let installation = with_password();
    private(&installation, "short", "too short");
    private(&installation, "other", "quite another passphrase");
    installation
        .run("backup copy --passphrase-file short")
        .fails(2, &["shorter than 16"]);
    std::fs::remove_dir(installation.path("copy")).unwrap();
    installation
        .run("backup copy --passphrase-file pass")
        .succeeds();
    installation
        .run("backup copy --passphrase-file pass")
        .fails(2, &["something in copy already"]);
    std::fs::rename(installation.path("data"), installation.path("old-data")).unwrap();
    std::fs::rename(installation.path("keys"), installation.path("old-keys")).unwrap();
    installation
        .run("restore copy --passphrase-file other")
        .fails(1, &["passphrase is another one"]);
    let database = installation.path("copy/database.sqlite3");
    let mut octets = std::fs::read(&database).unwrap();
    let last = octets.len() - 1;
    octets[last] ^= 1;
    std::fs::write(&database, octets).unwrap();
    installation
        .run("restore copy --passphrase-file pass")
        .fails(1, &["does not belong to the keys beside it"]);
    assert!(!installation.path("data").exists() && !installation.path("keys").exists());
}

#[test]
fn a_passphrase_that_others_can_read_is_refused() {
    let installation = with_password();
    std::fs::set_permissions(
        installation.path("pass"),
        std::fs::Permissions::from_mode(0o644),
    )
    .unwrap();
    installation
        .run("backup copy --passphrase-file pass")
        .fails(2, &["can be read by other users", "chmod 600"]);
}

#[tokio::test]
async fn postgres_is_backed_up_by_its_own_programs() {
    use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
    let admin = std::env::var("VESTIBULE_TEST_POSTGRES").expect("run script/with-postgres");
    let installation = with_own_keys();
    private(&installation, "pass", PASSPHRASE);
    let name = format!("vestibule_backup_{}", std::process::id());
    let mut connection = PgConnection::connect(&admin).await.unwrap();
    let make = async |connection: &mut PgConnection| {
        for sql in [
            format!("DROP DATABASE IF EXISTS {name}"),
            format!("CREATE DATABASE {name}"),
        ] {
            connection
                .execute(sqlx::raw_sql(AssertSqlSafe(sql)))
                .await
                .unwrap();
        }
    };
    make(&mut connection).await;
    let mut url = url::Url::parse(&admin).unwrap();
    url.set_path(&name);
    settings(&installation, |text| {
        format!("{text}\n[database]\nurl = \"{url}\"\n")
    });
    installation
        .run("company add acme --name Acme --origin http://acme.localhost:8080")
        .succeeds();
    installation
        .run("backup copy --passphrase-file pass")
        .succeeds()
        .says(&["database.dump"]);
    installation
        .run("restore copy --passphrase-file pass")
        .fails(1, &["which has tables", "--force"]);
    make(&mut connection).await;
    installation
        .run("restore copy --passphrase-file pass")
        .succeeds()
        .says(&["1 companies"]);
    installation
        .run("restore copy --passphrase-file pass --force")
        .succeeds();
    let drop = format!("DROP DATABASE {name}");
    connection
        .execute(sqlx::raw_sql(AssertSqlSafe(drop)))
        .await
        .unwrap();
}
