//! The nouns of the product, without I/O.
//!
//! Invariant: a value of these types is well-formed. Text from outside becomes a noun through a parser that says what is
//! wrong; nothing here reads a clock, makes randomness, or touches a socket, a file or a database.
#![warn(missing_docs)]

pub mod access;
pub mod application;
mod application_setting;
pub mod attribute;
pub mod audit;
mod audit_action;
mod audit_bound;
mod audit_detail;
pub mod claims;
mod client_key;
pub mod company;
pub mod company_domain;
pub mod company_setting;
pub mod connection;
pub mod directory_settings;
pub mod directory_state;
pub mod email;
pub mod evidence;
pub mod findings;
pub mod group;
mod group_policy;
pub mod id;
pub mod login_attempt;
pub mod logo;
pub mod mapping;
pub mod name_id;
pub mod oidc_settings;
pub mod origin;
pub mod picture;
mod quota;
mod requirement;
pub mod saml_settings;
pub mod session;
pub mod setting;
pub mod settings;
pub mod setup_link;
pub mod token;
pub mod trust;
pub mod upstream;
pub mod user;
mod word;

pub use crate::graph::ObjectId;
pub use access::{ReturnTo, ReturnToError};
pub use application::{
    AllowedUsers, Application, ApplicationName, ApplicationNameError, ApplicationSettings,
    ApplicationSettingsError, ServedCompanies,
};
pub use attribute::{AttributeName, AttributeNameError, Attributes, MOST_ATTRIBUTES};
pub use audit::AuditEvent;
pub use audit_action::{AuditAction, AuditNoun, RecordedAction};
pub use audit_detail::{AuditDetail, FOREIGN_PASSWORD};
pub use claims::{AddressTrust, GroupClaim, MappedClaim, Profile, ProfileError};
pub use client_key::{AssertionAudience, ClientKeyAlgorithm, ClientKeyPair, MOST_CLIENT_KEYS};
pub use company::{Company, Contact, Organization, Slug};
pub use company_domain::{
    CompanyDomain, DomainName, DomainNameError, SharedDomain, Verified, VerifiedBy,
};
pub use connection::{Connection, ConnectionName};
pub use directory_settings::{
    DIRECTORY_MINUTES, DIRECTORY_MINUTES_RANGE, DirectoryCredential, DirectorySettings, GraphCloud,
};
pub use directory_state::{
    Departure, DirectoryCounts, DirectoryGroupKind, GroupPlan, HeldRemoval, KnownDirectoryGroup,
    KnownDirectoryPerson, PlannedGroup, RemovalCount, SyncPhase, SyncResult, SyncState,
};
pub use email::Email;
pub use evidence::{Evidence, EvidenceKind, NewKey, PendingLink};
pub use findings::{AccountMatch, Claim, Findings, GroupChange, Rehearsal};
pub use group::{Grant, GrantSource, Group, GroupKind};
pub use group_policy::{MOST_OVERFLOW_HOURS, MissingPolicy, OverflowPolicy};
pub use id::{
    ApplicationId, AttemptId, AuditId, CompanyId, ConnectionId, GroupId, SetupLinkId, TokenId,
    UserId,
};
pub use login_attempt::{AttemptKind, Check, Code, LoginAttempt, Outcome, Record};
pub use logo::Logo;
pub use mapping::{AttributeMapping, ClaimSource, lines_to_list, list_to_lines};
pub use name_id::NameId;
pub use oidc_settings::{
    AnswerMode, ClientAuthMethod, ClientSecret, DocumentNews, HeldDiscovery, MOST_CALLBACK_CODES,
    MOST_CLIENT_SECRETS, OidcSettings, UserInfoUse,
};
pub use origin::{Origin, OriginError};
pub use picture::{Picture, PictureError, PictureKind};
pub use quota::{Family, Full, Quotas, Usage};
pub use requirement::FlowRequirement;
pub use saml_settings::{
    AuthnStatement, Binding, CertificateValidity, RequiredSignature, SamlSettings, Unsolicited,
};
pub use session::{Session, SessionId, SessionKey};
pub use setting::SettingError;
pub use settings::{GroupMapping, Protocol, Settings};
pub use setup_link::{SetupLink, SetupLinkState};
pub use token::{Scope, Scopes, Token};
pub use trust::{TrustLine, TrustVersion};
pub use upstream::{
    MOST_UPSTREAMS, Upstream, UpstreamError, UpstreamSettings, UpstreamSettingsError,
};
pub use user::{Creation, Identity, PasswordBy, User};
pub use word::UnknownWord;
