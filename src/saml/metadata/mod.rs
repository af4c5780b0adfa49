//! Identity providers in, service providers out (saml-metadata-2.0).
