//! Standard output: lines, tables, JSON.
//!
//! Invariant: text from a database, an identity provider or a file cannot steer the terminal: control characters are
//! replaced.

use std::io::{BufWriter, Stdout, Write};

use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::error::{CliError, Result};

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
        Ok(writeln!(self.0, "{text}")?)
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

fn printable(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect()
}

fn width(text: &str) -> usize {
    text.chars().count()
}
