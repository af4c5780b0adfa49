//! Words about users, groups and sessions that several pages have in common.

use std::str::FromStr;
use std::sync::Arc;

use time::OffsetDateTime;
use time::macros::format_description;

use crate::console::{Console, Item};
use crate::domain::{
    AttemptId, Connection, ConnectionId, GrantSource, Group, GroupKind, Identity, Session, User,
};
use crate::http::error::Error;
use crate::http::pages::Moment;
use crate::site::Site;
use crate::store::{NumberedPage, SignInMethod, Total};

/// The identifier in an address; what is none is not there.
pub(in crate::console) fn id<T: FromStr>(text: &str) -> Result<T, Error> {
    text.parse().map_err(|_| Error::NotFound)
}

/// The name of a user for people; the address of one without a name.
pub(in crate::console) fn name_of(user: &User) -> String {
    let name = format!("{} {}", user.first_name, user.last_name);
    match name.trim() {
        "" => user.email.to_string(),
        name => name.to_owned(),
    }
}

/// The day of a time, for tables.
pub(in crate::console) fn day(at: OffsetDateTime) -> Moment {
    let text = format_description!("[day padding:none] [month repr:short] [year]");
    Moment {
        text: at
            .to_offset(time::UtcOffset::UTC)
            .format(text)
            .unwrap_or_default(),
        ..Moment::from(at)
    }
}

/// How somebody signs in.
pub(in crate::console) fn way_text(method: SignInMethod) -> &'static str {
    match method {
        SignInMethod::Password => "Password",
        SignInMethod::SingleSignOn => "Single sign-on",
        SignInMethod::Waiting => "Waits for first sign-in",
    }
}

/// What a group's members may do.
pub(in crate::console) fn kind_text(kind: GroupKind) -> &'static str {
    match kind {
        GroupKind::Administrator => "Administrator",
        GroupKind::Member => "Member",
    }
}

/// The types that a group may have ("Permission Type").
pub(in crate::console) fn kinds(chosen: GroupKind) -> Vec<Item> {
    Item::list(
        [
            ("member", "Member: uses the application"),
            ("administrator", "Administrator: also uses this console"),
        ],
        chosen.as_str(),
    )
}

/// The group's title, and what else has to be known before it is chosen.
fn named(group: &Group) -> String {
    match group.kind {
        GroupKind::Administrator => format!("{} (administrators)", group.title),
        GroupKind::Member => group.title.clone(),
    }
}

/// Groups to choose from.
pub(in crate::console) fn group_items<'g>(
    groups: impl IntoIterator<Item = &'g Group>,
    chosen: &str,
) -> Vec<Item> {
    let items = groups
        .into_iter()
        .map(|group| (group.id.to_string(), named(group)));
    Item::list(items, chosen)
}

/// Groups to put somebody into: nothing is chosen before somebody chooses, and administrators are told apart.
pub(in crate::console) fn group_choice<'g>(
    groups: impl IntoIterator<Item = &'g Group>,
) -> Vec<Item> {
    let mut items = group_items(groups, "");
    if !items.is_empty() {
        items.insert(0, Item::nothing("Choose a group", ""));
    }
    items
}

/// The company's connections, by the names of the sign-in page.
pub(in crate::console) struct ConnectionNames(Arc<Site>);

impl ConnectionNames {
    pub(in crate::console) fn of(console: &Console) -> Self {
        Self(Arc::clone(&console.site))
    }

    /// All of them, in sort order.
    pub(in crate::console) fn all(&self) -> impl Iterator<Item = &Connection> {
        self.0.connections().map(|ready| ready.connection.as_ref())
    }

    /// One of them, unless it is gone.
    pub(in crate::console) fn find(&self, id: ConnectionId) -> Option<&Connection> {
        self.0.connection(id).map(|ready| ready.connection.as_ref())
    }

    /// Those that a waiting account can wait for: empty where there is no choice.
    pub(in crate::console) fn to_wait_for(&self, chosen: &str) -> Vec<Item> {
        if self.all().filter(|it| it.enabled).nth(1).is_none() {
            return Vec::new();
        }
        let all = self.all();
        let items = all.map(|it| (it.id.to_string(), it.display_name.clone()));
        let mut items = Item::list(items, chosen);
        items.insert(0, Item::nothing("That of the address's domain", chosen));
        items
    }

    /// The connection that the domain of a user's address is assigned to.
    pub(in crate::console) fn owner(&self, user: &User) -> Option<&Connection> {
        let name = user.email.domain_name();
        let own = self.0.domains().iter().find(|it| it.name == name)?;
        self.find(own.connection_id.filter(|_| own.links)?)
    }

    /// An enabled connection that knows a user by one of these identities.
    pub(in crate::console) fn knowing<'i>(
        &self,
        identities: impl IntoIterator<Item = &'i Identity>,
    ) -> Option<&Connection> {
        let known = identities.into_iter().map(|it| it.connection_id);
        known.filter_map(|id| self.find(id)).find(|it| it.enabled)
    }

    /// The name of the connection through which the first sign-in of a waiting user may come; none where nobody can tell.
    pub(in crate::console) fn awaited(&self, user: &User) -> Option<&str> {
        if let Some(id) = user.waits_for {
            return Some(self.name(id));
        }
        let mut enabled = self.all().filter(|it| it.enabled);
        match (enabled.next(), enabled.next()) {
            (Some(only), None) => Some(only.display_name.as_str()),
            (Some(_), Some(_)) => None,
            (None, _) => Some("a connection"),
        }
    }

    pub(in crate::console) fn name(&self, id: ConnectionId) -> &str {
        self.find(id)
            .map_or("a connection that is gone", |it| it.display_name.as_str())
    }

    /// Through what a session began; `set_ups` are the sign-ins by a set-up link.
    pub(in crate::console) fn through(&self, session: &Session, set_ups: &[AttemptId]) -> String {
        match session.connection_id {
            Some(id) => self.name(id).to_owned(),
            None if set_ups.contains(&session.attempt_id) => "Set-up link".to_owned(),
            None => "Password".to_owned(),
        }
    }

    /// Who put somebody into a group.
    pub(in crate::console) fn source(&self, source: GrantSource) -> String {
        match source {
            GrantSource::Administrator => "By an administrator".to_owned(),
            GrantSource::Directory(id) => format!("By the directory of {}", self.name(id)),
            GrantSource::Idp(id) => format!("By the group claim of {}", self.name(id)),
            GrantSource::Jit(id) => {
                format!("When {} made the account", self.name(id))
            }
        }
    }
}

/// A number with its thousands apart.
pub(in crate::console) fn number(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + 4);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// "1 user", "2 users".
pub(in crate::console) fn counted(count: u64, one: &str, many: &str) -> String {
    if count == 1 {
        format!("1 {one}")
    } else {
        format!("{} {many}", number(count))
    }
}

/// Where a page is in its list.
#[derive(Debug)]
pub(in crate::console) struct PageNumbers {
    /// "1–50 of 10,000".
    pub(in crate::console) shown: String,
    /// The address of the page before, or empty.
    pub(in crate::console) previous: String,
    /// The address of the page after, or empty.
    pub(in crate::console) next: String,
}

impl PageNumbers {
    /// Page `page` (from 1) of a list, with `a_page` rows on each. `address` makes the address of a page.
    pub(in crate::console) fn of<T>(
        page: u32,
        a_page: u32,
        listed: &NumberedPage<T>,
        address: impl Fn(u32) -> String,
    ) -> Self {
        let rows = listed.rows.len() as u64;
        let before = u64::from(page.saturating_sub(1)) * u64::from(a_page);
        let last = before + rows;
        let shown = if rows == 0 {
            "Nothing on this page".to_owned()
        } else {
            let total = match listed.total {
                Total::Exact(total) => number(total),
                Total::MoreThan(total) => format!("more than {}", number(total)),
                Total::Unknown => "some".to_owned(),
            };
            format!("{}–{} of {total}", number(before + 1), number(last))
        };
        let previous = match (rows, listed.total) {
            (0, Total::Exact(total)) => {
                u32::try_from(total.div_ceil(u64::from(a_page))).unwrap_or(u32::MAX)
            }
            // How many there are is not known: back to the beginning.
            (0, Total::MoreThan(_) | Total::Unknown) => 1,
            _ => page.saturating_sub(1),
        };
        Self {
            shown,
            previous: if previous > 0 && page > 1 {
                address(previous)
            } else {
                String::new()
            },
            next: if last < listed.total.at_least() && rows > 0 {
                address(page.saturating_add(1))
            } else {
                String::new()
            },
        }
    }

    /// Whether all of the list is on this page.
    pub(in crate::console) fn is_only(&self) -> bool {
        self.previous.is_empty() && self.next.is_empty()
    }
}

/// The page of an address; what is no number is the first.
pub(in crate::console) fn page_number(text: &str) -> u32 {
    text.parse().map_or(1, |page: u32| page.clamp(1, 1_000_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_easily() {
        for (count, text) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(number(count), text);
        }
        assert_eq!(counted(1, "user", "users"), "1 user");
        assert_eq!(counted(1200, "user", "users"), "1,200 users");
    }

    #[test]
    fn pages_know_their_neighbours() {
        let pages = |page, rows, total| {
            let listed = NumberedPage {
                rows: vec![(); rows],
                total,
            };
            let pages = PageNumbers::of(page, 50, &listed, |page| page.to_string());
            (pages.shown, pages.previous, pages.next)
        };
        let text = |shown: &str, previous: &str, next: &str| {
            (shown.to_owned(), previous.to_owned(), next.to_owned())
        };
        assert_eq!(
            pages(1, 50, Total::Exact(120)),
            text("1–50 of 120", "", "2")
        );
        assert_eq!(
            pages(3, 20, Total::Exact(120)),
            text("101–120 of 120", "2", "")
        );
        let more = text("1–50 of more than 1,050", "", "2");
        assert_eq!(pages(1, 50, Total::MoreThan(1050)), more);
        let nothing = |previous| text("Nothing on this page", previous, "");
        assert_eq!(pages(9, 0, Total::Exact(120)), nothing("3"));
        assert_eq!(pages(9, 0, Total::MoreThan(400)), nothing("1"));
        assert_eq!(pages(9, 0, Total::Unknown), nothing("1"));
        assert_eq!(pages(1, 0, Total::Exact(0)), nothing(""));
        assert_eq!(page_number("x"), 1);
        assert_eq!(page_number("0"), 1);
        assert_eq!(page_number("-1"), 1);
        assert_eq!(page_number("99999999999"), 1);
    }
}
