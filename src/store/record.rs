//! The record of an attempt as it is stored: without what it says twice.
//!
//! Every sign-in writes one, and most of its checks received what they expected.

use serde::{Deserialize, Serialize};

use super::Error;
use super::columns::Row;
use crate::domain::{Check, Record};

/// A record, as JSON.
#[derive(Serialize, Deserialize)]
struct Stored<'a> {
    #[serde(borrow)]
    checks: Vec<StoredCheck<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    advice: Vec<Text<'a>>,
}

type Text<'a> = std::borrow::Cow<'a, str>;

/// Rule, subject, what was expected, what was received if that is something else, and whether it passed.
#[derive(Serialize, Deserialize)]
struct StoredCheck<'a>(
    #[serde(borrow)] Text<'a>,
    #[serde(borrow)] Text<'a>,
    #[serde(borrow)] Text<'a>,
    #[serde(borrow)] Option<Text<'a>>,
    bool,
);

/// A record as text.
pub(super) fn write(record: &Record) -> Result<String, Error> {
    write_with(record, &[])
}

/// A record as text, with some more checks at its end.
pub(super) fn write_with(record: &Record, more: &[Check]) -> Result<String, Error> {
    let checks = record.checks.iter().chain(more).map(|check| {
        StoredCheck(
            (&*check.rule).into(),
            (&*check.subject).into(),
            (&*check.expected).into(),
            (check.received != check.expected).then(|| (&*check.received).into()),
            check.passed,
        )
    });
    Ok(serde_json::to_string(&Stored {
        checks: checks.collect(),
        advice: record
            .advice
            .iter()
            .map(|line| line.as_str().into())
            .collect(),
    })?)
}

/// The record in a row's column.
pub(super) fn read(row: &Row, column: &'static str) -> Result<Record, Error> {
    let text = row.text(column)?;
    // A record of the first version names every field.
    if let Ok(record) = serde_json::from_str::<Record>(&text) {
        return Ok(record);
    }
    let stored: Stored<'_> = serde_json::from_str(&text).map_err(|_| Error::Corrupt { column })?;
    let checks =
        stored
            .checks
            .into_iter()
            .map(|StoredCheck(rule, subject, expected, received, passed)| {
                let expected = expected.into_owned();
                Check {
                    rule: rule.into_owned().into(),
                    subject: subject.into_owned().into(),
                    received: received
                        .map_or_else(|| expected.clone(), Text::into_owned)
                        .into(),
                    expected: expected.into(),
                    passed,
                }
            });
    Ok(Record {
        checks: checks.collect(),
        advice: stored.advice.into_iter().map(Text::into_owned).collect(),
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::statement::Value;
    use super::*;

    fn column(text: &str) -> Row {
        let value = Value::Text(Some(text.to_owned().into()));
        Row::new(Arc::from(["record".to_owned()]), vec![value])
    }

    #[test]
    fn a_record_is_read_as_it_was_written() {
        let check = |received: &str, passed| Check {
            rule: "D4".into(),
            subject: "\"Audience\"".into(),
            expected: "https://acme.example".into(),
            received: received.to_owned().into(),
            passed,
        };
        let record = Record {
            checks: vec![
                check("https://acme.example", true),
                check("", false),
                check("https://acme.example", false),
            ],
            advice: vec!["Copy our Identifier (Entity ID).".to_owned()],
        };
        for record in [record, Record::default()] {
            let text = write(&record).unwrap();
            assert_eq!(read(&column(&text), "record").unwrap(), record);
            let first_version = serde_json::to_string(&record).unwrap();
            assert_eq!(read(&column(&first_version), "record").unwrap(), record);
        }
        assert!(read(&column("{"), "record").is_err());
    }
}
