//! What administrators do: the console's pages, the API and the commands share these functions.
//!
//! Invariants: a change and its entry in the audit log are one transaction; an identifier of another company is not there
//! ([`Refused::NotFound`]); whoever makes an [`Admin`] has found out who acts, and what a token may do is decided in the
//! transaction of the change ([`Admin::begin`]), where nobody takes it back meanwhile.

mod allowed_users;
mod application;
mod audit;
mod authority;
mod certificate;
mod client_key;
mod company;
mod connection;
mod directory;
mod directory_user;
mod domain;
mod duplicate;
mod erase;
mod fix;
mod group;
mod list;
mod logo;
mod manifest;
mod metadata_import;
mod new_password;
mod obstacle;
mod password;
mod promotion;
mod proposal;
mod provider;
mod provider_check;
mod provider_watch;
mod quota;
mod refused;
mod session;
pub mod setup;
mod sign_in;
mod synchronisation;
mod test_connection;
mod token;
mod trust;
mod user;
mod user_export;
pub mod user_file;
mod user_import;
mod user_state;
mod waiting;

use std::fmt::Display;
use std::net::IpAddr;

use time::OffsetDateTime;

use crate::domain::{AuditAction, AuditEvent, AuditId, CompanyId, Scope, TokenId, UserId};
use crate::keys::{self, Keys};
use crate::store::{KeyedRequest, Store, Tx};

pub use crate::outbound::Reach;
pub use application::{ApplicationError, CompanyApplication, Operator, proxy_key_hash, titles_of};
pub use audit::{AuditExport, ExportForm};
pub use certificate::{
    CertificateChange, CertificateFacts, CertificateState, MOST_CERTIFICATES, certificate_findings,
    certificate_warning, given_certificates,
};
pub use client_key::{PublicKeyFiles, pem};
pub use company::OWN_SETTINGS;
pub use connection::{
    ConnectionSettings, Difference, LONGEST_ENTITY_ID, SETTINGS, SettingText, Unfit,
    connection_name, differences, introduction, missing,
};
pub use directory::{DIRECTORY_KEYS, DirectoryEdit, end_of_day, own_tenant};
pub use directory_user::NewDirectoryUser;
pub use domain::{
    DnsCheck, DnsRecord, LAST_DOMAIN, is_last_domain, verified_for_another, why_shared,
};
pub use duplicate::Duplicate;
pub use fix::{Fix, Side, fixes};
pub use group::{COUNTED, GroupLoss, GroupText};
pub use manifest::compare_manifest;
pub use metadata_import::{
    ImportChoices, LARGEST_METADATA, MetadataImport, fetched_metadata, providers_to_pick,
    read_metadata,
};
pub use new_password::LONGEST_PASSWORD;
pub use obstacle::{ConnectionEnd, Obstacle};
pub use proposal::Proposal;
pub use provider::{ChosenProvider, registered_addresses};
pub use provider_check::{LineState, ProviderCheck, ProviderLine};
pub use provider_watch::LookError;
pub use refused::{FieldProblem, Problems, Refused};
pub use sign_in::{ReceivedMessage, SignInDetail, Signing, SigningCertificate, drift};
pub use token::{MadeToken, NewToken, TOKEN_PREFIX, token_hash};
pub use user::{Edited, NewUser, UserText};
pub use user_export::{ExportParts, UserExport};
pub use user_import::{ImportPlan, ImportedUsers, PlannedUser};
pub use user_state::Added;

/// Who acts, on which company, when.
#[derive(Debug)]
pub struct Admin<'a> {
    pub store: &'a Store,
    pub keys: &'a Keys,
    pub company: CompanyId,
    pub actor: Actor,
    pub now: OffsetDateTime,
    /// The request of the API that is to make something once, when it has a key.
    pub once: Option<&'a KeyedRequest>,
}

/// Who acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// An e-mail address, `command line`, or `token: NAME`.
    pub name: String,
    /// The user, when it is one.
    pub user: Option<UserId>,
    /// The token, when it is one.
    pub token: Option<TokenId>,
    /// The address that the request came from.
    pub client: Option<IpAddr>,
    /// Whether it may change users who are administrators.
    pub over_administrators: bool,
    /// Whether a password that it sets for somebody else is that user's own already.
    pub for_good: bool,
}

impl Actor {
    /// Whoever has a shell on the server.
    pub fn command_line() -> Self {
        Self {
            name: "command line".to_owned(),
            user: None,
            token: None,
            client: None,
            over_administrators: true,
            for_good: false,
        }
    }

    /// The server itself, in what nobody asked it for.
    pub fn server() -> Self {
        Self {
            name: "this server".to_owned(),
            ..Self::command_line()
        }
    }

    /// Whether it is somebody with a shell on the server, whom no console can shut out.
    fn is_operator(&self) -> bool {
        self.user.is_none() && self.client.is_none()
    }
}

impl Admin<'_> {
    /// [`Admin::begin`] for what makes something, with the note that it answers the request.
    async fn begin_making(&self, needed: Scope, id: impl Display) -> Result<Tx, Refused> {
        let mut tx = self.begin(needed).await?;
        if let Some(request) = self.once
            && !tx.answers(request, &id.to_string(), self.now).await?
        {
            return Err(Obstacle::KeyUsed.into());
        }
        Ok(tx)
    }

    /// An entry for the audit log, to be written in the transaction of what it tells: `tx.audit(&event)`. The subject is a name
    /// for people.
    pub fn event(&self, action: AuditAction, subject: impl Into<String>) -> AuditEvent {
        AuditEvent {
            id: AuditId::at(self.now, keys::in_order()),
            company_id: Some(self.company),
            at: self.now,
            actor: self.actor.name.clone(),
            action: action.into(),
            subject: subject.into(),
            detail: String::new(),
            client: self.actor.client,
            before: None,
            after: None,
        }
    }
}
