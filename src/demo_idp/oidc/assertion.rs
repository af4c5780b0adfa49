//! Client assertions (RFC 7523), as "certificate credentials" has them.

use super::jws::ReadJws;
use super::{OidcApp, OidcRefusal};
use crate::saml::instant;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openssl::pkey::{PKey, Public};
use openssl::x509::X509;
use serde_json::Value;
use time::OffsetDateTime;

/// Clocks may be so many seconds apart.
const SKEW: i64 = 300;

/// An assertion that was read; nothing of it is verified.
pub(in crate::demo_idp) struct ClientAssertion<'t>(ReadJws<'t>);

impl<'t> ClientAssertion<'t> {
    pub(in crate::demo_idp) fn parse(text: &'t str) -> Result<Self, OidcRefusal> {
        ReadJws::parse(text).map(Self).ok_or_else(|| {
            OidcRefusal::invalid_client(
                50_027,
                "JWT token is invalid or malformed: it is no compact JWS with three parts.",
            )
        })
    }

    /// Whom it says it is of.
    pub(in crate::demo_idp) fn subject(&self) -> Option<&str> {
        self.claim("sub")
    }

    /// Its ID, when a certificate of the application signed it for one of the audiences, and it is in time.
    pub(in crate::demo_idp) fn verify(
        &self,
        app: &OidcApp,
        audiences: &[String],
        now: OffsetDateTime,
    ) -> Result<String, OidcRefusal> {
        if self.claim("iss") != self.subject() {
            return Err(OidcRefusal::invalid_client(
                50_048,
                "Subject doesn't match Issuer claim in the client assertion.",
            ));
        }
        if self.subject() != Some(&app.client_id) {
            return Err(OidcRefusal::invalid_client(
                700_021,
                "Client assertion application identifier doesn't match 'client_id' parameter.",
            ));
        }
        // One text: an array is refused, whatever it holds.
        let audience = self.claim("aud");
        if !audience.is_some_and(|found| audiences.iter().any(|known| known == found)) {
            return Err(OidcRefusal::invalid_client(
                700_023,
                "Client assertion audience claim does not match Realm issuer.",
            ));
        }
        self.check_time(now)?;
        let key = self.key(app)?;
        if !self.0.is_signed_by(&key) {
            return Err(OidcRefusal::invalid_client(
                50_012,
                "Client assertion contains an invalid signature.",
            ));
        }
        self.claim("jti").map(str::to_owned).ok_or_else(|| {
            OidcRefusal::invalid_client(
                50_027,
                "JWT token is invalid or malformed: it has no 'jti'.",
            )
        })
    }

    fn claim(&self, name: &str) -> Option<&str> {
        self.0.claims.get(name).and_then(Value::as_str)
    }

    fn check_time(&self, now: OffsetDateTime) -> Result<(), OidcRefusal> {
        let time = |name| self.0.claims.get(name).and_then(Value::as_i64);
        let seconds = now.unix_timestamp();
        let is_begun = time("nbf").is_none_or(|begin| begin <= seconds + SKEW);
        let is_open = time("exp").is_some_and(|end| end > seconds - SKEW);
        if is_begun && is_open {
            return Ok(());
        }
        Err(OidcRefusal::invalid_client(
            700_024,
            format!(
                "Client assertion is not within its valid time range. Current time: {}, assertion valid from {}, \
                 expiry time of assertion {}.",
                instant::format(now),
                shown_time(time("nbf")),
                shown_time(time("exp"))
            ),
        ))
    }

    /// The key of the certificate that the header names by a thumbprint.
    fn key(&self, app: &OidcApp) -> Result<PKey<Public>, OidcRefusal> {
        let header = |name| self.0.header.get(name).and_then(Value::as_str);
        let named = |der: &&Vec<u8>| match header("x5t#S256") {
            Some(thumbprint) => thumbprint == URL_SAFE_NO_PAD.encode(openssl::sha::sha256(der)),
            None => header("x5t")
                .is_some_and(|found| found == URL_SAFE_NO_PAD.encode(openssl::sha::sha1(der))),
        };
        let der = app.certificates.iter().find(named);
        let key = der.and_then(|der| X509::from_der(der).ok()?.public_key().ok());
        key.ok_or_else(|| {
            let sent = header("x5t#S256").or(header("x5t"));
            OidcRefusal::invalid_client(
                700_027,
                format!(
                    "The certificate with identifier used to sign the client assertion is not registered on \
                     application. [Reason - The key was not found., Thumbprint of key used by client: '{}']",
                    sent.unwrap_or_default()
                ),
            )
        })
    }
}

fn shown_time(seconds: Option<i64>) -> String {
    seconds
        .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
        .map_or_else(|| "none".to_owned(), instant::format)
}
