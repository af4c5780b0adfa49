//! The addresses of a provider, whoever names them: a document, or an administrator.
//!
//! Invariant: an address that is taken is https, or http on this machine where that is allowed; it has a host, and neither user nor
//! fragment. Whether it may be asked is decided by who asks (rule H5).

use url::{Host, Url};

/// Why a text is no address of a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AddressError {
    /// No address, or one with characters that a parser passes over, such as line ends: what is stored is what came.
    Unreadable,
    NotHttps,
    UserOrFragment,
}

/// Reads an address. `plain_loopback` lets a provider on this machine speak http, for development and tests.
pub(super) fn parse(address: &str, plain_loopback: bool) -> Result<Url, AddressError> {
    if !address.bytes().all(|octet| octet.is_ascii_graphic()) {
        return Err(AddressError::Unreadable);
    }
    let url = Url::parse(address).map_err(|_| AddressError::Unreadable)?;
    let is_loopback = match url.host().ok_or(AddressError::Unreadable)? {
        Host::Ipv4(ip) => ip.is_loopback(),
        Host::Ipv6(ip) => ip.is_loopback(),
        Host::Domain(name) => name == "localhost",
    };
    if url.scheme() != "https" && !(url.scheme() == "http" && plain_loopback && is_loopback) {
        return Err(AddressError::NotHttps);
    }
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        return Err(AddressError::UserOrFragment);
    }
    Ok(url)
}
