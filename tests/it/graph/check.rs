//! "Test the directory": the permission that is missing, by its exact name.

use vestibule::directory::{
    DirectoryCheck, DirectoryOutcome as Outcome, DirectoryQuestion as Question,
};
use vestibule::graph::ObjectId;

use super::world::{CLIENT_ID, Contoso, SECRET};

const SIMON: &str = "8f1d4b62-5a0e-4c3d-9b7a-2e6f0c1d3a54";
const USERS: &str = "User.Read.All";
const GROUPS: &str = "GroupMember.Read.All";
const BOTH: &str = "User.Read.All and GroupMember.Read.All";

async fn check(contoso: &Contoso) -> DirectoryCheck {
    let simon: ObjectId = SIMON.parse().unwrap();
    contoso.open().check(Some(&simon)).await
}

fn outcome(check: &DirectoryCheck, question: Question) -> Outcome {
    let line = check.lines.iter().find(|it| it.question == question);
    line.unwrap_or_else(|| panic!("{check:?}")).outcome
}

#[tokio::test]
async fn the_usual_permissions_pass_and_the_tenants_name_is_not_needed() {
    let contoso = Contoso::new().await;
    let found = check(&contoso).await;
    assert!(found.is_passed(), "{found:?}");
    assert_eq!(outcome(&found, Question::Tenant), Outcome::NotNeeded);
    for question in [
        Question::Token,
        Question::People,
        Question::Groups,
        Question::Members,
        Question::OwnGroups,
    ] {
        assert_eq!(outcome(&found, question), Outcome::Passed, "{question:?}");
    }
    contoso.idp.grant(CLIENT_ID, &["Directory.Read.All"]);
    let found = check(&contoso).await;
    assert_eq!(outcome(&found, Question::Tenant), Outcome::Passed);
    assert!(found.lines[1].found.contains("Contoso"), "{found:?}");
    let found = contoso.open().check(None).await;
    assert_eq!(outcome(&found, Question::OwnGroups), Outcome::NotAsked);
}

#[tokio::test]
async fn each_missing_permission_is_named_and_stops_no_other_line() {
    let contoso = Contoso::new().await;
    for (granted, people, groups, members, own) in [
        (
            &[][..],
            Outcome::Missing(USERS),
            Outcome::Missing(GROUPS),
            Outcome::NotAsked,
            Outcome::Missing(BOTH),
        ),
        (
            &["User.Read.All"],
            Outcome::Passed,
            Outcome::Missing(GROUPS),
            Outcome::NotAsked,
            Outcome::Missing(BOTH),
        ),
        (
            // What seed 001 tells: members come with their IDs and nothing else, and that is no error.
            &["Group.Read.All"],
            Outcome::Missing(USERS),
            Outcome::Passed,
            Outcome::Missing(USERS),
            Outcome::Missing(BOTH),
        ),
        (
            &["User.ReadBasic.All", "GroupMember.Read.All"],
            Outcome::Missing(USERS),
            Outcome::Passed,
            Outcome::Passed,
            Outcome::Passed,
        ),
    ] {
        contoso.idp.grant(CLIENT_ID, granted);
        let found = check(&contoso).await;
        assert_eq!(outcome(&found, Question::Token), Outcome::Passed);
        assert_eq!(outcome(&found, Question::People), people, "{granted:?}");
        assert_eq!(outcome(&found, Question::Groups), groups, "{granted:?}");
        assert_eq!(outcome(&found, Question::Members), members, "{granted:?}");
        assert_eq!(outcome(&found, Question::OwnGroups), own, "{granted:?}");
        assert!(!found.is_passed());
        for line in found.lines.iter().filter(|line| line.is_failure()) {
            let advice = line.advice.as_deref().unwrap();
            assert!(
                advice.contains("Application permissions: tick "),
                "{advice}"
            );
        }
    }
    contoso.idp.grant(CLIENT_ID, &[]);
    assert_eq!(check(&contoso).await.missing(), [USERS, GROUPS]);
}

#[tokio::test]
async fn what_was_granted_a_moment_ago_is_seen() {
    let contoso = Contoso::new().await;
    contoso.idp.grant(CLIENT_ID, &[]);
    assert!(!check(&contoso).await.is_passed());
    contoso.idp.grant(CLIENT_ID, &[USERS, GROUPS]);
    assert!(check(&contoso).await.is_passed());
}

#[tokio::test]
async fn members_without_a_mailbox_are_no_missing_permission() {
    let contoso = Contoso::new().await;
    contoso.fault("member without mail");
    let found = check(&contoso).await;
    assert_eq!(outcome(&found, Question::Members), Outcome::Passed);
    assert!(found.lines[4].found.contains("no mailbox"), "{found:?}");
}

#[tokio::test]
async fn one_line_that_fails_stops_no_other() {
    let contoso = Contoso::new().await;
    contoso.fault("forbidden groups");
    let found = check(&contoso).await;
    assert_eq!(outcome(&found, Question::Groups), Outcome::Missing(GROUPS));
    assert_eq!(outcome(&found, Question::People), Outcome::Passed);
    assert_eq!(outcome(&found, Question::OwnGroups), Outcome::Passed);
    contoso.fault("none");
    contoso.fault("html 1");
    let found = check(&contoso).await;
    assert_eq!(
        found
            .lines
            .iter()
            .filter(|it| it.outcome == Outcome::Failed)
            .count(),
        1
    );
}

#[tokio::test]
async fn without_a_token_nothing_else_is_asked() {
    let contoso = Contoso::new().await;
    contoso.register(|mut app| {
        app.secrets.clear();
        app
    });
    let found = check(&contoso).await;
    assert_eq!(found.lines.len(), 1);
    assert_eq!(outcome(&found, Question::Token), Outcome::Failed);
    let line = &found.lines[0];
    assert!(line.found.contains("AADSTS7000215") && !line.found.contains(SECRET));
    assert!(line.advice.as_deref().unwrap().contains("paste its Value"));
}
