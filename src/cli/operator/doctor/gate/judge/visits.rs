//! Whether each kind of visitor is answered in its way (rules Q22 to Q24, Q43 and Q45).

use super::super::super::Diagnoses;
use super::super::advice::Directive;
use super::super::evidence::{Evidence, Exchange};
use super::super::question::Question;
use crate::policy::ProxyKind;

/// What every page of ours has below `/.vestibule/`.
const OURS: &str = "/.vestibule/assets/";

pub(super) fn judge(evidence: &Evidence, found: &mut Diagnoses) {
    judge_page(evidence, found);
    judge_programs(evidence, found);
    judge_preflight(evidence, found);
    judge_refusal(evidence, found);
}

/// Rule Q22.
fn judge_page(evidence: &Evidence, found: &mut Diagnoses) {
    let (mut judged, mut wrong) = (false, false);
    for question in [Question::Page, Question::Form] {
        let Some(exchange) = evidence
            .of(&question)
            .filter(|it| is_judged(it, &[302, 303, 401]))
        else {
            continue;
        };
        judged = true;
        if !is_led(evidence, exchange) && !wrong {
            wrong = true;
            let status = exchange.status();
            let location = exchange.header("location");
            let to = if location.is_empty() {
                String::new()
            } else {
                format!(" and sent to {location}")
            };
            found.error(
                "Q22",
                format!("A browser without a session is answered {status}{to}, and not led to the sign-in ({question})."),
                Directive::SignIn.text(evidence.kind),
            );
        }
    }
    if judged && !wrong {
        let origin = &evidence.page.origin;
        found.ok(
            "Q22",
            format!("A browser without a session is led to the sign-in, at {origin}"),
        );
    }
}

/// Whether a browser is sent to where it signs in, absolutely.
fn is_led(evidence: &Evidence, exchange: &Exchange) -> bool {
    let rest = exchange
        .header("location")
        .strip_prefix(evidence.page.origin.as_str());
    let is_sign_in = rest.is_some_and(|rest| {
        ["/.vestibule/start", "/sso/login"].iter().any(|path| {
            rest == *path
                || rest
                    .strip_prefix(path)
                    .is_some_and(|it| it.starts_with('?'))
        })
    });
    matches!(exchange.status(), 302 | 303) && is_sign_in
}

/// Rules Q23 and Q43.
fn judge_programs(evidence: &Evidence, found: &mut Diagnoses) {
    let (mut judged, mut wrong) = (false, false);
    for (question, rule) in [(Question::Program, "Q23"), (Question::WebSocket, "Q43")] {
        let Some(exchange) = evidence.of(&question).filter(|it| is_judged(it, &[401])) else {
            continue;
        };
        judged = true;
        let status = exchange.status();
        if (300..400).contains(&status) || !exchange.header("location").is_empty() {
            wrong = true;
            found.error(
                rule,
                format!("{question} is sent to {} instead of being told 401: it would take a page for data.", exchange.header("location")),
                Directive::Program.text(evidence.kind),
            );
        } else if status != 401 {
            wrong = true;
            found.error(
                rule,
                format!("{question} is answered {status}, and the check has said 401."),
                Directive::Program.text(evidence.kind),
            );
        } else if exchange.header("www-authenticate").is_empty() {
            wrong = true;
            found.warn(
                rule,
                format!("{question} is answered 401 without WWW-Authenticate: it does not learn where to sign in."),
                Directive::SignIn.text(evidence.kind),
            );
        }
    }
    if judged && !wrong {
        found.ok(
            "Q23",
            "A program and a WebSocket are told 401, and led nowhere",
        );
    }
}

/// Rule Q45.
fn judge_preflight(evidence: &Evidence, found: &mut Diagnoses) {
    let Some(exchange) = evidence.of(&Question::Preflight) else {
        return;
    };
    let Some(check) = exchange.check() else {
        return;
    };
    let status = exchange.status();
    if evidence.preflight && check.status == 200 {
        found.ok(
            "Q45",
            format!("A CORS preflight passes, as the application is set; it is answered {status}"),
        );
    } else if (300..400).contains(&status) {
        found.error(
            "Q45",
            format!(
                "A CORS preflight is sent to {}.",
                exchange.header("location")
            ),
            Directive::Program.text(evidence.kind),
        );
    } else if !exchange.has_passed() {
        found.ok("Q45", "A CORS preflight does not pass");
    }
}

/// Rule Q24.
fn judge_refusal(evidence: &Evidence, found: &mut Diagnoses) {
    let Some(exchange) = evidence
        .of(&Question::CrossSite)
        .filter(|it| is_judged(it, &[403]))
    else {
        return;
    };
    let status = exchange.status();
    if status != 403 {
        found.error(
            "Q24",
            format!("Who may not is answered {status} instead of 403."),
            Directive::Refusal.text(evidence.kind),
        );
    } else if !exchange.body().contains(OURS) && evidence.kind == ProxyKind::Nginx {
        found.warn(
            "Q24",
            "Who may not sees a page of the proxy, which says neither why nor what to do.",
            Directive::Refusal.text(evidence.kind),
        );
    } else {
        found.ok("Q24", "Who may not is told so, with 403");
    }
}

/// Whether the check has said what is judged here; and whatever passed is told by itself.
fn is_judged(exchange: &Exchange, said: &[u16]) -> bool {
    let has_said = exchange
        .check()
        .is_some_and(|check| said.contains(&check.status));
    has_said && !exchange.has_passed()
}
