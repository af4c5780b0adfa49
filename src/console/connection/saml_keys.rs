//! The keys of the SAML Settings form: where each stands, and which are switches or lists.

/// The keys beneath "Advanced", by heading.
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

/// The keys of the claims' own page.
pub(super) const CLAIMS: [&str; 8] = [
    "attributes.email",
    "attributes.first_name",
    "attributes.last_name",
    "attributes.display_name",
    "attributes.company",
    "attributes.object_id",
    "attributes.groups",
    "attributes.groups_overage",
];

/// The keys of the form's main part that are written as they are.
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

/// Every key of the form that is written as it is.
pub(super) fn every_key() -> impl Iterator<Item = &'static str> {
    let advanced = ADVANCED.iter().flat_map(|(_, keys)| keys.iter().copied());
    MAIN.into_iter()
        .chain(advanced)
        .chain(CLAIMS)
        .chain(DANGERS)
}

/// Whether it is on or off.
pub(super) fn is_switch(key: &str) -> bool {
    matches!(
        key,
        "force_authn" | "sign_requests" | "single_logout" | "trust_email_claim" | "guests"
    ) || DANGERS.contains(&key)
}

/// Whether it is a list, shown one on a line.
pub(super) fn is_lines(key: &str) -> bool {
    matches!(
        key,
        "requested_authn_context" | "accepted_authn_context" | "extra_audiences"
    ) || key.starts_with("attributes.")
}

/// A switch as it is stored.
pub(super) fn on_off(on: bool) -> &'static str {
    if on { "true" } else { "false" }
}
