//! What to do about a logout token that was refused, for the company's administrator. Guidance only: nothing here decides anything.

use crate::oidc::{Rejection, Requirement};

pub(super) fn advice(rejection: &Rejection) -> &'static str {
    match rejection.requirement {
        Requirement::KnownKey | Requirement::Signature => {
            "The token is signed with a key that the provider does not publish at its jwks_uri. Look at the connection from this server: vestibule connection verify."
        }
        Requirement::Issuer | Requirement::Audience | Requirement::AuthorizedParty => {
            "The token is of another provider or another application. Give each application at the provider the back-channel logout URL of its own connection alone."
        }
        Requirement::Expiry | Requirement::NotBefore | Requirement::LogoutTime => {
            "Compare the clocks: this server's with vestibule doctor, and the provider's."
        }
        Requirement::TokenType
        | Requirement::LogoutEvent
        | Requirement::LogoutSubject
        | Requirement::LogoutId => {
            "The provider has to send logout tokens as OpenID Connect Back-Channel Logout 1.0 has them in section 2.4. An ID token is none."
        }
        _ => {
            "Nothing has to be changed here. If it happens every time, the provider's support needs this record."
        }
    }
}
