//! The kinds of value that a setting can have. Each parses itself and says what it expected.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A value that never prints itself.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The secret itself; the name makes its uses easy to find.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// What stands in the place of a secret.
pub(super) const MASK: &str = "********";

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(MASK)
    }
}

/// A length of time, written as `90s`, `15m`, `12h`, `7d` or a sum such as `1h30m`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Period(Duration);

const UNITS: [(char, u64); 4] = [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];
/// A century: far above any sensible setting, far below where sums of times overflow.
const LONGEST: u64 = 100 * 365 * 86_400;

impl Period {
    /// So many seconds.
    pub const fn seconds(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds))
    }

    /// So many hours.
    pub const fn hours(hours: u64) -> Self {
        Self::seconds(hours * 3_600)
    }

    /// As the standard library's duration.
    pub const fn std(self) -> Duration {
        self.0
    }

    /// As a duration to add to a time.
    pub fn time(self) -> time::Duration {
        // Bounded by LONGEST, so the conversion is exact.
        time::Duration::seconds(i64::try_from(self.0.as_secs()).unwrap_or(i64::MAX))
    }

    pub(super) const fn is_zero(self) -> bool {
        self.0.is_zero()
    }
}

impl FromStr for Period {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong =
            || format!("`{text}` is not a length of time; write it as `90s`, `15m`, `12h` or `7d`");
        let mut seconds = 0_u64;
        let mut digits = String::new();
        let mut seen = false;
        for c in text.chars() {
            if c.is_ascii_digit() {
                digits.push(c);
                continue;
            }
            let (_, unit) = UNITS
                .into_iter()
                .find(|(name, _)| *name == c)
                .ok_or_else(wrong)?;
            let count: u64 = digits.parse().map_err(|_| wrong())?;
            seconds = count
                .checked_mul(unit)
                .and_then(|part| seconds.checked_add(part))
                .ok_or_else(wrong)?;
            digits.clear();
            seen = true;
        }
        if !seen || !digits.is_empty() {
            return Err(wrong());
        }
        if seconds > LONGEST {
            return Err(format!("`{text}` is longer than a century"));
        }
        Ok(Self::seconds(seconds))
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0.as_secs();
        if rest == 0 {
            return f.write_str("0s");
        }
        for (name, unit) in UNITS {
            if rest >= unit {
                write!(f, "{}{name}", rest / unit)?;
                rest %= unit;
            }
        }
        Ok(())
    }
}

impl Serialize for Period {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Period {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(D::Error::custom)
    }
}

/// One address, or a block of them in CIDR notation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IpBlock {
    base: IpAddr,
    prefix: u8,
}

impl IpBlock {
    /// Whether `address` lies in the block. An IPv4 address in IPv6 clothes counts as IPv4.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.base, address.to_canonical()) {
            (IpAddr::V4(base), IpAddr::V4(address)) => {
                let shift = 32 - u32::from(self.prefix);
                base.to_bits().checked_shr(shift) == address.to_bits().checked_shr(shift)
            }
            (IpAddr::V6(base), IpAddr::V6(address)) => {
                let shift = 128 - u32::from(self.prefix);
                base.to_bits().checked_shr(shift) == address.to_bits().checked_shr(shift)
            }
            _ => false,
        }
    }
}

impl FromStr for IpBlock {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || {
            format!(
                "`{text}` is not an address or a block; write `10.1.2.3`, `10.0.0.0/8` or `fd00::/8`"
            )
        };
        let (base, prefix) = match text.split_once('/') {
            Some((base, prefix)) => (base, Some(prefix.parse::<u8>().map_err(|_| wrong())?)),
            None => (text, None),
        };
        let base: IpAddr = base.parse().map_err(|_| wrong())?;
        let longest = if base.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.unwrap_or(longest);
        match (base.to_canonical(), prefix) {
            (_, prefix) if prefix > longest => Err(wrong()),
            // IPv4 in IPv6 clothes counts as IPv4, as addresses do.
            (canonical, 96..) if base.is_ipv6() && canonical.is_ipv4() => Ok(Self {
                base: canonical,
                prefix: prefix - 96,
            }),
            _ => Ok(Self { base, prefix }),
        }
    }
}

impl fmt::Display for IpBlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.base, self.prefix)
    }
}

impl Serialize for IpBlock {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for IpBlock {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(D::Error::custom)
    }
}

/// Whether an origin may be `http://`. No value of it allows a host that another machine can reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PlainHttp {
    /// For hosts of this machine only.
    Loopback,
    /// Not at all.
    Never,
}

impl PlainHttp {
    /// Whether `http://{host}` may be an origin. `host` is without a port; an IPv6 address is in brackets, as in a URL.
    pub fn permits(self, host: &str) -> bool {
        self == Self::Loopback && is_loopback(host)
    }
}

fn is_loopback(host: &str) -> bool {
    if let Ok(address) = host.parse::<std::net::Ipv4Addr>() {
        return address.is_loopback();
    }
    // RFC 6761 6.3: browsers resolve `localhost` and every name beneath it to loopback.
    host == "[::1]"
        || host.eq_ignore_ascii_case("localhost")
        || host
            .rsplit_once('.')
            .is_some_and(|(name, top)| !name.is_empty() && top.eq_ignore_ascii_case("localhost"))
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    Text,
    Json,
}
