//! The parts of a body that brings files: its fields and its files.
//!
//! Invariants: a private key that was pasted goes no further, into no page and no log. A field has one file at most; it stays in
//! memory, and its name is never used as a path.

use std::convert::Infallible;

use axum::body::Bytes;
use axum::http::{HeaderMap, header};
use futures_util::stream;
use multer::Multipart;

use super::form_fields::Fields;
use crate::http::error::Error;
use crate::http::private_key::refusal_of_private_key;
use crate::http::request_body::RequestBody;
use crate::import::holds_private_key;

/// The most parts.
const PARTS: usize = 256;

/// The field beside which it is told that a private key is no certificate: the one where it is taken for one.
const CERTIFICATE: &str = "certificate";
/// What stands in the place of a private key from here on: enough to be refused for what it is.
pub(super) const PRIVATE: &str = "-----BEGIN PRIVATE KEY-----";

/// A file that was chosen.
#[derive(Debug)]
pub(super) struct UploadedFile {
    pub(super) field: String,
    /// Its name on the sender's machine, to be shown.
    pub(super) name: String,
    pub(super) content: Bytes,
}

/// What is between the parts of such a body.
pub(super) fn boundary(headers: &HeaderMap) -> Result<String, Error> {
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
