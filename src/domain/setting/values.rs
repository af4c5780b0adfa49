//! What the values of settings may be, read from text.

use super::SettingError;
use crate::domain::{Origin, ReturnTo, UnknownWord, claims};
use crate::text;

/// The oldest authentication that a connection can be set to, in seconds: a year.
const LONGEST_AGE: u32 = 31_536_000;
pub(super) const AGE: &str = "seconds, 1 to 31536000 (a year), such as 28800 for 8 hours, or none";

pub(in crate::domain) fn word<T: std::str::FromStr<Err = UnknownWord>>(
    key: &str,
    value: &str,
) -> Result<T, SettingError> {
    value.parse().map_err(|unknown: UnknownWord| {
        SettingError::value(key, value, format!("one of: {}", unknown.allowed))
    })
}

pub(in crate::domain) fn switch(key: &str, value: &str) -> Result<bool, SettingError> {
    value
        .parse()
        .map_err(|_| SettingError::value(key, value, "true or false"))
}

pub(in crate::domain) fn or_none(value: Option<&String>) -> String {
    value.map_or_else(|| "none".to_owned(), Clone::clone)
}

pub(in crate::domain) fn joined(values: &[String]) -> String {
    if values.is_empty() {
        "none".to_owned()
    } else {
        values.join(",")
    }
}

pub(in crate::domain) fn optional(value: &str) -> Option<&str> {
    (!value.is_empty() && value != "none").then_some(value)
}

pub(in crate::domain) fn list(value: &str) -> Vec<String> {
    optional(value)
        .map(|value| {
            value
                .split(',')
                .map(str::trim)
                .filter(|item| !item.is_empty())
                .map(str::to_owned)
                .collect()
        })
        .unwrap_or_default()
}

/// A list, in which nothing can hide.
pub(in crate::domain) fn visible(key: &str, value: &str) -> Result<Vec<String>, SettingError> {
    let all = list(value);
    match all.iter().find(|item| item.contains(text::is_unseen)) {
        Some(wrong) => Err(SettingError::value(
            key,
            wrong,
            "values without control characters, separated by commas, or none",
        )),
        None => Ok(all),
    }
}

/// Seconds; a year at most.
pub(in crate::domain) fn age(key: &str, value: &str) -> Result<Option<u32>, SettingError> {
    let Some(text) = optional(value) else {
        return Ok(None);
    };
    let seconds = text.parse().ok();
    let seconds = seconds.filter(|seconds| (1..=LONGEST_AGE).contains(seconds));
    seconds
        .map(Some)
        .ok_or_else(|| SettingError::value(key, value, AGE))
}

/// `email` is short for the e-mail format; `any` and `none` clear.
pub(in crate::domain) fn format(key: &str, value: &str) -> Result<Option<String>, SettingError> {
    match value {
        "" | "any" | "none" => Ok(None),
        "email" => Ok(Some(claims::EMAIL_ADDRESS.to_owned())),
        urn if urn.starts_with("urn:") && urn.bytes().all(|byte| byte.is_ascii_graphic()) => {
            Ok(Some(urn.to_owned()))
        }
        _ => Err(SettingError::value(
            key,
            value,
            "a format's URN, email, or any",
        )),
    }
}

pub(in crate::domain) fn path(key: &str, value: &str) -> Result<String, SettingError> {
    ReturnTo::among(std::iter::empty(), value)
        .map(ReturnTo::into_string)
        .map_err(|_| {
            SettingError::value(key, value, "a path of the site, such as /welcome, or none")
        })
}

pub(in crate::domain) fn address(key: &str, value: &str) -> Result<Option<String>, SettingError> {
    let Some(value) = optional(value) else {
        return Ok(None);
    };
    let origin = match value.split_once("://") {
        Some((scheme, rest)) => {
            let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
            format!("{scheme}://{authority}").parse::<Origin>().ok()
        }
        None => None,
    };
    match origin {
        Some(_) if value.bytes().all(|byte| byte.is_ascii_graphic()) => Ok(Some(value.to_owned())),
        _ => Err(SettingError::value(
            key,
            value,
            "an https address (http for loopback names only), or none",
        )),
    }
}
