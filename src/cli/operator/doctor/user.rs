//! The user that the server runs as: what another one can read says nothing of the server.

use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode};

use rustix::process::geteuid;

use super::Diagnoses;
use crate::config::Config;

const AREA: &str = "user";
const UNITS: [&str; 3] = [
    "/etc/systemd/system/vestibule.service",
    "/usr/local/lib/systemd/system/vestibule.service",
    "/lib/systemd/system/vestibule.service",
];
/// Says to the same command, run as the server's user, that it is.
const AGAIN: &str = "RUN_AGAIN_BY_VESTIBULE_DOCTOR";

/// A user of this machine.
#[derive(Debug, PartialEq, Eq)]
struct SystemUser {
    name: String,
    uid: u32,
    gid: u32,
}

/// The server's user: of the unit, else the owner of the data directory.
fn server_user(config: &Config) -> Option<(SystemUser, String)> {
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    for unit in UNITS {
        let name = std::fs::read_to_string(unit)
            .ok()
            .and_then(|text| unit_user(&text));
        if let Some(name) = name {
            return Some((
                find_user(&users, |user| user.name == name)?,
                unit.to_owned(),
            ));
        }
    }
    let owner = std::fs::metadata(&config.data_dir).ok()?.uid();
    let user = find_user(&users, |user| user.uid == owner)?;
    Some((user, format!("the owner of {}", config.data_dir.display())))
}

fn unit_user(unit: &str) -> Option<String> {
    let mut lines = unit
        .lines()
        .filter_map(|line| line.trim().strip_prefix("User="));
    lines.next_back().map(|name| name.trim().to_owned())
}

fn find_user(users: &str, is_wanted: impl Fn(&SystemUser) -> bool) -> Option<SystemUser> {
    let user = |line: &str| {
        let mut fields = line.split(':');
        let name = fields.next()?.to_owned();
        let uid = fields.nth(1)?.parse().ok()?;
        let gid = fields.next()?.parse().ok()?;
        Some(SystemUser { name, uid, gid })
    };
    users.lines().filter_map(user).find(is_wanted)
}

/// Runs the same command as the server's user, where this one may: its exit code. Else says that this is another user.
pub(super) fn look(config: &Config, diagnoses: &mut Diagnoses) -> Option<ExitCode> {
    let (server, source) = server_user(config)?;
    let ours = geteuid().as_raw();
    if ours == server.uid {
        let how = std::env::var(AGAIN).map_or("", |_| ", as which doctor was started again");
        diagnoses.ok(AREA, format!("{} ({source}){how}", server.name));
        return None;
    }
    if ours == 0
        && std::env::var_os(AGAIN).is_none()
        && let Some(code) = again(&server)
    {
        return Some(code);
    }
    diagnoses.warn(
        AREA,
        format!("This is another user than the server's, {} ({source}).", server.name),
        format!(
            "What this one cannot read may be right, and what it can read may be wrong. Run: sudo -u {} vestibule doctor",
            server.name
        ),
    );
    None
}

fn again(server: &SystemUser) -> Option<ExitCode> {
    let status = Command::new(std::env::current_exe().ok()?)
        .args(std::env::args_os().skip(1))
        .env(AGAIN, &server.name)
        .uid(server.uid)
        .gid(server.gid)
        .status()
        .ok()?;
    let code = u8::try_from(status.code()?).ok()?;
    Some(ExitCode::from(code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_units_user_is_found() {
        let unit = include_str!("../../../../packaging/vestibule.service");
        assert_eq!(unit_user(unit).as_deref(), Some("vestibule"));
        assert_eq!(unit_user("[Service]\nExecStart=/bin/true\n"), None);
        let users = "root:x:0:0:root:/root:/bin/bash\nvestibule:x:998:997::/var/lib/vestibule:/usr/sbin/nologin\n";
        assert_eq!(
            find_user(users, |user| user.name == "vestibule"),
            Some(SystemUser {
                name: "vestibule".to_owned(),
                uid: 998,
                gid: 997
            })
        );
    }
}
