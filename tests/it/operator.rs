//! What an operator relies on: the documented configuration as it stands, keys, backup, `doctor`.

mod backup;
mod database;
mod doctor;
mod doctor_applications;
mod keys;
mod nginx;
mod unit;

use crate::support::{Installation, Said, Server};

/// An installation whose keys are its own: copies of those that tests share, because making them takes seconds.
fn with_own_keys() -> Installation {
    let installation = Installation::new();
    // The shared keys are made when they are not there yet.
    installation.run("keys list").succeeds();
    std::fs::remove_dir_all(installation.path("data")).unwrap();
    let own = installation.path("keys");
    copy_keys(crate::support::KEYS, &own);
    settings(&installation, |text| {
        text.replace(crate::support::KEYS, &own.display().to_string())
    });
    installation
        .run("company add acme --name Acme --origin http://acme.localhost:8080")
        .succeeds();
    installation
}

/// Changes the configuration file.
fn settings(installation: &Installation, change: impl Fn(String) -> String) {
    let file = installation.path("vestibule.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, change(text)).unwrap();
}

/// Copies the files of a set of keys with their modes.
fn copy_keys(from: impl AsRef<std::path::Path>, to: &std::path::Path) {
    std::fs::create_dir_all(to).unwrap();
    for name in [
        "signing.key",
        "signing.pem",
        "encryption.key",
        "encryption.pem",
        "instance.key",
    ] {
        std::fs::copy(from.as_ref().join(name), to.join(name)).unwrap();
    }
}

/// What `serve` says when it does not start.
fn serve(installation: &Installation) -> Said {
    let mut command = installation.command();
    command.arg("serve").output().unwrap().into()
}
