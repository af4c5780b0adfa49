//! The service provider's keys and the instance key that seals secrets.
