//! HTTP-Redirect (saml-bindings 3.4): a message in a query, compressed, with a signature beside it.
//!
//! Rule A2. Vectors: `query-*`; `tests/it/binding.rs`.

use super::encoding::{Plus, QueryPair, base64, encode, names, pairs, text};
use super::{BindingError, MessageKind};
use crate::saml::names::ENCODING_DEFLATE;
use crate::saml::signature::{SignError, SigningKey};
use ::base64::Engine as _;
use ::base64::engine::general_purpose::STANDARD;
use flate2::write::DeflateEncoder;
use flate2::{Compression, Decompress, FlushDecompress, Status};
use std::io::Write as _;

/// The longest message and the longest query, in octets (rule A2).
const LIMIT: usize = 64 * 1024;

/// A message that came in a query.
#[derive(Clone, PartialEq, Eq)]
pub struct Redirected {
    /// Which parameter it came in.
    pub kind: MessageKind,
    /// The octets of the message.
    pub xml: Vec<u8>,
    /// `RelayState`, when there is one that is not empty.
    pub relay_state: Option<String>,
    /// The signature, not verified.
    pub signature: Option<RedirectSignature>,
}

/// A signature that came in a query (saml-bindings 3.4.4.1).
#[derive(Clone, PartialEq, Eq)]
pub struct RedirectSignature {
    /// The URI of `SigAlg`.
    pub algorithm: String,
    /// The octets of `Signature`.
    pub value: Vec<u8>,
    /// What it covers: the received octets of the message, `RelayState` and `SigAlg`, in that order.
    pub signed_octets: Vec<u8>,
}

/// The URL that takes a message to `destination`, which may have a query of its own; signed when there is a key.
pub fn encode_redirect(
    destination: &str,
    kind: MessageKind,
    xml: &str,
    relay_state: Option<&str>,
    signing: Option<&SigningKey>,
) -> Result<String, SignError> {
    let mut query = message_query(kind, xml, relay_state);
    if let Some(key) = signing {
        query.push_str("&SigAlg=");
        encode(key.algorithm_uri(), &mut query);
        let signature = key.sign(query.as_bytes())?;
        query.push_str("&Signature=");
        encode(&STANDARD.encode(signature), &mut query);
    }
    Ok(with_query(destination, &query))
}

/// Takes a message out of the query of a request, as received: undecoded, without the question mark (rule A2).
pub fn decode_redirect(query: &str) -> Result<Redirected, BindingError> {
    if query.len() > LIMIT {
        return Err(BindingError::TooLong { limit: LIMIT });
    }
    let found = RedirectParameters::collect(query.as_bytes())?;
    let (kind, message) = found.message.ok_or(BindingError::Missing("SAMLRequest"))?;
    if let Some(encoding) = found.encoding
        && text(encoding.value, "SAMLEncoding")? != ENCODING_DEFLATE
    {
        return Err(BindingError::Encoding);
    }
    let compressed = base64(message.value, Plus::Plus, kind.parameter())?;
    let relay_state = found
        .relay_state
        .map(|pair| text(pair.value, "RelayState"))
        .transpose()?
        .filter(|value| !value.is_empty());
    let signature = match (found.algorithm, found.signature) {
        (Some(algorithm), Some(signature)) => Some(RedirectSignature {
            algorithm: text(algorithm.value, "SigAlg")?,
            value: base64(signature.value, Plus::Plus, "Signature")?,
            signed_octets: signed_octets(message, found.relay_state, algorithm),
        }),
        (None, None) => None,
        _ => return Err(BindingError::IncompleteSignature),
    };
    Ok(Redirected {
        kind,
        xml: inflate(&compressed)?,
        relay_state,
        signature,
    })
}

/// The parameters that mean something, each at most once by its decoded name.
#[derive(Default)]
struct RedirectParameters<'q> {
    message: Option<(MessageKind, QueryPair<'q>)>,
    relay_state: Option<QueryPair<'q>>,
    algorithm: Option<QueryPair<'q>>,
    signature: Option<QueryPair<'q>>,
    encoding: Option<QueryPair<'q>>,
}

impl<'q> RedirectParameters<'q> {
    fn collect(query: &'q [u8]) -> Result<Self, BindingError> {
        let mut found = Self::default();
        for pair in pairs(query) {
            for kind in [MessageKind::Request, MessageKind::Response] {
                if names(pair.name, kind.parameter())
                    && found.message.replace((kind, pair)).is_some()
                {
                    return Err(BindingError::Repeated(kind.parameter()));
                }
            }
            for (known, slot) in [
                ("RelayState", &mut found.relay_state),
                ("SigAlg", &mut found.algorithm),
                ("Signature", &mut found.signature),
                ("SAMLEncoding", &mut found.encoding),
            ] {
                if names(pair.name, known) && slot.replace(pair).is_some() {
                    return Err(BindingError::Repeated(known));
                }
            }
        }
        Ok(found)
    }
}

/// saml-bindings 3.4.4.1: the pairs as received, in this order, whatever order they came in.
fn signed_octets(
    message: QueryPair<'_>,
    relay_state: Option<QueryPair<'_>>,
    algorithm: QueryPair<'_>,
) -> Vec<u8> {
    let pairs = [Some(message), relay_state, Some(algorithm)];
    let received: Vec<&[u8]> = pairs.iter().flatten().map(|pair| pair.received).collect();
    received.join(&b'&')
}

fn message_query(kind: MessageKind, xml: &str, relay_state: Option<&str>) -> String {
    let mut query = format!("{}=", kind.parameter());
    encode(&STANDARD.encode(deflate(xml.as_bytes())), &mut query);
    if let Some(relay_state) = relay_state {
        query.push_str("&RelayState=");
        encode(relay_state, &mut query);
    }
    query
}

/// Puts `query` behind what `destination` has already, before a fragment.
fn with_query(destination: &str, query: &str) -> String {
    let (base, fragment) = destination.split_at(destination.find('#').unwrap_or(destination.len()));
    let join = match base.split_once('?') {
        None => "?",
        Some((_, own)) if own.is_empty() || own.ends_with('&') => "",
        Some(_) => "&",
    };
    format!("{base}{join}{query}{fragment}")
}

/// Raw DEFLATE (RFC 1951), without a zlib header.
fn deflate(octets: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::with_capacity(octets.len()), Compression::default());
    // Writing into memory has no way to fail.
    let _ = encoder.write_all(octets);
    encoder.finish().unwrap_or_default()
}

/// One whole stream with nothing behind it, into at most [`LIMIT`] octets.
fn inflate(octets: &[u8]) -> Result<Vec<u8>, BindingError> {
    let mut out = Vec::with_capacity(LIMIT + 1);
    let mut stream = Decompress::new(false);
    let status = stream
        .decompress_vec(octets, &mut out, FlushDecompress::Finish)
        .map_err(|_| BindingError::NotDeflate)?;
    if out.len() > LIMIT {
        return Err(BindingError::TooLong { limit: LIMIT });
    }
    if status != Status::StreamEnd || usize::try_from(stream.total_in()) != Ok(octets.len()) {
        return Err(BindingError::NotDeflate);
    }
    out.shrink_to_fit();
    Ok(out)
}
