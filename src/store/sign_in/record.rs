//! The record of an attempt as it is stored: without what it says twice, and packed (LZ4).
//!
//! Every sign-in writes one. Most of its checks received what they expected, and most of its words are those of every other
//! record: packed with them, it takes 500 octets instead of 3,000, and a page of the database holds four attempts instead of one.

use lz4_flex::block::{compress_with_dict, decompress_into_with_dict};
use serde::{Deserialize, Serialize};

use crate::database::columns::Row;
use crate::domain::{Check, Record};
use crate::store::Error;

/// The words of usual records. What was packed with them is read with them, so they never change: others get a number of
/// their own.
const WORDS: &[u8] = include_bytes!("record_words_1.txt");
const NUMBER: u8 = 1;
/// The most octets of a record. None is near it.
const MOST: usize = 16 * 1024 * 1024;

/// A record, as JSON.
#[derive(Serialize, Deserialize)]
struct StoredRecord<'a> {
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

/// A record, packed; none when it is empty.
pub(in crate::store) fn write(record: &Record) -> Result<Option<Vec<u8>>, Error> {
    write_with(record, &[], &[])
}

/// A record with some more checks and more advice at its end, packed; none when it is empty.
pub(in crate::store) fn write_with(
    record: &Record,
    more: &[Check],
    advice: &[&str],
) -> Result<Option<Vec<u8>>, Error> {
    if more.is_empty() && *record == Record::default() {
        return Ok(None);
    }
    let checks = record.checks.iter().chain(more).map(|check| {
        StoredCheck(
            (&*check.rule).into(),
            (&*check.subject).into(),
            (&*check.expected).into(),
            (check.received != check.expected).then(|| (&*check.received).into()),
            check.passed,
        )
    });
    let text = serde_json::to_vec(&StoredRecord {
        checks: checks.collect(),
        advice: record
            .advice
            .iter()
            .map(String::as_str)
            .chain(advice.iter().copied())
            .map(Text::from)
            .collect(),
    })?;
    Ok(Some(pack(&text)))
}

/// The number of the words, the length of the text (32 bits, the least octet first), and a block of LZ4.
fn pack(text: &[u8]) -> Vec<u8> {
    let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
    let mut packed = vec![NUMBER];
    packed.extend(length.to_le_bytes());
    packed.extend(compress_with_dict(text, WORDS));
    packed
}

fn unpack(packed: &[u8]) -> Option<Vec<u8>> {
    let (&number, rest) = packed.split_first()?;
    let (length, block) = rest.split_first_chunk()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    if number != NUMBER || length > MOST {
        return None;
    }
    let mut text = vec![0; length];
    let unpacked = decompress_into_with_dict(block, &mut text, WORDS).ok()?;
    (unpacked == length).then_some(text)
}

/// The record in the columns `record` and `packed_record` of a row.
pub(in crate::store) fn read(row: &Row) -> Result<Record, Error> {
    let column = "packed_record";
    if let Some(packed) = row.maybe_blob(column)? {
        let text = unpack(packed).ok_or_else(|| Error::corrupt(column))?;
        return parse(&text).ok_or_else(|| Error::corrupt(column));
    }
    // Empty, or of a version that did not pack it.
    let column = "record";
    let text = row.text(column)?;
    if text.is_empty() {
        return Ok(Record::default());
    }
    // A record of the first version names every field.
    match serde_json::from_str(&text) {
        Ok(record) => Ok(record),
        Err(_) => parse(text.as_bytes()).ok_or_else(|| Error::corrupt(column)),
    }
}

fn parse(text: &[u8]) -> Option<Record> {
    let stored: StoredRecord<'_> = serde_json::from_slice(text).ok()?;
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
    Some(Record {
        checks: checks.collect(),
        advice: stored.advice.into_iter().map(Text::into_owned).collect(),
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use base64::Engine as _;
    use base64::prelude::BASE64_STANDARD;

    use super::*;
    use crate::database::value::Value;

    fn row(text: &str, packed: Option<Vec<u8>>) -> Row {
        let names = ["record", "packed_record"].map(str::to_owned);
        let values = vec![
            Value::Text(Some(text.to_owned().into())),
            packed.map_or(Value::Blob(None), |packed| Value::Blob(Some(packed.into()))),
        ];
        Row::new(Arc::from(names), values)
    }

    fn check(received: &str, passed: bool) -> Check {
        Check {
            rule: "D4".into(),
            subject: "\"Audience\"".into(),
            expected: "https://acme.example".into(),
            received: received.to_owned().into(),
            passed,
        }
    }

    fn some() -> Record {
        Record {
            checks: vec![
                check("https://acme.example", true),
                check("", false),
                check("https://acme.example", false),
            ],
            advice: vec!["Copy our Identifier (Entity ID).".to_owned()],
        }
    }

    #[test]
    fn a_record_is_read_as_it_was_written() {
        for record in [some(), Record::default()] {
            let packed = write(&record).unwrap();
            assert_eq!(read(&row("", packed)).unwrap(), record);
            let first_version = serde_json::to_string(&record).unwrap();
            assert_eq!(read(&row(&first_version, None)).unwrap(), record);
        }
        let second_version = r#"{"checks":[["D4","Audience","x",null,true]]}"#;
        let read = read(&row(second_version, None)).unwrap();
        assert_eq!(read.checks[0].received, "x");
    }

    /// `some()`, packed by the first version that packed.
    const PACKED: &str = "Ad8AAAAJvwkQRNQFM1wiQR4DJ1wiAgO5YWNtZS5leGFtcGxDAAABAw83ABZ/IiIsZmFsczYAHAHiAAI4AP8CXSwiYWR2aWNlIjpbIkNvcHm/AwZgRCkuIl19";

    #[test]
    fn what_was_packed_once_is_read_for_ever() {
        let packed = BASE64_STANDARD.decode(PACKED).unwrap();
        assert_eq!(read(&row("", Some(packed))).unwrap(), some());
        // The words are the same, to the last octet.
        let sum = |sum: u32, octet: &u8| sum.rotate_left(5) ^ u32::from(*octet);
        assert_eq!(WORDS.iter().fold(0, sum), 0x6e40_2bcc);
    }

    #[test]
    fn what_is_no_record_is_told_apart() {
        assert!(read(&row("{", None)).is_err());
        let packed = write(&some()).unwrap().unwrap();
        let mut other_words = packed.clone();
        other_words[0] = 2;
        let mut huge = packed.clone();
        huge[4] = 0xff;
        let short = packed[..packed.len() - 1].to_vec();
        for packed in [other_words, huge, short, Vec::new(), vec![1]] {
            assert!(read(&row("", Some(packed))).is_err());
        }
    }

    #[test]
    fn a_usual_record_becomes_small() {
        let text = std::str::from_utf8(WORDS).unwrap();
        let usual = text.replace("2026-", "2027-03-04T05:06:07.089Z");
        assert!(usual.len() > 2_500);
        assert!(pack(usual.as_bytes()).len() < 500);
    }
}
