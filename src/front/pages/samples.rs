//! One example of each page, with everything filled in.

use time::macros::datetime;

use super::*;
use crate::http::pages::{FailurePage, Link};
use crate::http::send_off::PostBinding;

fn frame() -> Frame {
    Frame::named("Acme Imaging")
}

impl SignInForms {
    pub(super) fn sample() -> Self {
        Self {
            frame: frame(),
            signed_in: Some(AlreadySignedIn {
                email: "b.simon@acme.example".into(),
                landing: "/".into(),
            }),
            notice: None,
            choices: vec![
                ConnectionChoice {
                    display_name: "Acme Entra ID".into(),
                    href: "/sso/login?connection=entra".into(),
                },
                ConnectionChoice {
                    display_name: "Partners (Okta)".into(),
                    href: "/sso/login?connection=okta".into(),
                },
            ],
            discovery: Some(Discovery {
                return_to: Some("/reports/7".into()),
            }),
            password: Some(PasswordForm::sample()),
        }
    }

    pub(super) fn sample_password_only() -> Self {
        Self {
            choices: Vec::new(),
            discovery: None,
            notice: Some("The e-mail or the password is wrong.".into()),
            ..Self::sample()
        }
    }

    pub(super) fn sample_choices_only() -> Self {
        Self {
            password: None,
            ..Self::sample()
        }
    }

    pub(super) fn sample_empty() -> Self {
        Self {
            password: None,
            choices: Vec::new(),
            discovery: None,
            ..Self::sample()
        }
    }
}

impl PasswordForm {
    fn sample() -> Self {
        Self {
            action: "/sign-in".into(),
            csrf: "c2FtcGxl".into(),
            email: "b.simon@acme.example".into(),
            return_to: Some("/reports/7".into()),
        }
    }
}

impl SignedInPage {
    pub(super) fn sample() -> Self {
        Self {
            frame: frame(),
            is_administrator: true,
            name: "Britta Simon".into(),
            email: "b.simon@acme.example".into(),
            company_name: Some("Acme Imaging".into()),
            groups: vec!["SSO Basic".into(), "Photographers".into()],
            connection: "Acme Entra ID".into(),
            tiles: vec![Tile {
                name: "CRM".into(),
                description: "Customers and orders".into(),
                href: "https://crm.acme.example/.vestibule/start?organization=acme&rd=%2F".into(),
            }],
            application: Some(("https://app.acme.example".into(), "app.acme.example".into())),
            since: datetime!(2026-03-01 08:15:20 UTC).into(),
            expires_at: datetime!(2026-03-01 20:15:20 UTC).into(),
            csrf: "c2FtcGxl".into(),
        }
    }
}

impl WhichCompany {
    pub(super) fn sample() -> Self {
        Self {
            frame: Frame::default(),
            application: Some("CRM".into()),
            state: Some("c2FtcGxl".into()),
            email: "b.simon@acme.example".into(),
            notice: Some("No company here has this domain.".into()),
        }
    }
}

impl PostBinding {
    pub(super) fn sample() -> Self {
        Self {
            frame: frame(),
            destination:
                "https://login.microsoftonline.com/6babcaad-604b-40ac-a9d7-9fd97c0b779f/saml2"
                    .into(),
            destination_name: "Acme Entra ID".into(),
            message: MessageField::Request,
            encoded: "PHNhbWxwOkF1dGhuUmVxdWVzdC8+".into(),
            relay_state: Some("h7Qm2c".into()),
        }
    }
}

impl Repost {
    pub(super) fn sample() -> Self {
        Self {
            frame: frame(),
            action: "/sso/acs".into(),
            message: MessageField::Response,
            encoded: "PHNhbWxwOlJlc3BvbnNlLz4=".into(),
            relay_state: Some("h7Qm2c".into()),
            handle: "1".into(),
        }
    }
}

impl SignOutPage {
    pub(super) fn sample() -> Self {
        Self {
            frame: frame(),
            email: "b.simon@acme.example".into(),
            csrf: "c2FtcGxl".into(),
        }
    }
}

impl SignedOutPage {
    pub(super) fn sample() -> Self {
        Self {
            frame: frame(),
            reach: SignOutReach::Here,
        }
    }

    pub(super) fn sample_everywhere() -> Self {
        Self {
            reach: SignOutReach::Everywhere,
            ..Self::sample()
        }
    }

    pub(super) fn sample_unconfirmed() -> Self {
        Self {
            reach: SignOutReach::Unconfirmed,
            ..Self::sample()
        }
    }
}

impl FailurePage {
    pub(super) fn sample() -> Self {
        Self {
            frame: frame(),
            title: "Sign-in failed".into(),
            what: "Your company's identity provider answered, and its answer could not be accepted.".into(),
            next: vec![
                "Try to sign in once more.".into(),
                "If it fails again, give the code below to your help desk. It tells them what went wrong.".into(),
            ],
            code: Some("K7QF-2M9X".into()),
            link: Some(Link::sign_in_again()),
            other_link: None,
        }
    }

    pub(super) fn sample_unknown_site() -> Self {
        Self {
            frame: Frame::default(),
            title: "There is no site at this address".into(),
            what: "No company uses this host name.".into(),
            next: vec!["Check the address. Your administrator knows the right one.".into()],
            code: None,
            link: None,
            other_link: None,
        }
    }
}
