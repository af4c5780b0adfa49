//! Every requirement is shown: by a vector that is refused by it, or by a test that is named here; and every rule has its promise
//! in `docs/security.md`.

use std::collections::BTreeSet;
use std::path::Path;

use vestibule::domain::FlowRequirement as Flow;
use vestibule::saml::error::Requirement;

use super::advice::refusal;
use super::case::Case;

/// What no vector can show, because it needs another implementation or another time for each try; and the test that shows it.
const ELSEWHERE: &[(Requirement, &str)] = &[
    (
        Requirement::SecondOpinion,
        "every_disagreement_is_a_refusal",
    ),
    (
        Requirement::LogoutTime,
        "what_is_advised_about_logout_messages_lets_them_pass",
    ),
];

/// The test that shows a requirement for which a server has to remember something. A new one does not compile without its test.
const fn shown_by(requirement: Flow) -> &'static str {
    match requirement {
        Flow::KnownIssuer => "accepting_weakens_nothing",
        Flow::Claims => "claims_by_other_names",
        Flow::InTime => "a_request_lasts_ten_minutes",
        Flow::BeganHere => "a_response_to_no_request_of_ours_is_refused",
        Flow::SameBrowser => "a_sign_in_belongs_to_its_browser",
        Flow::RelayState => "the_relay_state_is_the_handle_of_the_sign_in",
        Flow::FirstUse => "an_assertion_is_used_once_whatever_it_answers",
        Flow::Solicited => "it_can_be_refused",
        Flow::JustMade => "it_can_be_accepted_once_and_fresh",
        Flow::ConnectionEnabled => "a_connection_that_is_disabled_midway_signs_nobody_in",
        Flow::SameConnection => "only_through_the_connection_that_it_began_through",
        Flow::OneUser => "two_names_of_two_users_are_refused",
        Flow::KnownIdentity => "made_at_first_and_found_by_identity_afterwards",
        Flow::LinkedByEmail => "two_identity_providers_share_no_account_in_silence",
        Flow::Linkable => "an_address_alone_takes_no_account_over",
        Flow::EmailClaim => "a_claim_that_contradicts_the_name_id_takes_nothing_over",
        Flow::EmailDomain | Flow::EmailTakenOver => {
            "an_address_in_a_domain_of_another_connection_is_not_its_to_give"
        }
        Flow::Account => "nobody_is_made_without_jit",
        Flow::ActiveAccount => "a_deactivated_user_never_gets_in",
        Flow::Groups => "no_claim_and_too_many_groups_change_nothing",
        Flow::PasswordAllowed => "single_sign_on_only",
        Flow::Password => "a_refused_password_leaves_nothing",
        Flow::OwnPassword => "every_order_of_password_link_claim_and_promotion",
        Flow::SetUpLink => "a_refused_set_up_leaves_nothing",
        Flow::LogoutReadable | Flow::LogoutAge | Flow::LogoutFirstUse => {
            "what_is_advised_about_logout_messages_lets_them_pass"
        }
        Flow::LogoutIssuer => "what_is_refused_has_a_code_and_a_record",
        Flow::LogoutComplete => "answers_to_our_requests_are_written_down_once",
        Flow::LogoutBegan => "a_replay_does_not_end_what_began_later",
        Flow::LogoutNamed => "a_session_without_a_name_is_nobodys_to_end",
        Flow::LogoutPrincipal
        | Flow::LogoutNameId
        | Flow::LogoutFormat
        | Flow::LogoutNameQualifier
        | Flow::LogoutSpNameQualifier
        | Flow::LogoutSessionIndex => "who_stays_signed_in_is_not_told_of_as_signed_out",
    }
}

#[test]
fn every_requirement_of_a_message_is_shown() {
    let sources = crate::support::test_sources();
    let refused: BTreeSet<&str> = Case::all("reject")
        .iter()
        .filter_map(|case| Some(refusal(case)?.requirement.title()))
        .collect();
    let mut missing = Vec::new();
    for requirement in Requirement::ALL {
        let elsewhere = ELSEWHERE.iter().find(|(other, _)| other == requirement);
        let is_shown = match elsewhere {
            Some((_, test)) => sources.contains(&format!("fn {test}(")),
            None => refused.contains(requirement.title()),
        };
        if !is_shown {
            missing.push(format!("{requirement:?}"));
        }
    }
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn every_requirement_of_a_sign_in_is_shown() {
    let sources = crate::support::test_sources();
    for requirement in Flow::ALL {
        let test = shown_by(*requirement);
        assert!(
            sources.contains(&format!("fn {test}(")),
            "{requirement:?}: {test}"
        );
    }
}

/// The rules that the rows of the tables are about: `D3`, `A1, A2` and `C1 to C5`, wherever a row names one.
fn promised() -> BTreeSet<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/security.md");
    let text = std::fs::read_to_string(path).unwrap();
    let mut rules = BTreeSet::new();
    for row in text.lines().filter(|line| line.starts_with("| ")) {
        let promise = row.split('|').nth(1).unwrap().trim();
        let words: Vec<&str> = promise
            .split([' ', ',', '(', ')'])
            .filter(|word| !word.is_empty())
            .collect();
        for (at, word) in words.iter().enumerate() {
            let Some((letter, number)) = rule(word) else {
                continue;
            };
            let last = match words.get(at + 1..at + 3) {
                Some(["to", end]) => rule(end).map_or(number, |(_, end)| end),
                _ => number,
            };
            rules.extend((number..=last).map(|number| format!("{letter}{number}")));
        }
    }
    rules
}

fn rule(word: &str) -> Option<(char, u8)> {
    let mut letters = word.chars();
    let letter = letters.next().filter(char::is_ascii_uppercase)?;
    Some((letter, letters.as_str().parse().ok()?))
}

#[test]
fn every_rule_has_its_promise() {
    let promised = promised();
    let of_messages = Requirement::ALL.iter().map(|it| it.rule().number());
    let of_sign_ins = Flow::ALL.iter().map(|it| it.rule());
    for rule in of_messages.chain(of_sign_ins) {
        assert!(promised.contains(rule), "{rule}: {promised:?}");
    }
}

/// The law of a message and that of a sign-in number their rules in one way.
#[test]
fn a_rule_of_a_sign_in_is_a_rule_of_the_law() {
    for requirement in Flow::ALL {
        let rule = serde_json::Value::from(requirement.rule());
        let rule: vestibule::saml::error::Rule = serde_json::from_value(rule).unwrap();
        assert_eq!(rule.number(), requirement.rule());
    }
}
