//! Sends a browser to an identity provider with a message, by a redirect or by a form (Bindings 3.4 and 3.5).

use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use super::error::Error;
use super::pages::Frame;
use super::response::{AttemptCode, Page};
use crate::domain::Connection;
use crate::login::BegunSignIn;
use crate::saml::binding::EncodedMessage;
use crate::site::Site;

/// Sends a SAML message to an identity provider (Bindings 3.5).
#[derive(Debug, Template)]
#[template(path = "http/send_off.html")]
pub(crate) struct PostBinding {
    pub frame: Frame,
    pub destination: String,
    /// The display name of the connection.
    pub destination_name: String,
    pub message: MessageField,
    /// The message in base64.
    pub encoded: String,
    pub relay_state: Option<String>,
}

/// The form field of a SAML message (Bindings 3.5.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MessageField {
    Request,
    Response,
}

impl MessageField {
    /// The field's name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Request => "SAMLRequest",
            Self::Response => "SAMLResponse",
        }
    }
}

/// Sends the browser off with its message.
pub(crate) fn send_off(
    site: &Site,
    connection: &Connection,
    begun: BegunSignIn,
    cookie: Option<HeaderValue>,
) -> Result<Response, Error> {
    let mut response = match begun.message {
        EncodedMessage::Redirect(location) => {
            let location = HeaderValue::try_from(location).map_err(Error::internal)?;
            (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response()
        }
        EncodedMessage::Post(page) => {
            let plain_http = page.action.starts_with("http:");
            Page::new(PostBinding {
                frame: Frame::of(&site.company),
                destination: page.action,
                destination_name: connection.display_name.clone(),
                message: MessageField::Request,
                encoded: page.value,
                relay_state: page.relay_state,
            })
            .leading_to_identity_provider(plain_http)
            .into_response()
        }
    };
    response
        .headers_mut()
        .extend(cookie.map(|cookie| (header::SET_COOKIE, cookie)));
    response
        .extensions_mut()
        .insert(AttemptCode(begun.code.to_string()));
    Ok(response)
}
