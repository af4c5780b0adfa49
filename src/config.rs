//! The configuration tree.
