//! A connection's pages as steps, with Back and Next, until it is enabled.
//!
//! Nothing is kept of them: a connection that is being set up is a draft, and where it goes on follows from what it has. A page with a
//! form has a Next that saves it first, so that nobody loses what was typed. Tests: `tests/it/console/providers.rs`.

use super::head::{ConnectionHead, ConnectionTab};
use crate::admin::missing;
use crate::domain::{Connection, Protocol};

/// What a form's Next sends beside the fields.
const GO_ON: &str = "go_on";

const SAML_STEPS: &[ConnectionTab] = &[
    ConnectionTab::Settings,
    ConnectionTab::Copy,
    ConnectionTab::Claims,
    ConnectionTab::Test,
];

const PROVIDER_STEPS: &[ConnectionTab] = &[
    ConnectionTab::Settings,
    ConnectionTab::Verify,
    ConnectionTab::Claims,
    ConnectionTab::Test,
];

/// Where an administrator stands.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct SetUpStep {
    pub(super) number: usize,
    pub(super) count: usize,
    /// The pages before and after: address and name.
    pub(super) back: Option<(String, &'static str)>,
    pub(super) next: Option<(String, &'static str)>,
    /// Whether the page has a form that is to be saved on the way.
    pub(super) is_form: bool,
}

impl ConnectionHead {
    /// The step that this page is; none for a connection that is enabled, and for a page that set-up does not need.
    pub(super) fn set_up_step(&self) -> Option<SetUpStep> {
        let steps = if self.is_saml() {
            SAML_STEPS
        } else {
            PROVIDER_STEPS
        };
        let here = steps.iter().position(|tab| *tab == self.tab);
        let here = here.filter(|_| !self.is_enabled)?;
        let page = |at: usize| steps.get(at).and_then(|tab| self.page(*tab));
        Some(SetUpStep {
            number: here + 1,
            count: steps.len(),
            back: here.checked_sub(1).and_then(page),
            next: page(here + 1),
            is_form: matches!(self.tab, ConnectionTab::Settings | ConnectionTab::Claims),
        })
    }
}

/// The page on which the set-up of a connection goes on.
pub(super) fn unfinished_page(connection: &Connection) -> String {
    let is_verified = match &connection.settings.protocol {
        Protocol::Saml(_) => true,
        Protocol::Oidc(oidc) => oidc.discovery.is_some(),
    };
    let tab = if !missing(connection).is_empty() {
        ConnectionTab::Settings
    } else if !is_verified {
        ConnectionTab::Verify
    } else {
        ConnectionTab::Test
    };
    let head = ConnectionHead::of(connection, tab);
    head.page(tab).map(|(href, _)| href).unwrap_or_default()
}

/// The step after a page that was saved; none while what is missing is to be seen to first.
pub(super) fn next_page(connection: &Connection, saved: ConnectionTab) -> Option<String> {
    if saved == ConnectionTab::Settings && !missing(connection).is_empty() {
        return None;
    }
    let step = ConnectionHead::of(connection, saved).set_up_step()?;
    step.next.map(|(href, _)| href)
}

/// Whether a form was sent by its Next.
pub(super) fn goes_on(fields: &[(String, String)]) -> bool {
    fields.iter().any(|(name, _)| name == GO_ON)
}
