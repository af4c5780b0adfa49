//! The nouns of the product, without I/O.
