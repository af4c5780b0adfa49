//! The page that `doctor gate` is asked about, and the application that it belongs to.
//!
//! Invariant: the path goes out as it was typed.

use super::request::AskedPage;
use crate::cli::error::{CliError, Result};
use crate::domain::{Application, Company};
use crate::policy::{Fit, RequestOrigin, is_ambiguous};
use crate::store::Store;

/// Reads an address.
pub(super) fn read(url: &str) -> Result<AskedPage> {
    let unusable = |what: String| {
        CliError::unusable(
            what,
            "Name a page of the application, such as https://app.example.com/.",
        )
    };
    let (scheme, rest) = url
        .split_once("://")
        .ok_or_else(|| unusable(format!("\"{url}\" is no address.")))?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, rest) = rest.split_at(end);
    let origin: RequestOrigin = format!("{scheme}://{authority}")
        .parse()
        .map_err(|error| unusable(format!("\"{url}\" is no address: {error}.")))?;
    let rest = rest.split('#').next().unwrap_or_default();
    let uri = if rest.starts_with('/') {
        rest.to_owned()
    } else {
        format!("/{rest}")
    };
    let path = uri.split('?').next().unwrap_or_default();
    let is_visible = uri.bytes().all(|octet| octet.is_ascii_graphic());
    if !is_visible || is_ambiguous(path.as_bytes()) {
        return Err(unusable(format!(
            "\"{uri}\" can be read in two ways, or has other characters than ASCII."
        )));
    }
    if path.starts_with("/.vestibule/") {
        return Err(unusable(format!("\"{uri}\" is Vestibule's own page.")));
    }
    Ok(AskedPage { origin, uri })
}

/// The application of a page, or an error that names those that there are.
pub(super) async fn find(store: &Store, page: &AskedPage) -> Result<Application> {
    let all = store.applications().await?;
    let companies = store.companies().await?;
    let all = all.into_iter().map(|known| known.application);
    let (found, others): (Vec<_>, Vec<_>) =
        all.partition(|application| is_at(application, &page.origin, &companies));
    if let Some(application) = found.into_iter().next() {
        return Ok(application);
    }
    let there: Vec<String> = others
        .iter()
        .flat_map(|it| {
            let origins = it.settings.origins.iter();
            origins.map(move |origin| format!("{origin} ({})", it.name))
        })
        .collect();
    let next = if there.is_empty() {
        format!(
            "There is none yet. Add it: vestibule application add NAME --display-name NAME --origin {} --kind nginx",
            page.origin
        )
    } else {
        format!("Applications are at these: {}.", there.join(", "))
    };
    Err(CliError::refused(
        format!("No application is at {}.", page.origin),
        next,
    ))
}

/// Whether an origin is one of an application's, as the server sees it.
fn is_at(application: &Application, origin: &RequestOrigin, companies: &[Company]) -> bool {
    let serves = |slug: &str| {
        companies
            .iter()
            .any(|company| company.slug.as_str() == slug && application.companies.has(company.id))
    };
    let own = application.settings.origins.iter();
    own.filter_map(|own| own.fit(origin)).any(|fit| match fit {
        Fit::Exact => true,
        Fit::Company(slug) => serves(slug),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_as_it_is_typed() {
        for (url, origin, uri) in [
            ("https://app.example.com", "https://app.example.com", "/"),
            (
                "https://App.Example.com./a%20b?c=d#e",
                "https://app.example.com",
                "/a%20b?c=d",
            ),
            (
                "http://app.localhost:9000?x",
                "http://app.localhost:9000",
                "/?x",
            ),
        ] {
            let page = read(url).unwrap();
            assert_eq!((page.origin.as_str(), page.uri.as_str()), (origin, uri));
        }
        for url in [
            "app.example.com",
            "ftp://app.example.com/",
            "https://user@app.example.com/",
            "http://app.example.com/",
            "https://app.example.com/a b",
            "https://app.example.com/ä",
            "https://app.example.com/a/../b",
            "https://app.example.com/.vestibule/who",
            "https://",
        ] {
            let error = read(url).unwrap_err();
            assert_eq!(error.exit_code(), 2, "{url}");
        }
    }
}
