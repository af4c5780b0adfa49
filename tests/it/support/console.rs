//! What a browser does in a company's console.

use super::{Answer, Browser, PASSWORD, hidden_field};

impl Browser {
    /// Sends a password; the answer.
    pub(crate) async fn sign_in(&mut self, email: &str, password: &str, return_to: &str) -> Answer {
        let page = self.get("/sign-in").await;
        assert_eq!(page.status, 200);
        let csrf = hidden_field(&page.body, "csrf").unwrap();
        let fields = [
            ("csrf", csrf.as_str()),
            ("email", email),
            ("password", password),
            ("return_to", return_to),
        ];
        self.post("/sign-in", &fields).await
    }

    /// The same browser after a sign-in with the password of everyone.
    pub(crate) async fn signed_in(mut self, email: &str) -> Self {
        let answer = self.sign_in(email, PASSWORD, "").await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        self
    }
}

/// The token of the forms in this browser's console.
pub(crate) async fn token(browser: &mut Browser) -> String {
    let page = browser.get("/admin/account").await;
    assert_eq!(page.status, 200, "{}", page.body);
    hidden_field(&page.body, "csrf").unwrap()
}

/// Sends a form of the console with its token.
pub(crate) async fn post(browser: &mut Browser, path: &str, fields: &[(&str, &str)]) -> Answer {
    let csrf = token(browser).await;
    let mut all = vec![("csrf", csrf.as_str())];
    all.extend_from_slice(fields);
    browser.post(path, &all).await
}

/// Sends a form with files of the console with its token.
pub(crate) async fn upload(
    browser: &mut Browser,
    path: &str,
    fields: &[(&str, &str)],
    files: &[(&str, &str, &[u8])],
) -> Answer {
    let csrf = token(browser).await;
    let mut all = vec![("csrf", csrf.as_str())];
    all.extend_from_slice(fields);
    browser.upload(path, &all, files).await
}

/// The version that the form of a page holds.
pub(crate) async fn version_of(browser: &mut Browser, path: &str) -> String {
    let page = browser.get(path).await;
    hidden_field(&page.body, "version").unwrap()
}

/// Follows the answer to a form to its page.
pub(crate) async fn follow(browser: &mut Browser, answer: &Answer) -> Answer {
    assert_eq!(answer.status, 303, "{}", answer.body);
    let page = browser.get(answer.header("location")).await;
    assert_eq!(page.status, 200, "{}", page.body);
    page
}
