//! A message that our own page sends once more, so that the browser's cookies come with it (rule E2).

use memchr::memmem;

use crate::login::Reposted;

/// What our own page says beside the Response, as it sends it; the body is decoded once, elsewhere.
pub(super) fn reposted(body: &[u8]) -> Option<Reposted<'_>> {
    const NAME: &[u8] = b"&reposted=";
    let value = body.get(memmem::find(body, NAME)? + NAME.len()..)?;
    let value = value.split(|octet| *octet == b'&').next()?;
    let value = std::str::from_utf8(value).ok()?;
    (!value.is_empty()).then_some(Reposted(value))
}
