use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{Installation, Said};

/// A real sample: its folder and what to judge it by.
struct Sample {
    folder: PathBuf,
    case: Value,
}

impl Sample {
    fn of(kind: &str, name: &str) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/vectors")
            .join(kind)
            .join(name);
        let case = std::fs::read(folder.join("case.json")).unwrap();
        Self {
            case: serde_json::from_slice(&case).unwrap(),
            folder,
        }
    }

    fn text(&self, key: &str) -> &str {
        self.case[key].as_str().unwrap()
    }

    fn response(&self) -> PathBuf {
        self.folder.join("response.xml")
    }

    fn explain(&self, response: &Path, more: &[&str]) -> Said {
        self.explain_input(response, more, "")
    }

    fn explain_input(&self, response: &Path, more: &[&str], input: &str) -> Said {
        let metadata = self.folder.join(self.text("metadata"));
        let mut words = vec![
            "explain",
            response.to_str().unwrap(),
            "--metadata",
            metadata.to_str().unwrap(),
            "--entity-id",
            self.text("entity_id"),
            "--acs",
            self.text("acs_url"),
        ];
        if !more.contains(&"--at") && !more.contains(&"--now") {
            words.extend(["--at", self.text("now")]);
        }
        words.extend(more.iter().filter(|word| **word != "--now"));
        Installation::new().run_words(&words, input)
    }
}

#[test]
fn a_kept_response_is_judged_by_its_own_time_with_at() {
    let sample = Sample::of("accept", "entra-ssoready");
    let request = sample.case["request_id"].as_str();
    let more: Vec<&str> = request.map_or(vec![], |id| vec!["--request-id", id]);
    let said = sample.explain(&sample.response(), &[&more[..], &["--now"]].concat());
    assert_eq!(said.code, 1);
    said.says(&["It was judged as of now", "add --at 2"]);
}

#[test]
fn the_real_samples_are_accepted() {
    for name in [
        "entra-ssoready",
        "google-ssoready",
        "jumpcloud-ssoready",
        "keycloak-ssoready",
        "ping-ssoready",
    ] {
        let sample = Sample::of("accept", name);
        let request = sample.case["request_id"].as_str();
        let more: Vec<&str> = request.map_or(vec![], |id| vec!["--request-id", id]);
        let name_id = sample.case["expect"]["name_id"].as_str().unwrap();
        sample.explain(&sample.response(), &more).succeeds().says(&[
            "✓ B3", "✓ B6", "✓ D4", "expected", "received", "Accepted", name_id,
        ]);
        let said = sample
            .explain(&sample.response(), &[&more[..], &["--json"]].concat())
            .succeeds();
        let shown: Value = serde_json::from_str(&said.out).unwrap();
        assert_eq!(shown["accepted"], true);
        assert_eq!(shown["assertion"]["name_id"]["value"], name_id);
    }
}

#[test]
fn the_broken_samples_are_refused_by_their_rule() {
    for (name, rule) in [
        ("okta-response-signature-broken", "B7"),
        ("bare-assertion", "C1"),
    ] {
        let sample = Sample::of("reject", name);
        let said = sample.explain(&sample.response(), &[]);
        assert_eq!(said.code, 1, "{said:?}");
        said.says(&[&format!("✗ {rule}"), &format!("Refused by rule {rule}")]);
        let said = sample.explain(&sample.response(), &["--json"]);
        let shown: Value = serde_json::from_str(&said.out).unwrap();
        assert_eq!(shown["rule"], rule);
    }
}

#[test]
fn what_a_good_response_is_refused_for() {
    let sample = Sample::of("accept", "entra-ssoready");
    for (more, rule) in [
        (&["--at", "2023-11-17T19:42:30Z"][..], "D2"),
        (&["--at", "2023-11-17T18:30:00Z"], "C5"),
        (&["--at", "2023-11-17T18:39:20Z", "--clock-skew", "0"], "C5"),
        (&["--acs", "http://localhost:8080/acs"], "C3"),
        (&["--entity-id", "http://localhost:8080"], "D4"),
        (&["--request-id", "_1"], "D2"),
        (
            &[
                "--name-id-format",
                "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
            ],
            "D7",
        ),
    ] {
        let said = match more {
            // An option that is given twice is a usage error, so these stand in the place of the sample's.
            ["--acs" | "--entity-id", _] => {
                let mut changed = Sample::of("accept", "entra-ssoready");
                let key = if more[0] == "--acs" {
                    "acs_url"
                } else {
                    "entity_id"
                };
                changed.case[key] = Value::from(more[1]);
                changed.explain(&changed.response(), &[])
            }
            _ => sample.explain(&sample.response(), more),
        };
        assert_eq!(said.code, 1, "{more:?} {said:?}");
        said.says(&[&format!("✗ {rule}"), &format!("Refused by rule {rule}")]);
    }
    let other = super::metadata("okta-ssoready.xml");
    let mut foreign = Sample::of("accept", "entra-ssoready");
    foreign.case["metadata"] = Value::from(other);
    let said = foreign.explain(&foreign.response(), &[]);
    assert_eq!(said.code, 1, "{said:?}");
    said.says(&["✗ B3"]);
}

#[test]
fn an_answer_that_is_judged_without_its_request_says_so() {
    let sample = Sample::of("accept", "keycloak-ssoready");
    let said = sample.explain(&sample.response(), &[]);
    assert_eq!(said.code, 1, "{said:?}");
    said.says(&[
        "Refused by rule E1",
        "add --request-id saml_flow_95q1hli3z0vohj0d55l4j4yo1",
    ]);
}

#[test]
fn a_response_is_read_as_people_have_it() {
    use base64::Engine as _;
    let sample = Sample::of("accept", "entra-ssoready");
    let xml = std::fs::read(sample.response()).unwrap();
    let base64 = base64::prelude::BASE64_STANDARD.encode(&xml);
    let form: String = form_urlencoded::Serializer::new(String::new())
        .append_pair("RelayState", "x")
        .append_pair("SAMLResponse", &base64)
        .finish();
    let dir = tempfile::tempdir().unwrap();
    for (number, text) in [base64.clone(), form, format!("{base64}\r\n")]
        .iter()
        .enumerate()
    {
        let file = dir.path().join(number.to_string());
        std::fs::write(&file, text).unwrap();
        sample.explain(&file, &[]).succeeds().says(&["Accepted"]);
    }
    sample
        .explain_input(Path::new("-"), &[], &base64)
        .succeeds()
        .says(&["Accepted"]);
}

#[test]
fn input_that_cannot_be_used() {
    let sample = Sample::of("accept", "entra-ssoready");
    let response = sample.response();
    let missing = Path::new("no-such-file");
    sample
        .explain(missing, &[])
        .fails(2, &["no-such-file", "cannot be read"]);
    let dir = tempfile::tempdir().unwrap();
    for (text, reason) in [
        ("", "it is empty"),
        ("hello", "neither XML nor base64"),
        ("aGVsbG8=", "not of XML"),
    ] {
        let file = dir.path().join("response");
        std::fs::write(&file, text).unwrap();
        sample
            .explain(&file, &[])
            .fails(2, &[reason, "SAMLResponse"]);
    }
    for more in [
        &["--at", "yesterday"][..],
        &["--clock-skew", "301"],
        &["--name-id-format", "email address"],
        &["--key", "no-such-key"],
        &["--key", response.to_str().unwrap()],
        &["--idp-entity-id", "https://nowhere.example"],
    ] {
        let said = sample.explain(&response, more);
        assert_eq!((said.code, said.out.as_str()), (2, ""), "{more:?}");
    }
    for file in ["mock-saml-boxyhq.xml", "uu-se.xml", "no-such-metadata"] {
        let mut other = Sample::of("accept", "entra-ssoready");
        other.case["metadata"] = Value::from(super::metadata(file));
        let said = other.explain(&response, &[]);
        assert_eq!((said.code, said.out.as_str()), (2, ""), "{file}");
    }
    // Whatever else it is, XML that is no Response is refused by a rule.
    let file = dir.path().join("response");
    std::fs::write(&file, "<a><!DOCTYPE b></a>").unwrap();
    let said = sample.explain(&file, &[]);
    assert_eq!(said.code, 1, "{said:?}");
    said.says(&["Refused by rule A3"]);
}

/// What such a connection accepts is accepted offline.
#[test]
fn a_connection_of_this_installation_judges() {
    let sample = Sample::of("accept", "entra-ssoready");
    let metadata = sample.folder.join(sample.text("metadata"));
    let installation = Installation::with_company();
    for name in ["entra", "other"] {
        let words = [
            "connection",
            "import-metadata",
            metadata.to_str().unwrap(),
            "--company",
            "acme",
            "--name",
            name,
            "--display-name",
            name,
        ];
        installation.run_words(&words, "").succeeds();
    }
    let response = sample.response();
    let explain = |at: &str, more: &[&str]| {
        let words = [
            "explain",
            response.to_str().unwrap(),
            "--company",
            "acme",
            "--acs",
            sample.text("acs_url"),
            "--at",
            at,
        ];
        installation.run_words(&[&words[..], more].concat(), "")
    };
    let entra = [
        "--connection",
        "entra",
        "--entity-id",
        sample.text("entity_id"),
    ];
    let of_entra = |at: &str, more: &[&str]| explain(at, &[&entra[..], more].concat());
    let now = "2023-11-17T18:39:31Z";
    explain(now, &[]).fails(2, &["several connections", "--connection: entra, other"]);
    explain(now, &["--connection", "none"]).fails(1, &["none"]);
    let refused = |said: Said, rule: &str| {
        assert_eq!(said.code, 1, "{said:?}");
        said.says(&[&format!("Refused by rule {rule}")]);
    };
    of_entra(now, &[]).succeeds().says(&["Accepted"]);
    // The company's own entity ID, when no other is said.
    refused(explain(now, &["--connection", "entra"]), "D4");

    // Ten seconds before it was made: within the skew that the connection allows.
    let early = "2023-11-17T18:39:20Z";
    of_entra(early, &[]).succeeds();
    let set = "connection set --company acme --name entra clock_skew_seconds=0";
    let words: Vec<&str> = set.split(' ').collect();
    installation.run_words(&words, "").succeeds();
    refused(of_entra(early, &[]), "C5");
    of_entra(early, &["--set", "clock_skew_seconds=60"]).succeeds();
    for setting in [
        "name_id_format=urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
        "idp_entity_id=https://other.example",
    ] {
        let said = of_entra(now, &["--set", setting]);
        refused(
            said,
            if setting.starts_with("name") {
                "D7"
            } else {
                "D1"
            },
        );
    }
    of_entra(now, &["--set", "no_such=1"]).fails(2, &["no_such"]);
    of_entra(now, &["--set", "clock_skew_seconds"]).fails(2, &["--set"]);
    // The user had signed in a day before: too old for a request that asked to be asked again, and for a bounded age.
    refused(
        of_entra(now, &["--forced-at", "2023-11-17T18:39:00Z"]),
        "D8",
    );
    of_entra(now, &["--forced-at", "2023-11-16T18:57:00Z"]).succeeds();
    refused(
        of_entra(now, &["--set", "max_authentication_age=3600"]),
        "D8",
    );
    of_entra(now, &["--set", "max_authentication_age=90000"]).succeeds();
    of_entra(now, &["--forced-at", "yesterday"]).fails(2, &["--forced-at"]);
    // Nothing of it is kept.
    refused(of_entra(early, &[]), "C5");
}
