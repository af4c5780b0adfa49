//! A certificate as pages show it.

use crate::admin::{CertificateFacts, CertificateState};
use crate::console::times::day;
use crate::domain::saml_settings::CERTIFICATE_ENDS_SOON;

/// What a certificate is in a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum CertificateStanding {
    Added,
    Kept,
    Removed,
}

/// A certificate for people.
#[derive(Debug)]
pub(super) struct CertificateView {
    /// Names it within its connection.
    pub(super) key: String,
    pub(super) subject: String,
    pub(super) sha1: String,
    /// In groups, so that two can be compared by eye.
    pub(super) sha256: String,
    /// "3 March 2024 to 3 March 2027"; empty when it cannot be read.
    pub(super) validity: String,
    /// Tone and words.
    pub(super) state: (&'static str, String),
    pub(super) standing: CertificateStanding,
}

impl CertificateView {
    pub(super) fn of(facts: &CertificateFacts, standing: CertificateStanding) -> Self {
        let validity = facts
            .validity
            .map(|(from, until)| format!("{} to {}", day(from), day(until)));
        Self {
            key: facts.key(),
            subject: facts.subject.clone(),
            sha1: facts.sha1.clone(),
            sha256: facts.sha256.clone(),
            validity: validity.unwrap_or_default(),
            state: state(&facts.state),
            standing,
        }
    }

    pub(super) fn standing_tone(&self) -> &'static str {
        match self.standing {
            CertificateStanding::Added => "info",
            CertificateStanding::Kept => "off",
            CertificateStanding::Removed => "bad",
        }
    }

    pub(super) fn standing_words(&self) -> &'static str {
        match self.standing {
            CertificateStanding::Added => "Will be trusted",
            CertificateStanding::Kept => "Stays trusted",
            CertificateStanding::Removed => "Will not be trusted any more",
        }
    }
}

fn state(state: &CertificateState) -> (&'static str, String) {
    match state {
        CertificateState::InForce(days @ 0..=CERTIFICATE_ENDS_SOON) => {
            let left = match days {
                0 => "Expires today".to_owned(),
                1 => "Expires tomorrow".to_owned(),
                days => format!("{days} days left"),
            };
            ("warn", left)
        }
        CertificateState::InForce(_) => ("good", "In force".to_owned()),
        CertificateState::NotYet => ("warn", "Not valid yet".to_owned()),
        CertificateState::Expired => ("bad", "Expired".to_owned()),
        CertificateState::Unusable(why) => ("bad", format!("Cannot be used: {why}")),
    }
}
