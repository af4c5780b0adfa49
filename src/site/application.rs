//! Applications, ready to be asked about: rules made once, found by name and by host.
//!
//! Invariant: a request reads one snapshot, which was made from one state of the applications and the companies that they serve. The
//! host of a check picks nothing (rule Q11); the host of our own addresses at an application picks the application (rule Q14).

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use arc_swap::ArcSwap;

use super::Site;
use crate::domain::{Application, ApplicationId, ApplicationSettingsError, CompanyId, DomainName};
use crate::policy::{
    ApplicationOrigin, ApplicationRules, CrossSite, Entrance, Fit, ProxyKind, RequestOrigin,
    ReservedPrefix, WebScheme,
};

/// An application, ready to be asked about.
#[derive(Debug)]
pub struct ReadyApplication {
    pub application: Application,
    pub rules: ApplicationRules,
    /// What its proxy shows, as hashes (rule Q15).
    pub key_hashes: Vec<[u8; 32]>,
    /// Whom its tokens are for (rule V2).
    pub audience: String,
}

/// A place at an application's host.
#[derive(Debug, Clone)]
pub struct ApplicationPlace {
    pub application: Arc<ReadyApplication>,
    pub origin: RequestOrigin,
    /// The slug in the place of `{company}`.
    pub company: Option<String>,
}

/// Every application.
#[derive(Debug, Default)]
pub struct Applications {
    snapshot: ArcSwap<Snapshot>,
}

#[derive(Debug, Default)]
struct Snapshot {
    by_name: BTreeMap<String, Arc<ReadyApplication>>,
    /// By what a browser sends as `Host`, with the scheme that it stands for.
    by_host: HashMap<String, (WebScheme, Arc<ReadyApplication>)>,
    /// Below a company's label.
    by_domain: HashMap<String, (WebScheme, Arc<ReadyApplication>)>,
    /// Whose domain it is, verified (rule R33).
    verified: HashMap<DomainName, CompanyId>,
    /// Whether we are the proxy of one of them.
    has_built_in: bool,
}

impl ReadyApplication {
    /// Makes one; an error when its settings do not fit, as an older version may have written them.
    pub fn new(
        application: Application,
        key_hashes: Vec<[u8; 32]>,
        sites: &[Arc<Site>],
    ) -> Result<Self, ApplicationSettingsError> {
        let settings = &application.settings;
        let headers = settings.headers()?;
        let served = sites
            .iter()
            .filter(|site| application.companies.has(site.company.id));
        let companies: BTreeSet<String> = served
            .clone()
            .map(|site| site.company.slug.to_string())
            .collect();
        // Set-up A: the application and the company's site have the same host.
        let is_at_site = served.flat_map(|site| site.company.origins()).any(|own| {
            let own = own.as_str().parse::<RequestOrigin>();
            own.is_ok_and(|own| settings.origins.iter().any(|it| it.fit(&own).is_some()))
        });
        let prefix = ReservedPrefix::default();
        let rules = ApplicationRules {
            kind: settings.kind,
            origins: settings.origins.clone(),
            companies: Arc::new(companies),
            entrance: if is_at_site {
                Entrance::CompanySite(prefix)
            } else {
                Entrance::HandOver(prefix)
            },
            start_path: settings.launch_path().unwrap_or("/").to_owned(),
            skip_rules: settings.skip_rules.clone(),
            lets_preflight_pass: settings.preflight,
            cross_site: CrossSite {
                is_refused: !settings.danger_cross_site,
                counts_same_site: settings.same_site_is_foreign,
                open_paths: settings.cross_site_paths.clone(),
            },
            headers,
        };
        Ok(Self {
            audience: settings.audience(),
            rules,
            key_hashes,
            application,
        })
    }

    /// Its identifier.
    pub fn id(&self) -> ApplicationId {
        self.application.id
    }

    /// Where its users sign in by the session of the company's site itself.
    pub fn is_at_site(&self) -> bool {
        matches!(self.rules.entrance, Entrance::CompanySite(_))
    }

    /// The address that opens it for a user of a company, who is not asked again which company it is; none where it has no origin for
    /// that.
    pub fn launch_address(&self, slug: &str) -> Option<String> {
        let settings = &self.application.settings;
        let path = settings.launch_path()?;
        let is_meant = |origin: &&ApplicationOrigin| {
            let rest = settings.launch_url.strip_prefix(&origin.to_string());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let meant = settings.origins.iter().find(is_meant);
        let origin = meant.or_else(|| settings.origins.first())?;
        let origin = origin.of_company(slug).ok()?;
        if self.is_at_site() {
            return Some(format!("{origin}{path}"));
        }
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("organization", slug)
            .append_pair("rd", path)
            .finish();
        Some(format!("{origin}/.vestibule/start?{query}"))
    }
}

impl Applications {
    /// The application of a name.
    pub fn named(&self, name: &str) -> Option<Arc<ReadyApplication>> {
        self.snapshot.load().by_name.get(name).cloned()
    }

    /// The application at an origin.
    pub fn at_origin(&self, origin: &str) -> Option<ApplicationPlace> {
        let origin: RequestOrigin = origin.parse().ok()?;
        let snapshot = self.snapshot.load();
        let mut all = snapshot.by_name.values();
        all.find_map(|it| place(it, origin.clone()))
    }

    /// The application whose host a request names.
    pub fn at_host(&self, host_key: &str) -> Option<ApplicationPlace> {
        let snapshot = self.snapshot.load();
        let below = || {
            let (_, domain) = host_key.split_once('.')?;
            snapshot.by_domain.get(domain)
        };
        let (scheme, found) = snapshot.by_host.get(host_key).or_else(below)?;
        place(found, RequestOrigin::new(*scheme, host_key).ok()?)
    }

    /// The same of a host that may have the default port written out.
    pub fn at_written_host(&self, host_key: &str) -> Option<ApplicationPlace> {
        self.at_host(host_key).or_else(|| {
            let (host, prefix) = match host_key.strip_suffix(":443") {
                Some(host) => (host, "https:"),
                None => (host_key.strip_suffix(":80")?, "http:"),
            };
            let place = self.at_host(host)?;
            place
                .origin
                .to_string()
                .starts_with(prefix)
                .then_some(place)
        })
    }

    /// Every application, by name.
    pub fn all(&self) -> Vec<Arc<ReadyApplication>> {
        self.snapshot.load().by_name.values().cloned().collect()
    }

    /// Whether we are the proxy of one of them.
    pub fn has_built_in(&self) -> bool {
        self.snapshot.load().has_built_in
    }

    /// For which company a domain is verified (rule R33).
    pub fn verified_company(&self, domain: &DomainName) -> Option<CompanyId> {
        self.snapshot.load().verified.get(domain).copied()
    }

    /// Puts these in the place of all before.
    pub fn replace(&self, applications: Vec<ReadyApplication>, sites: &[Arc<Site>]) {
        let mut snapshot = Snapshot::default();
        for application in applications {
            let application = Arc::new(application);
            for origin in &application.rules.origins {
                let text = origin.to_string();
                let (scheme, rest) = match text.strip_prefix("https://") {
                    Some(rest) => (WebScheme::Https, rest),
                    None => (WebScheme::Http, text.trim_start_matches("http://")),
                };
                let of = (scheme, Arc::clone(&application));
                match rest.strip_prefix("{company}.") {
                    Some(domain) => snapshot.by_domain.insert(domain.to_owned(), of),
                    None => snapshot.by_host.insert(rest.to_owned(), of),
                };
            }
            snapshot.has_built_in |= application.rules.kind == ProxyKind::BuiltIn;
            let name = application.application.name.to_string();
            snapshot.by_name.insert(name, application);
        }
        for site in sites {
            for domain in site.domains().iter().filter(|it| it.verified.is_some()) {
                let of = (domain.name.clone(), site.company.id);
                snapshot.verified.insert(of.0, of.1);
            }
        }
        self.snapshot.store(Arc::new(snapshot));
    }
}

fn place(application: &Arc<ReadyApplication>, origin: RequestOrigin) -> Option<ApplicationPlace> {
    let company = match application.rules.fit(&origin)? {
        Fit::Exact => None,
        Fit::Company(slug) => Some(slug.to_owned()),
    };
    Some(ApplicationPlace {
        application: Arc::clone(application),
        origin,
        company,
    })
}
