//! `list`, of whatever noun: a table for people, JSON for scripts.
//!
//! Invariant: of a list without a limit, what is in memory is a page. Its table is read twice: first for the widths of its
//! columns.
//!
//! Tests: `tests/it/cli`, for each noun.

use serde_json::Value;

use super::error::Result;
use super::output::{Output, Widths};

/// Rows that are read at once.
const PAGE: u32 = 500;

/// How a list is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ListForm {
    Table,
    /// One document.
    Json,
    /// A document on each line.
    JsonLines,
}

impl ListForm {
    /// The form that `--json` asks for.
    pub(super) const fn new(json: bool) -> Self {
        if json { Self::Json } else { Self::Table }
    }
}

/// How the things of a list are written.
pub(super) struct Listing<'a, T, const N: usize> {
    pub(super) form: ListForm,
    /// One of them as JSON.
    pub(super) describe: &'a dyn Fn(&T) -> Value,
    pub(super) header: [&'a str; N],
    /// One of them in a table.
    pub(super) row: &'a dyn Fn(&T) -> [String; N],
    /// That there is none, and what to do then.
    pub(super) none: String,
}

impl<T, const N: usize> Listing<'_, T, N> {
    /// Writes a list that was read.
    pub(super) fn write(&self, all: &[T], out: &mut Output) -> Result<()> {
        match self.form {
            ListForm::Json => {
                let all: Vec<Value> = all.iter().map(self.describe).collect();
                out.json(&all)
            }
            ListForm::JsonLines => all.iter().try_for_each(|it| self.line(it, out)),
            ListForm::Table => {
                let rows: Vec<[String; N]> = all.iter().map(self.row).collect();
                self.table(&rows, out)
            }
        }
    }

    /// Reads a list in pages and writes it, at most so many of it. `read` gives what is behind a place, and the next place.
    pub(super) async fn write_pages<P>(
        &self,
        most: Option<u32>,
        read: impl AsyncFn(Option<P>, u32) -> Result<(Vec<T>, Option<P>)>,
        out: &mut Output,
    ) -> Result<()> {
        match (self.form, most) {
            (ListForm::Json, _) => {
                let mut is_empty = true;
                let element = |it: &T| {
                    let is_first = std::mem::replace(&mut is_empty, false);
                    out.element(&(self.describe)(it), is_first)
                };
                each(most, &read, element).await?;
                out.end_of_list(is_empty)
            }
            (ListForm::JsonLines, _) => each(most, &read, |it| self.line(it, out)).await,
            (ListForm::Table, Some(_)) => {
                let mut rows = Vec::new();
                let keep = |it: &T| {
                    rows.push((self.row)(it));
                    Ok(())
                };
                each(most, &read, keep).await?;
                self.table(&rows, out)
            }
            (ListForm::Table, None) => {
                let (mut widths, mut is_empty) = (Widths::new(self.header), true);
                let fit = |it: &T| {
                    widths.fit(&(self.row)(it));
                    is_empty = false;
                    Ok(())
                };
                each(None, &read, fit).await?;
                if is_empty {
                    return out.line(&self.none);
                }
                out.row(self.header, &widths)?;
                let row = |it: &T| {
                    let row = (self.row)(it);
                    out.row(row.each_ref().map(String::as_str), &widths)
                };
                each(None, &read, row).await
            }
        }
    }

    fn table(&self, rows: &[[String; N]], out: &mut Output) -> Result<()> {
        if rows.is_empty() {
            return out.line(&self.none);
        }
        out.table(self.header, rows)
    }

    fn line(&self, it: &T, out: &mut Output) -> Result<()> {
        out.json_line(&(self.describe)(it))
    }
}

/// Reads a list in pages, at most so many of it, and writes each of its things.
async fn each<T, P>(
    most: Option<u32>,
    read: &impl AsyncFn(Option<P>, u32) -> Result<(Vec<T>, Option<P>)>,
    mut write: impl FnMut(&T) -> Result<()>,
) -> Result<()> {
    let (mut after, mut left) = (None, most);
    loop {
        let (page, next) = read(after, left.map_or(PAGE, |left| left.min(PAGE))).await?;
        page.iter().try_for_each(&mut write)?;
        let length = u32::try_from(page.len()).unwrap_or(u32::MAX);
        left = left.map(|left| left.saturating_sub(length));
        after = next;
        if after.is_none() || left == Some(0) {
            return Ok(());
        }
    }
}
