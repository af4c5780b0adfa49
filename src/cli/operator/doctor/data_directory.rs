//! The data directory: whether it is there, can be written, and is closed to others.

use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use super::Diagnoses;
use crate::config::Config;
use crate::keys;

pub(super) fn look(config: &Config, diagnoses: &mut Diagnoses) {
    const AREA: &str = "data";
    let dir = &config.data_dir;
    let found = std::fs::metadata(dir);
    if let Err(cause) = &found
        && cause.kind() != ErrorKind::NotFound
    {
        diagnoses.error(
            AREA,
            format!("{} cannot be looked at: {cause}.", dir.display()),
            "It may well be there. Run this as the user that runs the server.",
        );
        return;
    }
    let Ok(metadata) = found else {
        let above = dir.ancestors().skip(1).find_map(|above| {
            let above = if above.as_os_str().is_empty() {
                Path::new(".")
            } else {
                above
            };
            above.exists().then_some(above)
        });
        match above.map(write_probe) {
            Some(Err(cause)) => diagnoses.error(
                AREA,
                format!("{} cannot be made: {cause}.", dir.display()),
                "Make it for the user that runs the server, or set another with `data_dir`.",
            ),
            _ => diagnoses.warn(
                AREA,
                format!("{} does not exist yet.", dir.display()),
                "The first start makes it.",
            ),
        }
        return;
    };
    if let Err(cause) = write_probe(dir) {
        diagnoses.error(
            AREA,
            format!("{} cannot be written: {cause}.", dir.display()),
            "Let it belong to the user that runs the server.",
        );
    } else if metadata.mode() & 0o027 != 0 {
        diagnoses.warn(
            AREA,
            format!(
                "{} is open to other users of this machine (mode {:04o}).",
                dir.display(),
                metadata.mode() & 0o7777
            ),
            format!("Run: chmod 700 {}", dir.display()),
        );
    } else {
        diagnoses.ok(AREA, format!("{} can be written", dir.display()));
    }
}

/// Whether files can be made in a directory: one is, and removed at once.
fn write_probe(dir: &Path) -> std::io::Result<()> {
    let probe = dir.join(format!(".doctor-{}", keys::hex(&keys::random::<8>())));
    let written = OpenOptions::new().write(true).create_new(true).open(&probe);
    let _ = std::fs::remove_file(&probe);
    written.map(drop)
}
