//! The names of identity headers (rules Q35 and Q36).
//!
//! Invariant: a configured name cannot be mistaken for one that means something to a proxy, nor for another configured one by a
//! program that folds `_`, `.` and `-` together, as CGI, WSGI, PHP and Rack do.

use http::HeaderName;

/// The longest name.
const LONGEST: usize = 64;
/// The most hyphens of a name: each makes three times as many spellings.
const MOST_HYPHENS: usize = 6;
/// Names that an identity header never has.
const FORBIDDEN: [&str; 25] = [
    "accept",
    "authorization",
    "cache-control",
    "connection",
    "cookie",
    "date",
    "expect",
    "forwarded",
    "host",
    "keep-alive",
    "location",
    "origin",
    "referer",
    "retry-after",
    "server",
    "set-cookie",
    "te",
    "trailer",
    "upgrade",
    "user-agent",
    "vary",
    "vestibule-proxy-key",
    "via",
    "www-authenticate",
    "x-vestibule-probe",
];
/// What the name of an identity header never begins with.
const FORBIDDEN_BEGINNINGS: [&str; 8] = [
    "content-",
    "proxy-",
    "sec-",
    "transfer-",
    "x-envoy-",
    "x-forwarded-",
    "x-original-",
    "x-real-",
];

/// Why a name is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HeaderNameError {
    /// Another character than letters, digits and hyphens; too long; or too many hyphens.
    #[error("the name of a header has up to 64 letters, digits and hyphens, and at most 6 hyphens")]
    Form,
    /// It has a meaning of its own.
    #[error("this header has a meaning of its own to proxies or to the check")]
    Forbidden,
}

/// The form of a name that programs may fold others to.
pub(super) fn fold(name: &str) -> String {
    name.to_ascii_lowercase().replace(['_', '.'], "-")
}

/// Reads a configured name.
pub(super) fn parse(text: &str) -> Result<HeaderName, HeaderNameError> {
    let is_usual = |octet: u8| octet.is_ascii_alphanumeric() || octet == b'-';
    let hyphens = text.matches('-').count();
    if text.len() > LONGEST || hyphens > MOST_HYPHENS || !text.bytes().all(is_usual) {
        return Err(HeaderNameError::Form);
    }
    let folded = fold(text);
    let begins_badly = FORBIDDEN_BEGINNINGS
        .iter()
        .any(|beginning| folded.starts_with(beginning));
    if begins_badly || FORBIDDEN.contains(&folded.as_str()) {
        return Err(HeaderNameError::Forbidden);
    }
    HeaderName::try_from(folded).map_err(|_| HeaderNameError::Form)
}

/// The other names that are folded to the same one: each hyphen as `_` or `.`, in all arrangements.
pub fn spellings(name: &HeaderName) -> Vec<HeaderName> {
    spelled_with(name, &['-', '_', '.'])
}

/// Those of them with `_` only.
pub(super) fn underscored(name: &HeaderName) -> Vec<HeaderName> {
    spelled_with(name, &['-', '_'])
}

fn spelled_with(name: &HeaderName, signs: &[char]) -> Vec<HeaderName> {
    let mut parts = name.as_str().split('-');
    let mut made = vec![parts.next().unwrap_or_default().to_owned()];
    for part in parts.take(MOST_HYPHENS) {
        let longer = |start: &String| {
            let start = start.clone();
            signs.iter().map(move |sign| format!("{start}{sign}{part}"))
        };
        made = made.iter().flat_map(longer).collect();
    }
    made.into_iter()
        .filter(|spelling| spelling != name.as_str())
        .filter_map(|spelling| HeaderName::try_from(spelling).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(names: &[HeaderName]) -> Vec<&str> {
        names.iter().map(HeaderName::as_str).collect()
    }

    // Q35
    #[test]
    fn a_name_has_letters_digits_and_hyphens() {
        assert_eq!(parse("Remote-User").unwrap(), "remote-user");
        assert_eq!(parse("X-User2").unwrap(), "x-user2");
        for other in [
            "",
            "Remote_User",
            "Remote.User",
            "Remote User",
            "Remote-Üser",
            "a:b",
            "a\r\nb",
        ] {
            assert_eq!(parse(other), Err(HeaderNameError::Form), "{other}");
        }
        assert!(parse(&"a".repeat(64)).is_ok());
        assert_eq!(parse(&"a".repeat(65)), Err(HeaderNameError::Form));
        assert!(parse("a-b-c-d-e-f-g").is_ok());
        assert_eq!(parse("a-b-c-d-e-f-g-h"), Err(HeaderNameError::Form));
    }

    // Q35: the law's list, and what the check itself asks or answers.
    #[test]
    fn names_with_a_meaning_are_refused() {
        for name in [
            "Host",
            "COOKIE",
            "Authorization",
            "Connection",
            "Content-Type",
            "Content-Length",
            "Transfer-Encoding",
            "X-Forwarded-User",
            "X-Forwarded-Uri",
            "Set-Cookie",
            "Location",
            "Vestibule-Proxy-Key",
            "X-Original-URL",
            "X-Envoy-Auth-Headers-To-Remove",
        ] {
            assert_eq!(parse(name), Err(HeaderNameError::Forbidden), "{name}");
        }
        for name in [
            "Hosts",
            "X-Cookie",
            "Remote-Host",
            "Vestibule-Identity",
            "X-Forward",
        ] {
            assert!(parse(name).is_ok(), "{name}");
        }
    }

    // Q36
    #[test]
    fn spellings_are_all_that_fold_to_the_name() {
        let name = parse("Remote-User").unwrap();
        assert_eq!(texts(&spellings(&name)), ["remote_user", "remote.user"]);
        assert_eq!(texts(&underscored(&name)), ["remote_user"]);
        let name = parse("Vestibule-Groups-Omitted").unwrap();
        let all = spellings(&name);
        assert_eq!(all.len(), 8);
        assert!(texts(&all).contains(&"vestibule_groups.omitted"));
        assert!(!all.contains(&name));
        assert!(all.iter().all(|it| fold(it.as_str()) == name.as_str()));
        assert_eq!(
            texts(&underscored(&name)),
            [
                "vestibule-groups_omitted",
                "vestibule_groups-omitted",
                "vestibule_groups_omitted"
            ]
        );
        assert!(spellings(&parse("User").unwrap()).is_empty());
    }
}
