//! A browser that an account has signed in with before.
//!
//! Invariant: only a sign-in of the account makes the cookie, so whoever has it is no stranger to the account. It signs
//! nobody in: it only keeps the wrong passwords of strangers from counting against its browser.
//!
//! Tests: `tests/it/sign_in/guessing.rs`.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use crate::app::App;
use crate::domain::{CompanyId, User};
use crate::keys;

const PURPOSE: &str = "known browser";
/// Octets that make one browser distinct from another.
const OCTETS: usize = 16;
/// Characters of these octets.
const CHARACTERS: usize = 22;

/// A browser that knows an account.
#[derive(Debug, Clone)]
pub struct KnownBrowser {
    cookie: String,
    octets: [u8; OCTETS],
}

impl KnownBrowser {
    /// The browser in which a user has just signed in, when he has a password to protect.
    pub(super) fn after(app: &App, user: &User) -> Option<Self> {
        user.has_password
            .then(|| Self::new(app, user.company_id, user.email.as_str()))
    }

    fn new(app: &App, company: CompanyId, email: &str) -> Self {
        let octets = keys::random();
        let token = app.keys.token(PURPOSE, &message(company, email, octets));
        let cookie = format!("{}{token}", BASE64_URL_SAFE_NO_PAD.encode(octets));
        Self { cookie, octets }
    }

    /// The browser of a cookie, when it knows the account with this e-mail address.
    pub(super) fn from_cookie(
        app: &App,
        company: CompanyId,
        email: &str,
        cookie: &str,
    ) -> Option<Self> {
        let (octets, token) = cookie.split_at_checked(CHARACTERS)?;
        let octets = BASE64_URL_SAFE_NO_PAD.decode(octets).ok()?;
        let octets = octets.try_into().ok()?;
        app.keys
            .verify_token(PURPOSE, &message(company, email, octets), token)
            .then(|| Self {
                cookie: cookie.to_owned(),
                octets,
            })
    }

    /// The value of its cookie.
    pub fn cookie(&self) -> &str {
        &self.cookie
    }

    /// What makes it distinct.
    pub(super) fn octets(&self) -> [u8; OCTETS] {
        self.octets
    }
}

/// Parts of a fixed length first, so that no two accounts have one message.
fn message(company: CompanyId, email: &str, octets: [u8; OCTETS]) -> Vec<u8> {
    let email = email.to_ascii_lowercase();
    [&company.to_bytes(), &octets, email.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_browser_knows_one_account_of_one_company() {
        let (app, _dir) = App::for_test(|_| {}).await;
        let [acme, beta] = [1, 2].map(|it| CompanyId::from_bytes([it; 16]));
        let made = KnownBrowser::new(&app, acme, "a@acme.example");
        let known = |company, email, cookie| {
            KnownBrowser::from_cookie(&app, company, email, cookie).map(|it| it.octets())
        };
        let cookie = made.cookie();
        assert_eq!(known(acme, "A@Acme.example", cookie), Some(made.octets()));
        assert_eq!(known(acme, "b@acme.example", cookie), None);
        assert_eq!(known(beta, "a@acme.example", cookie), None);
        let other = KnownBrowser::new(&app, acme, "a@acme.example");
        assert_ne!(other.octets(), made.octets());
        let mixed = format!("{}{}", &cookie[..CHARACTERS], &other.cookie()[CHARACTERS..]);
        for wrong in [
            "",
            "\u{e9}",
            &cookie[1..],
            &cookie[..cookie.len() - 1],
            &mixed,
        ] {
            assert_eq!(known(acme, "a@acme.example", wrong), None, "{wrong}");
        }
    }
}
