//! Lists by time: the newest first, in pages that begin after a place, with what the list was filtered by in each address.

use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{Date, Duration, OffsetDateTime};

use crate::http::address::address;
use crate::http::pages::Moment;

/// A list and what it is filtered by.
#[derive(Debug)]
pub(super) struct TimeList<'q> {
    pub(super) path: &'static str,
    /// The parameters of the address; those that are empty are left out.
    pub(super) filters: Vec<(&'static str, &'q str)>,
}

/// The ways from a page of the list to others, and how far it looked.
#[derive(Debug)]
pub(super) struct Pager {
    /// The address of the first page, when this is another one; or empty.
    pub(super) newest: String,
    /// The address of the next page, or empty.
    pub(super) older: String,
    /// How far the page looked, when it is not full for that.
    pub(super) looked_until: Option<Moment>,
}

impl TimeList<'_> {
    /// Whether anything is left out.
    pub(super) fn is_filtered(&self) -> bool {
        self.filters.iter().any(|(_, value)| !value.is_empty())
    }

    /// The ways from the page that begins after a place, or with the newest; and where the next one begins.
    pub(super) fn pager<P: ToString>(&self, after: Option<P>, next: Option<P>) -> Pager {
        Pager {
            newest: after.map_or_else(String::new, |_| self.address(None)),
            older: next.map_or_else(String::new, |next| self.address(Some(&next.to_string()))),
            looked_until: None,
        }
    }

    fn address(&self, after: Option<&str>) -> String {
        let given = self.filters.iter();
        let given = given.map(|(name, value)| (*name, Some(*value).filter(|it| !it.is_empty())));
        let parameters: Vec<_> = given.chain([("after", after)]).collect();
        address(self.path, &parameters)
    }
}

impl Pager {
    /// With how far the page looked before it gave up.
    pub(super) fn looked_until(self, until: Option<OffsetDateTime>) -> Self {
        Self {
            looked_until: until.map(Moment::from),
            ..self
        }
    }

    /// Whether there is nothing to say.
    pub(super) fn is_empty(&self) -> bool {
        self.newest.is_empty() && self.older.is_empty() && self.looked_until.is_none()
    }
}

/// The times from the beginning of one day to the end of another, in UTC, as a browser's date fields write them.
pub(super) fn parse_days(
    from: &str,
    until: &str,
) -> (Option<OffsetDateTime>, Option<OffsetDateTime>) {
    let end = |day: OffsetDateTime| day.saturating_add(Duration::DAY);
    (parse_day(from), parse_day(until).map(end))
}

fn parse_day(text: &str) -> Option<OffsetDateTime> {
    const DAY: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]");
    let date = Date::parse(text, DAY).ok()?;
    Some(date.midnight().assume_utc())
}
