//! Forms of the console that bring files.
//!
//! Invariants: at most [`UPLOAD_BYTES`], and the body is not read before it is known who sends it; nothing of it reaches a
//! handler before its token is right.

use std::sync::Arc;

use axum::extract::{FromRequest, Request};
use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde::de::DeserializeOwned;

use super::Console;
use super::form::{Unsent, admit};
use super::form_reader::PRIVATE;
use crate::app::App;
use crate::http::error::Error;
use crate::http::form::{Encoding, PostedForm, UploadedFile};

/// The most that an upload may have: a list of 10,000 users, or the metadata of a federation.
pub(super) const UPLOAD_BYTES: usize = 4 * 1024 * 1024;

/// A form with files, and who sent it.
#[derive(Debug)]
pub(super) struct ConsoleUpload {
    pub(super) console: Console,
    form: PostedForm,
}

impl ConsoleUpload {
    /// The file of this field, when one was chosen and is not empty.
    pub(super) fn file(&self, field: &str) -> Option<&UploadedFile> {
        self.form
            .files
            .iter()
            .find(|file| file.field == field && !file.content.is_empty())
    }

    /// The text of this field; empty when it is not there.
    pub(super) fn text(&self, field: &str) -> &str {
        self.form
            .fields
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
    pub(super) fn sent_along(&self, field: &str) -> Option<Vec<u8>> {
        BASE64_STANDARD.decode(self.text(field)).ok()
    }

    /// The fields without files, as [`super::ConsoleForm`] reads them.
    pub(super) fn form<T: DeserializeOwned>(&self) -> Result<T, Error> {
        self.form.parse()
    }
}

impl FromRequest<Arc<App>> for ConsoleUpload {
    type Rejection = Unsent;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Unsent> {
        let (console, form) = admit(request, app, Encoding::Multipart, UPLOAD_BYTES).await?;
        Ok(Self { console, form })
    }
}
