//! A code becomes a subject: the token request, the provider's keys, the ID token, and userinfo where it is wanted.
//!
//! Rules K, N, P and Q. Everything that goes out to the provider goes out here.

use super::refusal::{refusal, undelivered};
use crate::app::App;
use crate::domain::{Connection, OidcSettings, UserInfoUse};
use crate::login::record::SignInRefusal;
use crate::oidc::{
    AuthenticatedSubject, Checks, Client, Discovery, LONGEST_ANSWER, MatchedCallback, Rejection,
    RememberedSignIn, Requirement, TokenAnswer, TokenRefusal, TokenRequest, UserInfo,
    UserInfoAnswer, ValidatedIdToken,
};
use crate::outbound::{DocumentError, Media, ProviderAnswer};
use crate::site::{Site, authentications, client_key, sign_in_credential};

/// What a code is redeemed with.
pub(super) struct Redemption<'a> {
    pub(super) app: &'a App,
    pub(super) site: &'a Site,
    pub(super) connection: &'a Connection,
    pub(super) oidc: &'a OidcSettings,
    pub(super) discovery: &'a Discovery,
    pub(super) client: &'a Client,
    pub(super) redirect_uri: &'a str,
    pub(super) verifier: &'a str,
    pub(super) nonce: &'a str,
}

/// What a code was redeemed for.
pub(super) struct RedeemedCode {
    pub(super) subject: AuthenticatedSubject,
    /// As it came: the provider wants it back at a sign-out (rule T2).
    pub(super) id_token: String,
    /// What the provider is asked with again, where the connection wants that (rule T6).
    pub(super) again: Option<RememberedSignIn>,
}

/// Why there is no subject.
pub(super) enum Failed {
    /// What came does not meet the law.
    Rejected(Rejection),
    /// Nothing came.
    Undelivered(DocumentError),
}

impl Failed {
    pub(super) fn refusal(self, checks: Checks) -> SignInRefusal {
        match self {
            Self::Rejected(rejection) => refusal(&rejection, checks),
            Self::Undelivered(cause) => undelivered(&cause, checks),
        }
    }
}

impl From<Rejection> for Failed {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected(rejection)
    }
}

impl<E: Into<DocumentError>> From<E> for Failed {
    fn from(cause: E) -> Self {
        Self::Undelivered(cause.into())
    }
}

impl Redemption<'_> {
    /// Redeems a code.
    pub(super) async fn redeem(
        &self,
        callback: MatchedCallback,
        checks: &mut Checks,
    ) -> Result<RedeemedCode, Failed> {
        let app = self.app;
        let delivered = self.token(&callback, checks).await?;
        let answer = TokenAnswer::parse(
            callback,
            delivered.status,
            delivered.media == Media::Json,
            &delivered.body,
            checks,
        )?;
        let kid = answer.kid();
        let keys = app
            .provider_keys(
                &self.site.company,
                self.connection,
                self.discovery,
                kid.as_deref(),
            )
            .await?;
        let signed = answer.verify(&keys, self.client, checks)?;
        let token = signed.validate(self.client, app.clock.now(), checks)?;
        let again = self
            .oidc
            .check_again
            .and_then(|_| RememberedSignIn::of(&token, self.nonce, &delivered.body));
        let userinfo = self.userinfo(&token, &keys, checks).await?;
        let by_user_name = self.oidc.user_name_as_email;
        Ok(RedeemedCode {
            id_token: token.encoded().to_owned(),
            again,
            subject: token.authenticate(userinfo.as_ref(), self.client, by_user_name),
        })
    }

    /// Asks the token endpoint (rule N1).
    async fn token(
        &self,
        callback: &MatchedCallback,
        checks: &mut Checks,
    ) -> Result<ProviderAnswer, Failed> {
        let (app, oidc) = (self.app, self.oidc);
        let now = app.clock.now();
        let credential = sign_in_credential(oidc, self.discovery, now);
        let ways = authentications(&app.keys, self.connection, &credential, now);
        let request = |way: &_| {
            TokenRequest::new(
                callback,
                &oidc.client_id,
                self.redirect_uri,
                self.verifier,
                way,
            )
        };
        let reach = app.reach(&self.site.company);
        let endpoint = &self.discovery.token_endpoint;
        let asked = app.provider_client().token(endpoint, ways, request, reach);
        let answer = asked.await?;
        if let Some(answer) = &answer
            && TokenRefusal::parse(&answer.body).is_some_and(|it| it.code == "invalid_client")
        {
            self.note_key(answer, checks);
        }
        answer.ok_or_else(|| {
            Failed::Rejected(checks.fail(
                Requirement::TokenRequest,
                "a client secret or a key pair",
                "none that this installation can open",
            ))
        })
    }

    /// Which key was refused, and how far the clocks are apart (rule N3): what an administrator compares.
    fn note_key(&self, answer: &ProviderAnswer, checks: &mut Checks) {
        let Some(pair) = self.oidc.key_in_use() else {
            return;
        };
        let key = client_key(&self.app.keys, self.connection, pair);
        let named = key.map_or_else(String::new, |key| {
            format!(", named {}", key.shown_name(&self.oidc.issuer))
        });
        let clock = answer.clock_ahead(self.app.clock.now());
        let clock = clock.map_or_else(String::new, |seconds| {
            format!("; our clock is {seconds} seconds after the provider's")
        });
        checks.pass(
            Requirement::TokenRequest,
            "an assertion by the key in use",
            format!("the key of the certificate {}{named}{clock}", pair.sha1),
        );
    }

    async fn userinfo(
        &self,
        token: &ValidatedIdToken,
        keys: &crate::jose::KeySet,
        checks: &mut Checks,
    ) -> Result<Option<UserInfo>, Failed> {
        let must_be_signed = match self.oidc.userinfo {
            UserInfoUse::Off => return Ok(None),
            UserInfoUse::On => false,
            UserInfoUse::Signed => true,
        };
        let Some(endpoint) = &self.discovery.userinfo_endpoint else {
            return Ok(None);
        };
        let reach = self.app.reach(&self.site.company);
        let client = self.app.provider_client();
        let answer = client
            .get_as_bearer(endpoint, token.access_token(), reach, LONGEST_ANSWER)
            .await?;
        let text = String::from_utf8_lossy(&answer.body);
        let read = match answer.media {
            _ if answer.status != 200 => {
                return Err(DocumentError::Status {
                    address: endpoint.clone(),
                    status: answer.status,
                }
                .into());
            }
            Media::Json => UserInfoAnswer::Plain(&answer.body),
            Media::Jwt => UserInfoAnswer::Signed(text.trim()),
            Media::Other => return Err(DocumentError::NotJson(endpoint.clone()).into()),
        };
        let userinfo = UserInfo::validate(read, token, must_be_signed, keys, self.client, checks)?;
        Ok(Some(userinfo))
    }
}
