//! What the questions say of a proxy.
//!
//! Invariants: pure: evidence in, findings out; each finding stands under its rule and says which directive to write. What was not
//! seen is not affirmed.

mod fields;
mod headers;
mod own;
mod paths;
mod visits;

use super::super::Diagnoses;
use super::advice::Directive;
use super::evidence::{Evidence, Exchange, Treatment};
use super::question::Question;
use crate::outbound::RawError;
use crate::policy::{CheckEntry, ToldRequest};

/// How to go on after the first question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// There is nothing to find out: nobody is asked, or nobody may answer.
    Stop,
    /// The check is not told what the request is. Whether the client decides that is still to be found out.
    Fields,
    /// Everything.
    All,
}

/// Judges what came of the page, which is asked for first.
pub(super) fn first(evidence: &Evidence, found: &mut Diagnoses) -> Next {
    let Some(page) = evidence.of(&Question::Page) else {
        return Next::Stop;
    };
    let kind = evidence.kind;
    let url = format!("{}{}", evidence.page.origin, evidence.page.uri);
    if let Err(error) = &page.answer
        && page.arrived.is_empty()
    {
        let next = match error {
            RawError::Name(_) => "Make a DNS entry that leads to the proxy.",
            RawError::Tls(_) => {
                "Look at the proxy's certificate. If its issuer is your own, let this machine trust it, as by SSL_CERT_FILE."
            }
            _ => "Look whether the proxy runs, and listens there.",
        };
        found.error("gate", format!("{url} could not be asked: {error}."), next);
        return Next::Stop;
    }
    let Some(check) = page.check() else {
        without_check(evidence, page, found);
        return Next::Stop;
    };
    let name = &evidence.name;
    match check.entry {
        CheckEntry::Listener => found.ok("Q15", "The check comes at the listener that is for checks"),
        CheckEntry::Key(peer) => found.ok(
            "Q15",
            format!("The check comes from {}, with the key", address(peer)),
        ),
        CheckEntry::NoAddress(peer) => found.error(
            "Q15",
            format!("The check comes from {}, which is no trusted proxy. It is not answered.", address(peer)),
            format!("Set trusted_proxies = [\"{}\"] in Vestibule's configuration, if that is your proxy.", address(peer)),
        ),
        CheckEntry::NoKey(_) => found.error(
            "Q15",
            "The check comes without a key that counts. It is not answered.",
            format!("{} Another key: vestibule application new-key {name}", Directive::Key.text(kind)),
        ),
        CheckEntry::NoApplication => found.error(
            "Q11",
            format!("The check is asked for \"{}\", and there is no such application.", check.application),
            format!("Write /sso/check/{name} in its address."),
        ),
    }
    if !check.entry.is_answered() {
        return Next::Stop;
    }
    if check.application != *name {
        found.error(
            "Q11",
            format!(
                "The check is asked for the application \"{}\", and {} is an origin of {name}.",
                check.application, evidence.page.origin
            ),
            format!("Write /sso/check/{name} in its address."),
        );
        return Next::Stop;
    }
    match &check.told {
        ToldRequest::Wrong(misreport) => {
            let mut text = misreport.to_string();
            if let Some(first) = text.get_mut(..1) {
                first.make_ascii_uppercase();
            }
            found.error("Q13", format!("{text}."), misreport.advice(kind));
            return Next::Fields;
        }
        told if !evidence.is_told_rightly(page, told) => {
            paths::told_otherwise(evidence, page, told, found);
            return Next::Fields;
        }
        _ => found.ok(
            "Q13",
            format!(
                "It is told what the request is: {} {url}",
                page.request.method
            ),
        ),
    }
    if check.status == 200 {
        found.error(
            "Q49",
            "The check lets anybody see this page, by a setting of the application (skip_rules).",
            "Ask about a page that is protected.",
        );
        return Next::Stop;
    }
    Next::All
}

/// Nothing arrived at the check.
fn without_check(evidence: &Evidence, page: &Exchange, found: &mut Diagnoses) {
    let (kind, status) = (evidence.kind, page.status());
    let start = format!("{}/.vestibule/start", evidence.page.origin);
    let location = page.header("location");
    let is_ours =
        location.starts_with(&start) || page.header("www-authenticate").starts_with("Vestibule ");
    if is_ours {
        found.error(
            "Q66",
            "The check is asked, but this question's header X-Vestibule-Probe does not arrive there. Nothing more can be found out.",
            format!("{} If it does: is this the configuration of the server that is asked?", Directive::Probe.text(kind)),
        );
    } else if status >= 500 {
        found.error(
            "Q25",
            format!("The page is answered {status}, and nobody has asked the check. The proxy may not reach it."),
            Directive::Way.text(kind),
        );
    } else {
        found.error(
            "Q15",
            format!("The page is not protected: it is answered {status} to anybody, and the check is not asked."),
            Directive::Check.text(kind),
        );
    }
}

/// Judges everything.
pub(super) fn rest(evidence: &Evidence, found: &mut Diagnoses) {
    passed(evidence, found);
    fields::judge(evidence, found);
    headers::judge(evidence, found);
    paths::judge(evidence, found);
    visits::judge(evidence, found);
    own::judge(evidence, found);
}

/// Judges the fields alone.
pub(super) fn fields_only(evidence: &Evidence, found: &mut Diagnoses) {
    fields::judge_spoofed(evidence, found);
}

/// What got through, with a check that said no or without one (rules Q20 and Q25).
fn passed(evidence: &Evidence, found: &mut Diagnoses) {
    let kind = evidence.kind;
    // What passes where a check fails is told apart: it is another directive in some proxies.
    let is_failure =
        |exchange: &&Exchange| matches!(exchange.question, Question::Large(_) | Question::Late);
    let against =
        |exchange: &&Exchange| exchange.has_passed_against_the_check() && !is_failure(exchange);
    let against = labels(evidence.exchanges.iter().filter(against));
    if !against.is_empty() {
        found.error(
            "Q20",
            format!("The check is not obeyed: it said no, and the proxy let pass: {against}."),
            Directive::Closed.text(kind),
        );
    }
    let unasked = |exchange: &&Exchange| {
        let treatment = evidence.treatment(exchange);
        exchange.question.is_protected() && matches!(treatment, Treatment::Passed(_))
    };
    let all = || evidence.exchanges.iter();
    let failed = |exchange: &&Exchange| {
        is_failure(exchange) && (unasked(exchange) || exchange.has_passed_against_the_check())
    };
    let failed = labels(all().filter(failed));
    if !failed.is_empty() {
        found.error(
            "Q25",
            format!("A check that fails lets pass: {failed}."),
            Directive::Closed.text(kind),
        );
    }
    let unasked = labels(all().filter(|it| unasked(it) && !is_failure(it)));
    if !unasked.is_empty() {
        found.error(
            "Q15",
            format!("The proxy let pass, and asked no check: {unasked}."),
            Directive::Check.text(kind),
        );
    }
    if !(against.is_empty() && failed.is_empty() && unasked.is_empty()) {
        return;
    }
    let unjudged = evidence.of(&Question::Unjudged).and_then(Exchange::check);
    if unjudged.is_some_and(|check| check.status != 200) {
        found.ok(
            "Q20",
            "What the check does not let pass does not pass, also where the check fails",
        );
    } else {
        found.ok("Q20", "What the check does not let pass does not pass");
    }
}

/// What questions are called, one after the other.
fn labels<'e>(exchanges: impl Iterator<Item = &'e Exchange>) -> String {
    let labels: Vec<String> = exchanges.map(|it| it.question.to_string()).collect();
    labels.join(", ")
}

fn address(peer: Option<std::net::IpAddr>) -> String {
    peer.map_or_else(|| "an unknown address".to_owned(), |it| it.to_string())
}

#[cfg(test)]
mod tests;
