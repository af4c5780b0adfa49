//! The cookies of hand-overs on their way (rules Q29 and Q34): one for each tab, eight at most.
//!
//! Invariant: a code is taken from the browser only that holds the cookie which its hand-over began with.

use axum::http::{HeaderMap, HeaderValue};
use time::OffsetDateTime;

use crate::http::cookies::{lax, pairs};
use crate::keys;

/// How many a browser has at a time.
const MOST: usize = 8;
/// How long one lives, in seconds.
const SECONDS: u32 = 600;

/// A start cookie that was just made.
pub(super) struct StartCookie {
    /// Its `Set-Cookie`, and those that take the oldest away.
    pub(super) set: Vec<HeaderValue>,
    /// The hash that the hand-over's state has.
    pub(super) binding: [u8; 32],
}

/// Makes one more.
pub(super) fn add(headers: &HeaderMap, https: bool, now: OffsetDateTime) -> StartCookie {
    let (value, binding) = keys::new_secret();
    // Names sort by the time at which they were made.
    let seconds = u32::try_from(now.unix_timestamp()).unwrap_or(u32::MAX);
    let suffix = format!("{seconds:08x}{}", keys::hex(&keys::random::<2>()));
    let mut there: Vec<String> = all(headers, https)
        .map(|(name, _)| name.to_owned())
        .collect();
    there.sort_unstable();
    there.dedup();
    let over = there.len().saturating_sub(MOST - 1);
    let mut set: Vec<HeaderValue> = there
        .iter()
        .take(over)
        .filter_map(|name| clear(name, https))
        .collect();
    let attributes = lax(https);
    let cookie = format!(
        "{}{suffix}={value}{attributes}; Max-Age={SECONDS}",
        prefix(https)
    );
    set.extend(HeaderValue::try_from(cookie));
    StartCookie { set, binding }
}

/// The `Set-Cookie` that takes away the cookie which a hand-over began with; none when the browser does not hold it.
pub(super) fn take(headers: &HeaderMap, https: bool, binding: &[u8; 32]) -> Option<HeaderValue> {
    let same =
        |value: &str| keys::secret_hash(value).is_some_and(|hash| keys::same(&hash, binding));
    let (name, _) = all(headers, https).find(|(_, value)| same(value))?;
    clear(name, https)
}

fn all(headers: &HeaderMap, https: bool) -> impl Iterator<Item = (&str, &str)> {
    pairs(headers).filter(move |(name, _)| is_ours(name, https))
}

fn is_ours(name: &str, https: bool) -> bool {
    let suffix = name.strip_prefix(prefix(https));
    suffix.is_some_and(|suffix| {
        suffix.len() == 12 && suffix.bytes().all(|octet| octet.is_ascii_hexdigit())
    })
}

fn clear(name: &str, https: bool) -> Option<HeaderValue> {
    HeaderValue::try_from(format!("{name}={}; Max-Age=0", lax(https))).ok()
}

const fn prefix(https: bool) -> &'static str {
    if https {
        "__Host-vestibule-start-"
    } else {
        "vestibule-start-"
    }
}

#[cfg(test)]
mod tests {
    use axum::http::header;
    use time::Duration;

    use super::*;

    fn cookies(pairs: &[String]) -> HeaderMap {
        let value = HeaderValue::try_from(pairs.join("; ")).unwrap();
        HeaderMap::from_iter([(header::COOKIE, value)])
    }

    fn pair(set: &HeaderValue) -> String {
        set.to_str().unwrap().split(';').next().unwrap().to_owned()
    }

    // Q34
    #[test]
    fn the_oldest_of_nine_goes() {
        let mut jar: Vec<String> = vec!["other=1".to_owned()];
        let mut bindings = Vec::new();
        for minute in 0..8 {
            let now = OffsetDateTime::UNIX_EPOCH + Duration::minutes(30_000_000 + minute);
            let made = add(&cookies(&jar), true, now);
            assert_eq!(made.set.len(), 1, "{minute}");
            jar.push(pair(&made.set[0]));
            bindings.push(made.binding);
        }
        let now = OffsetDateTime::UNIX_EPOCH + Duration::minutes(30_000_100);
        let ninth = add(&cookies(&jar), true, now);
        let [gone, new] = ninth.set.as_slice() else {
            panic!("one goes, one comes")
        };
        let first = jar[1].split('=').next().unwrap();
        assert!(gone.to_str().unwrap().starts_with(first));
        assert!(gone.to_str().unwrap().ends_with("Max-Age=0"));
        assert!(pair(new) > jar[8]);
        assert!(take(&cookies(&jar), true, &bindings[7]).is_some());
        assert!(take(&cookies(&jar[..2]), true, &bindings[7]).is_none());
        assert!(take(&cookies(&jar), false, &bindings[7]).is_none());
    }
}
