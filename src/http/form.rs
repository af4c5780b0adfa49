//! A form that was posted, with files or without: the one reader of its fields.
//!
//! Invariants: no more fields, parts and octets than are said here and where it is read; a field has one file at most, which stays
//! in memory, and its name is never used as a path. Messages of identity providers are read elsewhere (`saml::binding`).

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use multer::Multipart;
use serde::de::DeserializeOwned;

use super::error::Error;
use super::request_body::RequestBody;
use crate::app::App;

/// The most fields of a form without files.
const FIELDS: usize = 4096;
/// The most fields and files of a form with files.
const PARTS: usize = 256;

/// Names and values, in their order.
pub(crate) type Fields = Vec<(String, String)>;

/// How forms are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// `application/x-www-form-urlencoded`
    Urlencoded,
    /// `multipart/form-data`, which can hold files.
    Multipart,
}

/// A form, read to its end.
#[derive(Debug)]
pub(crate) struct PostedForm {
    pub(crate) encoding: Encoding,
    /// Without the files.
    pub(crate) fields: Fields,
    pub(crate) files: Vec<UploadedFile>,
    /// Its turn lasts as long as the form.
    _body: RequestBody,
}

/// A file that was chosen.
#[derive(Debug)]
pub(crate) struct UploadedFile {
    pub(crate) field: String,
    /// Its name on the sender's machine, to be shown.
    pub(crate) name: String,
    pub(crate) content: Bytes,
}

impl Encoding {
    /// What the headers say; a form that is none is not read.
    pub(crate) fn of(headers: &HeaderMap) -> Result<Self, Error> {
        let kind = headers
            .get(header::CONTENT_TYPE)
            .and_then(|kind| kind.to_str().ok())
            .unwrap_or_default();
        let essence = kind.split(';').next().unwrap_or_default().trim();
        if essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            Ok(Self::Urlencoded)
        } else if multer::parse_boundary(kind).is_ok() {
            Ok(Self::Multipart)
        } else {
            Err(Error::UnsupportedMediaType)
        }
    }

    /// The same, where this encoding alone is expected.
    pub(crate) fn expect(self, headers: &HeaderMap) -> Result<(), Error> {
        (Self::of(headers)? == self)
            .then_some(())
            .ok_or(Error::UnsupportedMediaType)
    }
}

impl PostedForm {
    /// Reads a form of at most so many octets, in whatever encoding it says that it has.
    pub(crate) async fn read(
        parts: &mut Parts,
        body: Body,
        app: &Arc<App>,
        limit: usize,
    ) -> Result<Self, Error> {
        let encoding = Encoding::of(&parts.headers)?;
        let body = RequestBody::read_at_most(parts, body, app, limit).await?;
        let (fields, files) = match encoding {
            Encoding::Urlencoded => (urlencoded(body.octets())?, Vec::new()),
            Encoding::Multipart => multipart(&parts.headers, body.octets()).await?,
        };
        Ok(Self {
            encoding,
            fields,
            files,
            _body: body,
        })
    }

    /// The value of a field that is there exactly once.
    pub(crate) fn only(&self, name: &str) -> Option<&str> {
        let mut values = self.fields.iter().filter(|(found, _)| found == name);
        match (values.next(), values.next()) {
            (Some((_, value)), None) => Some(value),
            _ => None,
        }
    }

    /// The fields as a handler wants them. A field that comes several times becomes a list.
    pub(crate) fn parse<T: DeserializeOwned>(&self) -> Result<T, Error> {
        let fields = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(&self.fields)
            .finish();
        serde_html_form::from_str(&fields).map_err(|_| {
            Error::BadRequest("A field of the form is missing, or holds what it cannot.".into())
        })
    }
}

fn urlencoded(octets: &[u8]) -> Result<Fields, Error> {
    let pairs = form_urlencoded::parse(octets).into_owned();
    let fields: Fields = pairs.take(FIELDS + 1).collect();
    if fields.len() > FIELDS {
        return Err(Error::TooLarge);
    }
    Ok(fields)
}

async fn multipart(
    headers: &HeaderMap,
    octets: &Bytes,
) -> Result<(Fields, Vec<UploadedFile>), Error> {
    let kind = headers.get(header::CONTENT_TYPE);
    let boundary = kind.and_then(|kind| multer::parse_boundary(kind.to_str().ok()?).ok());
    let boundary = boundary.ok_or(Error::UnsupportedMediaType)?;
    let whole = futures_util::stream::iter([Ok::<_, Infallible>(octets.clone())]);
    let mut parts = Multipart::new(whole, boundary);
    let (mut fields, mut files) = (Vec::new(), Vec::<UploadedFile>::new());
    while let Some(part) = parts.next_field().await.map_err(unreadable)? {
        if fields.len() + files.len() >= PARTS {
            return Err(Error::TooLarge);
        }
        let field = part.name().unwrap_or_default().to_owned();
        let file = part.file_name().map(str::to_owned);
        let content = part.bytes().await.map_err(unreadable)?;
        match file {
            None => {
                let value = String::from_utf8(content.into()).map_err(unreadable)?;
                fields.push((field, value));
            }
            Some(_) if files.iter().any(|other| other.field == field) => {
                return Err(Error::BadRequest(
                    "There is more than one file. Choose one.".into(),
                ));
            }
            Some(name) => files.push(UploadedFile {
                field,
                name,
                content,
            }),
        }
    }
    Ok((fields, files))
}

fn unreadable(_: impl std::error::Error) -> Error {
    Error::BadRequest("The file did not arrive in one piece.".into())
}
