//! What to do where the identity provider itself refused (rule C2): by Entra's code, else by the words of the Status.
//!
//! Tests: `tests/it/sign_in/refused_there.rs`. Entra's codes stand in `aadsts.rs`; the field in the console is `admin::fix`.

use super::aadsts::{aadsts, aadsts_in};

/// What the second word of a Status is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusReason {
    /// The format of the `NameID` that we asked for.
    NameIdPolicy,
    /// The ways to sign in that we asked for.
    AuthnContext,
    /// A question to the user was needed and not allowed.
    Passive,
    /// The binding.
    Binding,
    /// Our request, and it is not said what of it.
    Request,
    /// The person.
    Person,
    /// Something else.
    Other,
}

impl StatusReason {
    /// Of a Status, as the record tells it.
    pub fn from_status(received: &str) -> Self {
        // A message after the words may say anything.
        let words = received.split(": ").next().unwrap_or_default();
        let has = |word: &str| words.split(" / ").any(|part| part == word);
        if has("InvalidNameIDPolicy") {
            Self::NameIdPolicy
        } else if has("NoAuthnContext") {
            Self::AuthnContext
        } else if has("NoPassive") {
            Self::Passive
        } else if has("UnsupportedBinding") {
            Self::Binding
        } else if has("RequestDenied") || has("RequestUnsupported") || words == "Requester" {
            Self::Request
        } else if has("AuthnFailed") || has("UnknownPrincipal") {
            Self::Person
        } else {
            Self::Other
        }
    }

    const fn advice(self) -> &'static [&'static str] {
        match self {
            Self::NameIdPolicy => &[
                "The identity provider does not offer the NameID format that this connection asks for. Ask for none: Ask for a Name Id Format, in the connection's SAML Settings (name_id_policy=none).",
                "If the connection asks for none, the identity provider has no NameID for this user: look at its settings for the NameID.",
            ],
            Self::AuthnContext => &[
                "The identity provider cannot sign the user in the way that this connection asks for. Ask for none: Requested authentication context, in the connection's SAML Settings (requested_authn_context=none).",
                "If the connection asks for none, the identity provider's own policy demands another way to sign in. Its log says which.",
            ],
            Self::Passive => &[
                "The identity provider had to ask the user something, and believes that it may not. This server never forbids it. Start the sign-in again here, and not from another application's link.",
            ],
            Self::Binding => &[
                "The identity provider does not take our request by this binding. Choose the other one: Binding Options for Requests, in the connection's SAML Settings.",
            ],
            Self::Request => &[
                "The identity provider did not accept our request. It may not know our Identifier (Entity ID) or our Reply URL: compare both, as they are shown here.",
                "Then look at what this connection asks for in its SAML Settings: a Name Id Format, an authentication context, credentials each time. Take it back.",
                "If the identity provider wants signed requests, switch Sign requests on. If requests are signed, give it our present signing certificate.",
            ],
            Self::Person => &[
                "The identity provider knows the user not, or did not let the user in. Look whether the user is assigned to this application there. Its log says more.",
            ],
            Self::Other => &["The identity provider refused the sign-in. Its own log says why."],
        }
    }
}

pub(super) fn advice(received: &str) -> Vec<String> {
    let Some(code) = aadsts_in(received) else {
        let lines = StatusReason::from_status(received).advice();
        return lines.iter().map(|line| (*line).to_owned()).collect();
    };
    let mut lines: Vec<String> = aadsts(code).map(str::to_owned).into_iter().collect();
    lines.push(format!(
        "Microsoft explains the code at https://login.microsoftonline.com/error?code={code}"
    ));
    lines
}
