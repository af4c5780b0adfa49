//! A person's browser at a provider, without a page: it keeps cookies, follows redirects and submits forms.

use std::collections::BTreeMap;

use reqwest::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use url::Url;
use url::form_urlencoded::Serializer;

use super::Peer;
use crate::support::unescaped;

/// More steps than any provider here needs.
const MOST_STEPS: usize = 10;

/// A browser that knows one provider.
pub(crate) struct Visitor {
    http: reqwest::Client,
    issuer: String,
    cookies: BTreeMap<String, String>,
}

/// What the browser is to ask the relying party.
#[derive(Debug, Clone)]
pub(crate) struct Arrival {
    pub(crate) url: Url,
    /// The body of a POST; a GET has none.
    pub(crate) form: Option<String>,
}

impl Arrival {
    /// The parameters, wherever they are.
    pub(crate) fn parameters(&self) -> &str {
        let query = self.url.query().unwrap_or_default();
        self.form.as_deref().unwrap_or(query)
    }
}

impl Visitor {
    pub(crate) fn of(peer: &Peer) -> Self {
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .build();
        Self {
            http: http.unwrap(),
            issuer: peer.issuer().to_owned(),
            cookies: BTreeMap::new(),
        }
    }

    /// Goes on from an address of the provider until the browser is sent away from it.
    pub(crate) async fn follow(&mut self, url: Url) -> Arrival {
        let mut next = Arrival { url, form: None };
        for _ in 0..MOST_STEPS {
            if !next.url.as_str().starts_with(&self.issuer) {
                return next;
            }
            next = self.step(next).await;
        }
        panic!("the provider does not come to an end: {}", next.url);
    }

    async fn step(&mut self, at: Arrival) -> Arrival {
        let mut request = match at.form {
            None => self.http.get(at.url.clone()),
            Some(form) => self
                .http
                .post(at.url.clone())
                .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(form),
        };
        let cookies = self.cookies.iter();
        let cookies: Vec<_> = cookies
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        if !cookies.is_empty() {
            request = request.header(COOKIE, cookies.join("; "));
        }
        let answer = request.send().await.unwrap();
        for cookie in answer.headers().get_all(SET_COOKIE) {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        if let Some(location) = answer.headers().get(LOCATION) {
            let url = at.url.join(location.to_str().unwrap()).unwrap();
            return Arrival { url, form: None };
        }
        let status = answer.status();
        let page = answer.text().await.unwrap();
        submit(&at.url, &page).unwrap_or_else(|| panic!("{}: {status}: {page}", at.url))
    }
}

/// The form of a page, as its first button submits it.
fn submit(at: &Url, page: &str) -> Option<Arrival> {
    let (_, form) = page.split_once("<form ")?;
    let (form, _) = form.split_once("</form>")?;
    let (_, action) = form.split_once("action=\"")?;
    let (action, fields) = action.split_once('"')?;
    let fields = fields.split("name=\"").skip(1).filter_map(|field| {
        let (name, rest) = field.split_once("\" value=\"")?;
        let (value, _) = rest.split_once('"')?;
        Some((name, unescaped(value)))
    });
    Some(Arrival {
        url: at.join(&unescaped(action)).ok()?,
        form: Some(Serializer::new(String::new()).extend_pairs(fields).finish()),
    })
}
