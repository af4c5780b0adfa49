//! Whether the proxy writes what the check is told, and its client does not (rules Q12, Q13 and Q16).

use super::super::super::Diagnoses;
use super::super::advice::Directive;
use super::super::evidence::{Evidence, Exchange};
use super::super::question::{Question, SPOOFED_CLIENT, spoofed};
use crate::policy::{Misreport, ReportedField, ToldRequest};

pub(super) fn judge(evidence: &Evidence, found: &mut Diagnoses) {
    judge_spoofed(evidence, found);
    judge_client(evidence, found);
}

/// What a client writes in the proxy's fields.
pub(super) fn judge_spoofed(evidence: &Evidence, found: &mut Diagnoses) {
    let (mut asked, mut wrong) = (Vec::new(), 0);
    for question in spoofed(evidence.kind) {
        let (Question::Spoofed(field), Some(exchange)) = (&question, evidence.of(&question)) else {
            continue;
        };
        asked.push(field.name());
        if let Some(check) = exchange.check()
            && !evidence.is_told_rightly(exchange, &check.told)
        {
            wrong += 1;
            tell(evidence, *field, exchange, &check.told, found);
        }
    }
    if wrong == 0 && !asked.is_empty() {
        let names = asked.join(", ");
        found.ok(
            "Q12",
            format!("What a client writes in {names} does not count"),
        );
    }
}

fn tell(
    evidence: &Evidence,
    field: ReportedField,
    exchange: &Exchange,
    told: &ToldRequest,
    found: &mut Diagnoses,
) {
    let name = field.name();
    let advice = Misreport::Missing(field).advice(evidence.kind);
    // What is the same without the client's word is not the client's doing.
    let before = evidence.of_page().map(|check| &check.told);
    match told {
        ToldRequest::Wrong(Misreport::Doubled(_)) => found.error(
            "Q13",
            format!("A client's {name} reaches the check beside the proxy's. Such a request is refused, and ought not to be."),
            advice,
        ),
        told if before == Some(told) => {}
        ToldRequest::Wrong(_) | ToldRequest::Read { .. } | ToldRequest::Unread => found.error(
            "Q12",
            format!(
                "A client's {name} is believed: the check was told {}, and not {} {}{}. Clients choose what is open.",
                shown(told), exchange.request.method, evidence.page.origin, exchange.request.target
            ),
            advice,
        ),
    }
}

/// What a check was told, in words.
pub(super) fn shown(told: &ToldRequest) -> String {
    match told {
        ToldRequest::Read {
            method,
            origin,
            uri,
        } => format!("{method} {origin}{uri}"),
        ToldRequest::Wrong(misreport) => format!("something that cannot be judged ({misreport})"),
        ToldRequest::Unread => "nothing".to_owned(),
    }
}

/// Whose address counts as the client's.
fn judge_client(evidence: &Evidence, found: &mut Diagnoses) {
    let advice = Directive::Client.text(evidence.kind);
    let spoofed = evidence.of(&Question::SpoofedClient);
    let Some(check) = spoofed.and_then(Exchange::check) else {
        return;
    };
    match check.forwarded_for.as_deref() {
        Some(SPOOFED_CLIENT) => found.error(
            "Q16",
            "A client's X-Forwarded-For is believed: it chooses the address that limits and logs know it by.",
            advice,
        ),
        None => found.warn(
            "Q16",
            "The check is told no X-Forwarded-For, so that all clients count as one.",
            advice,
        ),
        Some(written) => {
            let of_page = evidence.of_page();
            let client = of_page.and_then(|check| check.client);
            let client = client.map_or_else(|| written.to_owned(), |it| it.to_string());
            found.ok("Q16", format!("The client's address is the proxy's word: {client}"));
        }
    }
}
