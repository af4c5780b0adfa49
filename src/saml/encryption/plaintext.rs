//! What came out of an encrypted element: one element, read as strictly as a message (rules A3, A4, G2).
//!
//! Vectors: `sealed-*`.

use super::decryption_failed;
use crate::saml::error::{Checks, Rejection};
use crate::saml::message::check_ids;
use crate::saml::names;
use crate::xml::{Document, Element, Limits, escape_attribute};
use std::collections::HashSet;

/// The octets that came out, and the element that held them.
pub(in crate::saml) struct Plaintext<'e> {
    encrypted: Element<'e>,
    octets: Vec<u8>,
}

impl<'e> Plaintext<'e> {
    pub(super) const fn new(encrypted: Element<'e>, octets: Vec<u8>) -> Self {
        Self { encrypted, octets }
    }

    /// Reads the one element that has to be there, of SAML's assertion namespace. Gives the document as well, as it was read.
    pub(in crate::saml) fn read<T>(
        self,
        local: &str,
        checks: &mut Checks,
        then: impl FnOnce(Element<'_>, &mut Checks) -> Result<T, Rejection>,
    ) -> Result<(T, Vec<u8>), Rejection> {
        if let Ok(document) = Document::parse(&self.octets, &Limits::MESSAGE) {
            let root = document.root();
            let read = one(root.is(names::SAML, local), root, &document, checks, then)?;
            drop(document);
            return Ok((read, self.octets));
        }
        // XML Encryption 1.1, section 4.4: the plaintext may lean on the namespaces around it.
        let wrapped = with_namespaces_of(self.encrypted, &self.octets);
        let document =
            Document::parse(&wrapped, &Limits::MESSAGE).map_err(|_| decryption_failed(checks))?;
        let root = document.root();
        let inner = root.children().next().unwrap_or(root);
        // One element and nothing beside it, as in a document of its own.
        let alone = root.children().count() == 1 && !root.has_own_text();
        let fits = alone && inner.is(names::SAML, local);
        let read = one(fits, inner, &document, checks, then)?;
        drop(document);
        Ok((read, wrapped))
    }
}

fn one<T>(
    fits: bool,
    element: Element<'_>,
    document: &Document<'_>,
    checks: &mut Checks,
    then: impl FnOnce(Element<'_>, &mut Checks) -> Result<T, Rejection>,
) -> Result<T, Rejection> {
    if !fits {
        return Err(decryption_failed(checks)); // rule G3
    }
    check_ids(document, checks)?;
    then(element, checks)
}

/// Puts a decrypted fragment into an element that declares the namespaces in scope around the encrypted one.
fn with_namespaces_of(element: Element<'_>, plain: &[u8]) -> Vec<u8> {
    let mut open = String::from("<context");
    let mut seen = HashSet::new();
    let mut here = Some(element);
    while let Some(ancestor) = here {
        for (prefix, uri) in ancestor.declarations() {
            if seen.insert(prefix) && !prefix.is_empty() {
                open.push_str(" xmlns:");
                open.push_str(prefix);
                open.push_str("=\"");
                escape_attribute(uri, &mut open);
                open.push('"');
            }
        }
        here = ancestor.parent();
    }
    open.push('>');
    [open.as_bytes(), plain, b"</context>"].concat()
}
