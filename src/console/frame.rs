//! What stands around every page of the console: the sections, who is signed in, what was done, what needs attention.

use super::Banner;
use super::flash::Flash;
use crate::http::assets;
use crate::http::logo::LogoView as Logo;

/// A section of the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Section {
    Overview,
    Users,
    Applications,
    SignIns,
    Sessions,
    Audit,
    Connections,
    Domains,
    Account,
    Tokens,
    /// A page that belongs to none, such as a failure.
    None,
}

/// The sections of daily use, then those of the account's settings.
const DAILY: [Section; 6] = [
    Section::Overview,
    Section::Users,
    Section::Applications,
    Section::SignIns,
    Section::Sessions,
    Section::Audit,
];
const SETTINGS: [Section; 4] = [
    Section::Connections,
    Section::Domains,
    Section::Account,
    Section::Tokens,
];

impl Section {
    pub(super) fn href(self) -> &'static str {
        match self {
            Self::Overview | Self::None => "/admin",
            Self::Users => "/admin/users",
            Self::Applications => "/admin/applications",
            Self::SignIns => "/admin/sign-ins",
            Self::Sessions => "/admin/sessions",
            Self::Audit => "/admin/audit",
            Self::Connections => "/admin/connections",
            Self::Domains => "/admin/domains",
            Self::Account => "/admin/account",
            Self::Tokens => "/admin/tokens",
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Overview | Self::None => "Overview",
            Self::Users => "Users & Permissions",
            Self::Applications => "Applications",
            Self::SignIns => "Sign-ins",
            Self::Sessions => "Sessions",
            Self::Audit => "Audit",
            Self::Connections => "Single Sign On Settings",
            Self::Domains => "E-mail domains",
            Self::Account => "Company",
            Self::Tokens => "API tokens",
        }
    }

    /// Its icon: a path in a square of 20.
    pub(super) fn icon(self) -> &'static str {
        match self {
            Self::Overview | Self::None => "M3 10.5 10 4l7 6.5M5 9v7h10V9",
            Self::Users => {
                "M7.5 9.5a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM2 16.5c0-3 2.5-4.5 5.5-4.5s5.5 1.5 5.5 4.5M13.5 4a3 3 0 0 1 0 5.5M15 12.4c1.9.6 3 2 3 4.1"
            }
            Self::Applications => {
                "M3.5 3.5h5v5h-5zM11.5 3.5h5v5h-5zM3.5 11.5h5v5h-5zM11.5 11.5h5v5h-5z"
            }
            Self::SignIns => "M11.5 3.5h4v13h-4M3 10h8.5M8.5 7l3 3-3 3",
            Self::Sessions => "M3 4.5h14v9H3zM7 16.5h6",
            Self::Audit => "M5 3.5h10v13H5zM7.5 7h5M7.5 10h5M7.5 13h3",
            Self::Connections => {
                "M7.5 12.5a4 4 0 1 1 3-6.6M9.6 11 16.5 4M14 6.5l2 2M12 8.5l1.5 1.5"
            }
            Self::Domains => "M2.5 5h15v10h-15zM2.5 5.5 10 11l7.5-5.5",
            Self::Account => "M4.5 16.5v-13h7v13M11.5 8h4v8.5M2.5 16.5h15M7 7h2M7 10h2M7 13h2",
            Self::Tokens => "M7 6 3 10l4 4M13 6l4 4-4 4M11.5 4.5l-3 11",
        }
    }
}

/// A section as the navigation shows it.
#[derive(Debug)]
pub(super) struct NavigationTab {
    pub(super) href: &'static str,
    pub(super) name: &'static str,
    pub(super) icon: &'static str,
    pub(super) is_current: bool,
}

/// What every template of the console extends `admin/layout.html` with, as `frame`.
#[derive(Debug, Clone)]
pub(super) struct ConsoleFrame {
    pub(super) company: String,
    pub(super) logo: Option<Logo>,
    pub(super) section: Section,
    /// The page's heading, and its name in the browser's tab.
    pub(super) title: String,
    /// Who is signed in.
    pub(super) email: String,
    /// The page of who is signed in, where the password is changed.
    pub(super) me: String,
    /// What the page before has done.
    pub(super) flash: Option<Flash>,
    pub(super) banners: Vec<Banner>,
    /// For each form of the page.
    pub(super) csrf: String,
}

#[expect(
    clippy::unused_self,
    reason = "templates reach these through their frame"
)]
impl ConsoleFrame {
    pub(super) fn initial(&self) -> String {
        let first = self.company.chars().find(|c| c.is_alphanumeric());
        first
            .map(|c| c.to_uppercase().collect())
            .unwrap_or_default()
    }

    pub(super) fn daily(&self) -> Vec<NavigationTab> {
        self.tabs(&DAILY)
    }

    pub(super) fn settings(&self) -> Vec<NavigationTab> {
        self.tabs(&SETTINGS)
    }

    fn tabs(&self, sections: &[Section]) -> Vec<NavigationTab> {
        let tab = |section: &Section| NavigationTab {
            href: section.href(),
            name: section.name(),
            icon: section.icon(),
            is_current: *section == self.section,
        };
        sections.iter().map(tab).collect()
    }

    pub(super) fn stylesheet(&self) -> &'static str {
        assets::stylesheet().path()
    }

    pub(super) fn script(&self) -> &'static str {
        assets::script().path()
    }

    pub(super) fn icon(&self) -> &'static str {
        assets::icon().path()
    }
}
