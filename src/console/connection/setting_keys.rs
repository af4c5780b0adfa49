//! The keys of the settings' forms: where each stands, and which are switches or lists.

/// The keys beneath "Advanced" of SAML, by heading.
pub(super) const ADVANCED: [(&str, &[&str]); 5] = [
    (
        "Requests to the identity provider",
        &[
            "name_id_policy",
            "requested_authn_context",
            "force_authn",
            "sign_requests",
        ],
    ),
    (
        "What is accepted",
        &[
            "required_signature",
            "certificate_validity",
            "accepted_authn_context",
            "max_authentication_age",
            "clock_skew_seconds",
            "authn_statement",
            "extra_audiences",
            "unsolicited",
            "landing",
        ],
    ),
    (
        "Accounts",
        &["trust_email_claim", "guests", "identity_attribute"],
    ),
    (
        "Logout",
        &[
            "slo_binding",
            "slo_response_url",
            "slo_post_url",
            "slo_post_response_url",
        ],
    ),
    ("Metadata", &["metadata_url"]),
];

/// The keys beneath "Advanced" of OpenID Connect, by heading.
pub(super) const PROVIDER_ADVANCED: [(&str, &[&str]); 4] = [
    (
        "Requests to the provider",
        &[
            "client_authentication",
            "assertion_audience",
            "domain_hint",
            "check_again",
            "response_mode",
            "userinfo",
            "force_authn",
        ],
    ),
    (
        "What is accepted",
        &[
            "accepted_acr",
            "accepted_audiences",
            "max_authentication_age",
            "clock_skew_seconds",
        ],
    ),
    (
        "Accounts",
        &[
            "user_name_as_email",
            "trust_email_claim",
            "guests",
            "adopt_from",
        ],
    ),
    ("Logout", &["single_logout"]),
];

/// The fields of the main part of OpenID Connect's form.
const PROVIDER_MAIN: [&str; 8] = [
    "client_id",
    "scopes",
    "display_name",
    "sort_order",
    "name",
    "jit",
    "jit_group",
    "revision",
];

/// What OpenID Connect alone has.
const PROVIDER_OWN: [&str; 12] = [
    "client_id",
    "client_authentication",
    "assertion_audience",
    "domain_hint",
    "check_again",
    "scopes",
    "response_mode",
    "userinfo",
    "accepted_audiences",
    "accepted_acr",
    "user_name_as_email",
    "adopt_from",
];

/// The keys of the claims' own page.
pub(super) const CLAIMS: [&str; 11] = [
    "attributes.email",
    "attributes.first_name",
    "attributes.last_name",
    "attributes.display_name",
    "attributes.company",
    "attributes.object_id",
    "attributes.groups",
    "attributes.groups_overage",
    "groups_missing",
    "groups_overflow",
    "groups_overflow_hours",
];

/// The keys of SAML's main part that are written as they are.
const MAIN: [&str; 6] = [
    "display_name",
    "sort_order",
    "idp_entity_id",
    "slo_url",
    "single_logout",
    "name_id_format",
];

/// The switches that weaken a check.
pub(super) const DANGERS: [&str; 2] = ["danger_allow_sha1", "danger_accept_cbc"];

/// Every key of a form that is written as it is.
pub(super) fn every_key() -> impl Iterator<Item = &'static str> {
    let advanced = ADVANCED.iter().flat_map(|(_, keys)| keys.iter().copied());
    MAIN.into_iter()
        .chain(advanced)
        .chain(CLAIMS)
        .chain(DANGERS)
        .chain(PROVIDER_OWN)
}

/// Every field of the form of OpenID Connect.
pub(super) fn provider_fields() -> impl Iterator<Item = &'static str> {
    let advanced = PROVIDER_ADVANCED.iter();
    let advanced = advanced.flat_map(|(_, keys)| keys.iter().copied());
    PROVIDER_MAIN.into_iter().chain(advanced)
}

/// Whether it is on or off.
pub(super) fn is_switch(key: &str) -> bool {
    matches!(
        key,
        "force_authn"
            | "sign_requests"
            | "single_logout"
            | "trust_email_claim"
            | "guests"
            | "user_name_as_email"
    ) || DANGERS.contains(&key)
}

/// Whether it is a list, shown one on a line.
pub(super) fn is_lines(key: &str) -> bool {
    matches!(
        key,
        "requested_authn_context"
            | "accepted_authn_context"
            | "extra_audiences"
            | "scopes"
            | "accepted_audiences"
            | "accepted_acr"
    ) || key.starts_with("attributes.")
}

/// A switch as it is stored.
pub(super) fn on_off(on: bool) -> &'static str {
    if on { "true" } else { "false" }
}
