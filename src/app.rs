//! The application: configuration, store, clock, keys and the directory of sites.
