//! The bindings: how a message travels in a form or in a URL (saml-bindings-2.0).
