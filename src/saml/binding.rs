//! The bindings: how a message travels in a form or in a URL (saml-bindings-2.0).
//!
//! Invariants (rules A1, A2): a parameter that means something is there once, by its decoded name; decoding is strict,
//! bounded and linear; what a redirect signature covers is the received octets, never a re-encoding of them.
//!
//! Vectors: `form-*` and `query-*`; `tests/it/binding.rs`, and the fuzz targets `base64_deflate` and `redirect`. What is inside is
//! read by `response` and `logout`.

mod encoding;
mod post;
mod redirect;

pub use post::{EncodedResponse, PostForm, PostPage, Posted, decode_post};
pub use redirect::{RedirectSignature, Redirected, decode_redirect, encode_redirect};

/// Whether a message asks or answers; decides the name of its parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageKind {
    /// An `AuthnRequest` or `LogoutRequest`.
    Request,
    /// A `Response` or `LogoutResponse`.
    Response,
}

impl MessageKind {
    /// The name of the form field or query parameter.
    pub const fn parameter(self) -> &'static str {
        match self {
            Self::Request => "SAMLRequest",
            Self::Response => "SAMLResponse",
        }
    }
}

/// A message of ours that the browser takes to an identity provider.
#[derive(Debug)]
pub enum EncodedMessage {
    /// A redirect to this address.
    Redirect(String),
    /// A page that posts itself.
    Post(PostPage),
}

/// A form or a query from which no message can be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BindingError {
    /// More octets than allowed.
    #[error("the message is longer than {limit} octets")]
    TooLong {
        /// The limit that was passed.
        limit: usize,
    },
    /// Neither `SAMLRequest` nor `SAMLResponse`, or not the one that is expected here.
    #[error("there is no {0} in it")]
    Missing(&'static str),
    /// A parameter more than once, or both a request and a response.
    #[error("{0} is there more than once")]
    Repeated(&'static str),
    /// A value that is not base64.
    #[error("{0} is not base64")]
    NotBase64(&'static str),
    /// A value that is not UTF-8 after decoding.
    #[error("{0} is not UTF-8")]
    NotUtf8(&'static str),
    /// `SAMLEncoding` names something else than DEFLATE.
    #[error("the encoding is not DEFLATE")]
    Encoding,
    /// The octets are not one whole DEFLATE stream.
    #[error("the message is not compressed with DEFLATE")]
    NotDeflate,
    /// `SigAlg` without `Signature`, or the other way round.
    #[error("SigAlg and Signature are only there together")]
    IncompleteSignature,
}
