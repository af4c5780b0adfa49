//! Faults that a test switches on by name, such as `throttle 2 1.5`.

use std::str::FromStr;

/// What can go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::demo_idp) enum FaultName {
    /// `throttle n seconds`: 429; without seconds there is no `Retry-After`.
    Throttle,
    /// `503 n seconds`
    Unavailable,
    Timeout,
    SlowBody,
    BrokenJson,
    Html,
    ForeignNextLink,
    NextLinkLoop,
    EmptyPageWithLink,
    /// `lag k`: a change shows k calls later.
    Lag,
    /// `forbidden users/{id}`: this route alone.
    Forbidden,
    TooManyGroups,
    MemberWithoutMail,
    /// Everything in a round comes twice.
    Replay,
    /// A delta link is refused, and the answer says where a full round begins.
    Location,
    ExpiredPage,
    NoServicePrincipal,
    HugePage,
    DeepJson,
}

/// No fault has this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no fault \"{0}\"")]
pub struct UnknownFault(String);

/// The faults that are on.
#[derive(Debug, Default)]
pub(in crate::demo_idp) struct Faults(Vec<ActiveFault>);

/// A fault that a question meets.
#[derive(Debug, Clone)]
pub(in crate::demo_idp) struct TakenFault {
    /// What follows its name and number.
    pub(in crate::demo_idp) argument: Option<String>,
}

#[derive(Debug, Clone)]
struct ActiveFault {
    name: FaultName,
    argument: Option<String>,
    /// How often still; none is until it is switched off.
    left: Option<u32>,
}

impl FaultName {
    const ALL: [(&str, Self); 19] = [
        ("throttle", Self::Throttle),
        ("503", Self::Unavailable),
        ("timeout", Self::Timeout),
        ("slow body", Self::SlowBody),
        ("broken json", Self::BrokenJson),
        ("html", Self::Html),
        ("next link to another host", Self::ForeignNextLink),
        ("next link loop", Self::NextLinkLoop),
        ("empty page with link", Self::EmptyPageWithLink),
        ("lag", Self::Lag),
        ("forbidden", Self::Forbidden),
        ("11,001 groups", Self::TooManyGroups),
        ("member without mail", Self::MemberWithoutMail),
        ("replay", Self::Replay),
        ("location", Self::Location),
        ("expired page", Self::ExpiredPage),
        ("no service principal", Self::NoServicePrincipal),
        ("huge page", Self::HugePage),
        ("deep json", Self::DeepJson),
    ];
}

impl FromStr for ActiveFault {
    type Err = UnknownFault;

    fn from_str(text: &str) -> Result<Self, UnknownFault> {
        let text = text.trim();
        let found = FaultName::ALL.into_iter().find_map(|(word, name)| {
            let rest = text.strip_prefix(word)?;
            (rest.is_empty() || rest.starts_with(' ')).then_some((name, rest.trim()))
        });
        let (name, rest) = found.ok_or_else(|| UnknownFault(text.to_owned()))?;
        if matches!(name, FaultName::Lag | FaultName::Forbidden) {
            return Ok(Self {
                name,
                argument: Some(rest.to_owned()),
                left: None,
            });
        }
        let mut words = rest.split_whitespace();
        let left = words.next().map(str::parse).transpose();
        Ok(Self {
            name,
            left: left.map_err(|_| UnknownFault(text.to_owned()))?,
            argument: words.next().map(str::to_owned),
        })
    }
}

impl Faults {
    pub(super) fn switch_on(&mut self, text: &str) -> Result<(), UnknownFault> {
        if text.trim() == "none" {
            self.0.clear();
            return Ok(());
        }
        let fault: ActiveFault = text.parse()?;
        self.0
            .retain(|known| known.name != fault.name || fault.name == FaultName::Forbidden);
        self.0.push(fault);
        Ok(())
    }

    /// Whether a fault is on, which is used up once by the question; and its argument.
    pub(in crate::demo_idp) fn take(&mut self, name: FaultName) -> Option<TakenFault> {
        let at = self.0.iter().position(|it| it.name == name)?;
        let fault = self.0.get_mut(at)?;
        let argument = fault.argument.clone();
        match &mut fault.left {
            None => {}
            Some(left) if *left > 1 => *left -= 1,
            Some(0) => {
                self.0.remove(at);
                return None;
            }
            Some(_) => {
                self.0.remove(at);
            }
        }
        Some(TakenFault { argument })
    }

    pub(super) fn is_on(&mut self, name: FaultName) -> bool {
        self.take(name).is_some()
    }

    pub(super) fn lag(&self) -> u64 {
        let lag = self.0.iter().find(|it| it.name == FaultName::Lag);
        lag.and_then(|it| it.argument.as_deref()?.parse().ok())
            .unwrap_or_default()
    }

    pub(super) fn forbids(&self, route: &str) -> bool {
        self.0
            .iter()
            .any(|it| it.name == FaultName::Forbidden && it.argument.as_deref() == Some(route))
    }
}
