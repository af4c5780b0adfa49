//! What a browser gets at the end of a sign-in, whatever protocol its answer came by.
//!
//! Tests: `tests/it/sign_in`, `tests/it/oidc_sign_in`.

use axum::http::{HeaderMap, header};
use axum::response::Response;

use super::signed_in::{see_other, send_on, signed_in};
use crate::domain::Code;
use crate::http::cookies::Cookie;
use crate::http::error::Error;
use crate::http::response::AttemptCode;
use crate::login::{Advice, Ending};
use crate::site::Site;

/// The answer to an ending that asks nothing more of this browser.
pub(super) fn respond(site: &Site, headers: &HeaderMap, ending: Ending) -> Result<Response, Error> {
    match ending {
        Ending::SignedIn {
            session,
            return_to,
            code,
            known,
            through,
        } => {
            let mut response =
                signed_in(site, headers, session, &return_to, &code, known.as_ref())?;
            let through = through.map(|it| it.to_string());
            let cookie = through.and_then(|it| Cookie::Through.set(&it, site.is_https()));
            let cookie = cookie.map(|cookie| (header::SET_COOKIE, cookie));
            response.headers_mut().extend(cookie);
            Ok(response)
        }
        Ending::AlreadySignedIn { return_to } => send_on(site, headers, &return_to),
        Ending::Refused { code, advice, .. } => Err(refusal_error(&code, advice)),
        // To the console, which asks who is there.
        Ending::Tested { code, .. } => tested(&code),
        Ending::TooMany(wait) => Err(wait.into()),
        Ending::Unasked => Err(Error::BadRequest(
            "It belongs to no sign-in that began here, or to one that is long over.".into(),
        )),
        Ending::AskAnew { .. }
        | Ending::FirstPassword { .. }
        | Ending::Bounce { .. }
        | Ending::Repost { .. } => Err(Error::internal(
            "a sign-in led to a step of another kind of sign-in",
        )),
    }
}

fn tested(code: &Code) -> Result<Response, Error> {
    let mut response = see_other(&format!("/admin/sign-ins/{code}"))?;
    let extensions = response.extensions_mut();
    extensions.insert(AttemptCode(code.to_string()));
    Ok(response)
}

fn refusal_error(code: &Code, advice: Advice) -> Error {
    let mut next: Vec<&str> = match advice {
        Advice::TryAgain => vec!["Start again from the application or from the sign-in page."],
        Advice::AllowCookies => vec![
            "Start again, and stay in the same browser until you are signed in.",
            "Allow cookies for this site.",
        ],
        Advice::AskForAccount => vec!["Ask your administrator for access."],
        Advice::CheckPassword | Advice::UseSingleSignOn => {
            vec!["Check your e-mail address and sign in again."]
        }
    };
    next.push("If it fails again, give your administrator the code below.");
    Error::SignInRefused {
        next: next.into_iter().map(str::to_owned).collect(),
        code: Some(code.to_string()),
        another_account: None,
    }
}
