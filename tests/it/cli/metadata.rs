//! What an import of metadata says: what the metadata says is used, or said.

use std::path::{Path, PathBuf};

use super::{Installation, metadata};

/// A document like Okta's, with changes.
fn changed(installation: &Installation, name: &str, changes: &[(&str, &str)]) -> String {
    let mut text = std::fs::read_to_string(metadata("okta-ssoready.xml")).unwrap();
    for (from, to) in changes {
        assert!(text.contains(from), "{from}: {text}");
        text = text.replace(from, to);
    }
    written(installation, name, text.as_bytes())
}

fn written(installation: &Installation, name: &str, octets: &[u8]) -> String {
    let file: PathBuf = installation.path(name);
    std::fs::write(&file, octets).unwrap();
    file.display().to_string()
}

fn import(installation: &Installation, file: &str, rest: &str) -> super::Said {
    let mut words = vec!["connection", "import-metadata", file, "--company", "acme"];
    words.extend(rest.split_ascii_whitespace());
    installation.run_words(&words, "")
}

fn set(installation: &Installation, name: &str, pairs: &[&str]) -> super::Said {
    let mut words = vec!["connection", "set", "--company", "acme", "--name", name];
    words.extend(pairs);
    installation.run_words(&words, "")
}

const EMAIL: &str = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress";
const PERSISTENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent";
const TRANSIENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient";

#[test]
fn the_name_id_formats_are_used_and_said() {
    let installation = Installation::with_company();
    let email = format!("<md:NameIDFormat>{EMAIL}</md:NameIDFormat>");
    let only = |format: &str| format!("<md:NameIDFormat>{format}</md:NameIDFormat>");
    let both = only(PERSISTENT) + &only(TRANSIENT);
    for (name, formats, expected, says) in [
        (
            "persistent",
            only(PERSISTENT),
            PERSISTENT,
            "The connection requires it.",
        ),
        (
            "transient",
            only(TRANSIENT),
            TRANSIENT,
            "Identity attribute",
        ),
        ("both", both, "any", "The connection takes any format."),
    ] {
        let file = changed(&installation, name, &[(email.as_str(), formats.as_str())]);
        let said = import(&installation, &file, &format!("--name {name}")).succeeds();
        said.says(&[
            &format!("+ NameID format: {expected}"),
            "no e-mail address as NameID",
            "trust_email_claim=true",
            says,
        ]);
        let set = format!("connection set --company acme --name {name} --json");
        assert_eq!(installation.json(&set)["name_id_format"], expected);
    }
    // What the administrator chose stays, and that it does not fit is said.
    let file = changed(&installation, "okta", &[(email.as_str(), "")]);
    import(&installation, &file, "--name okta")
        .succeeds()
        .says(&[&format!("+ NameID format: {EMAIL}")]);
    let format = format!("name_id_format={TRANSIENT}");
    set(&installation, "okta", &[&format]).succeeds();
    import(&installation, &metadata("okta-ssoready.xml"), "--name okta")
        .succeeds()
        .says(&["nothing in it changes", "other NameID formats"]);
}

#[test]
fn binding_and_signed_requests_and_both_logout_addresses_are_reported() {
    let installation = Installation::with_company();
    import(
        &installation,
        &metadata("keycloak-ssoready.xml"),
        "--name keycloak",
    )
    .succeeds()
    .says(&[
        "+ binding: POST",
        "+ signed requests: on",
        "+ logout address: http://localhost:8085/realms/master/protocol/saml",
        "+ logout address (POST): http://localhost:8085/realms/master/protocol/saml",
    ]);
    import(&installation, &metadata("okta-ssoready.xml"), "--name okta")
        .succeeds()
        .says(&["+ signed requests: off"]);
    // A binding that is still offered stays, and nothing changes that is not said.
    let pairs = ["slo_binding=post", "binding=redirect"];
    set(&installation, "keycloak", &pairs).succeeds();
    let list = installation.json("connection list --company acme --json");
    import(
        &installation,
        &metadata("keycloak-ssoready.xml"),
        "--name keycloak",
    )
    .succeeds()
    .says(&["nothing in it changes"]);
    assert_eq!(
        installation.json("connection list --company acme --json"),
        list
    );
    // One that is not offered any more goes, and that is said.
    let text = std::fs::read_to_string(metadata("keycloak-ssoready.xml")).unwrap();
    let logout =
        "<md:SingleLogoutService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST\"";
    assert!(text.contains(logout), "{text}");
    let text = text.replace(logout, &logout.replace("HTTP-POST", "PAOS"));
    let file = written(&installation, "less.xml", text.as_bytes());
    import(&installation, &file, "--name keycloak")
        .succeeds()
        .says(&["~ logout binding: POST → Redirect", "logout address (POST)"]);
}

#[test]
fn the_tenants_document_is_warned_of() {
    let installation = Installation::with_company();
    let text = std::fs::read_to_string(metadata("entra-common-2017-microsoft.xml")).unwrap();
    let tenant = text.replace("{tenantid}", "a9054a0f-2011-4e31-b3ac-fd8c354146ec");
    let file = written(&installation, "tenant.xml", tenant.as_bytes());
    import(&installation, &file, "--name tenant")
        .succeeds()
        .says(&[
            "! This is the document of the whole Entra tenant",
            "?appid=",
        ]);
    let own = import(
        &installation,
        &metadata("entra-ssoready.xml"),
        "--name entra",
    )
    .succeeds();
    assert!(!own.out.contains("whole Entra tenant"), "{}", own.out);
}

#[test]
fn a_document_is_called_what_it_is() {
    let installation = Installation::with_company();
    let okta = std::fs::read_to_string(metadata("okta-ssoready.xml")).unwrap();
    let broken = okta.replace(
        "X509Certificate>MII",
        "X509Certificate>-----BEGIN CERTIFICATE-----MII",
    );
    for (name, octets, says) in [
        ("empty", &b" \n"[..], "is empty"),
        (
            "page",
            b"<!DOCTYPE html><html>",
            "a web page, not SAML metadata",
        ),
        ("zip", b"PK\x03\x04\x14\x00", "compressed file"),
        ("gzip", b"\x1f\x8b\x08\x00", "compressed file"),
        ("cut", &okta.as_bytes()[..1500], "ends too early"),
        ("broken", broken.as_bytes(), "no usable signing key"),
        (
            "certificate",
            include_bytes!("../../vectors/keys/idp.crt"),
            "a certificate, not metadata",
        ),
    ] {
        let file = written(&installation, name, octets);
        let said = import(&installation, &file, "--name x");
        assert_ne!(said.code, 0, "{name}");
        assert!(
            said.err.contains("was not imported") && said.err.contains(says),
            "{name}: {}",
            said.err
        );
        for wrong in ["is a certificate.", "error:", "routines"] {
            assert!(!said.err.contains(wrong), "{name}: {}", said.err);
        }
    }
}

#[test]
fn a_private_key_is_refused_and_not_repeated() {
    let installation = Installation::with_company();
    import(&installation, &metadata("okta-ssoready.xml"), "--name okta").succeeds();
    let before = installation.json("connection list --company acme --json");
    let keys = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/keys");
    let key = std::fs::read_to_string(keys.join("idp.key")).unwrap();
    let secret = key.lines().nth(2).unwrap().to_owned();
    let with = std::fs::read_to_string(keys.join("idp.crt")).unwrap() + &key;
    for (name, text) in [("key.pem", &key), ("both.pem", &with)] {
        let file = written(&installation, name, text.as_bytes());
        let add = format!("add_certificate={file}");
        let set = ["connection", "set", "--company", "acme", add.as_str()];
        for said in [
            import(&installation, &file, "--name other"),
            installation.run_words(&set, ""),
        ] {
            assert_ne!(said.code, 0);
            assert!(
                said.err.contains("a private key") && said.err.contains("not kept"),
                "{}",
                said.err
            );
            assert!(!said.err.contains(&secret) && !said.out.contains(&secret));
        }
    }
    let base64: String = key.lines().filter(|line| !line.starts_with('-')).collect();
    let audience = format!("extra_audiences={base64}");
    let name = format!("name={base64}");
    for words in [
        vec!["connection", "set", "--company", "acme", audience.as_str()],
        vec!["company", "set", "acme", name.as_str()],
    ] {
        let said = installation.run_words(&words, "");
        assert_ne!(said.code, 0, "{words:?}");
        assert!(said.err.contains("a private key"), "{}", said.err);
        assert!(!said.err.contains(&base64[..64]) && !said.out.contains(&base64[..64]));
    }
    assert_eq!(
        installation.json("connection list --company acme --json"),
        before
    );
}
