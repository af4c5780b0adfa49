//! The e-mail domains of a company (rule F2).
//!
//! Invariant: two domains are the same when their texts are: ASCII lower case, labels of a host name, no dot at the end. A
//! domain covers the addresses that end with it behind the at sign, and none of its subdomains.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::email::is_label;
use super::word::words;
use super::{CompanyId, ConnectionId, Email};

/// A domain that a company says is its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompanyDomain {
    /// The company.
    pub company_id: CompanyId,
    /// The domain.
    pub name: DomainName,
    /// The one connection that the company has assigned it to.
    pub connection_id: Option<ConnectionId>,
    /// Whether the assignment decides who may link, make and rename accounts. Without it (a domain that an earlier version only
    /// used to find the connection of an address) the domain leads to the connection and decides nothing.
    pub links: bool,
    /// Who said to whom outside the company that it is the company's; none for nobody.
    pub verified: Option<Verified>,
    /// When it was added.
    pub created_at: OffsetDateTime,
}

impl CompanyDomain {
    /// Whether it says who is of the company: people with other addresses are from outside then (rule F2).
    pub fn counts(&self) -> bool {
        self.links || self.verified.is_some()
    }
}

/// That a domain is the company's for everybody, not only inside of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// Since when.
    pub at: OffsetDateTime,
    /// On whose word.
    pub by: VerifiedBy,
}

words! {
    /// On whose word a domain is verified.
    pub enum VerifiedBy {
        /// The operator's.
        Operator = "operator",
        /// That of the domain's own DNS records.
        Dns = "dns",
    }
}

/// Text that is not a domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a domain: write what stands behind the @ of an e-mail address, such as contoso.com (international names in their xn-- form)"
)]
pub struct DomainNameError;

/// An e-mail domain in ASCII lower case.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DomainName(String);

impl DomainName {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Why no single company can say that this domain is its own; none when one can.
    pub fn why_shared(&self) -> Option<SharedDomain> {
        if !self.0.contains('.') {
            return Some(SharedDomain::SingleLabel);
        }
        let public = PUBLIC_MAIL.binary_search(&self.as_str()).is_ok();
        public.then_some(SharedDomain::PublicMail)
    }
}

/// Why a domain belongs to nobody or to everybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SharedDomain {
    /// It has no dot: the name of a machine or a top-level domain.
    SingleLabel,
    /// Anybody can have an address in it.
    PublicMail,
}

impl Email {
    /// The domain of the address.
    pub fn domain_name(&self) -> DomainName {
        DomainName(self.domain())
    }
}

impl FromStr for DomainName {
    type Err = DomainNameError;

    fn from_str(text: &str) -> Result<Self, DomainNameError> {
        // RFC 1035 2.3.4: 255 octets on the wire are 253 characters.
        if text.len() <= 253 && text.split('.').all(is_label) {
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            Err(DomainNameError)
        }
    }
}

impl fmt::Display for DomainName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for DomainName {
    type Error = DomainNameError;

    fn try_from(text: String) -> Result<Self, DomainNameError> {
        text.parse()
    }
}

impl From<DomainName> for String {
    fn from(name: DomainName) -> Self {
        name.0
    }
}

/// Domains in which anybody can have an address, in the order of their octets. No list of them is complete; these are the ones
/// that somebody might add in good faith.
const PUBLIC_MAIL: &[&str] = &[
    "126.com",
    "163.com",
    "aol.com",
    "bluewin.ch",
    "btinternet.com",
    "comcast.net",
    "daum.net",
    "fastmail.com",
    "free.fr",
    "freenet.de",
    "gmail.com",
    "gmx.at",
    "gmx.ch",
    "gmx.com",
    "gmx.de",
    "gmx.net",
    "googlemail.com",
    "hotmail.co.uk",
    "hotmail.com",
    "hotmail.de",
    "hotmail.fr",
    "icloud.com",
    "laposte.net",
    "libero.it",
    "live.com",
    "mac.com",
    "mail.com",
    "mail.ru",
    "mailbox.org",
    "me.com",
    "msn.com",
    "naver.com",
    "orange.fr",
    "outlook.com",
    "outlook.de",
    "outlook.fr",
    "pm.me",
    "posteo.de",
    "proton.me",
    "protonmail.com",
    "qq.com",
    "t-online.de",
    "tuta.com",
    "tutanota.com",
    "web.de",
    "yahoo.co.jp",
    "yahoo.co.uk",
    "yahoo.com",
    "yahoo.de",
    "yahoo.fr",
    "yandex.com",
    "yandex.ru",
    "zoho.com",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains_have_one_text() {
        for (given, text) in [
            ("contoso.com", "contoso.com"),
            ("Contoso.COM", "contoso.com"),
            ("xn--bcher-kva.example", "xn--bcher-kva.example"),
            ("localhost", "localhost"),
        ] {
            assert_eq!(given.parse::<DomainName>().unwrap().as_str(), text);
        }
        for text in [
            "",
            ".",
            "contoso.com.",
            ".contoso.com",
            "a..b",
            "@contoso.com",
            "b.simon@contoso.com",
            "*.contoso.com",
            "bücher.example",
            "a b.example",
            "a_b.example",
            "-a.example",
            "\u{212a}.example",
            &format!("{}.example", "a".repeat(64)),
            &"a.".repeat(127).repeat(2),
        ] {
            assert!(text.parse::<DomainName>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn an_address_has_the_domain_behind_its_at_sign() {
        let email: Email = "B.Simon@Contoso.COM".parse().unwrap();
        assert_eq!(email.domain_name(), "contoso.com".parse().unwrap());
    }

    #[test]
    fn what_belongs_to_everybody_is_nobodys() {
        let shared = |text: &str| text.parse::<DomainName>().unwrap().why_shared();
        assert_eq!(shared("localhost"), Some(SharedDomain::SingleLabel));
        for known in PUBLIC_MAIL {
            assert_eq!(shared(known), Some(SharedDomain::PublicMail), "{known}");
        }
        assert_eq!(shared("GMail.com"), Some(SharedDomain::PublicMail));
        assert_eq!(shared("contoso.com"), None);
        assert!(PUBLIC_MAIL.is_sorted());
    }
}
