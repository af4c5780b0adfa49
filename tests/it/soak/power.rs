//! A disk that forgets what was not synced (`forgetful_disk.c`), and the power failure that shows it.
//!
//! `kill -9` leaves what a process has written with the system; a power failure does not. The commits of sign-ins have to
//! wait for the disk, and that can only be seen when what they did not wait for is lost.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// The disk of one server.
pub(super) struct Disk {
    dir: TempDir,
}

impl Disk {
    pub(super) fn new() -> Self {
        let disk = Self {
            dir: tempfile::tempdir().unwrap(),
        };
        std::fs::create_dir(disk.copies()).unwrap();
        let source = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/it/soak/forgetful_disk.c"
        );
        let compiled = Command::new("cc")
            .args([
                "-Wall", "-Wextra", "-Werror", "-O1", "-shared", "-fPIC", "-o",
            ])
            .arg(disk.library())
            .args([source, "-ldl"])
            .output()
            .unwrap();
        assert!(compiled.status.success(), "{compiled:?}");
        disk
    }

    /// The server of this command writes to this disk.
    pub(super) fn attach(&self, command: &mut Command) {
        command
            .env("LD_PRELOAD", self.library())
            .env("VESTIBULE_TEST_DISK", self.copies());
    }

    /// Takes away what a dead server wrote into its database and did not sync.
    pub(super) fn lose_power(&self, data: &Path) {
        for file in files(data) {
            std::fs::remove_file(data.join(file)).unwrap();
        }
        let kept = files(&self.copies());
        assert!(!kept.is_empty(), "the server wrote to another disk");
        for file in kept {
            std::fs::copy(self.copies().join(&file), data.join(&file)).unwrap();
        }
    }

    fn library(&self) -> PathBuf {
        self.dir.path().join("forgetful_disk.so")
    }

    fn copies(&self) -> PathBuf {
        self.dir.path().join("copies")
    }
}

/// The files of a SQLite database.
fn files(dir: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(dir).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.contains(".sqlite3")).collect()
}
