//! An Entra-shaped identity provider for the demo and the tests. Loopback only.
