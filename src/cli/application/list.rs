//! `application list`.

use serde_json::json;

use super::slugs;
use crate::cli::error::Result;
use crate::cli::installation::Installation;
use crate::cli::listing::{ListForm, Listing};
use crate::cli::output::{Output, timestamp};
use crate::store::KnownApplication;

pub(super) async fn run(installation: &Installation, json: bool, out: &mut Output) -> Result<()> {
    let all = installation.store.applications().await?;
    let companies = installation.store.companies().await?;
    let listing = Listing {
        form: ListForm::new(json),
        describe: &|it: &KnownApplication| {
            let application = &it.application;
            json!({
                "name": application.name,
                "display_name": application.display_name,
                "kind": application.settings.kind,
                "origins": application.settings.origins,
                "companies": slugs(application, &companies),
                "proxy_keys": it.key_hashes.len(),
                "created_at": timestamp(application.created_at),
            })
        },
        header: ["NAME", "DISPLAY NAME", "KIND", "ORIGINS", "COMPANIES"],
        row: &|it| {
            let application = &it.application;
            let origins = application.settings.origins.iter();
            let origins: Vec<String> = origins.map(ToString::to_string).collect();
            [
                application.name.to_string(),
                application.display_name.clone(),
                application.settings.kind.to_string(),
                origins.join(" "),
                match slugs(application, &companies).as_slice() {
                    [] => "none".to_owned(),
                    slugs => slugs.join(","),
                },
            ]
        },
        none: "There is no application yet. Add one: vestibule application add NAME --display-name TEXT --origin URL --kind nginx"
            .to_owned(),
    };
    listing.write(&all, out)
}
