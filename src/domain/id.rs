//! Identifiers: 128 random bits, written as 26 lower-case Crockford base32 characters.
//!
//! Invariant: an identifier of one noun is never taken for another's, because each noun has its own type.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// Crockford's alphabet: no i, l, o, u.
pub(super) const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Text that is not an identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an identifier: it has 26 characters of 0-9 and a-z without i, l, o, u")]
pub struct IdError;

/// 128 bits and their text form.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(u128);

impl Id {
    /// Makes an identifier from random bytes.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(u128::from_be_bytes(bytes))
    }

    /// Makes an identifier that sorts by the time it was made at (a ULID: 48 bits of milliseconds, 80 random bits). What is
    /// made together lies together in a database's index. Not for secrets.
    pub fn at(now: OffsetDateTime, random: [u8; 10]) -> Self {
        let ms = u128::try_from(now.unix_timestamp_nanos() / 1_000_000).unwrap_or_default();
        let mut low = [0; 16];
        low[6..].copy_from_slice(&random);
        Self(ms << 80 | u128::from_be_bytes(low))
    }

    /// The bytes it was made from.
    pub fn to_bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [b'0'; 26];
        let mut rest = self.0;
        for place in text.iter_mut().rev() {
            *place = ascii_digit(rest);
            rest >>= 5;
        }
        f.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Id {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        // The first character carries three bits only, so that every identifier has exactly one text form.
        if text.len() != 26
            || text
                .as_bytes()
                .first()
                .is_none_or(|first| !(b'0'..=b'7').contains(first))
        {
            return Err(IdError);
        }
        text.bytes()
            .try_fold(0_u128, |value, byte| {
                Some(value << 5 | u128::from(position(byte)?))
            })
            .map(Self)
            .ok_or(IdError)
    }
}

/// The character for the lowest five bits.
pub(super) fn digit(value: u128) -> char {
    char::from(ascii_digit(value))
}

fn ascii_digit(value: u128) -> u8 {
    ALPHABET.get((value & 31) as usize).copied().unwrap_or(b'0')
}

/// The five bits of a lower-case character.
pub(super) fn position(byte: u8) -> Option<u8> {
    let at = POSITIONS.get(usize::from(byte)).copied();
    at.filter(|at| *at < 32)
}

/// For each octet its place in the alphabet; 32 for one that is not in it.
const POSITIONS: [u8; 256] = {
    let mut positions = [32; 256];
    let mut at = 0;
    while at < 32 {
        positions[ALPHABET[at as usize] as usize] = at;
        at += 1;
    }
    positions
};

macro_rules! id_of {
    ($($(#[$meta:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Id);

        impl $name {
            /// Makes an identifier from random bytes.
            pub fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Id::from_bytes(bytes))
            }

            /// Makes an identifier that sorts by time; see [`Id::at`].
            pub fn at(now: time::OffsetDateTime, random: [u8; 10]) -> Self {
                Self(Id::at(now, random))
            }

            /// The bytes it was made from.
            pub fn to_bytes(self) -> [u8; 16] {
                self.0.to_bytes()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                text.parse().map(Self)
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;

            fn try_from(text: String) -> Result<Self, IdError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.to_string()
            }
        }
    )+};
}

id_of! {
    /// Names an application.
    ApplicationId,
    /// Names a company.
    CompanyId,
    /// Names a connection.
    ConnectionId,
    /// Names a user.
    UserId,
    /// Names a permission group.
    GroupId,
    /// Names a login attempt.
    AttemptId,
    /// Names an entry of the audit log.
    AuditId,
    /// Names a set-up link.
    SetupLinkId,
    /// Names a token of the API.
    TokenId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_goes_there_and_back() {
        for bytes in [[0; 16], [255; 16], [7; 16], *b"0123456789abcdef"] {
            let id = Id::from_bytes(bytes);
            let text = id.to_string();
            assert_eq!(text.len(), 26);
            assert_eq!(text.parse::<Id>().unwrap(), id);
            assert_eq!(id.to_bytes(), bytes);
        }
        assert_eq!(
            Id::from_bytes([255; 16]).to_string(),
            "7zzzzzzzzzzzzzzzzzzzzzzzzz"
        );
    }

    #[test]
    fn other_text_is_refused() {
        for text in [
            "",
            "8zzzzzzzzzzzzzzzzzzzzzzzzz",
            "7zzzzzzzzzzzzzzzzzzzzzzzz",
            "0000000000000000000000000i",
            "0000000000000000000000000A",
            "é000000000000000000000000",
        ] {
            assert!(text.parse::<Id>().is_err(), "{text}");
        }
    }
}
