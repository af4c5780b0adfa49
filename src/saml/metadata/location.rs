//! Which URLs a browser may be sent to with a message.

/// Whether `location` is an absolute https URL without credentials, or http on a loopback name; the error says why not.
///
/// The URL is not rewritten: it has to be usable octet by octet.
pub fn check_location(location: &str) -> Result<(), &'static str> {
    let plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'<' | b'>' | b'\\');
    if !location.bytes().all(plain) {
        return Err("it holds characters that a URL may not hold");
    }
    let (scheme, rest) = location
        .split_once("://")
        .ok_or("it is not an absolute URL")?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let authority = rest.get(..end).unwrap_or_default();
    if authority.contains('@') {
        return Err("it holds credentials");
    }
    let host = host_of(authority).ok_or("it names no host")?;
    if scheme.eq_ignore_ascii_case("https")
        || (scheme.eq_ignore_ascii_case("http") && is_loopback(host))
    {
        Ok(())
    } else if scheme.eq_ignore_ascii_case("http") {
        Err("it is not encrypted (https is required)")
    } else {
        Err("it is not an https URL")
    }
}

/// The host of an absolute URL; `None` where there is none.
pub(super) fn host(location: &str) -> Option<&str> {
    let (_, rest) = location.split_once("://")?;
    host_of(rest.get(..rest.find(['/', '?', '#']).unwrap_or(rest.len()))?)
}

/// Takes the port off; `None` when there is no host or the port is not a number.
fn host_of(authority: &str) -> Option<&str> {
    let (host, port) = if authority.starts_with('[') {
        let end = authority.find(']')? + 1;
        (authority.get(..end)?, authority.get(end..)?)
    } else {
        let end = authority.find(':').unwrap_or(authority.len());
        authority.split_at_checked(end)?
    };
    let port_ok = port.is_empty()
        || port
            .strip_prefix(':')
            .is_some_and(|digits| digits.parse::<u16>().is_ok());
    (!host.is_empty() && port_ok).then_some(host)
}

fn is_loopback(host: &str) -> bool {
    let bare = host
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(host);
    let name = bare.to_ascii_lowercase();
    name == "localhost"
        || name.ends_with(".localhost")
        || bare
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::check_location;

    #[test]
    fn only_places_that_a_browser_may_be_sent_to() {
        for good in [
            "https://idp.example.com/sso",
            "HTTPS://idp.example.com",
            "https://idp.example.com:8443/sso?tenant=1#top",
            "http://localhost:8085/realms/master",
            "http://127.0.0.2/",
            "http://[::1]:9000/x",
            "http://idp.localhost:9000/x",
        ] {
            assert_eq!(check_location(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "/sso",
            "//idp.example.com/sso",
            "https:///sso",
            "https://:443/",
            "https://host:99999/",
            "https://host:x/",
            "http://idp.example.com/sso",
            "http://localhost.example.com/",
            "http://127.0.0.1.example.com/",
            "javascript://alert(1)",
            "javascript:alert(1)",
            "ftp://localhost/",
            "https://good.example.com@evil.example.com/",
            "https://good.example.com\\@evil.example.com/",
            "https://idp.example.com/a b",
            "https://idp.example.com/\r\nSet-Cookie: x",
            " https://idp.example.com/",
            "https://idp.example.com/\u{e9}",
        ] {
            assert!(check_location(bad).is_err(), "{bad}");
        }
    }
}
