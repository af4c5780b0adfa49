//! The unit file: what systemd thinks of it, and that the documents show this one.

use std::path::Path;
use std::process::Command;

const UNIT: &str = "packaging/vestibule.service";

fn read(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

#[test]
fn the_unit_is_locked_down() {
    // 20 is an exposure of 2.0 of 10; above it the command fails.
    let looked = Command::new("systemd-analyze")
        .args([
            "security",
            "--offline=true",
            "--no-pager",
            "--threshold=20",
            UNIT,
        ])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("systemd-analyze is not there: run script/bootstrap test");
    let said = String::from_utf8_lossy(&looked.stdout);
    assert!(looked.status.success(), "{said}");
    let unit = read(UNIT);
    for line in [
        "CapabilityBoundingSet=",
        "AmbientCapabilities=",
        "SystemCallFilter=@system-service",
        "NoNewPrivileges=yes",
    ] {
        assert!(unit.lines().any(|found| found == line), "{line}");
    }
}

#[test]
fn the_documents_install_the_unit_of_the_repository() {
    for document in ["README.md", "docs/operations.md"] {
        let text = read(document);
        assert!(
            text.contains("sudo install -m 644 packaging/vestibule.service /etc/systemd/system/"),
            "{document}"
        );
    }
    // One text: the documents do not have a copy that could be another.
    assert!(!read("docs/operations.md").contains("[Service]"));
}
