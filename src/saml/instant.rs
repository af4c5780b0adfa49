//! `xs:dateTime` as SAML uses it (Core 1.3.3): UTC, fractions of a second allowed.

use time::{Date, Month, OffsetDateTime, Time, UtcOffset};

/// Reads a time stamp. A value without a zone is UTC (Core 1.3.3); an offset is honoured. Fractions beyond nanoseconds are cut.
pub fn parse(text: &str) -> Option<OffsetDateTime> {
    let bytes = text.as_bytes();
    let shape = bytes.get(..19)?;
    let separators = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
    if separators
        .iter()
        .any(|(at, expected)| shape.get(*at) != Some(expected))
    {
        return None;
    }
    let year = i32::try_from(number(bytes, 0, 4)?).ok()?;
    let month = Month::try_from(u8::try_from(number(bytes, 5, 2)?).ok()?).ok()?;
    let two = |at| number(bytes, at, 2).and_then(|value| u8::try_from(value).ok());
    let date = Date::from_calendar_date(year, month, two(8)?).ok()?;
    let (nanosecond, zone) = fraction(text.get(19..)?)?;
    let time = Time::from_hms_nano(two(11)?, two(14)?, two(17)?, nanosecond).ok()?;
    // An offset can lead out of the calendar, and everything is reckoned in UTC.
    date.with_time(time)
        .assume_offset(offset(zone)?)
        .checked_to_offset(UtcOffset::UTC)
}

/// Writes a time stamp in whole milliseconds, UTC.
pub fn format(instant: OffsetDateTime) -> String {
    let utc = instant.to_offset(UtcOffset::UTC);
    let mut text = String::with_capacity(24);
    // Years of SAML messages have four digits; another year is written as it is.
    match u32::try_from(utc.year()) {
        Ok(year) if year < 10_000 => digits(&mut text, year, 1000),
        _ => text.push_str(&utc.year().to_string()),
    }
    for (before, value) in [
        ('-', u8::from(utc.month())),
        ('-', utc.day()),
        ('T', utc.hour()),
        (':', utc.minute()),
        (':', utc.second()),
    ] {
        text.push(before);
        digits(&mut text, value.into(), 10);
    }
    text.push('.');
    digits(&mut text, utc.millisecond().into(), 100);
    text.push('Z');
    text
}

/// Appends the decimal digits of `value`, the first one being that of `place`.
fn digits(text: &mut String, value: u32, mut place: u32) {
    while place > 0 {
        text.push(char::from_digit(value / place % 10, 10).unwrap_or('0'));
        place /= 10;
    }
}

fn number(bytes: &[u8], at: usize, length: usize) -> Option<u32> {
    bytes
        .get(at..at + length)?
        .iter()
        .try_fold(0, |value, byte| {
            byte.is_ascii_digit()
                .then(|| value * 10 + u32::from(byte - b'0'))
        })
}

/// `.digits` if there, as nanoseconds, and what follows.
fn fraction(text: &str) -> Option<(u32, &str)> {
    let Some(digits) = text.strip_prefix('.') else {
        return Some((0, text));
    };
    let length = digits.bytes().take_while(u8::is_ascii_digit).count();
    if length == 0 {
        return None;
    }
    let (fraction, zone) = digits.split_at(length);
    let nanoseconds = fraction
        .bytes()
        .chain(std::iter::repeat(b'0'))
        .take(9)
        .fold(0, |value, byte| value * 10 + u32::from(byte - b'0'));
    Some((nanoseconds, zone))
}

fn offset(zone: &str) -> Option<UtcOffset> {
    match zone.as_bytes() {
        b"" | b"Z" => Some(UtcOffset::UTC),
        [sign @ (b'+' | b'-'), rest @ ..] if rest.len() == 5 && rest.get(2) == Some(&b':') => {
            let hours = i8::try_from(number(rest, 0, 2)?)
                .ok()
                .filter(|hours| *hours <= 14)?;
            let minutes = i8::try_from(number(rest, 3, 2)?)
                .ok()
                .filter(|minutes| *minutes < 60)?;
            let direction = if *sign == b'-' { -1 } else { 1 };
            UtcOffset::from_hms(direction * hours, direction * minutes, 0).ok()
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn reads_what_identity_providers_write() {
        for (text, expected) in [
            (
                "2023-11-17T18:39:30.314Z",
                datetime!(2023-11-17 18:39:30.314 UTC),
            ),
            ("2023-11-17T18:39:30Z", datetime!(2023-11-17 18:39:30 UTC)),
            ("2023-11-17T18:39:30", datetime!(2023-11-17 18:39:30 UTC)),
            (
                "2023-11-17T20:39:30+02:00",
                datetime!(2023-11-17 18:39:30 UTC),
            ),
            (
                "2023-11-17T18:39:30.1234567890123Z",
                datetime!(2023-11-17 18:39:30.123456789 UTC),
            ),
        ] {
            assert_eq!(parse(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn writes_what_it_reads() {
        for text in [
            "2023-11-17T18:39:30.314Z",
            "0001-01-01T00:00:00.000Z",
            "9999-12-31T23:59:59.999Z",
        ] {
            assert_eq!(format(parse(text).unwrap()), text);
        }
    }

    #[test]
    fn refuses_everything_else() {
        for text in [
            "",
            "2023-11-17",
            "2023-02-30T00:00:00Z",
            "2023-11-17T24:00:00Z",
            "2023-11-17T18:39:30.Z",
            "2023-11-17 18:39:30Z",
            "2023-11-17T18:39:30z",
            "2023-11-17T18:39:30Z ",
            "+023-11-17T18:39:30Z",
            "2023-11-17T18:39:30+2:00",
            "２023-11-17T18:39:30Z",
            "9999-12-31T23:59:59-00:01",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
