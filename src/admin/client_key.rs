//! A connection's key pairs at its provider: made, handed out without the private key, switched to, deleted (rules H2, N3 and N6).
//!
//! Invariant: a private key is sealed where it is made, and never leaves. Tests: `tests/it/oidc_sign_in/client_key.rs`.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

use super::{Admin, FieldProblem, Obstacle, Refused};
use crate::domain::{
    ClientAuthMethod, ClientKeyAlgorithm, ClientKeyPair, Connection, MOST_CLIENT_KEYS, OidcSettings,
};
use crate::keys::{NewClientPair, PairKind};
use crate::site;
use crate::text::is_unseen;

/// The longest name that a provider may have for a key.
const LONGEST_KID: usize = 200;
/// The longest common name of a certificate (RFC 5280, appendix A.1).
const LONGEST_NAME: usize = 64;

/// What a provider registers of a key pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKeyFiles {
    /// The certificate in DER: `.cer`.
    pub der: Vec<u8>,
    /// The certificate in PEM.
    pub pem: String,
    /// The public key (RFC 7517).
    pub jwk: Value,
}

impl Admin<'_> {
    /// The connection with one more key pair, which is not used before somebody switches to it, and that pair. Without an
    /// algorithm, it is the best one that the provider takes.
    pub async fn with_new_key(
        &self,
        connection: &Connection,
        algorithm: Option<ClientKeyAlgorithm>,
    ) -> Result<(Connection, ClientKeyPair), Refused> {
        self.check_over_administrators()?;
        let mut after = connection.clone();
        let oidc = after.settings.oidc_mut().ok_or(Obstacle::NotOidc)?;
        if oidc.client_keys.len() >= MOST_CLIENT_KEYS {
            return Err(Obstacle::TwoKeyPairs.into());
        }
        let algorithm = fitting(oidc, algorithm)?;
        let kind = match algorithm {
            ClientKeyAlgorithm::Ps256 | ClientKeyAlgorithm::Rs256 => PairKind::Rsa,
            ClientKeyAlgorithm::Es256 => PairKind::P256,
        };
        let mut name = format!("Vestibule {}", connection.name);
        name.truncate(LONGEST_NAME);
        let now = self.now;
        let making = move || NewClientPair::make(kind, &name, now);
        let made = tokio::task::spawn_blocking(making).await;
        let Ok(Ok(made)) = made else {
            return Err(Obstacle::KeyPairNotMade.into());
        };
        let sealed = self.keys.seal(&connection.key_purpose(), &made.private);
        let pair = ClientKeyPair {
            sealed: BASE64_STANDARD.encode(sealed),
            certificate: BASE64_STANDARD.encode(&made.certificate),
            algorithm,
            sha1: made.sha1,
            sha256: made.sha256,
            kid: None,
            made_at: self.now,
            expires_at: made.expires_at,
        };
        oidc.client_keys.push(pair.clone());
        Ok((after, pair))
    }

    /// The connection with this key pair in use, and with assertions as its way to show who it is. `kid` is what the provider calls
    /// the key, if it calls it something else than its thumbprint.
    pub fn with_key_in_use(
        &self,
        connection: &Connection,
        name: &str,
        kid: Option<&str>,
    ) -> Result<Connection, Refused> {
        let mut after = connection.clone();
        let oidc = after.settings.oidc_mut().ok_or(Obstacle::NotOidc)?;
        let at = place(oidc, name)?;
        if let Some(kid) = kid {
            if kid.len() > LONGEST_KID || kid.contains(is_unseen) {
                let what = format!("Use at most {LONGEST_KID} characters, on one line.");
                return Err(FieldProblem::new("kid", what).into());
            }
            oidc.client_keys[at].kid = (!kid.is_empty()).then(|| kid.to_owned());
        }
        oidc.client_keys[..=at].rotate_right(1);
        oidc.client_authentication = ClientAuthMethod::PrivateKey;
        Ok(after)
    }

    /// The connection without this key pair.
    pub fn with_key_deleted(
        &self,
        connection: &Connection,
        name: &str,
    ) -> Result<Connection, Refused> {
        let mut after = connection.clone();
        let oidc = after.settings.oidc_mut().ok_or(Obstacle::NotOidc)?;
        let at = place(oidc, name)?;
        let is_used = oidc.key_in_use() == Some(&oidc.client_keys[at]);
        if is_used && (connection.enabled || oidc.client_keys.len() > 1) {
            return Err(Obstacle::KeyPairInUse.into());
        }
        oidc.client_keys.remove(at);
        Ok(after)
    }

    /// What the provider registers of a key pair.
    pub fn public_key_files(
        &self,
        connection: &Connection,
        name: &str,
    ) -> Result<PublicKeyFiles, Refused> {
        let oidc = connection.settings.oidc().ok_or(Obstacle::NotOidc)?;
        let pair = &oidc.client_keys[place(oidc, name)?];
        let key = site::client_key(self.keys, connection, pair).ok_or(Obstacle::ForeignKeyPair)?;
        let der = BASE64_STANDARD.decode(&pair.certificate);
        Ok(PublicKeyFiles {
            der: der.map_err(|_| Obstacle::ForeignKeyPair)?,
            pem: pem(&pair.certificate),
            jwk: key.jwk(),
        })
    }
}

/// The algorithm of a new key: one that the provider takes.
fn fitting(
    oidc: &OidcSettings,
    wanted: Option<ClientKeyAlgorithm>,
) -> Result<ClientKeyAlgorithm, Refused> {
    let is_entra = oidc.issuer.is_entra();
    let offered = oidc.discovery.as_ref();
    let offered = offered.map_or(&[][..], |it| &it.token_auth_algorithms);
    let is_taken = |algorithm: ClientKeyAlgorithm| match algorithm {
        ClientKeyAlgorithm::Ps256 if is_entra => true,
        _ if is_entra => false,
        ClientKeyAlgorithm::Rs256 if offered.is_empty() => true,
        one => offered.iter().any(|it| it == one.as_str()),
    };
    let best = [
        ClientKeyAlgorithm::Ps256,
        ClientKeyAlgorithm::Rs256,
        ClientKeyAlgorithm::Es256,
    ];
    match wanted {
        Some(wanted) if is_taken(wanted) => Ok(wanted),
        Some(_) if is_entra => {
            Err(FieldProblem::new("algorithm", "Entra ID takes PS256 only.").into())
        }
        Some(_) if offered.is_empty() => Err(FieldProblem::new(
            "algorithm",
            "The provider has not said that it takes this one. Use RS256, or verify the provider first.",
        )
        .into()),
        None if best.into_iter().any(is_taken) => Ok(best
            .into_iter()
            .find(|it| is_taken(*it))
            .unwrap_or(ClientKeyAlgorithm::Rs256)),
        _ => {
            let what = format!("The provider takes {}.", offered.join(", "));
            Err(FieldProblem::new("algorithm", what).into())
        }
    }
}

/// Where a pair stands that is named by its SHA-1 thumbprint.
fn place(oidc: &OidcSettings, name: &str) -> Result<usize, Refused> {
    let mut pairs = oidc.client_keys.iter();
    let found = pairs.position(|pair| pair.sha1.eq_ignore_ascii_case(name));
    found.ok_or(Refused::NotFound)
}

/// A certificate (base64 of DER) as PEM, which every product takes.
pub fn pem(certificate: &str) -> String {
    let mut pem = "-----BEGIN CERTIFICATE-----\n".to_owned();
    let mut rest = certificate;
    while let Some((line, more)) = rest.split_at_checked(64.min(rest.len()))
        && !line.is_empty()
    {
        pem.push_str(line);
        pem.push('\n');
        rest = more;
    }
    pem + "-----END CERTIFICATE-----\n"
}
