//! What an entry of the audit log tells beside what changed. It is kept as text; these are its forms.
//!
//! Invariants: nothing here is a secret; where a name by which an identity provider knows a user is told, it stands behind a
//! colon, so that it can be taken away with the user (`store::people::pseudonym`).

use std::fmt;

use super::{Code, ConnectionName, GroupKind};

/// Why a password was taken: in the audit log, and in the record of the sign-in that has shown it.
pub const FOREIGN_PASSWORD: &str = "The account has become an administrator's, and an API token without admins:write had set its password.";

/// What is told beside a change.
#[derive(Debug, Clone, Copy)]
pub enum AuditDetail<'a> {
    /// What changed, one by one.
    Differences(&'a [String]),
    /// Where it comes from: a file, an address, the one who set the company up.
    Source(&'a str),
    /// The permission group.
    Group(&'a str),
    /// The permission groups.
    Groups(&'a [&'a str]),
    /// The type of the permission group.
    Kind(GroupKind),
    /// The members that a group had.
    Members(u64),
    /// The users of an export.
    Users(u64),
    /// What an import did.
    Imported {
        /// Users who were made.
        made: usize,
        /// Users who were changed.
        changed: usize,
        /// Users who were so already.
        same: usize,
    },
    /// The line of a file.
    Line(u64),
    /// The names by which a connection knew a user.
    Identities {
        /// The connection.
        connection: &'a ConnectionName,
        /// The names.
        subjects: &'a [String],
    },
    /// An identity that an administrator has linked.
    LinkedByHand {
        /// The connection, with who else knows the user.
        to: &'a str,
        /// The name.
        subject: &'a str,
        /// The sign-in that was refused before.
        refused: &'a Code,
    },
    /// An identity that a sign-in has linked (rule F2).
    LinkedByEmail {
        /// The connection, with who else knows the user.
        to: &'a str,
        /// The name.
        subject: &'a str,
    },
    /// An identity that a sign-in has taken over from another connection (rule R6).
    Adopted {
        /// The connection.
        to: &'a str,
        /// The connection that knew the user.
        from: &'a str,
        /// The name.
        subject: &'a str,
    },
    /// A stronger name, which came with a weaker one (rule F1).
    BoundByOtherName {
        /// The stronger one.
        subject: &'a str,
        /// The one that was known.
        by: &'a str,
    },
    /// The connection that a domain is assigned to.
    AssignedTo(&'a ConnectionName),
    /// What a token has taken away by another address.
    Distrusted {
        /// The names by which connections knew the user.
        identities: &'a [String],
        /// Sessions that ended.
        sessions: usize,
        /// Whether the password went.
        password: bool,
    },
    /// Whoever has become an administrator brings no password along that a token has set.
    ForeignPassword,
    /// Sessions that were ended.
    Sessions(u64),
    /// Sessions that ended with something else.
    SessionsEnded(u64),
    /// What went with a user.
    UserErased {
        /// Sessions.
        sessions: u64,
        /// Records of sign-ins.
        sign_ins: u64,
        /// Entries of the audit log that named the user.
        entries: u64,
    },
    /// What went with a company.
    CompanyErased {
        /// Users.
        users: i64,
        /// Connections.
        connections: i64,
        /// Permission groups.
        groups: i64,
        /// Records of sign-ins.
        sign_ins: i64,
        /// Entries of its audit log.
        entries: i64,
    },
    /// What went with a connection.
    ConnectionErased {
        /// Users whom it knew.
        users: i64,
        /// Sessions.
        sessions: i64,
    },
    /// Records of sign-ins that were deleted.
    RecordsDeleted(u64),
    /// The test of a connection.
    Test(&'a Code),
    /// The values of a message were looked at.
    MessageRevealed,
    /// A set-up link was used.
    SetUp {
        /// Whether the first administrator has a password.
        with_password: bool,
        /// Other links that were open.
        revoked: u64,
    },
    /// A sign-in that single sign-on could have been.
    PasswordSignIn,
    /// The SHA-256 thumbprint of a key's certificate.
    Thumbprint(&'a str),
    /// Keys were taken that the database did not know.
    NewKeysAccepted,
}

impl fmt::Display for AuditDetail<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Differences(all) => f.write_str(&all.join("; ")),
            Self::Source(text) | Self::Group(text) => f.write_str(text),
            Self::Groups(titles) => f.write_str(&titles.join(", ")),
            Self::Kind(kind) => f.write_str(kind.as_str()),
            Self::Members(1) => f.write_str("1 member"),
            Self::Members(count) => write!(f, "{count} members"),
            Self::Users(count) => write!(f, "{count} users"),
            Self::Imported {
                made,
                changed,
                same,
            } => write!(f, "{made} made, {changed} changed, {same} as they were"),
            Self::Line(number) => write!(f, "line {number} of a file"),
            Self::Identities {
                connection,
                subjects,
            } => write!(f, "{connection}: {}", subjects.join(", ")),
            Self::LinkedByHand {
                to,
                subject,
                refused,
            } => write!(f, "{to}: {subject}, refused as {refused}"),
            Self::LinkedByEmail { to, subject } => {
                write!(f, "{to}: {subject}, by the e-mail address")
            }
            Self::Adopted { to, from, subject } => {
                write!(f, "{to}: {subject}, as {from} knows the user")
            }
            Self::BoundByOtherName { subject, by } => {
                write!(f, "{subject}, by {by} in the same assertion")
            }
            Self::AssignedTo(connection) => write!(f, "assigned to {connection}"),
            Self::Distrusted {
                identities,
                sessions,
                password,
            } => {
                let names = match identities {
                    [] => "none".to_owned(),
                    names => names.join(", "),
                };
                let taken = if *password { "; password taken" } else { "" };
                write!(
                    f,
                    "An API token without admins:write has changed the address. Identities forgotten: {names}; \
                     sessions ended: {sessions}{taken}"
                )
            }
            Self::ForeignPassword => f.write_str(FOREIGN_PASSWORD),
            Self::Sessions(1) => f.write_str("1 session"),
            Self::Sessions(count) => write!(f, "{count} sessions"),
            Self::SessionsEnded(count) => write!(f, "sessions ended: {count}"),
            Self::UserErased {
                sessions,
                sign_ins,
                entries,
            } => write!(
                f,
                "sessions ended: {sessions}; records of sign-ins deleted: {sign_ins}; \
                 entries of this log without the name: {entries}"
            ),
            Self::CompanyErased {
                users,
                connections,
                groups,
                sign_ins,
                entries,
            } => write!(
                f,
                "users: {users}; connections: {connections}; permission groups: {groups}; \
                 records of sign-ins: {sign_ins}; entries of the audit log: {entries}"
            ),
            Self::ConnectionErased { users, sessions } => {
                write!(f, "users bound to it: {users}; sessions ended: {sessions}")
            }
            Self::RecordsDeleted(count) => write!(f, "records of sign-ins deleted: {count}"),
            Self::Test(code) => write!(f, "Test {code}"),
            Self::MessageRevealed => {
                f.write_str("The values of the message that this sign-in received were looked at.")
            }
            Self::SetUp {
                with_password,
                revoked,
            } => write_set_up(f, *with_password, *revoked),
            Self::PasswordSignIn => f.write_str(
                "An administrator signed in with a password while single sign-on is enabled.",
            ),
            Self::Thumbprint(thumbprint) => write!(f, "SHA-256 {thumbprint}"),
            Self::NewKeysAccepted => f.write_str(
                "Keys that were not those of the database were accepted, by --accept-new-keys.",
            ),
        }
    }
}

fn write_set_up(f: &mut fmt::Formatter<'_>, with_password: bool, revoked: u64) -> fmt::Result {
    let way = if with_password {
        "with a password"
    } else {
        "by single sign-on later"
    };
    write!(
        f,
        "The set-up link was used. The first administrator signs in {way}."
    )?;
    match revoked {
        0 => Ok(()),
        1 => f.write_str(" Another open set-up link was revoked."),
        many => write!(f, " {many} other open set-up links were revoked."),
    }
}
