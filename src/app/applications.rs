//! Applications as this node knows them.
//!
//! Invariant: they are made anew whenever an application or a company that they may serve has changed.

use std::sync::Arc;

use super::{App, AppError};
use crate::config::Config;
use crate::domain::{Application, Company, Origin};
use crate::site::{ReadyApplication, Site};
use crate::store::KnownApplication;

impl App {
    /// Takes the applications that were read.
    pub(super) fn take_applications(&self, all: Vec<KnownApplication>, sites: &[Arc<Site>]) {
        let all = all.into_iter().map(|it| (it.application, it.key_hashes));
        self.applications.replace(ready(all, sites), sites);
        let all = self.applications.all();
        let named = all
            .iter()
            .flat_map(|it| &it.application.settings.upstream.upstreams);
        self.upstreams.keep(named);
    }

    /// Makes the applications anew for companies that have changed.
    pub(super) fn applications_for(&self, sites: &[Arc<Site>]) {
        let all = self.applications.all().into_iter();
        let all = all.map(|it| (it.application.clone(), it.key_hashes.clone()));
        self.applications.replace(ready(all, sites), sites);
    }
}

/// Where the applications are that serve a company.
pub(super) fn origins_for<'a>(
    applications: impl Iterator<Item = &'a Application>,
    company: &Company,
) -> Vec<Origin> {
    let serving = applications.filter(|it| it.companies.has(company.id));
    let origins = serving.flat_map(|it| &it.settings.origins);
    let of_company = origins.filter_map(|it| it.of_company(company.slug.as_str()).ok());
    of_company
        .filter_map(|it| it.to_string().parse().ok())
        .collect()
}

/// The installation's own origin.
pub(super) fn hub(config: &Config) -> Result<Option<Origin>, AppError> {
    let origin = config.hub.origin.as_deref();
    origin.map(str::parse).transpose().map_err(AppError::Hub)
}

/// The applications whose settings fit.
fn ready(
    all: impl Iterator<Item = (Application, Vec<[u8; 32]>)>,
    sites: &[Arc<Site>],
) -> Vec<ReadyApplication> {
    let mut ready = Vec::new();
    for (application, key_hashes) in all {
        let name = application.name.clone();
        match ReadyApplication::new(application, key_hashes, sites) {
            Ok(one) => ready.push(one),
            Err(unfit) => {
                tracing::error!(application = %name, %unfit, "an application's settings cannot be used");
            }
        }
    }
    ready
}
