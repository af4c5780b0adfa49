//! What stands in the way of a change that is otherwise well-formed, and what to do first.

use crate::domain::DomainName;
use crate::outbound::LookupError;

/// Something else has to happen first. Pages, the API and the commands say the same of it.
#[derive(Debug, thiserror::Error)]
pub enum Obstacle {
    /// Of two requests with one key of the API, the other one was faster.
    #[error("Another request with this key has made something already.")]
    KeyUsed,
    /// Nobody deactivates the own account.
    #[error("This is your own account. Ask another administrator to deactivate it.")]
    DeactivatesOneself,
    /// Nobody deletes it either.
    #[error("This is your own account. Ask another administrator to delete it.")]
    DeletesOneself,
    /// Nobody takes away their own administration.
    #[error("This would take your own administration away. Ask another administrator to do it.")]
    OwnAdministration,
    /// The password that was confirmed is not the account's any more.
    #[error("The password was changed in the meantime. Sign in again.")]
    PasswordChanged,
    /// The identity of a refused sign-in belongs to somebody else by now.
    #[error("{subject} is bound to another user by now. Unlink it there first.")]
    IdentityBound {
        /// The name by which the identity provider knows the person.
        subject: String,
    },
    /// The account has had its first sign-in, or has a password.
    #[error("This user does not wait for a first sign-in any more.")]
    NotWaiting,
    /// A group that connections make accounts in is none of administrators.
    #[error(
        "\"{title}\" cannot become a group of administrators: the connection \"{}\" makes new accounts in it (Just-In-Time User Provisioning), \
         and everybody would be one from the first sign-in. Choose another group there first.",
        connection
    )]
    GroupForEveryone {
        /// The group.
        title: String,
        /// The name of a connection that makes accounts in it.
        connection: String,
    },
    /// A group that connections put users into stays.
    #[error(
        "\"{title}\" cannot be deleted: the connection \"{}\"{} {}. Choose another group there first.",
        connection,
        more_connections(*count),
        if *jit {
            "makes new accounts in it (Just-In-Time User Provisioning)"
        } else {
            "puts users into it by their group claim"
        }
    )]
    GroupInUse {
        /// The group.
        title: String,
        /// The name of a connection that uses it.
        connection: String,
        /// Whether that one makes accounts in it.
        jit: bool,
        /// How many there are.
        count: usize,
    },
    /// A group of a connection's settings is gone.
    #[error(
        "A permission group of these settings was deleted in the meantime. Choose another one."
    )]
    GroupGone,
    /// Nobody would get into the company any more.
    #[error(
        "This is the only way into the company: no other connection is enabled, and no administrator can sign in with a password. \
         Give an administrator a password, or enable another connection; then this one can be {}.",
        match end { ConnectionEnd::SwitchedOff => "switched off", ConnectionEnd::Deleted => "deleted" }
    )]
    LastWayIn {
        /// What was to be done with the connection.
        end: ConnectionEnd,
    },
    /// What was sent back is not what was shown.
    #[error(
        "This is not what was shown to you, or it was shown more than an hour ago. Nothing was saved. Begin again."
    )]
    NotShown,
    /// An older version says what is in force.
    #[error("The connection trusts what version {number} says already.")]
    SameTrust {
        /// The version.
        number: i64,
    },
    /// What a test received is its runner's.
    #[error("What a test received is shown to the administrator who ran it.")]
    TestOfAnother,
    /// The operator's word verifies a domain, and nobody else's.
    #[error("Only the operator of this server can say so. Add the DNS record, and check it.")]
    NotOperator,
    /// The name servers gave no answer.
    #[error(transparent)]
    Dns(LookupError),
    /// A domain is verified for one company.
    #[error(
        "{} {}",
        super::verified_for_another(name),
        if *is_operator { "Remove it there first." } else { "Ask the operator of this server to remove it there." }
    )]
    VerifiedElsewhere {
        /// The domain.
        name: DomainName,
        /// Whether the operator asks.
        is_operator: bool,
    },
    /// The last domain goes only where that is meant.
    #[error("{}", super::LAST_DOMAIN)]
    LastDomain,
    /// Others have their metadata read.
    #[error("Other metadata is being read at this moment. Try again in a few seconds.")]
    OtherMetadataRead,
    /// Metadata and certificates are SAML's.
    #[error(
        "This connection speaks OpenID Connect. Metadata and certificates are for connections that speak SAML: add one."
    )]
    NotSaml,
    /// A tenant ID and secrets are OpenID Connect's.
    #[error(
        "This connection speaks SAML. A tenant ID and client secrets are for connections that speak OpenID Connect: add one."
    )]
    NotOidc,
    /// No addresses wait for anybody's word.
    #[error("No new addresses of this provider wait to be accepted.")]
    NothingHeld,
    /// Something else waits to be removed than what was seen.
    #[error("Something else waits to be removed by now. Nothing was allowed. Look at it again.")]
    OtherRemoval,
    /// A connection has two key pairs at most.
    #[error("This connection has two key pairs already. Delete the one that is not in use first.")]
    TwoKeyPairs,
    /// Without it nobody signs in.
    #[error(
        "This key pair is in use. Use another one first, or a client secret (client_authentication); then this one can be deleted."
    )]
    KeyPairInUse,
    /// It was sealed elsewhere.
    #[error(
        "This key pair was sealed with another instance key and cannot be opened. Delete it, and make a new one."
    )]
    ForeignKeyPair,
    /// OpenSSL, or the end of the process.
    #[error("The key pair could not be made just now. Try again.")]
    KeyPairNotMade,
    /// Others have addresses asked.
    #[error("Other addresses are being asked at this moment. Try again in a few seconds.")]
    OtherAddressesAsked,
}

/// How users are kept from a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectionEnd {
    SwitchedOff,
    Deleted,
}

fn more_connections(count: usize) -> String {
    match count {
        1 => String::new(),
        2 => " and one more connection".to_owned(),
        count => format!(" and {} more connections", count - 1),
    }
}
