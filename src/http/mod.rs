//! The HTTP surface: the only room that knows axum.
