//! Applications: whether their proxies can ask, whether they answer our own, and whether their tokens have one issuer.
//!
//! Rules Q15, Q57 and V2. Tests: `tests/it/operator/doctor_applications.rs`.

use super::Diagnoses;
use crate::config::Config;
use crate::domain::{Company, ServedCompanies};
use crate::outbound::reach_upstream;
use crate::policy::ProxyKind;
use crate::store::{Error, KnownApplication, Store};

const AREA: &str = "applications";

pub(super) async fn look(
    config: &Config,
    store: &Store,
    companies: &[Company],
    diagnoses: &mut Diagnoses,
) -> Result<(), Error> {
    let applications = store.applications().await?;
    look_at_proxies(config, &applications, diagnoses);
    for it in &applications {
        look_at_upstreams(config, it, diagnoses).await;
        look_at_issuer(config, it, companies, diagnoses);
    }
    Ok(())
}

fn look_at_proxies(config: &Config, applications: &[KnownApplication], diagnoses: &mut Diagnoses) {
    let asks = |it: &&KnownApplication| it.application.settings.kind != ProxyKind::BuiltIn;
    let Some(first) = applications.iter().find(asks) else {
        return;
    };
    let checks = &config.checks;
    if config.trusted_proxies.is_empty()
        && checks.socket.is_none()
        && checks.danger_listen.is_none()
    {
        diagnoses.error(
            AREA,
            format!(
                "{}: its proxy is answered nothing, because no proxy is trusted.",
                first.application.name
            ),
            "Set trusted_proxies to the proxy's address, such as [\"127.0.0.1\"], or checks.socket.",
        );
    }
    let without_key = |it: &&KnownApplication| asks(it) && it.key_hashes.is_empty();
    for it in applications.iter().filter(without_key) {
        let name = &it.application.name;
        diagnoses.warn(
            AREA,
            format!("{name}: its proxy has no key."),
            format!("Make one: vestibule application new-key {name}"),
        );
    }
}

async fn look_at_upstreams(config: &Config, it: &KnownApplication, diagnoses: &mut Diagnoses) {
    let name = &it.application.name;
    for upstream in &it.application.settings.upstream.upstreams {
        let longest = config.proxy.connect_timeout.std();
        match reach_upstream(upstream, longest).await {
            Ok(()) => diagnoses.ok(AREA, format!("{name}: {upstream} can be reached.")),
            Err(cause) => diagnoses.error(
                AREA,
                format!("{name}: {upstream}: {cause}."),
                format!("Start the application there, or name another place: vestibule application set {name} upstreams=URL"),
            ),
        }
    }
}

fn look_at_issuer(
    config: &Config,
    it: &KnownApplication,
    companies: &[Company],
    diagnoses: &mut Diagnoses,
) {
    let application = &it.application;
    let (name, served) = (&application.name, &application.companies);
    let count = companies.iter().filter(|it| served.has(it.id)).count();
    if count == 0 {
        diagnoses.warn(
            AREA,
            format!("{name}: it serves no company that there is."),
            format!("Name one: vestibule application set {name} companies=SLUG"),
        );
    } else if count > 1 && config.hub.origin.is_none() {
        let next = match served {
            ServedCompanies::Every => {
                "Companies were added since. Set hub.origin to a host name of its own that leads here"
            }
            ServedCompanies::Named(_) => "Set hub.origin to a host name of its own that leads here",
        };
        diagnoses.error(
            AREA,
            format!(
                "{name}: it serves {count} companies and there is no hub: its tokens have several issuers, and its users are not asked which company they are of."
            ),
            format!("{next}, or name one company: vestibule application set {name} companies=SLUG"),
        );
    } else {
        diagnoses.ok(AREA, format!("{name}: serves {count} of the companies"));
    }
}
