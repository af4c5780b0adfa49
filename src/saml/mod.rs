//! SAML 2.0: bytes and time in, verdicts out.
