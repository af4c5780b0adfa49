//! Whether our own addresses at the application's host lead here, and the check's to nobody (rules Q15 and Q28).

use super::super::super::Diagnoses;
use super::super::advice::Directive;
use super::super::evidence::{Evidence, Exchange};
use super::super::question::Question;
use crate::policy::{Misreport, ProxyKind, ToldRequest};

pub(super) fn judge(evidence: &Evidence, found: &mut Diagnoses) {
    judge_own(evidence, found);
    judge_checks(evidence, found);
}

/// Rule Q28.
fn judge_own(evidence: &Evidence, found: &mut Diagnoses) {
    let Some(who) = evidence.of(&Question::Who) else {
        return;
    };
    let advice = Directive::Own.text(evidence.kind);
    let checked = |exchange: &Exchange| exchange.check().is_some();
    if checked(who) {
        found.error(
            "Q28",
            "The check is asked about /.vestibule/, which leads in a circle: nobody can sign in.",
            advice,
        );
        return;
    }
    if who.status() == 421 {
        found.error(
            "Q28",
            "/.vestibule/ leads to Vestibule with another Host than the browser's.",
            advice,
        );
        return;
    }
    let is_ours = who.status() == 401 && who.body().contains("\"Not signed in\"");
    if !is_ours {
        found.error(
            "Q28",
            format!(
                "/.vestibule/who is answered {}, and not by Vestibule: nobody can sign in.",
                who.status()
            ),
            advice,
        );
        return;
    }
    let start = evidence.of(&Question::Start);
    match start.map(Exchange::status) {
        None | Some(302 | 303 | 400) => {
            found.ok(
                "Q28",
                "/.vestibule/ leads to Vestibule, with its Host and without a check",
            );
        }
        Some(status) => found.error(
            "Q28",
            format!("/.vestibule/start is answered {status}, and leads to no sign-in."),
            advice,
        ),
    }
}

/// Rule Q15.
fn judge_checks(evidence: &Evidence, found: &mut Diagnoses) {
    let (mut asked, mut wrong) = (Vec::new(), 0);
    for exchange in &evidence.exchanges {
        let Question::Check(path) = &exchange.question else {
            continue;
        };
        asked.push(path.as_str());
        let advice = Directive::Internal.text(evidence.kind);
        match reached(evidence, exchange) {
            Reached::No => {}
            Reached::WithoutKey => {
                wrong += 1;
                found.warn(
                    "Q15",
                    format!("{path} leads from outside to the check. Without the key it is not answered."),
                    advice,
                );
            }
            Reached::Answered => {
                wrong += 1;
                found.error(
                    "Q15",
                    format!("{path} leads from outside to the check, with the proxy's key: whoever is signed in reads there what only the application is told."),
                    advice,
                );
            }
        }
    }
    if wrong == 0 && !asked.is_empty() {
        found.ok(
            "Q15",
            format!(
                "The check cannot be asked from outside ({})",
                asked.join(", ")
            ),
        );
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reached {
    No,
    WithoutKey,
    Answered,
}

/// Whether a request has come to the check itself, and not only a question about it.
fn reached(evidence: &Evidence, exchange: &Exchange) -> Reached {
    if exchange
        .arrived
        .iter()
        .any(|check| !check.entry.is_answered())
    {
        return Reached::WithoutKey;
    }
    // A question about it is told as every other is; of our own addresses it says that they are not to be asked about.
    let is_strange = exchange.arrived.iter().any(|check| {
        matches!(&check.told, ToldRequest::Wrong(misreport) if *misreport != Misreport::OwnAddress)
    });
    // nginx shows nobody the body of a question's answer.
    let is_bare = evidence.kind == ProxyKind::Nginx
        && !exchange.arrived.is_empty()
        && exchange.body().contains("urn:vestibule:problem:");
    if is_strange || is_bare {
        Reached::Answered
    } else {
        Reached::No
    }
}
