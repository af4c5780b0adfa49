//! The claims of an identity token (rules V2 to V4 and V7).
//!
//! Invariant: a token is for one application and one user of one company, and lives no longer than the session; what does not fit is
//! left out and said to be, never cut. Signing is `jose`'s, and the time is an argument.

use serde::Serialize;

/// `typ` of its header (rule V1).
pub const TOKEN_TYPE: &str = "vestibule-identity+jwt";
/// How far a verifier's clock may be behind ours (rule V4), in seconds.
const BEFORE: i64 = 5;
/// Header with a thumbprint (131), two dots and the signature of ES256 (86), in octets as they are sent, and one more.
const AROUND: usize = 220;

/// Who is there, for one application, as a token says it.
#[derive(Debug, Clone, Serialize)]
pub struct IdentityClaims {
    iss: String,
    aud: String,
    sub: String,
    iat: i64,
    nbf: i64,
    exp: i64,
    jti: String,
    sid: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email_verified: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    given_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    family_name: Option<String>,
    org_id: String,
    org_slug: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    org_name: Option<String>,
    groups: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    groups_omitted: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    connection: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_time: Option<i64>,
    amr: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    acr: Option<String>,
}

/// What goes into a token. Times are seconds since 1970.
#[derive(Debug, Clone, Default)]
pub struct IdentityClaimsParts {
    /// The issuer (rule V2).
    pub issuer: String,
    /// The application's audience.
    pub audience: String,
    /// The user, as the application knows it.
    pub subject: String,
    /// Now.
    pub now: i64,
    /// How long it lives, in seconds.
    pub seconds: i64,
    /// When the session ends.
    pub session_ends: i64,
    /// Names this token (`jti`).
    pub token_id: String,
    /// Names the session, and is none of its secrets.
    pub session_id: String,
    /// The e-mail, where it may be told, and whether it is verified (rule R33).
    pub email: Option<(String, bool)>,
    /// The first name.
    pub given_name: String,
    /// The last name.
    pub family_name: String,
    /// The company: its identifier, its slug, its name.
    pub company: [String; 3],
    /// The groups that the application asks for, sorted.
    pub groups: Vec<String>,
    /// The connection's name; none for a password.
    pub connection: Option<String>,
    /// When the user was authenticated, as far as it is known.
    pub auth_time: Option<i64>,
    /// How, in the identity provider's words.
    pub acr: Option<String>,
}

impl IdentityClaims {
    /// The claims, as many of them as fit into a token of so many octets: the groups go first, then what is only told of the person
    /// for people to read. None when not even the rest fits.
    pub fn within(parts: IdentityClaimsParts, octets: usize) -> Option<Self> {
        let mut claims = Self::new(parts);
        if claims.fits(octets) {
            return Some(claims);
        }
        claims.groups_omitted = Some(claims.groups.len()).filter(|count| *count > 0);
        claims.groups = Vec::new();
        if claims.fits(octets) {
            return Some(claims);
        }
        claims.given_name = None;
        claims.family_name = None;
        claims.org_name = None;
        if claims.fits(octets) {
            return Some(claims);
        }
        claims.name = None;
        claims.fits(octets).then_some(claims)
    }

    fn new(parts: IdentityClaimsParts) -> Self {
        let told = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let name = format!("{} {}", parts.given_name, parts.family_name);
        let [org_id, org_slug, org_name] = parts.company;
        let (email, email_verified) = parts.email.unzip();
        Self {
            iss: parts.issuer,
            aud: parts.audience,
            sub: parts.subject,
            iat: parts.now,
            nbf: parts.now - BEFORE,
            exp: (parts.now + parts.seconds).min(parts.session_ends),
            jti: parts.token_id,
            sid: parts.session_id,
            email,
            email_verified,
            name: told(name.trim()),
            given_name: told(&parts.given_name),
            family_name: told(&parts.family_name),
            org_id,
            org_slug,
            org_name: told(&org_name),
            groups: parts.groups,
            groups_omitted: None,
            // RFC 8176: a password is known to have been one here; how somebody else authenticates is told by acr alone.
            amr: if parts.connection.is_none() {
                vec!["pwd"]
            } else {
                Vec::new()
            },
            connection: parts.connection,
            auth_time: parts.auth_time,
            acr: parts.acr,
        }
    }

    /// When the token ends, in seconds since 1970.
    pub const fn ends(&self) -> i64 {
        self.exp
    }

    fn fits(&self, octets: usize) -> bool {
        let length = serde_json::to_vec(self).map_or(usize::MAX, |json| json.len());
        length.div_ceil(3).saturating_mul(4).saturating_add(AROUND) <= octets
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts() -> IdentityClaimsParts {
        IdentityClaimsParts {
            issuer: "https://sso.example.com".to_owned(),
            audience: "https://app.example.com".to_owned(),
            subject: "01hada".to_owned(),
            now: 1_000,
            seconds: 120,
            session_ends: 10_000,
            token_id: "t".to_owned(),
            session_id: "s".to_owned(),
            email: Some(("ada@acme.example".to_owned(), true)),
            given_name: "Ada".to_owned(),
            family_name: "Lovelace".to_owned(),
            company: ["01hacme", "acme", "Acme"].map(str::to_owned),
            groups: ["admin", "staff"].map(str::to_owned).to_vec(),
            connection: Some("entra".to_owned()),
            auth_time: Some(900),
            acr: None,
        }
    }

    fn json(claims: &IdentityClaims) -> serde_json::Value {
        serde_json::to_value(claims).unwrap()
    }

    // V3, V4
    #[test]
    fn claims_say_who_is_there() {
        let claims = json(&IdentityClaims::within(parts(), 1_500).unwrap());
        assert_eq!(claims["name"], "Ada Lovelace");
        assert_eq!(claims["groups"], serde_json::json!(["admin", "staff"]));
        assert_eq!(
            (&claims["nbf"], &claims["exp"]),
            (&995.into(), &1_120.into())
        );
        assert_eq!(claims["email_verified"], true);
        assert!(claims.get("acr").is_none() && claims.get("groups_omitted").is_none());
    }

    // V4
    #[test]
    fn a_token_ends_with_its_session() {
        let claims = IdentityClaims::within(
            IdentityClaimsParts {
                session_ends: 1_060,
                ..parts()
            },
            1_500,
        );
        assert_eq!(claims.unwrap().ends(), 1_060);
    }

    // V7, Q40
    #[test]
    fn groups_go_first_and_are_counted() {
        let many: Vec<String> = (0..200)
            .map(|number| format!("group {number:03}"))
            .collect();
        let with = |groups: Vec<String>, given_name: String| IdentityClaimsParts {
            given_name,
            groups,
            ..parts()
        };
        let claims = IdentityClaims::within(with(many, "Ada".to_owned()), 1_500).unwrap();
        let claims = json(&claims);
        assert_eq!(claims["groups"], serde_json::json!([]));
        assert_eq!(claims["groups_omitted"], 200);
        assert_eq!(claims["given_name"], "Ada");
        let long = "ä".repeat(200);
        let claims = IdentityClaims::within(with(Vec::new(), long.clone()), 1_500).unwrap();
        let claims = json(&claims);
        assert!(claims.get("given_name").is_none());
        assert!(claims.get("groups_omitted").is_none(), "there were none");
        assert!(IdentityClaims::within(with(Vec::new(), long), 300).is_none());
    }
}
