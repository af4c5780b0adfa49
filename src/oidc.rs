//! OpenID Connect, as a relying party: octets, settings, keys and time in; a verdict out. No sockets, no clock.
//!
//! Invariants: code flow with PKCE and nothing else (rule H1); a check that is left out does not compile, because each step
//! takes the proof that the one before gives and no step's proof can be made elsewhere:
//!
//! ```text
//! Callback ── matches(open) ──► MatchedCallback ── (token endpoint) ──► TokenAnswer ── verify(keys) ──► SignedIdToken
//!          ── validate(client, now) ──► ValidatedIdToken ── authenticate(userinfo) ──► AuthenticatedSubject
//! ```
//!
//! The law is `docs/security.md`, rules H to T. Vectors: `tests/vectors/oidc/`. The rooms around it: `jose` verifies
//! signatures, `outbound` asks, `login` keeps the attempt.

mod address;
mod authorization;
mod callback;
mod claim_set;
mod client;
mod client_assertion;
mod discovery;
mod end_session;
mod error;
mod groups;
mod id_token;
mod issuer;
mod judge;
mod logout_token;
mod manifest;
mod moved;
mod pasted;
mod refresh;
mod signed_token;
mod subject;
mod token_answer;
mod token_request;
mod userinfo;

pub use authorization::{AuthorizationRequest, Prompt, ResponseMode, S256, code_challenge};
pub use callback::{Answer, Callback, MatchedCallback, OpenRequest, ProviderError};
pub use claim_set::ClaimSet;
pub use client::Client;
pub use client_assertion::ClientKey;
pub use discovery::{Discovery, DiscoveryError, LONGEST_DISCOVERY};
pub use end_session::EndSessionRequest;
pub use error::{Check, Checks, Rejection, Requirement};
pub use groups::GroupClaim;
pub use id_token::{LONGEST_ID_TOKEN, SignedIdToken, ValidatedIdToken};
pub use issuer::{Cloud, Issuer, NearMiss, TenantId, TenantIdError};
pub use logout_token::{LONGEST_LOGOUT_TOKEN, LogoutToken};
pub use manifest::{
    ExpectedManifest, LONGEST_MANIFEST, ManifestError, ManifestFinding, ManifestWeight,
    check_manifest,
};
pub use moved::MovedEndpoint;
pub use pasted::{PasteError, PasteNote, Pasted};
pub use refresh::{RefreshRefusal, RefreshedAnswer, RememberedSignIn};
pub use subject::{AuthenticatedSubject, ClaimedEmail, EmailTrust};
pub use token_answer::{LONGEST_ANSWER, TokenAnswer, TokenRefusal};
pub use token_request::{ClientAuthentication, TokenRequest};
pub use userinfo::{UserInfo, UserInfoAnswer};
