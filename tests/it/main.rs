//! The one integration binary: whole behaviours through the public surface.
