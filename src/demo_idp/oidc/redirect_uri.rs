//! Which redirect URIs "Authentication" takes.

/// The longest one.
const MOST_CHARACTERS: usize = 256;

/// Why an address is not taken; `http` is for this machine only.
pub(in crate::demo_idp) fn check_redirect_uri(uri: &str) -> Result<(), &'static str> {
    if uri.chars().count() > MOST_CHARACTERS {
        return Err("It must be at most 256 characters.");
    }
    if uri.contains('#') {
        return Err("It must not have a fragment.");
    }
    if uri.contains(['!', '$', '\'', '(', ')', ',', ';', '*', ' ']) {
        return Err("It must not contain ! $ ' ( ) , ; * or spaces.");
    }
    let is_local = |rest: &str| {
        let authority = rest.split('/').next().unwrap_or_default();
        let host = authority.split(':').next().unwrap_or_default();
        host == "localhost" || host.ends_with(".localhost") || host.starts_with("127.")
    };
    match uri.split_once("://") {
        Some(("https", rest)) if !rest.is_empty() => Ok(()),
        Some(("http", rest)) if is_local(rest) => Ok(()),
        _ => Err("It must start with “https://” or “http://localhost”."),
    }
}
