//! Forms of the console that bring files.
//!
//! Invariants: at most [`UPLOAD_BYTES`], and the body is not read before it is known who sends it; nothing of it reaches a
//! handler before its token is right. A private key that was pasted goes no further, into no page and no log. A field has one
//! file at most; it stays in memory, and its name is never used as a path.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts as _, Request};
use axum::http::{HeaderMap, header};
use base64::prelude::{BASE64_STANDARD, Engine as _};
use futures_util::stream;
use multer::Multipart;
use serde::de::DeserializeOwned;

use super::Console;
use super::form::{Fields, Unsent, admit, check_origin, parse};
use crate::app::App;
use crate::http::error::Error;
use crate::http::private_key::refusal_of_private_key;
use crate::http::request_body::RequestBody;
use crate::import::holds_private_key;

/// The most that an upload may have: a list of 10,000 users, or the metadata of a federation.
pub(super) const UPLOAD_BYTES: usize = 4 * 1024 * 1024;
/// The most parts.
const PARTS: usize = 256;

/// The field beside which it is told that a private key is no certificate: the one where it is taken for one.
const CERTIFICATE: &str = "certificate";
/// What stands in the place of a private key from here on: enough to be refused for what it is.
const PRIVATE: &str = "-----BEGIN PRIVATE KEY-----";

/// A form with files, and who sent it.
#[derive(Debug)]
pub(super) struct ConsoleUpload {
    pub(super) console: Console,
    /// The fields without files, in their order.
    fields: Fields,
    files: Vec<UploadedFile>,
    /// Its turn lasts as long as what is kept of it.
    _posted: RequestBody,
}

/// A file that was chosen.
#[derive(Debug)]
pub(super) struct UploadedFile {
    field: String,
    /// Its name on the sender's machine, to be shown.
    pub(super) name: String,
    pub(super) content: Bytes,
}

impl ConsoleUpload {
    /// The file of this field, when one was chosen and is not empty.
    pub(super) fn file(&self, field: &str) -> Option<&UploadedFile> {
        self.files
            .iter()
            .find(|file| file.field == field && !file.content.is_empty())
    }

    /// The text of this field; empty when it is not there.
    pub(super) fn text(&self, field: &str) -> &str {
        self.fields
            .iter()
            .find(|(name, _)| name == field)
            .map_or("", |(_, value)| value.as_str())
    }

    /// The text of this field for the page that comes again. Of a private key there is nothing to show.
    pub(super) fn to_show(&self, field: &str) -> &str {
        Some(self.text(field))
            .filter(|text| *text != PRIVATE)
            .unwrap_or_default()
    }

    /// A file that was sent before, and that a page has sent along in base64; none when it has not come back whole.
    pub(super) fn kept(&self, field: &str) -> Option<Vec<u8>> {
        BASE64_STANDARD.decode(self.text(field)).ok()
    }

    /// The fields without files, as [`super::ConsoleForm`] reads them.
    pub(super) fn form<T: DeserializeOwned>(&self) -> Result<T, Error> {
        let form = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(&self.fields)
            .finish();
        parse(form.as_bytes())
    }
}

impl FromRequest<Arc<App>> for ConsoleUpload {
    type Rejection = Unsent;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Unsent> {
        let (mut parts, body) = request.into_parts();
        let console = Console::from_request_parts(&mut parts, app).await?;
        check_origin(&parts.headers)?;
        boundary(&parts.headers)?;
        let posted = RequestBody::read_at_most(&mut parts, body, app, UPLOAD_BYTES).await?;
        let (fields, files) = self::parts(&parts.headers, &posted).await?;
        let fields = admit(&console, parts, fields, Some(files.len())).await?;
        Ok(Self {
            console,
            fields,
            files,
            _posted: posted,
        })
    }
}

fn boundary(headers: &HeaderMap) -> Result<String, Error> {
    let kind = headers.get(header::CONTENT_TYPE);
    kind.and_then(|kind| multer::parse_boundary(kind.to_str().ok()?).ok())
        .ok_or(Error::UnsupportedMediaType)
}

/// The fields and the files of a body that brings files.
pub(super) async fn parts(
    headers: &HeaderMap,
    posted: &RequestBody,
) -> Result<(Fields, Vec<UploadedFile>), Error> {
    let whole = stream::iter([Ok::<_, Infallible>(posted.octets().clone())]);
    let mut multipart = Multipart::new(whole, boundary(headers)?);
    let (mut fields, mut files) = (Vec::new(), Vec::new());
    while let Some(part) = multipart.next_field().await.map_err(unreadable)? {
        if fields.len() + files.len() >= PARTS {
            return Err(Error::TooLarge);
        }
        let field = part.name().unwrap_or_default().to_owned();
        let file = part.file_name().map(str::to_owned);
        let content = part.bytes().await.map_err(unreadable)?;
        if let Some(name) = file {
            if files
                .iter()
                .any(|other: &UploadedFile| other.field == field)
            {
                return Err(Error::BadRequest(
                    "There is more than one file. Choose one.".into(),
                ));
            }
            files.push(UploadedFile {
                field,
                name,
                content,
            });
        } else {
            let value = String::from_utf8(content.into()).map_err(unreadable)?;
            let value = without_private_key(&field, value)?;
            fields.push((field, value));
        }
    }
    Ok((fields, files))
}

/// The text, when it is none; of a private key where its page says more, what is enough to be refused.
fn without_private_key(field: &str, text: String) -> Result<String, Error> {
    if !holds_private_key(text.as_bytes()) {
        Ok(text)
    } else if field == CERTIFICATE {
        Ok(PRIVATE.to_owned())
    } else {
        Err(Error::Unprocessable(refusal_of_private_key(field).into()))
    }
}

fn unreadable(_: impl std::error::Error) -> Error {
    Error::BadRequest("The file did not arrive in one piece.".into())
}
