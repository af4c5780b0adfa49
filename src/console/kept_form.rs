//! A form that was sent when its session was over: nothing that was typed is lost.
//!
//! Invariants: nothing is done by it, and nothing of it is stored. It travels in the page, sealed for this browser and for an hour;
//! passwords, files and private keys are left out. It is shown to the account that filled it in and to no other, and only that
//! account's own click, with the token of its new session, sends it.

mod fill;

use std::sync::Arc;

use askama::Template;
use axum::body::{Body, to_bytes};
use axum::extract::{FromRequestParts as _, Request};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::flash::Flash;
use super::form_reader::read_form;
use super::{Console, ConsoleFrame, Section, banner, families, form_token};
use crate::app::App;
use crate::domain::{CompanyId, UserId};
use crate::http::address::choice;
use crate::http::cookies::Cookie;
use crate::http::csrf::{TOKEN, check_origin};
use crate::http::current_site::CurrentSite;
use crate::http::error::Error;
use crate::http::form::{Encoding, Fields, PostedForm};
use crate::http::pages::Frame;
use crate::http::response::Page;
use crate::http::routes::Routes;
use crate::keys;
use crate::site::Site;

/// Where a kept form comes back.
const BACK: &str = "/admin/kept";
/// The longest address that a form is sent to, in octets; those of the console are shorter by far.
const LONGEST_ACTION: usize = 512;
/// The most octets of a form that is kept. Read of anyone, so it is much less than an administrator may send.
const LARGEST: usize = 96 * 1024;
/// How long it is kept, in seconds.
const LIFETIME: i64 = 3600;
/// The largest page that is filled in.
const LARGEST_PAGE: usize = 8 * 1024 * 1024;
/// Fields that are never kept: the passwords, and our secrets at providers.
const SECRET: [&str; 3] = ["password", "present", "client_secret"];

pub(super) fn routes(routes: Routes) -> Routes {
    routes.route(BACK, get(wait).post(come_back))
}

/// A form as it was filled in.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct KeptForm {
    company: CompanyId,
    by: UserId,
    at: i64,
    /// Where it was sent.
    action: String,
    /// As a form sends them, without the token.
    fields: Fields,
    is_upload: bool,
    /// Whether a file or a password was with it.
    had_file: bool,
    had_password: bool,
}

impl KeptForm {
    /// What a request sent; none when no page of this company's console has made the form.
    pub(super) fn of(
        app: &App,
        company: CompanyId,
        action: &Uri,
        form: PostedForm,
    ) -> Option<Self> {
        let by = form_token::author(app, company, form.only(TOKEN)?)?;
        let mut fields = form.fields;
        fields.retain(|(name, _)| name != TOKEN);
        let action = action.path_and_query()?.as_str();
        let is_secret = |(name, _): &(String, String)| SECRET.contains(&name.as_str());
        let had_password = fields.iter().any(is_secret);
        fields.retain(|field| !is_secret(field));
        Some(Self {
            company,
            by,
            at: app.clock.now().unix_timestamp(),
            action: (action.len() <= LONGEST_ACTION)
                .then_some(action)?
                .to_owned(),
            fields,
            is_upload: form.encoding == Encoding::Multipart,
            had_file: !form.files.is_empty(),
            had_password,
        })
    }

    /// Whether this administrator has filled it in.
    pub(super) fn is_of(&self, console: &Console) -> bool {
        self.by == console.me.user.id
    }

    /// Puts a value into a field that it has.
    pub(super) fn fill_in(&mut self, field: &str, value: &str) {
        let found = self.fields.iter_mut().find(|(name, _)| name == field);
        if let Some((_, typed)) = found {
            value.clone_into(typed);
        }
    }

    fn seal(&self, app: &App, browser: &str) -> Result<String, Error> {
        let plain = serde_json::to_vec(self).map_err(Error::internal)?;
        let sealed = app.keys.seal(&purpose(browser), &plain);
        Ok(BASE64_URL_SAFE_NO_PAD.encode(sealed))
    }

    /// What this browser has brought back in time.
    fn open(app: &App, site: &Site, parts: &Parts, sealed: &str) -> Result<Self, Error> {
        let open = || {
            let browser = Cookie::Form.read(&parts.headers, site.is_https())?;
            let sealed = BASE64_URL_SAFE_NO_PAD.decode(sealed).ok()?;
            let plain = app.keys.open(&purpose(browser), &sealed)?;
            let kept: Self = serde_json::from_slice(&plain).ok()?;
            let age = app.clock.now().unix_timestamp() - kept.at;
            (kept.company == site.company.id && (0..=LIFETIME).contains(&age)).then_some(kept)
        };
        open().ok_or(Error::ForeignForm)
    }

    /// What has to be given again.
    fn to_give_again(&self) -> &'static str {
        match (self.had_file, self.had_password) {
            (true, _) => " Choose the file once more.",
            (_, true) if self.action.ends_with("/secret") => " Paste the client secret once more.",
            (_, true) => " Type the password once more.",
            _ => "",
        }
    }
}

/// Sealed for one browser, it does not open for another.
fn purpose(browser: &str) -> String {
    format!("kept form {browser}")
}

/// The page of a form whose session is over.
#[derive(Debug, Template)]
#[template(path = "console/session_over.html")]
pub(crate) struct SessionOver {
    pub(crate) frame: Frame,
    pub(crate) sign_in: String,
    pub(crate) back: &'static str,
    pub(crate) kept: String,
    /// Whether it was asked for before anybody had signed in.
    pub(crate) is_early: bool,
    pub(crate) had_file: bool,
}

/// The answer to a form that nobody sends any more.
pub(super) async fn keep(app: &Arc<App>, mut parts: Parts, body: Body) -> Result<Response, Error> {
    let CurrentSite(site) = CurrentSite::from_request_parts(&mut parts, app).await?;
    check_origin(&parts.headers)?;
    let form = read(&mut parts, body, app, LARGEST * 2).await;
    let form = form.map_err(|cause| match cause {
        Error::TooLarge => Error::ForeignForm,
        other => other,
    })?;
    if parts.uri.path() == BACK {
        let sealed = sent_back(&form)?;
        let kept = KeptForm::open(app, &site, &parts, sealed)?;
        return session_over_page(&site, &parts, &kept, |_| Ok(sealed.to_owned()), true);
    }
    let kept = KeptForm::of(app, site.company.id, &parts.uri, form);
    let kept = kept.ok_or(Error::ForeignForm)?;
    session_over_page(
        &site,
        &parts,
        &kept,
        |browser| kept.seal(app, browser),
        false,
    )
}

/// Reads a form that is to be kept.
pub(super) async fn read(
    parts: &mut Parts,
    body: Body,
    app: &Arc<App>,
    limit: usize,
) -> Result<PostedForm, Error> {
    let form = read_form(parts, body, app, limit).await?;
    let octets = form.fields.iter();
    let octets = octets.map(|(name, value)| name.len() + value.len());
    // What is sent back is larger, because it is sealed.
    if parts.uri.path() != BACK && octets.sum::<usize>() > LARGEST {
        return Err(Error::TooLarge);
    }
    Ok(form)
}

/// What tells this browser's forms from those of others.
fn browser(parts: &Parts, https: bool) -> String {
    Cookie::Form.read(&parts.headers, https).map_or_else(
        || BASE64_URL_SAFE_NO_PAD.encode(keys::random::<16>()),
        str::to_owned,
    )
}

fn session_over_page(
    site: &Site,
    parts: &Parts,
    kept: &KeptForm,
    sealed: impl FnOnce(&str) -> Result<String, Error>,
    is_early: bool,
) -> Result<Response, Error> {
    let https = site.is_https();
    let browser = browser(parts, https);
    Ok(Page::new(SessionOver {
        frame: Frame::of(&site.company),
        sign_in: choice(Some(BACK)),
        back: BACK,
        kept: sealed(&browser)?,
        is_early,
        had_file: kept.had_file,
    })
    .with_status(StatusCode::FORBIDDEN)
    .with_cookie(Cookie::Form, &browser, https)
    .into_response())
}

/// The form in what the page sends back.
fn sent_back(form: &PostedForm) -> Result<&str, Error> {
    match form.encoding {
        Encoding::Urlencoded => form.only("kept").ok_or(Error::ForeignForm),
        Encoding::Multipart => Err(Error::UnsupportedMediaType),
    }
}

/// Where the sign-in in another window ends.
#[derive(Debug, Template)]
#[template(path = "console/kept_form.html")]
struct WaitingPage {
    frame: ConsoleFrame,
    back: &'static str,
}

/// `GET /admin/kept`
async fn wait(console: Console) -> Response {
    Page::new(WaitingPage {
        frame: console.frame(Section::None, "You are signed in again"),
        back: BACK,
    })
    .into_response()
}

/// `POST /admin/kept`: shows the form again. It changes nothing, so the seal is all that it needs.
async fn come_back(console: Console, request: Request) -> Result<Response, Error> {
    let (mut parts, body) = request.into_parts();
    check_origin(&parts.headers)?;
    let form = read(&mut parts, body, &console.app, LARGEST * 2).await?;
    let sealed = sent_back(&form)?;
    let kept = KeptForm::open(&console.app, &console.site, &parts, sealed)?;
    show(&console, parts, kept, SIGNED_IN_AGAIN).await
}

/// What is said above a form whose author has signed in again.
pub(super) const SIGNED_IN_AGAIN: &str =
    "You are signed in again. What you had typed is here, and nothing is saved yet.";

/// The question whether to send what no page has a place for any more.
#[derive(Debug, Template)]
#[template(path = "console/send_now.html")]
struct SendNow {
    frame: ConsoleFrame,
    kept: KeptForm,
}

impl SendNow {
    /// The fields as people read them.
    fn lines(&self) -> Vec<(String, String)> {
        const LONGEST: usize = 200;
        let told = |(name, value): &(String, String)| {
            let end = value.floor_char_boundary(LONGEST);
            let more = if end < value.len() { "…" } else { "" };
            (
                name.replace(['_', '.'], " "),
                format!("{}{more}", &value[..end]),
            )
        };
        let typed = self
            .kept
            .fields
            .iter()
            .filter(|(_, value)| !value.is_empty());
        typed.map(told).collect()
    }
}

/// The form with what was typed, for who typed it, and what is said above it.
pub(super) async fn show(
    console: &Console,
    parts: Parts,
    kept: KeptForm,
    said: &str,
) -> Result<Response, Error> {
    if !kept.is_of(console) {
        return Err(Error::OthersForm);
    }
    let mut console = console.clone();
    banner::load_banners(&mut console, parts.uri.path()).await?;
    if let Some(page) = fill_page(&console, parts, &kept, said).await? {
        return Ok(page);
    }
    Ok(Page::new(SendNow {
        frame: console.frame(Section::None, "Send it now?"),
        kept,
    })
    .into_response())
}

/// How far above the address of a form its page may be.
const PAGES_ABOVE: usize = 4;

/// The page that has the form, filled in: the page where it was sent to, or one above.
async fn fill_page(
    console: &Console,
    mut parts: Parts,
    kept: &KeptForm,
    said: &str,
) -> Result<Option<Response>, Error> {
    let mut seen = console.clone();
    seen.flash = Some(Arc::new(Flash {
        text: format!("{said}{}", kept.to_give_again()),
        next: None,
    }));
    parts.method = Method::GET;
    parts.headers.remove(header::CONTENT_TYPE);
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.extensions.insert(seen);
    let mut path = kept.action.split('?').next().unwrap_or_default();
    for _ in 0..PAGES_ABOVE {
        if path.len() <= "/admin".len() || path == BACK {
            break;
        }
        let mut asked = parts.clone();
        asked.uri = path.parse().map_err(Error::internal)?;
        let request = Request::from_parts(asked, Body::empty());
        let page = families().answer(&console.app, request).await;
        if page.status() == StatusCode::OK {
            let (mut head, body) = page.into_parts();
            let html = to_bytes(body, LARGEST_PAGE)
                .await
                .map_err(Error::internal)?;
            let html = std::str::from_utf8(&html).unwrap_or_default();
            if let Some(html) = fill::fill(html, &kept.action, &kept.fields) {
                head.headers.remove(header::CONTENT_LENGTH);
                return Ok(Some(Response::from_parts(head, html.into())));
            }
        }
        path = path.rsplit_once('/').map_or("", |(above, _)| above);
    }
    Ok(None)
}
