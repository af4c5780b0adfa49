//! Strict XML.
