//! The request that starts a sign-in (saml-core 3.4.1, saml-profiles 4.1.4.1).
