//! The company's logo, as pages show it.

use crate::domain::{Company, Logo};

/// The most room that a logo takes on a page, in CSS pixels; smaller ones are shown as they are.
const PAGE: (u32, u32) = (240, 48);
/// In the console, beside the company's name.
const CONSOLE: (u32, u32) = (96, 30);

/// A logo as a page shows it. Width and height are told, so that nothing moves when it comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogoView {
    pub(crate) path: String,
    pub(crate) width: u32,
    pub(crate) height: u32,
}

impl LogoView {
    /// On the pages of the site.
    pub(crate) fn on_page(company: &Company) -> Option<Self> {
        company.logo.as_ref().map(|logo| Self::within(logo, PAGE))
    }

    /// In the console.
    pub(crate) fn in_console(company: &Company) -> Option<Self> {
        company
            .logo
            .as_ref()
            .map(|logo| Self::within(logo, CONSOLE))
    }

    fn within(logo: &Logo, (width, height): (u32, u32)) -> Self {
        let (width, height) = logo.within(width, height);
        Self {
            path: logo.path(),
            width,
            height,
        }
    }
}
