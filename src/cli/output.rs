//! Standard output: lines, tables, JSON.
//!
//! Invariant: text from a database, an identity provider or a file cannot steer the terminal: what is not seen is
//! replaced, and in JSON escaped.

use std::borrow::Cow;
use std::io::{BufWriter, IsTerminal as _, Stdout, Write};

use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::error::{CliError, Result};
use crate::text;

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

    /// A part of a file: as it is, and on a terminal without what would steer it.
    pub(super) fn part(&mut self, octets: &[u8]) -> Result<()> {
        if !self.0.get_ref().is_terminal() {
            return Ok(self.0.write_all(octets)?);
        }
        let text = String::from_utf8_lossy(octets).replace("\r\n", "\n");
        self.raw(&text::lines(&text))
    }

    /// One JSON document.
    pub(super) fn json(&mut self, value: &impl Serialize) -> Result<()> {
        let text = serde_json::to_string_pretty(value)
            .map_err(|cause| CliError::Output(std::io::Error::other(cause)))?;
        Ok(writeln!(self.0, "{}", text::json(&text))?)
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
        let mut widths = Widths::new(header);
        for row in rows {
            widths.fit(row);
        }
        self.row(header, &widths)?;
        for row in rows {
            self.row(row.each_ref().map(String::as_str), &widths)?;
        }
        Ok(())
    }

    /// One more element of a JSON list that is written as it is read: `[` is before the first, and after the last comes
    /// [`Self::end_of_list`].
    pub(super) fn element(&mut self, value: &impl Serialize, is_first: bool) -> Result<()> {
        let text = serde_json::to_string_pretty(value)
            .map_err(|cause| CliError::Output(std::io::Error::other(cause)))?;
        let text = text::json(&text).replace('\n', "\n  ");
        let before = if is_first { "[" } else { "," };
        Ok(write!(self.0, "{before}\n  {text}")?)
    }

    /// The end of a JSON list.
    pub(super) fn end_of_list(&mut self, is_empty: bool) -> Result<()> {
        self.raw(if is_empty { "[]\n" } else { "\n]\n" })
    }

    /// Labels, and their values in a column of their own. `indent` is before each.
    pub(super) fn fields<L: AsRef<str>, V: AsRef<str>>(
        &mut self,
        indent: &str,
        width: usize,
        fields: impl IntoIterator<Item = (L, V)>,
    ) -> Result<()> {
        for (label, value) in fields {
            let (label, value) = (label.as_ref(), value.as_ref());
            self.line(format!("{indent}{label:<width$}{value}"))?;
        }
        Ok(())
    }

    pub(super) fn flush(&mut self) -> Result<()> {
        Ok(self.0.flush()?)
    }

    /// A row of a table.
    pub(super) fn row<const N: usize>(
        &mut self,
        cells: [&str; N],
        widths: &Widths<N>,
    ) -> Result<()> {
        let mut line = String::new();
        for (cell, widest) in cells.iter().zip(widths.0) {
            let cell = printable(cell);
            line.push_str(&cell);
            line.extend(std::iter::repeat_n(
                ' ',
                widest.saturating_sub(width(&cell)) + 2,
            ));
        }
        Ok(writeln!(self.0, "{}", line.trim_end())?)
    }
}

/// How wide the columns of a table are.
pub(super) struct Widths<const N: usize>([usize; N]);

impl<const N: usize> Widths<N> {
    pub(super) fn new(header: [&str; N]) -> Self {
        Self(header.map(width))
    }

    /// Makes room for a row.
    pub(super) fn fit(&mut self, row: &[String; N]) {
        for (widest, cell) in self.0.iter_mut().zip(row) {
            *widest = (*widest).max(width(&printable(cell)));
        }
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
