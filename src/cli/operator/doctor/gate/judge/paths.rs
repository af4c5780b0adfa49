//! Whether the check is told the path and the host that were asked for (rules Q14 and Q50).

use super::super::super::Diagnoses;
use super::super::advice::Directive;
use super::super::evidence::{Evidence, Exchange, Treatment};
use super::super::question::Question;
use super::fields::shown;
use crate::policy::{Misreport, ProxyKind, ToldRequest, is_ambiguous};

pub(super) fn judge(evidence: &Evidence, found: &mut Diagnoses) {
    judge_paths(evidence, found);
    judge_hosts(evidence, found);
}

/// The check of the page itself was told something else.
pub(super) fn told_otherwise(
    evidence: &Evidence,
    page: &Exchange,
    told: &ToldRequest,
    found: &mut Diagnoses,
) {
    found.error(
        "Q12",
        format!(
            "The check is told {}, and asked for was {} {}{}.",
            shown(told),
            page.request.method,
            evidence.page.origin,
            page.request.target
        ),
        Directive::Path.text(evidence.kind),
    );
}

fn judge_paths(evidence: &Evidence, found: &mut Diagnoses) {
    let (mut asked, mut wrong) = (0, 0);
    let is_path = |it: &&Exchange| matches!(it.question, Question::Path(_));
    for exchange in evidence.exchanges.iter().filter(is_path) {
        asked += 1;
        let sent = &exchange.request.target;
        match evidence.treatment(exchange) {
            Treatment::Checked(check) if evidence.is_told_rightly(exchange, &check.told) => {}
            // One path for the check and for the application.
            Treatment::Checked(check) if is_cleaned(evidence, &check.told) => {}
            Treatment::Checked(check) => {
                wrong += 1;
                // What cannot be judged is refused.
                if !matches!(check.told, ToldRequest::Wrong(_)) {
                    found.error(
                        "Q50",
                        format!("The check is told {}, and asked for was {sent}: the application may get another path.", shown(&check.told)),
                        Directive::Path.text(evidence.kind),
                    );
                }
            }
            Treatment::Unclear(status) => {
                wrong += 1;
                found.warn(
                    "Q50",
                    format!("{sent} is answered {status}, and the check was not asked."),
                    "If the application answers so, this path leads past the check.",
                );
            }
            Treatment::Silent(error) => {
                wrong += 1;
                found.warn(
                    "Q50",
                    format!("{sent} was not answered: {error}."),
                    "Look at the proxy's log.",
                );
            }
            // What passes is told by itself.
            Treatment::Refused | Treatment::Elsewhere | Treatment::Passed(_) => {}
        }
    }
    if asked > 0 && wrong == 0 {
        found.ok(
            "Q50",
            format!("{asked} paths that can be read in two ways: the check is told what was sent, or the proxy refuses them"),
        );
    }
}

/// Whether the proxy has made one path of several readings, as Envoy does and Traefik may.
fn is_cleaned(evidence: &Evidence, told: &ToldRequest) -> bool {
    let ToldRequest::Read { uri, .. } = told else {
        return false;
    };
    let path = uri.split('?').next().unwrap_or_default();
    let is_clear = !is_ambiguous(path.as_bytes());
    let mut names = evidence.of_page().into_iter().flat_map(|it| &it.names);
    let is_traefik = names.any(|name| name == "x-forwarded-server");
    is_clear && (evidence.kind == ProxyKind::Envoy || is_traefik)
}

fn judge_hosts(evidence: &Evidence, found: &mut Diagnoses) {
    let (mut asked, mut wrong) = (0, 0);
    for question in [
        Question::Capitals,
        Question::TrailingDot,
        Question::Absolute,
    ] {
        let Some(exchange) = evidence.of(&question) else {
            continue;
        };
        asked += 1;
        match evidence.treatment(exchange) {
            Treatment::Checked(check) => match &check.told {
                ToldRequest::Read { origin, .. } if origin == evidence.page.origin.as_str() => {}
                // Refused, and rightly.
                ToldRequest::Wrong(Misreport::ForeignOrigin(_) | Misreport::Unreadable(_)) => {}
                told => {
                    wrong += 1;
                    found.error(
                        "Q14",
                        format!("Of {question} the check is told {}.", shown(told)),
                        Directive::Host.text(evidence.kind),
                    );
                }
            },
            Treatment::Passed(status) => {
                wrong += 1;
                found.error(
                    "Q14",
                    format!("{question} is answered {status}, and the check was not asked: another site of the proxy may lead to the application."),
                    Directive::Host.text(evidence.kind),
                );
            }
            Treatment::Refused
            | Treatment::Elsewhere
            | Treatment::Unclear(_)
            | Treatment::Silent(_) => {}
        }
    }
    if asked > 0 && wrong == 0 {
        found.ok(
            "Q14",
            "Another spelling of the host, or another host, leads nowhere else",
        );
    }
}
