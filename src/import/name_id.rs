//! Which NameID format a connection requires, by what the metadata offers (rule D7).

use crate::domain::Settings;
use crate::domain::claims::EMAIL_ADDRESS;
use crate::saml::metadata::IdpMetadata;

/// The most formats that are looked at, and the longest of them.
const MOST: usize = 20;
const LONGEST: usize = 200;

/// What a new connection requires: an e-mail address where the metadata offers one or says nothing; else the one format that it
/// offers; else any.
pub(super) fn format_of(idp: &IdpMetadata) -> Option<String> {
    let offered = offered(idp);
    match offered.as_slice() {
        [] => Some(EMAIL_ADDRESS.to_owned()),
        all if all.iter().any(|format| is(format, "emailAddress")) => {
            Some(EMAIL_ADDRESS.to_owned())
        }
        [only] if !is(only, "unspecified") => Some((*only).to_owned()),
        _ => None,
    }
}

/// What an administrator should know about the NameID of this metadata and these settings.
pub fn remark(settings: &Settings, idp: &IdpMetadata, is_new: bool) -> Option<String> {
    let offered = offered(idp);
    let required = settings.saml().name_id_format.as_deref();
    let has = |name| offered.iter().any(|format| is(format, name));
    let offers_required = required.is_none_or(|required| {
        offered.contains(&required) || (required == EMAIL_ADDRESS && has("emailAddress"))
    });
    if offered.is_empty() || (is_new && has("emailAddress")) || (!is_new && offers_required) {
        return None;
    }
    let listed = offered.join(", ");
    if !is_new {
        return Some(format!(
            "The metadata offers other NameID formats ({listed}) than the one that the connection requires. That stays as it is. If sign-ins are refused by rule D7, change the connection's Name Id Format to any format, or to one of these."
        ));
    }
    let takes = match required {
        Some(_) => "The connection requires it.",
        None => "The connection takes any format.",
    };
    let trusted = if settings.trust_email_claim {
        ""
    } else {
        " A claim alone makes new accounts, and links none that is there already or waits for a first sign-in, because people may be able to change it: if yours cannot, switch on Trust the e-mail claim (by command: connection set trust_email_claim=true)."
    };
    let transient = if offered.iter().all(|format| is(format, "transient")) {
        " A transient NameID is another one at each sign-in: name an Identity attribute, or let the identity provider send a persistent NameID."
    } else {
        ""
    };
    Some(format!(
        "The metadata offers no e-mail address as NameID, but {listed}. {takes} The e-mail address of a user comes in a claim: check that the identity provider sends one.{trusted}{transient}"
    ))
}

/// The formats that the metadata offers, each once.
fn offered(idp: &IdpMetadata) -> Vec<&str> {
    let mut offered = Vec::new();
    for format in &idp.name_id_formats {
        let fits = !format.is_empty()
            && format.len() <= LONGEST
            && format.bytes().all(|byte| byte.is_ascii_graphic());
        if fits && offered.len() < MOST && !offered.contains(&format.as_str()) {
            offered.push(format.as_str());
        }
    }
    offered
}

/// Whether it is the format of this name, whichever version of SAML its name says.
fn is(format: &str, name: &str) -> bool {
    let rest = format.strip_prefix("urn:oasis:names:tc:SAML:");
    rest.and_then(|rest| rest.split_once(":nameid-format:"))
        .is_some_and(|(_, found)| found == name)
}
