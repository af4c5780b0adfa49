//! What to do where a message was sent to another address than ours (rules C3 and D2).
//!
//! Tests: `tests/it/vectors/advice/lines.rs`.

use std::net::IpAddr;

/// The origin that a message was sent to, which is not the company's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OtherOrigin<'a> {
    /// Such as `https://acme.example.com`.
    pub address: &'a str,
    /// Whether it is for the public and the company's is not: behind a proxy, the company has the address that the proxy uses.
    pub is_the_public_one: bool,
}

/// The origin of an address that differs from ours in nothing else: the browser brought the message here, so that it leads here.
pub fn other_origin<'a>(ours: &str, received: &'a str) -> Option<OtherOrigin<'a>> {
    let (own, path) = split(ours)?;
    let (address, same_path) = split(received)?;
    let same = address.eq_ignore_ascii_case(own) || without_port(address) == without_port(own);
    (same_path == path && !same).then(|| OtherOrigin {
        address,
        is_the_public_one: is_internal(own) && !is_internal(address),
    })
}

/// Whether an address is ours but for the port that its scheme has anyway.
pub fn differs_by_port(ours: &str, received: &str) -> bool {
    match (split(ours), split(received)) {
        (Some((own, path)), Some((address, same_path))) => {
            path == same_path && own != address && without_port(own) == without_port(address)
        }
        _ => false,
    }
}

/// Origin and path of an address with a path.
fn split(url: &str) -> Option<(&str, &str)> {
    let scheme = url.find("://")? + 3;
    let slash = scheme + url.get(scheme..)?.find('/')?;
    let (origin, path) = url.split_at_checked(slash)?;
    let host = origin.get(scheme..)?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-.:[]".contains(&byte);
    let known = matches!(origin.get(..scheme)?, "https://" | "http://");
    (known && !host.is_empty() && host.bytes().all(plain)).then_some((origin, path))
}

fn without_port(origin: &str) -> &str {
    let default = if origin.starts_with("https://") {
        ":443"
    } else {
        ":80"
    };
    origin.strip_suffix(default).unwrap_or(origin)
}

/// Whether nobody outside can reach such an address by its name.
fn is_internal(origin: &str) -> bool {
    let authority = origin.split("://").nth(1).unwrap_or_default();
    let host = match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    match host.parse() {
        Ok(IpAddr::V4(ip)) => ip.is_loopback() || ip.is_private() || ip.is_link_local(),
        Ok(IpAddr::V6(ip)) => {
            ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local()
        }
        Err(_) => {
            let last = host.rsplit('.').next().unwrap_or_default();
            let last = last.to_ascii_lowercase();
            // RFC 6761, 6762, 8375, ICANN's "internal", and what companies call their own networks.
            !host.contains('.')
                || matches!(
                    last.as_str(),
                    "localhost" | "local" | "internal" | "intranet" | "lan" | "corp" | "arpa"
                )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_other_origin_is_named_where_nothing_else_differs() {
        let public = "https://acme.example.com";
        for (ours, received, expected) in [
            (
                "http://10.0.0.7:8080/sso/acs",
                "https://acme.example.com/sso/acs",
                Some((public, true)),
            ),
            (
                "http://vestibule:8080/sso/acs",
                "https://acme.example.com/sso/acs",
                Some((public, true)),
            ),
            (
                "https://sso.internal/sso/acs",
                "https://acme.example.com/sso/acs",
                Some((public, true)),
            ),
            (
                "http://[fd00::1]:80/sso/acs",
                "https://acme.example.com/sso/acs",
                Some((public, true)),
            ),
            (
                "https://b.example.com/sso/acs",
                "https://acme.example.com/sso/acs",
                Some((public, false)),
            ),
            // Of two internal ones nobody knows which is meant.
            (
                "http://a.localhost:8080/sso/acs",
                "http://10.0.0.7/sso/acs",
                Some(("http://10.0.0.7", false)),
            ),
            (
                "https://a.example/sso/acs",
                "https://a.example/sso/acs/",
                None,
            ),
            (
                "https://a.example/sso/acs",
                "https://a.example:443/sso/acs",
                None,
            ),
            (
                "https://a.example/sso/acs",
                "https://A.example/sso/acs",
                None,
            ),
            ("https://a.example/sso/acs", "urn:x", None),
            (
                "https://a.example/sso/acs",
                "https://b.example\"/sso/acs",
                None,
            ),
        ] {
            let found = other_origin(ours, received);
            let found = found.map(|it| (it.address, it.is_the_public_one));
            assert_eq!(found, expected, "{ours} {received}");
        }
        assert!(differs_by_port(
            "https://a.example/sso/acs",
            "https://a.example:443/sso/acs"
        ));
        assert!(!differs_by_port(
            "https://a.example/sso/acs",
            "https://a.example:444/sso/acs"
        ));
        assert!(!differs_by_port(
            "https://a.example/sso/acs",
            "https://a.example/sso/acs"
        ));
    }
}
