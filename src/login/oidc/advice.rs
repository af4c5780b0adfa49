//! What to do about an answer that was refused, for the company's administrator; where Entra's pages have the field.
//!
//! Guidance only: nothing here decides anything. The facts are Microsoft's; the errors' numbers are in the provider's own words.

use crate::login::Advice;
use crate::oidc::{Rejection, Requirement};

/// Entra's numbers, and what helps.
const AADSTS: &[(&str, &str)] = &[
    (
        "AADSTS7000215",
        "The value of the client secret is wrong. In Entra ID: App registrations, the application, Certificates & secrets: make a new client secret and paste its Value, not its Secret ID.",
    ),
    (
        "AADSTS7000222",
        "The client secret has expired. In Entra ID: App registrations, the application, Certificates & secrets: make a new client secret and paste its Value here.",
    ),
    (
        "AADSTS700016",
        "The client ID or the tenant is wrong. In Entra ID: App registrations, the application, Overview has both: Application (client) ID and Directory (tenant) ID.",
    ),
    (
        "AADSTS700025",
        "The application is a public client. In Entra ID: App registrations, the application, Authentication: set Allow public client flows to No.",
    ),
    (
        "AADSTS700027",
        "The provider does not know the key that was used. In Entra ID: App registrations, the application, Certificates & secrets, Certificates must list its certificate: download it from the connection's page and upload it there, then compare the thumbprints.",
    ),
    (
        "AADSTS700024",
        "The assertion was out of time: the clocks differ. Set this server's clock by the network (NTP); vestibule connection verify tells how far they are apart.",
    ),
    (
        "AADSTS50011",
        "The redirect URI is not registered. In Entra ID: App registrations, the application, Authentication, Web, Redirect URIs must have the callback URL of this connection, exactly.",
    ),
    (
        "AADSTS50105",
        "The user is not assigned. In Entra ID: Enterprise applications, the application, Users and groups: add the user or a group.",
    ),
    (
        "AADSTS65001",
        "Nobody has consented yet. In Entra ID: App registrations, the application, API permissions: Grant admin consent.",
    ),
    (
        "AADSTS65004",
        "The user declined the consent. Let the user try again and accept, or grant admin consent: App registrations, the application, API permissions.",
    ),
    (
        "AADSTS54005",
        "The code was redeemed before. Let the user start the sign-in again.",
    ),
    (
        "AADSTS70008",
        "The code has expired. Let the user start the sign-in again.",
    ),
    (
        "AADSTS50020",
        "The user is of another tenant. In Entra ID, invite the user as a guest, or let the user sign in with an account of this tenant.",
    ),
];

/// What the administrator can do.
pub(super) fn advice(rejection: &Rejection) -> Vec<String> {
    let coded = AADSTS
        .iter()
        .find(|(code, _)| has_code(&rejection.received, code));
    if let Some((_, line)) = coded {
        return vec![(*line).to_owned()];
    }
    lines(rejection)
        .iter()
        .map(|line| (*line).to_owned())
        .collect()
}

/// What the user can do.
pub(super) fn for_user(rejection: &Rejection) -> Advice {
    let is_unassigned = has_code(&rejection.received, "AADSTS50105");
    if is_unassigned || rejection.received.starts_with("access_denied") {
        Advice::AskForAccount
    } else {
        Advice::TryAgain
    }
}

/// Whether a text has this number, and not a longer one.
fn has_code(text: &str, code: &str) -> bool {
    text.split(|c: char| !c.is_ascii_alphanumeric())
        .any(|word| word == code)
}

fn lines(rejection: &Rejection) -> &'static [&'static str] {
    match rejection.requirement {
        Requirement::CodeFlow => &[
            "The provider answers as in another flow. In Entra ID: App registrations, the application, Authentication, Implicit grant and hybrid flows: untick both boxes.",
        ],
        Requirement::State => &[
            "The answer came to the redirect URI of another connection. Give each application at the provider the callback URL of its own connection alone.",
        ],
        Requirement::ProviderError => &[
            "The provider's words are above. Let the user try again; if it happens every time, its administrator has to look at the application there.",
        ],
        Requirement::TokenRequest if rejection.received.contains("invalid_client") => &[
            "The provider does not take the client secret. Make a new one there, and set it: vestibule connection set client_secret_file=FILE.",
            "If the secret is right, choose the other way of showing it: client_authentication=client_secret_basic or client_secret_post.",
            "Where a key pair is used: register its certificate or JWK at the provider (vestibule connection key download); some providers want assertion_audience=token_endpoint.",
        ],
        Requirement::TokenRequest if rejection.received.contains("invalid_grant") => &[
            "The code was used, late or of another application. Let the user start the sign-in again.",
        ],
        Requirement::TokenRequest => &[
            "Look at the connection from this server: vestibule connection verify. If the provider has a failure, let the user try again later.",
        ],
        Requirement::KnownKey | Requirement::Signature => &[
            "The token is signed with a key that the provider does not publish at its jwks_uri. In Entra ID this is a claims mapping policy's own key, or the token is none of this provider's.",
        ],
        Requirement::Issuer | Requirement::Tenant => &[
            "The token is of another issuer. In Entra ID: App registrations, the application, Overview, Directory (tenant) ID; and Authentication, Supported account types: single tenant.",
        ],
        Requirement::Audience | Requirement::AuthorizedParty => &[
            "The token is for another client. In Entra ID: App registrations, the application, Overview, Application (client) ID.",
        ],
        Requirement::Expiry | Requirement::NotBefore | Requirement::IssuedAt => {
            &["Compare the clocks: this server's with vestibule doctor, and the provider's."]
        }
        Requirement::Freshness => &[
            "The provider does not say when the user signed in there. In Entra ID: App registrations, the application, Token configuration, Add optional claim, ID, auth_time.",
        ],
        Requirement::ObjectId => {
            &["Ask for the scope profile: vestibule connection set scopes=profile,email."]
        }
        Requirement::TokenVersion => {
            &["Use the v2.0 endpoint: paste the Directory (tenant) ID, not an address."]
        }
        Requirement::GroupClaim => &[
            "Send fewer groups. In Entra ID: App registrations, the application, Token configuration, Edit groups claim, Groups assigned to the application.",
        ],
        _ => &[
            "Nothing has to be changed here. If it happens every time, the provider's support needs this record.",
        ],
    }
}
