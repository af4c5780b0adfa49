//! The company's logo, by command.

use super::{Installation, Server};
use crate::picture::{JPEG, PNG};

fn written(installation: &Installation, name: &str, octets: &[u8]) -> String {
    let file = installation.path(name);
    std::fs::write(&file, octets).unwrap();
    file.display().to_string()
}

#[tokio::test]
async fn a_logo_is_set_and_removed_and_a_running_server_shows_it() {
    let installation = Installation::with_company();
    let server = Server::start(&installation);
    let (png, jpeg) = (
        written(&installation, "a.txt", PNG),
        written(&installation, "b.png", JPEG),
    );
    let host = "acme.localhost:8080";
    installation
        .run_words(&["company", "logo", "acme", &png], "")
        .succeeds()
        .says(&["Set the logo of Acme: PNG, 360 × 96 pixels", "/sign-in."]);
    server.soon_says(host, "/sign-in", "class=\"logo\"");
    installation
        .run_words(&["company", "logo", "acme", &jpeg], "")
        .succeeds()
        .says(&["JPEG, 360 × 96 pixels"]);
    installation
        .run("company show acme")
        .succeeds()
        .says(&["Logo: JPEG, 360 × 96 pixels"]);
    installation
        .run("company logo acme --remove")
        .succeeds()
        .says(&["Acme has no logo any more."]);
    installation
        .run("company logo acme --remove")
        .succeeds()
        .says(&["Acme has no logo."]);
    installation
        .run("company show acme")
        .succeeds()
        .says(&["Logo: none"]);
    server.soon_says(host, "/sign-in", "class=\"mark\"");
    let log = installation.audit_log().await;
    let actions: Vec<&str> = log.iter().take(3).map(|(action, _)| &**action).collect();
    assert_eq!(
        actions,
        [
            "company.remove_logo",
            "company.set_logo",
            "company.set_logo"
        ]
    );
}

#[test]
fn what_is_no_logo_is_refused_with_what_to_do() {
    let installation = Installation::with_company();
    for (octets, told) in [
        (&b"<svg onload=\"alert(1)\"/>"[..], "an SVG drawing"),
        (&PNG[..200], "damaged or cut off"),
        (b"", "The file is empty."),
        (
            b"-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkq\n",
            "This is a private key",
        ),
    ] {
        let file = written(&installation, "logo.png", octets);
        let said = installation.run_words(&["company", "logo", "acme", &file], "");
        let said = said.fails(2, &[told]);
        assert!(!said.err.contains("MIIEvQ"), "{}", said.err);
    }
    installation.run("company logo acme").fails(2, &["FILE"]);
    installation
        .run_words(&["company", "logo", "acme", "missing.png"], "")
        .fails(2, &["cannot be read"]);
    installation
        .run("company logo nobody --remove")
        .fails(1, &["There is no company \"nobody\"."]);
}
