//! Whether the check gets the headers that it needs, and nobody the ones that are dangerous (rules Q36, Q37 and Q41).

use super::super::super::Diagnoses;
use super::super::advice::Directive;
use super::super::evidence::{Evidence, Exchange, Treatment};
use super::super::question::Question;
use crate::policy::{CheckObservation, NEEDED_HEADERS, ProxyKind};

pub(super) fn judge(evidence: &Evidence, found: &mut Diagnoses) {
    judge_needed(evidence, found);
    judge_spelled(evidence, found);
    judge_connection(evidence, found);
}

/// Rule Q41. The client's address is judged by itself; nginx tells the scheme in another field.
fn judge_needed(evidence: &Evidence, found: &mut Diagnoses) {
    let exchange = evidence.of(&Question::Headers);
    let Some(check) = exchange.and_then(Exchange::check) else {
        return;
    };
    let advice = Directive::HandOn.text(evidence.kind);
    if !check.cookie {
        found.error(
            "Q41",
            "No cookie reaches the check: whoever has signed in is sent to sign in again, for ever.",
            advice,
        );
    }
    let is_needed = |name: &&str| match *name {
        "cookie" | "x-forwarded-for" => false,
        "x-forwarded-proto" => evidence.kind != ProxyKind::Nginx,
        _ => true,
    };
    let missing: Vec<&str> = NEEDED_HEADERS
        .into_iter()
        .filter(is_needed)
        .filter(|name| !check.names.iter().any(|came| came == name))
        .collect();
    if !missing.is_empty() {
        found.error(
            "Q41",
            format!("Headers of the client do not reach the check, which cannot tell a page from a program: {}.", missing.join(", ")),
            advice,
        );
    } else if check.cookie {
        found.ok(
            "Q41",
            "Cookies and all other headers that it needs reach the check",
        );
    }
}

/// Rule Q36. What Envoy hands on is a list, so that nothing can be seen of others.
fn judge_spelled(evidence: &Evidence, found: &mut Diagnoses) {
    if evidence.kind == ProxyKind::Envoy {
        return;
    }
    let (mut asked, mut wrong) = (false, false);
    for sign in ['_', '.'] {
        let Some(exchange) = evidence.of(&Question::Spelled(sign)) else {
            continue;
        };
        asked |= exchange.answer.is_ok();
        let has_sign = |check: &CheckObservation| check.names.iter().any(|it| it.contains(sign));
        if exchange.check().is_some_and(has_sign) {
            wrong = true;
            let example = format!("Remote{sign}User");
            found.error(
                "Q36",
                format!("Names with {sign} are handed on: many programs read a client's {example} as Remote-User."),
                Directive::Names.text(evidence.kind),
            );
        }
    }
    if asked && !wrong {
        found.ok(
            "Q36",
            "Names with _ or . are refused or dropped, such as Remote_User",
        );
    }
}

/// Rule Q37. nginx and Envoy take nothing away by `Connection`; Traefik does it before the check answers.
fn judge_connection(evidence: &Evidence, found: &mut Diagnoses) {
    let Some(exchange) = evidence.of(&Question::Connection) else {
        return;
    };
    let is_refused = exchange.status() == 400;
    let is_traefik = || {
        let names = exchange.check().map(|check| &check.names);
        names.is_some_and(|names| names.iter().any(|it| it == "x-forwarded-server"))
    };
    let is_harmless = evidence.kind != ProxyKind::Forwarded || is_refused || is_traefik();
    if exchange.answer.is_err() {
        return;
    }
    if is_harmless {
        found.ok(
            "Q37",
            "A Connection that names identity headers takes none away",
        );
    } else if matches!(evidence.treatment(exchange), Treatment::Checked(_)) {
        found.error(
            "Q37",
            "A Connection that names identity headers is not answered 400: a client has them taken away on the way to the application.",
            Directive::Connection.text(evidence.kind),
        );
    }
}
