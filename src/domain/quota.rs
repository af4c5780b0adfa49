//! How much a company may have of what its people, its tokens and its identity provider can make.
//!
//! Invariant: a quota refuses what is added and nothing else. What is there stays, changes and goes; and a way in (a user who is
//! known, an administrator by a set-up link) is refused by none.

use super::word::words;

words! {
    /// What is counted together.
    pub enum Family {
        /// Users.
        Users = "users",
        /// Memberships in permission groups that administrators have given. Those of claims follow the claims.
        Memberships = "memberships",
        /// Permission groups.
        Groups = "groups",
        /// Connections.
        Connections = "connections",
        /// The settings of connections (certificates, mappings) and their earlier versions, in octets.
        Documents = "documents",
        /// E-mail domains.
        Domains = "domains",
        /// Tokens of the API that count.
        Tokens = "tokens",
    }
}

/// From so many percent on it is told.
const TOLD: i64 = 80;
const MEGABYTE: i64 = 1024 * 1024;

/// What is known of a family.
struct Facts {
    name: &'static str,
    /// What a company may have of it where nobody has said anything.
    usual: u32,
    /// The most that an operator may allow. Lists of choices show all of what has a low one.
    highest: u32,
    /// What makes room, and the page of the console for it.
    clean: &'static str,
    page: &'static str,
    /// The option of `company quota`.
    option: &'static str,
}

impl Family {
    /// Every family.
    pub const ALL: [Self; 7] = [
        Self::Users,
        Self::Memberships,
        Self::Groups,
        Self::Connections,
        Self::Documents,
        Self::Domains,
        Self::Tokens,
    ];

    const fn facts(self) -> Facts {
        match self {
            Self::Users => Facts {
                name: "users",
                usual: 250_000,
                highest: 100_000_000,
                clean: "Delete users who are not needed any more",
                page: "/admin/users",
                option: "--users",
            },
            Self::Memberships => Facts {
                name: "memberships that administrators gave",
                usual: 2_000_000,
                highest: 1_000_000_000,
                clean: "Take users out of permission groups, or delete groups",
                page: "/admin/groups",
                option: "--memberships",
            },
            Self::Groups => Facts {
                name: "permission groups",
                usual: 1_000,
                highest: 5_000,
                clean: "Delete permission groups that nobody needs",
                page: "/admin/groups",
                option: "--groups",
            },
            Self::Connections => Facts {
                name: "connections",
                usual: 50,
                highest: 500,
                clean: "Delete connections that nobody uses",
                page: "/admin/connections",
                option: "--connections",
            },
            Self::Documents => Facts {
                name: "megabytes of connections' settings",
                usual: 200,
                highest: 100_000,
                clean: "Delete connections that nobody uses, or shorten their group mappings",
                page: "/admin/connections",
                option: "--document-megabytes",
            },
            Self::Domains => Facts {
                name: "e-mail domains",
                usual: 200,
                highest: 2_000,
                clean: "Remove domains that nobody uses",
                page: "/admin/domains",
                option: "--domains",
            },
            Self::Tokens => Facts {
                name: "API tokens",
                usual: 100,
                highest: 200,
                clean: "Revoke tokens that nobody uses",
                page: "/admin/tokens",
                option: "--tokens",
            },
        }
    }

    /// Its name for people, of several.
    pub const fn name(self) -> &'static str {
        self.facts().name
    }

    /// What a company may have of it where nobody has said anything.
    pub const fn usual(self) -> u32 {
        self.facts().usual
    }

    /// The most that an operator may allow.
    pub const fn highest(self) -> u32 {
        self.facts().highest
    }

    /// What makes room.
    pub const fn clean(self) -> &'static str {
        self.facts().clean
    }

    /// The page of the console where room is made.
    pub const fn page(self) -> &'static str {
        self.facts().page
    }

    /// The option of `company quota` that sets it.
    pub const fn option(self) -> &'static str {
        self.facts().option
    }

    /// What one of a quota is, in what is counted.
    const fn unit(self) -> i64 {
        match self {
            Self::Documents => MEGABYTE,
            _ => 1,
        }
    }
}

/// What every company may have, unless the operator says otherwise for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quotas([u32; Family::ALL.len()]);

impl Quotas {
    /// By what is said of each family.
    pub fn new(of: impl Fn(Family) -> u32) -> Self {
        Self(Family::ALL.map(of))
    }

    /// Of a family.
    pub fn of(&self, family: Family) -> u32 {
        let place = Family::ALL.iter().position(|it| *it == family);
        let found = place.and_then(|place| self.0.get(place));
        found.copied().unwrap_or_else(|| family.usual())
    }
}

impl Default for Quotas {
    fn default() -> Self {
        Self::new(Family::usual)
    }
}

/// What a company has of a family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// The family.
    pub family: Family,
    /// How much it has: octets of documents, and a number of everything else.
    pub used: i64,
    /// Its quota, as it is set: megabytes of documents.
    pub quota: u32,
    /// Whether the operator has set it for this company.
    pub own: bool,
}

impl Usage {
    /// The most that `used` may be.
    pub fn most(&self) -> i64 {
        i64::from(self.quota).saturating_mul(self.family.unit())
    }

    /// How much of the quota is used, in percent, rounded down.
    pub fn percent(&self) -> i64 {
        self.used.saturating_mul(100) / self.most().max(1)
    }

    /// What it has, as the quota is counted: megabytes rounded up.
    pub fn counted(&self) -> i64 {
        self.used
            .max(0)
            .unsigned_abs()
            .div_ceil(self.family.unit().unsigned_abs())
            .cast_signed()
    }

    /// Whether no more can be added.
    pub fn is_full(&self) -> bool {
        self.used >= self.most()
    }

    /// Whether an administrator is to be told.
    pub fn is_told(&self) -> bool {
        self.is_full() || self.percent() >= TOLD
    }

    /// What there is, in a sentence for people.
    pub fn sentence(&self) -> String {
        let (quota, name) = (self.quota, self.family.name());
        if self.is_full() {
            format!(
                "This company has all of the {quota} {name} that it may have. No more can be added."
            )
        } else {
            format!(
                "This company uses {} % of the {quota} {name} that it may have.",
                self.percent()
            )
        }
    }
}

/// There is no room for what was to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Full {
    /// The family.
    pub family: Family,
    /// The company's quota.
    pub quota: u32,
    /// The company's short name.
    pub slug: String,
}

impl Full {
    /// What happened, for people.
    pub fn what(&self) -> String {
        format!(
            "This company has at most {} {}, and there is no room for more.",
            self.quota,
            self.family.name()
        )
    }

    /// The command by which the operator allows more.
    pub fn command(&self) -> String {
        format!(
            "vestibule company quota {} {} NUMBER",
            self.slug,
            self.family.option()
        )
    }
}

impl std::fmt::Display for Full {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} {} ({}), or ask the operator of this server for more.",
            self.what(),
            self.family.clean(),
            self.family.page()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_told_from_eighty_percent_on() {
        let usage = |used| Usage {
            family: Family::Groups,
            used,
            quota: 10,
            own: false,
        };
        for (used, told, full) in [
            (7, false, false),
            (8, true, false),
            (10, true, true),
            (12, true, true),
        ] {
            let usage = usage(used);
            assert_eq!((usage.is_told(), usage.is_full()), (told, full), "{used}");
        }
        assert!(
            usage(9)
                .sentence()
                .contains("90 % of the 10 permission groups")
        );
        assert!(usage(11).sentence().contains("No more can be added"));
    }

    #[test]
    fn documents_are_counted_in_megabytes() {
        let usage = Usage {
            family: Family::Documents,
            used: MEGABYTE + 1,
            quota: 2,
            own: true,
        };
        assert_eq!((usage.counted(), usage.percent()), (2, 50));
        assert_eq!(Usage { used: -1, ..usage }.counted(), 0);
    }

    #[test]
    fn what_is_usual_is_allowed() {
        for family in Family::ALL {
            assert!(family.usual() <= family.highest(), "{family}");
            assert_eq!(Quotas::default().of(family), family.usual());
        }
        assert_eq!(Family::WORDS.len(), Family::ALL.len());
    }
}
