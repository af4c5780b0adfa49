//! Lists of users as files: comma-separated values with a header.
//!
//! Invariants: no cell that is written begins a formula, and what was written is read as it was; what cannot be read is named
//! by its line; a file has a bound.

use csv::{ByteRecord, ReaderBuilder};

/// The longest file, in bytes.
pub const MOST_BYTES: usize = 2 * 1024 * 1024;
/// The most users in a file.
pub const MOST_USERS: usize = 10_000;
/// The most columns, and the most permission groups of one user.
const MOST_CELLS: usize = 200;
/// Faults that are named; the others are counted.
pub const MOST_FAULTS: usize = 100;

/// The columns that are written. The first six are read again.
pub(super) const COLUMNS: [&str; 12] = [
    "email",
    "first_name",
    "last_name",
    "company",
    "groups",
    "connection",
    "groups_by_sign_in",
    "state",
    "signs_in_with",
    "made_by",
    "last_sign_in",
    "attributes",
];

/// What may be between the cells, and how people call it.
const SEPARATORS: [(u8, &str); 3] = [(b',', "commas"), (b';', "semicolons"), (b'\t', "tabs")];

const UNCLOSED: &str =
    "A quotation mark opens a cell in this line, and none closes it. Close it, or take it away.";

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Counted from 1, as a text editor does; the header is one of them.
    pub line: u64,
    pub what: String,
}

/// A file that was read. Cells that are empty, or whose column is not there, say nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserFile {
    pub lines: Vec<UserLine>,
    pub faults: Vec<Fault>,
    /// Columns whose cells say nothing to us.
    pub ignored: Vec<String>,
}

/// One user of a file, as it is written there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserLine {
    pub number: u64,
    pub email: String,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub company_name: Option<String>,
    /// Titles.
    pub groups: Vec<String>,
    /// Of a new user: the connection of the first sign-in.
    pub connection: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Email,
    FirstName,
    LastName,
    Company,
    Groups,
    Connection,
    Ignored,
}

impl UserFile {
    /// Reads a file.
    pub fn read(content: &[u8]) -> Self {
        let mut file = Self::default();
        let content = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content);
        if let Some(what) = unreadable(content) {
            file.fault(1, what);
            return file;
        }
        // One kind of line end, so that lines are counted as an editor does.
        let content = with_line_feeds(content);
        let delimiter = delimiter(&content);
        if let Some(number) = unclosed_quote(&content, delimiter) {
            file.fault(number, UNCLOSED);
            return file;
        }
        let mut reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .from_reader(content.as_slice());
        let mut columns: Option<Vec<Column>> = None;
        let mut record = ByteRecord::new();
        while matches!(reader.read_byte_record(&mut record), Ok(true)) {
            let number = record.position().map_or(0, |at| line_of(at, &content));
            if record.iter().all(|cell| cell.trim_ascii().is_empty()) {
                continue;
            }
            let Some(columns) = &columns else {
                columns = Some(file.header(number, &record));
                if !file.faults.is_empty() {
                    return file;
                }
                continue;
            };
            if file.lines.len() + file.faults.len() >= MOST_USERS {
                file.fault(
                    number,
                    format!("A file may have at most {MOST_USERS} users. Split it."),
                );
                return file;
            }
            if let Some(other) = other_separator(columns, &record, delimiter) {
                // Once: every line after it is like this.
                file.fault(number, other);
                return file;
            }
            match line(number, columns, &record) {
                Ok(line) => file.lines.push(line),
                Err(what) => file.fault(number, what),
            }
        }
        if columns.is_none() {
            file.fault(1, "The file is empty.");
        } else if file.lines.is_empty() && file.faults.is_empty() {
            file.fault(2, "There is no user in the file: only a header.");
        }
        file
    }

    /// Notes what is wrong.
    pub(super) fn fault(&mut self, line: u64, what: impl Into<String>) {
        let what = what.into();
        self.faults.push(Fault { line, what });
    }

    fn header(&mut self, number: u64, record: &ByteRecord) -> Vec<Column> {
        let mut columns = Vec::new();
        if record.len() > MOST_CELLS {
            self.fault(
                number,
                format!("A file may have at most {MOST_CELLS} columns."),
            );
            return columns;
        }
        for cell in record {
            let name = String::from_utf8_lossy(cell).trim().to_owned();
            let column = Column::of(&name);
            if column == Column::Ignored {
                let written = COLUMNS.iter().any(|known| alike(known) == alike(&name));
                if !name.is_empty() && !written && self.ignored.len() < MOST_FAULTS {
                    self.ignored.push(shortened(&name));
                }
            } else if columns.contains(&column) {
                let name = shortened(&name);
                self.fault(
                    number,
                    format!("The column \"{name}\" is there more than once."),
                );
            }
            columns.push(column);
        }
        if !columns.contains(&Column::Email) {
            self.fault(
                number,
                "The first line has to name the columns, and one of them \"email\". The others that are read: first_name, last_name, company, groups, connection.",
            );
        }
        columns
    }
}

impl Column {
    fn of(name: &str) -> Self {
        match alike(name).as_str() {
            "email" | "emailaddress" | "mail" => Self::Email,
            "firstname" | "givenname" => Self::FirstName,
            "lastname" | "surname" | "familyname" => Self::LastName,
            "company" | "companyname" => Self::Company,
            "groups" | "group" | "permissiongroup" | "permissiongroups" => Self::Groups,
            "connection" => Self::Connection,
            _ => Self::Ignored,
        }
    }
}

fn line(number: u64, columns: &[Column], record: &ByteRecord) -> Result<UserLine, String> {
    if record.len() > columns.len() {
        return Err(format!(
            "The line has {} cells, and the header names {} columns. A cell with a comma in it needs quotation marks. The line: {}",
            record.len(),
            columns.len(),
            shortened(&shown(record))
        ));
    }
    let mut line = UserLine {
        number,
        ..UserLine::default()
    };
    for (column, cell) in columns.iter().zip(record) {
        let Ok(text) = std::str::from_utf8(cell) else {
            let seen = shortened(&shown(record));
            return Err(format!("The line is not text in UTF-8: {seen}"));
        };
        if cell.contains(&b'\n') && *column != Column::Ignored {
            let seen = text.lines().next().unwrap_or_default();
            return Err(format!(
                "A cell goes on in the next line: \"{}\". A quotation mark is missing, or one too many.",
                shortened(seen)
            ));
        }
        let text = as_it_was(text.trim_matches([' ', '\u{a0}']));
        let said = (!text.is_empty()).then(|| text.to_owned());
        match column {
            Column::Email => line.email = said.unwrap_or_default(),
            Column::FirstName => line.first_name = said,
            Column::LastName => line.last_name = said,
            Column::Company => line.company_name = said,
            Column::Groups => line.groups = split(text),
            Column::Connection => line.connection = said,
            Column::Ignored => {}
        }
    }
    if line.groups.len() > MOST_CELLS {
        return Err(format!(
            "A user may be in at most {MOST_CELLS} permission groups."
        ));
    }
    Ok(line)
}

/// The cells of a line, for people.
fn shown(record: &ByteRecord) -> String {
    let cells = record.iter().map(String::from_utf8_lossy);
    cells.collect::<Vec<_>>().join(", ")
}

/// A line whose cells are apart by another character than those of the header.
fn other_separator(columns: &[Column], record: &ByteRecord, delimiter: u8) -> Option<String> {
    let (1, [_, _, ..]) = (record.len(), columns) else {
        return None;
    };
    let cell = record.get(0).unwrap_or_default();
    let others = SEPARATORS.into_iter().filter(|it| it.0 != delimiter);
    let (_, other) = others.into_iter().find(|(it, _)| cell.contains(it))?;
    let own = SEPARATORS.into_iter().find(|it| it.0 == delimiter);
    let own = own.map_or("commas", |it| it.1);
    Some(format!(
        "The header has {own} between its columns, this line has {other}. Use the same everywhere. The line: {}",
        shortened(&shown(record))
    ))
}

/// The line in which a quotation mark opens a cell that nothing closes.
fn unclosed_quote(content: &[u8], delimiter: u8) -> Option<u64> {
    let (mut line, mut opened) = (1, None);
    let mut begins = true;
    let mut bytes = content.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        line += u64::from(byte == b'\n');
        if opened.is_some() {
            // Two of them are one that is meant.
            if byte == b'"' && bytes.next_if_eq(&b'"').is_none() {
                opened = None;
            }
        } else if begins && byte == b'"' {
            opened = Some(line);
        }
        begins = opened.is_none() && (byte == delimiter || byte == b'\n');
    }
    opened
}

/// Why a file is no text that we read.
fn unreadable(content: &[u8]) -> Option<String> {
    if content.len() > MOST_BYTES {
        return Some(format!(
            "The file is longer than {} MB. Split it.",
            MOST_BYTES / 1024 / 1024
        ));
    }
    if content.starts_with(b"\xff\xfe")
        || content.starts_with(b"\xfe\xff")
        || content.contains(&0)
        || content.starts_with(b"PK\x03\x04")
    {
        return Some(
            "The file is not text in UTF-8. In Excel, save it as \"CSV UTF-8 (Comma delimited)\"."
                .to_owned(),
        );
    }
    None
}

/// The line of a record, which begins after the empty lines at its position.
fn line_of(at: &csv::Position, content: &[u8]) -> u64 {
    let from = usize::try_from(at.byte()).unwrap_or(usize::MAX);
    let rest = content.get(from..).unwrap_or_default();
    let empty = rest.iter().take_while(|byte| **byte == b'\n').count();
    at.line() + empty as u64
}

fn with_line_feeds(content: &[u8]) -> Vec<u8> {
    let mut lines = Vec::with_capacity(content.len());
    let mut after_return = false;
    for &byte in content {
        if !(byte == b'\n' && after_return) {
            lines.push(if byte == b'\r' { b'\n' } else { byte });
        }
        after_return = byte == b'\r';
    }
    lines
}

/// Spreadsheets of many countries write semicolons.
fn delimiter(content: &[u8]) -> u8 {
    let header = content.split(|byte| matches!(byte, b'\n' | b'\r')).next();
    let header = header.unwrap_or_default();
    let count = |delimiter: u8| header.split(|byte| *byte == delimiter).count();
    let mut chosen = b',';
    for other in [b';', b'\t'] {
        if count(other) > count(chosen) {
            chosen = other;
        }
    }
    chosen
}

/// A column's name without what people write differently.
fn alike(name: &str) -> String {
    let mut alike: String = name.chars().filter(|c| c.is_alphanumeric()).collect();
    alike.make_ascii_lowercase();
    alike
}

fn shortened(name: &str) -> String {
    name.chars().take(60).collect()
}

/// Whether a spreadsheet takes a cell for a formula, whatever apostrophes stand before it.
fn is_dangerous(text: &str) -> bool {
    text.trim_start_matches('\'').starts_with([
        '=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}',
    ])
}

/// A cell that no spreadsheet computes: what it would take for a formula gets an apostrophe.
pub(super) fn harmless(text: &str) -> String {
    if is_dangerous(text) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

/// What [`harmless`] was given.
fn as_it_was(text: &str) -> &str {
    match text.strip_prefix('\'') {
        Some(rest) if is_dangerous(rest) => rest,
        _ => text,
    }
}

/// Titles in one cell.
pub(super) fn joined(titles: &[&str]) -> String {
    let escaped: Vec<String> = titles
        .iter()
        .map(|title| title.replace('\\', "\\\\").replace(';', "\\;"))
        .collect();
    escaped.join("; ")
}

/// The titles in a cell; of too many, one too many.
fn split(cell: &str) -> Vec<String> {
    let mut titles = vec![String::new()];
    let mut characters = cell.chars();
    while let Some(c) = characters.next() {
        match (c, titles.last_mut()) {
            ('\\', Some(title)) => title.extend(characters.next()),
            (';', _) => titles.push(String::new()),
            (c, Some(title)) => title.push(c),
            (_, None) => {}
        }
    }
    let titles = titles.iter().map(|title| title.trim().to_owned());
    let mut each = Vec::new();
    for title in titles.filter(|title| !title.is_empty()) {
        if each.len() > MOST_CELLS {
            break;
        }
        if !each.contains(&title) {
            each.push(title);
        }
    }
    each
}

#[cfg(test)]
mod tests;
