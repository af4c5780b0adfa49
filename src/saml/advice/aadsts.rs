//! The AADSTS table: Entra's error codes, what each means for a service provider's administrator, and what to do.
//!
//! Guidance: Microsoft changes its codes, and nothing here decides anything. Tests: `tests/it/sign_in/refused_there.rs`.

/// What Entra's codes mean, and what to do.
pub const AADSTS: &[(&str, &str)] = &[
    (
        "50011",
        "Entra ID does not know our Reply URL. Copy our Reply URL (Assertion Consumer Service URL) into Basic SAML Configuration.",
    ),
    (
        "700016",
        "Entra ID does not know our Identifier. Copy our Identifier (Entity ID) into Basic SAML Configuration.",
    ),
    (
        "650056",
        "Entra ID finds the application misconfigured. Copy our Identifier (Entity ID) into Basic SAML Configuration.",
    ),
    (
        "50105",
        "The user is not assigned to the application. Assign the user or a group under Users and groups.",
    ),
    (
        "75005",
        "Entra ID did not understand the request. Send the attempt's code to the operator of this server.",
    ),
    (
        "75008",
        "The Login URL is wrong. Copy the Login URL from Entra ID again.",
    ),
    (
        "75011",
        "The user signed in by another method than the request asked for. If the connection asks for one (Requested authentication context), take that back.",
    ),
    (
        "75016",
        "Entra ID does not offer the NameID format that the request asked for. If the connection asks for one (Ask for a Name Id Format), take that back or choose another format.",
    ),
    (
        "75001",
        "Entra ID could not read our request by this binding. Choose the other one: Binding Options for Requests, in the connection's SAML Settings.",
    ),
    (
        "75003",
        "Entra ID cannot answer by that binding. Responses come by HTTP-POST.",
    ),
    (
        "750054",
        "The Sign on URL points at Entra ID. Copy our Sign on URL into Basic SAML Configuration.",
    ),
    (
        "76021",
        "Entra ID demands signed requests. Switch Sign requests on, in the connection's SAML Settings. If it is on, give Entra ID our present signing certificate, from our metadata.",
    ),
    (
        "76026",
        "The request was too old. Compare the clocks: let this server keep time by NTP.",
    ),
    (
        "501241",
        "The source of the NameID is empty for this user. Choose another source for Unique User Identifier (Name ID).",
    ),
    (
        "50058",
        "The user is not signed in at Entra ID, and the request allowed no question. Sign in again.",
    ),
    (
        "50146",
        "The application has no signing key at Entra ID, or it has expired. Make a new SAML certificate there, make it active, and upload it here.",
    ),
    (
        "900236",
        "Our request asks for something that Entra ID does not support. Take back what the connection asks for in its SAML Settings: a Name Id Format, an authentication context, credentials each time.",
    ),
    (
        "50068",
        "Sign-out: Entra ID does not know this session any more. Here it has ended; nothing is left to do.",
    ),
    (
        "50070",
        "Sign-out: Entra ID does not know this NameID. Here the session has ended; nothing is left to do.",
    ),
    (
        "50071",
        "Sign-out: the message was too old for Entra ID. Compare the clocks: let this server keep time by NTP. Here the session has ended.",
    ),
];

/// The number of the first of Entra's codes in a text, such as `50105` in "AADSTS50105: …".
pub fn aadsts_in(text: &str) -> Option<&str> {
    let rest = text.split("AADSTS").nth(1)?;
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let code = rest.get(..digits)?;
    (!code.is_empty() && code.len() <= 10).then_some(code)
}

/// What one of Entra's codes means and what to do; none for one that is not known here.
pub fn aadsts(code: &str) -> Option<&'static str> {
    let found = AADSTS.iter().find(|(known, _)| *known == code)?;
    Some(found.1)
}
