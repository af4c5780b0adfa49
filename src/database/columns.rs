//! Reading and writing columns: TEXT, BIGINT and BLOB on one side, nouns on the other.

use std::fmt::Write as _;
use std::str::FromStr;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use time::{Duration, OffsetDateTime};

use super::Error;
use super::value::Value;

/// A row, by the names of its columns.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    names: Arc<[String]>,
    values: Vec<Value<'static>>,
}

impl Row {
    /// A row of these columns.
    pub(crate) fn new(names: Arc<[String]>, values: Vec<Value<'static>>) -> Self {
        Self { names, values }
    }

    pub(crate) fn int(&self, column: &'static str) -> Result<i64, Error> {
        self.maybe_int(column)?.ok_or(Error::Corrupt { column })
    }

    pub(crate) fn maybe_int(&self, column: &'static str) -> Result<Option<i64>, Error> {
        match self.value(column)? {
            Value::Int(int) => Ok(*int),
            Value::Text(None) | Value::Blob(None) => Ok(None),
            Value::Text(Some(_)) | Value::Blob(Some(_)) => Err(Error::Corrupt { column }),
        }
    }

    pub(crate) fn text(&self, column: &'static str) -> Result<String, Error> {
        self.borrowed(column).map(str::to_owned)
    }

    pub(crate) fn maybe_text(&self, column: &'static str) -> Result<Option<String>, Error> {
        Ok(self.maybe_borrowed(column)?.map(str::to_owned))
    }

    pub(crate) fn maybe_blob(&self, column: &'static str) -> Result<Option<&[u8]>, Error> {
        match self.value(column)? {
            Value::Blob(blob) => Ok(blob.as_deref()),
            Value::Int(None) | Value::Text(None) => Ok(None),
            Value::Int(Some(_)) | Value::Text(Some(_)) => Err(Error::Corrupt { column }),
        }
    }

    pub(crate) fn parsed<T: FromStr>(&self, column: &'static str) -> Result<T, Error> {
        self.borrowed(column)?
            .parse()
            .map_err(|_| Error::Corrupt { column })
    }

    pub(crate) fn maybe_parsed<T: FromStr>(
        &self,
        column: &'static str,
    ) -> Result<Option<T>, Error> {
        let text = self.maybe_borrowed(column)?;
        text.map(|text| text.parse().map_err(|_| Error::Corrupt { column }))
            .transpose()
    }

    pub(crate) fn json<T: DeserializeOwned>(&self, column: &'static str) -> Result<T, Error> {
        serde_json::from_str(self.borrowed(column)?).map_err(|_| Error::Corrupt { column })
    }

    pub(crate) fn maybe_json<T: DeserializeOwned>(
        &self,
        column: &'static str,
    ) -> Result<Option<T>, Error> {
        let text = self.maybe_borrowed(column)?;
        text.map(|text| serde_json::from_str(text).map_err(|_| Error::Corrupt { column }))
            .transpose()
    }

    pub(crate) fn time(&self, column: &'static str) -> Result<OffsetDateTime, Error> {
        from_ms(self.int(column)?, column)
    }

    pub(crate) fn maybe_time(&self, column: &'static str) -> Result<Option<OffsetDateTime>, Error> {
        self.maybe_int(column)?
            .map(|ms| from_ms(ms, column))
            .transpose()
    }

    pub(crate) fn maybe_hash(&self, column: &'static str) -> Result<Option<[u8; 32]>, Error> {
        let blob = self.maybe_blob(column)?;
        blob.map(|blob| blob.try_into().map_err(|_| Error::Corrupt { column }))
            .transpose()
    }

    pub(crate) fn hash(&self, column: &'static str) -> Result<[u8; 32], Error> {
        self.maybe_hash(column)?.ok_or(Error::Corrupt { column })
    }

    fn borrowed(&self, column: &'static str) -> Result<&str, Error> {
        self.maybe_borrowed(column)?
            .ok_or(Error::Corrupt { column })
    }

    fn maybe_borrowed(&self, column: &'static str) -> Result<Option<&str>, Error> {
        match self.value(column)? {
            Value::Text(text) => Ok(text.as_deref()),
            Value::Int(None) | Value::Blob(None) => Ok(None),
            Value::Int(Some(_)) | Value::Blob(Some(_)) => Err(Error::Corrupt { column }),
        }
    }

    fn value(&self, column: &'static str) -> Result<&Value<'static>, Error> {
        let place = self.names.iter().position(|name| name == column);
        place
            .and_then(|place| self.values.get(place))
            .ok_or(Error::Corrupt { column })
    }
}

/// Milliseconds since 1970.
pub(crate) fn ms(time: OffsetDateTime) -> i64 {
    // `time` ends with the year 9999, far inside 64 bits.
    i64::try_from(time.unix_timestamp_nanos().div_euclid(1_000_000)).unwrap_or(i64::MAX)
}

/// Whole milliseconds of a duration.
pub(crate) fn duration_ms(duration: Duration) -> i64 {
    i64::try_from(duration.whole_milliseconds()).unwrap_or(i64::MAX)
}

fn from_ms(ms: i64, column: &'static str) -> Result<OffsetDateTime, Error> {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(ms) * 1_000_000)
        .map_err(|_| Error::Corrupt { column })
}

/// A value as JSON text.
pub(crate) fn json(value: &impl Serialize) -> Result<String, Error> {
    Ok(serde_json::to_string(value)?)
}

/// Whether PostgreSQL takes it as TEXT. What it would not take is never stored, and so never found.
pub(crate) fn is_text(value: &str) -> bool {
    !value.contains('\0')
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            // Writing to a String does not fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// 32 bytes from hexadecimal.
pub(crate) fn unhex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    for (place, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(place * 2..place * 2 + 2)?, 16).ok()?;
    }
    (text.len() == 64).then_some(bytes)
}
