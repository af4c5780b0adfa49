//! Rules in combination: every edge of time with every other, and every defect with every other.

use super::case::Case;
use super::make::{Paper, Signer};
use time::{Duration, OffsetDateTime};
use vestibule::saml::error::Rule;
use vestibule::saml::instant;

/// A Response is acceptable at this instant when `inside`, and one second further out not.
struct Edge {
    /// The rule, in the order in which the rules are asked.
    rule: Rule,
    /// What the time stands in, `@` being its place.
    text: &'static str,
    /// What the good Response has there.
    now: &'static str,
    /// The last acceptable offset from now, in seconds, for a skew; the next one outwards is refused.
    inside: fn(i64) -> i64,
    outwards: i64,
}

const EDGES: [Edge; 6] = [
    Edge {
        rule: Rule::C5,
        text: "Version=\"2.0\" IssueInstant=\"@\"",
        now: "2026-03-04T05:06:05Z",
        inside: |skew| skew,
        outwards: 1,
    },
    Edge {
        rule: Rule::C5,
        text: "ID=\"_assertion\" IssueInstant=\"@\"",
        now: "2026-03-04T05:06:04Z",
        inside: |skew| skew,
        outwards: 1,
    },
    Edge {
        rule: Rule::D2,
        text: "InResponseTo=\"_request\" NotOnOrAfter=\"@\"",
        now: "2026-03-04T05:36:07Z",
        inside: |skew| 1 - skew,
        outwards: -1,
    },
    Edge {
        rule: Rule::D3,
        text: "NotBefore=\"@\"",
        now: "2026-03-04T05:01:07Z",
        inside: |skew| skew,
        outwards: 1,
    },
    Edge {
        rule: Rule::D3,
        text: " NotOnOrAfter=\"@\"><saml:AudienceRestriction>",
        now: "2026-03-04T06:06:07Z",
        inside: |skew| 1 - skew,
        outwards: -1,
    },
    Edge {
        rule: Rule::D6,
        text: "SessionIndex=\"_session\" SessionNotOnOrAfter=\"@\"",
        now: "",
        inside: |skew| 1 - skew,
        outwards: -1,
    },
];

impl Edge {
    fn put(&self, paper: Paper, now: OffsetDateTime, skew: i64, outside: bool) -> Paper {
        let offset = (self.inside)(skew) + if outside { self.outwards } else { 0 };
        let at = instant::format(now + Duration::seconds(offset));
        let from = if self.now.is_empty() {
            "SessionIndex=\"_session\"".to_owned()
        } else {
            self.text.replace('@', self.now)
        };
        paper.change(&from, &self.text.replace('@', &at))
    }
}

fn judge() -> Case {
    let mut cases = Case::all("accept").into_iter();
    cases.find(|case| case.name == "signed-assertion").unwrap()
}

/// All edges at once: from inside the Response is accepted; with one or several of them a second outside it is refused, by the
/// rule that is asked first.
#[test]
fn every_edge_of_time_with_every_other() {
    let mut case = judge();
    // A certificate that ends at this second.
    case.file.certificates = vec!["../../keys/idp-expired.crt".to_owned()];
    let (_, last) = case.trust().keys[0].validity();
    for skew in [0, 180, 300] {
        case.file.settings.clock_skew_seconds = Some(skew);
        for choice in 0..1_u32 << (EDGES.len() + 1) {
            let outside = |at: usize| choice & (1 << at) != 0;
            let expired = outside(EDGES.len());
            let now = last + Duration::seconds(expired.into());
            case.file.now = now;
            let paper = (0..EDGES.len()).fold(Paper::good(), |paper, at| {
                EDGES[at].put(paper, now, skew, outside(at))
            });
            let found = case.judge_xml(paper.sign("_assertion").text().as_bytes());
            // The Response's own rules come before the assertion's signature, and the assertion's after it.
            let first = if outside(0) {
                Some(Rule::C5)
            } else if expired {
                Some(Rule::B8)
            } else {
                (1..EDGES.len())
                    .find(|at| outside(*at))
                    .map(|at| EDGES[at].rule)
            };
            assert_eq!(
                found.err().map(|refusal| refusal.rule),
                first,
                "skew {skew}, {choice:07b}"
            );
        }
    }
}

/// A defect that is signed by the identity provider: its rule, and the change that makes it.
type Defect = (Rule, &'static str, &'static str);

/// In the order in which the rules are asked.
const DEFECTS: [Defect; 16] = [
    (
        Rule::C1,
        "ID=\"_response\" Version=\"2.0\"",
        "ID=\"_response\" Version=\"2.1\"",
    ),
    (Rule::C1, "<samlp:Status>", "<samlp:Other/><samlp:Status>"),
    (Rule::C2, "status:Success", "status:Responder"),
    (
        Rule::C3,
        "Destination=\"https://acme",
        "Destination=\"https://other",
    ),
    (Rule::C5, "2026-03-04T05:06:05Z", "2026-03-05T05:06:05Z"),
    (
        Rule::E1,
        "sso/acs\" InResponseTo=\"_request\"",
        "sso/acs\" InResponseTo=\"_other\"",
    ),
    (
        Rule::C4,
        "assertion\">https://idp.example/saml",
        "assertion\">https://idp.example/other",
    ),
    (
        Rule::D1,
        "IssueInstant=\"2026-03-04T05:06:04Z\" Version=\"2.0\"",
        "IssueInstant=\"2026-03-04T05:06:04Z\" Version=\"2.1\"",
    ),
    (
        Rule::C5,
        "ID=\"_assertion\" IssueInstant=\"2026-03-04",
        "ID=\"_assertion\" IssueInstant=\"2026-03-05",
    ),
    (
        Rule::D2,
        "Recipient=\"https://acme",
        "Recipient=\"https://other",
    ),
    (
        Rule::D3,
        "NotOnOrAfter=\"2026-03-04T06:06:07Z\"",
        "NotOnOrAfter=\"2026-03-04T04:06:07Z\"",
    ),
    (
        Rule::D4,
        "<saml:Audience>https://acme",
        "<saml:Audience>https://other",
    ),
    (
        Rule::D5,
        "</saml:AudienceRestriction>",
        "</saml:AudienceRestriction><saml:Condition/>",
    ),
    (
        Rule::D6,
        "SessionIndex=\"_session\"",
        "SessionIndex=\"_session\" SessionNotOnOrAfter=\"2026-03-04T04:06:07Z\"",
    ),
    (
        Rule::D7,
        "nameid-format:emailAddress",
        "nameid-format:unspecified",
    ),
    (Rule::D7, ">b.simon@contoso.com", "> b.simon@contoso.com"),
];

/// Where the assertion's signature is asked for: after the Response's rules.
const SIGNATURE: usize = 6;

#[test]
fn every_defect_with_every_other() {
    let case = judge();
    let rule_of = |paper: &Paper| {
        let found = case.judge_xml(paper.text().as_bytes());
        found.err().map(|refusal| refusal.rule)
    };
    for (at, (rule, from, to)) in DEFECTS.iter().enumerate() {
        let one = Paper::good().change(from, to);
        assert_eq!(
            rule_of(&one.clone().sign("_assertion")),
            Some(*rule),
            "{to}"
        );
        for (_, also, other) in &DEFECTS[at + 1..] {
            let two = one.clone().change(also, other).sign("_assertion");
            assert_eq!(rule_of(&two), Some(*rule), "{to} and {other}");
        }
        // Signed by somebody else, and not signed.
        let foreign = one.clone().sign_by("_assertion", &Signer::of("idp-second"));
        let first = |signature| if at < SIGNATURE { *rule } else { signature };
        assert_eq!(rule_of(&foreign), Some(first(Rule::B3)), "{to}");
        assert_eq!(rule_of(&one), Some(first(Rule::B7)), "{to}");
        // Where the Response is signed, its signature comes before all but its shape.
        let root = one.clone().sign_by("_response", &Signer::of("idp-second"));
        let expected = if at == 0 { Rule::C1 } else { Rule::B3 };
        assert_eq!(rule_of(&root), Some(expected), "{to}");
        assert_eq!(rule_of(&one.sign("_response")), Some(*rule), "{to}");
    }
}
