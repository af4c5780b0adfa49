//! The directory that finds a company's site by host name.
//!
//! Invariant: a request reads one snapshot. A change makes new sites and swaps the directory; it never changes a site that a
//! request may be holding.
//!
//! Rule E6: the host picks the company and nothing more. Tests: `src/site/tests.rs`.

use std::collections::HashMap;
use std::sync::Arc;

use arc_swap::ArcSwap;

use super::Site;
use crate::config::PlainHttp;
use crate::domain::{CompanyId, Origin};

/// Every site of this installation, by host name.
#[derive(Debug)]
pub struct Directory {
    snapshot: ArcSwap<Snapshot>,
    /// Slug of the one company that every host name serves.
    single: Option<String>,
    plain_http: PlainHttp,
}

#[derive(Debug, Default)]
struct Snapshot {
    by_host: HashMap<String, Arc<Site>>,
    by_company: HashMap<CompanyId, Arc<Site>>,
    by_slug: HashMap<String, Arc<Site>>,
    single: Option<Arc<Site>>,
}

impl Directory {
    /// An empty directory. `single` is the slug of the company that every host name serves.
    pub fn new(single: Option<String>, plain_http: PlainHttp) -> Self {
        Self {
            snapshot: ArcSwap::default(),
            single,
            plain_http,
        }
    }

    /// The site of a `Host` header that is written in the form of its key; none for other forms, which [`Self::site`] finds.
    pub fn site_at(&self, host: &str) -> Option<Arc<Site>> {
        self.snapshot.load().by_host.get(host).cloned()
    }

    /// The site that answers for a `Host` header's key.
    pub fn site(&self, host_key: &str) -> Option<Arc<Site>> {
        let snapshot = self.snapshot.load();
        snapshot
            .by_host
            .get(host_key)
            .or_else(|| {
                // A default port that is spelt out is the same host.
                let (host, https) = match host_key.strip_suffix(":443") {
                    Some(host) => (host, true),
                    None => (host_key.strip_suffix(":80")?, false),
                };
                let site = snapshot.by_host.get(host)?;
                let same =
                    |origin: &Origin| origin.host_key() == host && origin.is_https() == https;
                site.company.origins().any(same).then_some(site)
            })
            .or(snapshot.single.as_ref())
            .cloned()
    }

    /// A company's site.
    pub fn site_of(&self, company: CompanyId) -> Option<Arc<Site>> {
        self.snapshot.load().by_company.get(&company).cloned()
    }

    /// The site of the company of a slug.
    pub fn site_named(&self, slug: &str) -> Option<Arc<Site>> {
        self.snapshot.load().by_slug.get(slug).cloned()
    }

    /// Whether there is one company and no other.
    pub fn is_single(&self) -> bool {
        self.snapshot.load().by_company.len() == 1
    }

    /// Every site.
    pub fn sites(&self) -> Vec<Arc<Site>> {
        self.snapshot.load().by_company.values().cloned().collect()
    }

    /// Puts these sites in the place of all before.
    pub fn replace(&self, sites: impl IntoIterator<Item = Arc<Site>>) {
        let mut snapshot = Snapshot::default();
        for site in sites {
            for origin in site.company.origins() {
                if !origin.is_https() && !self.plain_http.permits(origin.host()) {
                    tracing::warn!(company = %site.company.slug, %origin, "this origin is not served: plain_http does not permit it");
                    continue;
                }
                snapshot
                    .by_host
                    .insert(origin.host_key().to_owned(), Arc::clone(&site));
            }
            if self.single.as_deref() == Some(site.company.slug.as_str()) {
                snapshot.single = Some(Arc::clone(&site));
            }
            let slug = site.company.slug.to_string();
            snapshot.by_slug.insert(slug, Arc::clone(&site));
            snapshot.by_company.insert(site.company.id, site);
        }
        self.snapshot.store(Arc::new(snapshot));
    }

    /// Puts one company's site in the place of its old one; None takes it away.
    pub fn update(&self, company: CompanyId, site: Option<Arc<Site>>) {
        let others = self
            .sites()
            .into_iter()
            .filter(|other| other.company.id != company);
        self.replace(others.chain(site));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::tests::{company, sp_keys};

    fn site(number: u8, slug: &str, origin: &str, aliases: &[&str]) -> Arc<Site> {
        Arc::new(Site::new(
            company(number, slug, origin, aliases),
            Vec::new(),
            &sp_keys(),
        ))
    }

    fn sites() -> Vec<Arc<Site>> {
        vec![
            site(
                1,
                "acme",
                "https://acme.example.com",
                &["https://sso.acme.example:8443"],
            ),
            site(2, "beta", "http://127.0.0.2:8080", &[]),
        ]
    }

    fn found(directory: &Directory, host: &str) -> Option<String> {
        directory
            .site(host)
            .map(|site| site.company.slug.to_string())
    }

    #[test]
    fn the_host_picks_the_company() {
        let directory = Directory::new(None, PlainHttp::Loopback);
        assert!(directory.site("acme.example.com").is_none());
        directory.replace(sites());
        for (host, slug) in [
            ("acme.example.com", Some("acme")),
            ("acme.example.com:443", Some("acme")),
            ("acme.example.com:80", None),
            ("acme.example.com:8443", None),
            ("sso.acme.example:8443", Some("acme")),
            ("127.0.0.2:8080", Some("beta")),
            ("127.0.0.1:8080", None),
            ("evil.example", None),
        ] {
            assert_eq!(found(&directory, host).as_deref(), slug, "{host}");
            // The short way never finds another one.
            if let Some(site) = directory.site_at(host) {
                assert_eq!(Some(site.company.slug.as_str()), slug, "{host}");
            }
        }
        assert!(directory.site_at("acme.example.com").is_some());
        assert!(directory.site_at("Acme.example.com").is_none());
    }

    #[test]
    fn one_company_is_changed_or_taken_away() {
        let directory = Directory::new(None, PlainHttp::Loopback);
        directory.replace(sites());
        let beta = CompanyId::from_bytes([2; 16]);
        directory.update(beta, Some(site(2, "beta", "https://beta.example", &[])));
        assert_eq!(found(&directory, "127.0.0.2:8080"), None);
        assert_eq!(found(&directory, "beta.example").as_deref(), Some("beta"));
        directory.update(beta, None);
        assert_eq!(found(&directory, "beta.example"), None);
        assert_eq!(
            found(&directory, "acme.example.com").as_deref(),
            Some("acme")
        );
    }

    #[test]
    fn a_single_company_answers_for_every_other_host() {
        let directory = Directory::new(Some("acme".to_owned()), PlainHttp::Loopback);
        directory.replace(sites());
        assert_eq!(
            found(&directory, "anything.example").as_deref(),
            Some("acme")
        );
        assert_eq!(found(&directory, "127.0.0.2:8080").as_deref(), Some("beta"));
    }

    #[test]
    fn plain_http_can_be_ruled_out() {
        let directory = Directory::new(None, PlainHttp::Never);
        directory.replace(sites());
        assert_eq!(found(&directory, "127.0.0.2:8080"), None);
        assert!(directory.site_of(CompanyId::from_bytes([2; 16])).is_some());
    }
}
