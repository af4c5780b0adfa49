//! Standard output: lines, tables, JSON.
//!
//! Invariant: text from a database, an identity provider or a file cannot steer the terminal: what is not seen is
//! replaced, and in JSON escaped.

use std::borrow::Cow;
use std::io::{BufWriter, Stdout, Write};

use serde::Serialize;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::error::{CliError, Result};
use crate::text;

/// How the things of a list are told.
pub(super) struct Listing<'a, T, const N: usize> {
    /// As JSON, each by `describe`; otherwise as a table, each in a `row`.
    pub(super) json: bool,
    pub(super) describe: &'a dyn Fn(&T) -> Value,
    pub(super) header: [&'a str; N],
    pub(super) row: &'a dyn Fn(&T) -> [String; N],
    /// That there is none, and what to do then.
    pub(super) none: String,
}

/// Where answers go.
pub(super) struct Output(BufWriter<Stdout>);

impl Output {
    pub(super) fn stdout() -> Self {
        Self(BufWriter::new(std::io::stdout()))
    }

    /// One line.
    pub(super) fn line(&mut self, text: impl AsRef<str>) -> Result<()> {
        Ok(writeln!(self.0, "{}", printable(text.as_ref()))?)
    }

    /// Text of several lines that this program made.
    pub(super) fn raw(&mut self, text: &str) -> Result<()> {
        Ok(self.0.write_all(text.as_bytes())?)
    }

    /// One JSON document.
    pub(super) fn json(&mut self, value: &impl Serialize) -> Result<()> {
        let text = serde_json::to_string_pretty(value)
            .map_err(|cause| CliError::Output(std::io::Error::other(cause)))?;
        Ok(writeln!(self.0, "{}", text::json(&text))?)
    }

    /// A list.
    pub(super) fn list<T, const N: usize>(
        &mut self,
        all: &[T],
        listing: &Listing<'_, T, N>,
    ) -> Result<()> {
        if listing.json {
            let all: Vec<Value> = all.iter().map(listing.describe).collect();
            return self.json(&all);
        }
        if all.is_empty() {
            return self.line(&listing.none);
        }
        let rows: Vec<[String; N]> = all.iter().map(listing.row).collect();
        self.table(listing.header, &rows)
    }

    /// One JSON document on one line.
    pub(super) fn json_line(&mut self, value: &impl Serialize) -> Result<()> {
        let text = serde_json::to_string(value)
            .map_err(|cause| CliError::Output(std::io::Error::other(cause)))?;
        Ok(writeln!(self.0, "{}", text::json(&text))?)
    }

    /// A table whose columns are as wide as they have to be.
    pub(super) fn table<const N: usize>(
        &mut self,
        header: [&str; N],
        rows: &[[String; N]],
    ) -> Result<()> {
        let mut widths = header.map(width);
        for row in rows {
            for (widest, cell) in widths.iter_mut().zip(row) {
                *widest = (*widest).max(width(&printable(cell)));
            }
        }
        self.row(header, widths)?;
        for row in rows {
            self.row(row.each_ref().map(String::as_str), widths)?;
        }
        Ok(())
    }

    pub(super) fn flush(&mut self) -> Result<()> {
        Ok(self.0.flush()?)
    }

    fn row<const N: usize>(&mut self, cells: [&str; N], widths: [usize; N]) -> Result<()> {
        let mut line = String::new();
        for (cell, widest) in cells.iter().zip(widths) {
            let cell = printable(cell);
            line.push_str(&cell);
            line.extend(std::iter::repeat_n(' ', widest - width(&cell) + 2));
        }
        Ok(writeln!(self.0, "{}", line.trim_end())?)
    }
}

/// A time as RFC 3339, to the second.
pub(super) fn timestamp(at: OffsetDateTime) -> String {
    at.replace_nanosecond(0)
        .unwrap_or(at)
        .format(&Rfc3339)
        .unwrap_or_default()
}

/// [`timestamp`], or a dash.
pub(super) fn maybe_timestamp(at: Option<OffsetDateTime>) -> String {
    at.map_or_else(|| "-".to_owned(), timestamp)
}

fn printable(text: &str) -> Cow<'_, str> {
    text::line(text)
}

fn width(text: &str) -> usize {
    text.chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn json_steers_no_terminal_and_says_the_same(text in any::<String>(), unseen in "[\u{80}-\u{9f}\u{202a}-\u{202e}\u{2028}\u{e0001}]{0,5}") {
            let value = serde_json::json!({ "name": format!("{text}{unseen}{text}") });
            let written = serde_json::to_string_pretty(&value).unwrap();
            let shown = text::json(&written);
            prop_assert!(!shown.contains(|c| c != '\n' && crate::text::is_unseen(c)));
            let read: serde_json::Value = serde_json::from_str(&shown).unwrap();
            prop_assert_eq!(read, value);
        }
    }
}
