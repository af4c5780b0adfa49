use openssl::asn1::{Asn1Integer, Asn1Time};
use openssl::bn::BigNum;
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::rsa::Rsa;
use openssl::x509::{X509, X509Name};

use super::Server;
use super::{Installation, Said, metadata};

/// A self-signed certificate, written as PEM and as DER beside the configuration.
fn certificate(installation: &Installation, name: &str, bits: u32) -> X509 {
    let key = PKey::from_rsa(Rsa::generate(bits).unwrap()).unwrap();
    let mut subject = X509Name::builder().unwrap();
    subject.append_entry_by_text("CN", name).unwrap();
    let subject = subject.build();
    let serial = Asn1Integer::from_bn(&BigNum::from_u32(7).unwrap()).unwrap();
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    builder.set_serial_number(&serial).unwrap();
    builder.set_subject_name(&subject).unwrap();
    builder.set_issuer_name(&subject).unwrap();
    builder.set_pubkey(&key).unwrap();
    builder
        .set_not_before(&Asn1Time::days_from_now(0).unwrap())
        .unwrap();
    builder
        .set_not_after(&Asn1Time::days_from_now(365).unwrap())
        .unwrap();
    builder.sign(&key, MessageDigest::sha256()).unwrap();
    let certificate = builder.build();
    let write = |ending: &str, octets: Vec<u8>| {
        std::fs::write(installation.path(&format!("{name}.{ending}")), octets).unwrap();
    };
    write("pem", certificate.to_pem().unwrap());
    write("cer", certificate.to_der().unwrap());
    certificate
}

fn thumbprint(certificate: &X509, digest: MessageDigest) -> String {
    let digest = certificate.digest(digest).unwrap();
    digest
        .iter()
        .map(|byte| format!("{byte:02X}"))
        .collect::<Vec<_>>()
        .concat()
}

fn set(installation: &Installation, pairs: &[&str]) -> Said {
    let mut words = vec!["connection", "set", "--company", "acme"];
    words.extend(pairs);
    installation.run_words(&words, "")
}

fn with_connection() -> Installation {
    let installation = Installation::with_company();
    let file = metadata("entra-ssoready.xml");
    let words = [
        "connection",
        "import-metadata",
        &file,
        "--company",
        "acme",
        "--name",
        "entra",
        "--enable",
    ];
    installation.run_words(&words, "").succeeds();
    for line in [
        "group add SSO_Basic --company acme --sso-only",
        "group add Staff --company acme",
        "group add Operators --company acme --administrator",
    ] {
        installation.run(line).succeeds();
    }
    installation
}

fn listed(installation: &Installation) -> serde_json::Value {
    installation.json("connection list --company acme --json")[0].clone()
}

#[tokio::test]
async fn groups_are_named_by_their_titles() {
    let installation = with_connection();
    let mapping = "group_mapping=d5f5=Staff, CN=Admins\\,OU=Groups=Operators";
    set(&installation, &["jit_group=SSO Basic", mapping])
        .succeeds()
        .says(&[
            "jit_group of \"entra\" is SSO Basic now.",
            "group_mapping of \"entra\" is d5f5=Staff, CN\\=Admins\\,OU\\=Groups=Operators now.",
        ]);
    assert_eq!(listed(&installation)["jit_group"], "SSO Basic");
    set(&installation, &[]).succeeds().says(&[
        "jit_group",
        "SSO Basic",
        "group_mapping",
        "add_certificate",
    ]);
    let said = set(&installation, &["--json"]).succeeds();
    let settings: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    let text = settings["group_mapping"].as_str().unwrap();
    set(&installation, &[&format!("group_mapping={text}")]).succeeds();
    let said = set(&installation, &["--json"]).succeeds();
    let again: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(again, settings);

    for (pair, code, texts) in [
        (
            "jit_group=Stuff",
            1,
            ["no permission group \"Stuff\"", "Did you mean \"Staff\"?"],
        ),
        (
            "jit_group=Operators",
            1,
            ["group of administrators", "another group"],
        ),
        (
            "group_mapping=x=Nobody",
            1,
            ["no permission group \"Nobody\"", "Staff"],
        ),
        (
            "group_mapping=Staff",
            2,
            ["is not a group mapping", "VALUE=TITLE"],
        ),
    ] {
        set(&installation, &[pair]).fails(code, &texts);
    }
    set(&installation, &["jit_group=none", "group_mapping=none"]).succeeds();
    assert_eq!(listed(&installation)["jit_group"], serde_json::Value::Null);
    let log = installation.audit_log().await;
    assert_eq!(log[0].0, "connection.set");
    assert!(log[0].1.contains("jit_group: SSO Basic → none"), "{log:?}");
}

#[tokio::test]
async fn a_certificate_is_rolled_over() {
    let installation = with_connection();
    let next = certificate(&installation, "next", 2048);
    let old = listed(&installation)["certificates"][0]["sha1_thumbprint"].clone();
    let old = old.as_str().unwrap();
    set(&installation, &["add_certificate=next.cer"])
        .succeeds()
        .says(&[
            "\"entra\" trusts these signing certificates now:",
            &format!("SHA-1    {old}"),
            "CN=next",
            &format!("SHA-1    {}", thumbprint(&next, MessageDigest::sha1())),
            &format!("SHA-256  {}", thumbprint(&next, MessageDigest::sha256())),
            "valid    ",
        ]);
    set(&installation, &["add_certificate=next.pem"]).succeeds();
    let count = |expected: usize| {
        let list = listed(&installation);
        assert_eq!(list["certificates"].as_array().unwrap().len(), expected);
        list["certificates"][0]["subject"].clone()
    };
    count(2);
    set(&installation, &["certificates=next.pem"]).succeeds();
    assert_eq!(count(1), "next");

    certificate(&installation, "weak", 1024);
    let chain = [
        std::fs::read(installation.path("next.pem")).unwrap(),
        std::fs::read(installation.path("weak.pem")).unwrap(),
    ];
    std::fs::write(installation.path("chain.pem"), chain.concat()).unwrap();
    for (pair, texts) in [
        (
            "certificates=weak.pem",
            ["weak.pem cannot be used", "1024 bits; at least 2048"],
        ),
        (
            "add_certificate=weak.cer",
            ["weak.cer cannot be used", "1024 bits"],
        ),
        (
            "add_certificate=chain.pem",
            ["cannot be used", "holds 2 certificates"],
        ),
        (
            "certificates=vestibule.toml",
            ["cannot be used", "holds no certificate"],
        ),
        ("certificates=gone.pem", ["gone.pem cannot be read", "path"]),
        ("certificates=", ["verifies nothing", "certificates=FILE"]),
    ] {
        set(&installation, &[pair]).fails(2, &texts);
    }
    assert_eq!(count(1), "next");
    let log = installation.audit_log().await;
    assert!(
        log[0].1.contains(&format!("certificates: {old} (")),
        "{log:?}"
    );
}

#[tokio::test]
async fn a_connection_is_made_by_hand() {
    let installation = Installation::with_company();
    installation
        .run("group add SSO_Basic --company acme --sso-only")
        .succeeds();
    let server = Server::start(&installation);
    certificate(&installation, "entra", 2048);
    let line = "connection add --company acme --name entra --display-name Acme_Entra_ID \
                --entity-id https://sts.windows.net/t/ --login-url https://login.example/t/saml2 \
                --logout-url https://login.example/t/logout --certificate entra.cer --jit-group SSO_Basic";
    installation
        .run(&format!("{line} --enable binding=redirect"))
        .succeeds()
        .says(&[
            "Added the connection \"entra\" of Acme (enabled): https://sts.windows.net/t/",
            "CN=entra",
            "SHA-256",
        ]);
    let made = listed(&installation);
    assert_eq!(made["jit_group"], "SSO Basic");
    assert_eq!(
        made["settings"]["sso_post_url"],
        "https://login.example/t/saml2"
    );
    assert_eq!(
        made["settings"]["slo_url"],
        "https://login.example/t/logout"
    );
    assert_eq!(
        made["settings"]["name_id_format"],
        "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"
    );
    let answer = server.soon_says(
        "acme.localhost:8080",
        "/sso/login?connection=entra",
        "https://login.example/t/saml2?SAMLRequest=",
    );
    assert!(answer.starts_with("HTTP/1.1 303"), "{answer}");
    assert_eq!(installation.audit_log().await[0].0, "connection.add");

    installation
        .run(line)
        .fails(1, &["has a connection \"entra\" already", "connection set"]);
    let other = line.replace("--name entra", "--name other");
    for (from, to, code, text) in [
        (
            "https://login.example/t/saml2",
            "login.example",
            2,
            "is not an address for --login-url",
        ),
        (
            "https://login.example/t/logout",
            "ftp://x",
            2,
            "is not an address for --logout-url",
        ),
        ("entra.cer", "vestibule.toml", 2, "holds no certificate"),
        ("SSO_Basic", "Staff", 1, "no permission group \"Staff\""),
    ] {
        installation
            .run(&other.replace(from, to))
            .fails(code, &[text]);
    }
    let said = installation.run(&format!("{other} --json")).succeeds();
    let made: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(made["enabled"], false);
    assert_eq!(made["certificates"][0]["subject"], "entra");
}

/// Seed 001-25.
#[test]
fn further_attributes_have_names_of_their_own() {
    let installation = with_connection();
    let department = "attributes.further.department=dept,=None";
    set(&installation, &[department])
        .succeeds()
        .says(&["attributes.further.department of \"entra\" is dept,=None now."]);
    let listed = set(&installation, &[]).succeeds();
    listed.says(&["attributes.further.NAME", "attributes.further.department"]);
    let settings = set(&installation, &["--json"]).succeeds();
    let settings: serde_json::Value = serde_json::from_str(&settings.out).unwrap();
    assert_eq!(settings["attributes.further.department"], "dept,=None");
    for (pair, says) in [
        ("attributes.further.Department=x", "1 to 32 characters"),
        ("attributes.further.org_id=x", "meaning of its own"),
        ("attributes.further.NAME=x", "1 to 32 characters"),
    ] {
        set(&installation, &[pair]).fails(2, &[says]);
    }
    let pairs: Vec<String> = (2..=17)
        .map(|number| format!("attributes.further.a{number}=x"))
        .collect();
    let pairs: Vec<&str> = pairs.iter().map(String::as_str).collect();
    set(&installation, &pairs).fails(2, &["a17", "at most 16"]);
    set(&installation, &["attributes.further.department="])
        .succeeds()
        .says(&["attributes.further.department of \"entra\" is none now."]);
    let listed = installation.json("user list --company acme --json");
    assert_eq!(listed, serde_json::json!([]));
    installation
        .run("user add --company acme --email a@acme.example")
        .succeeds();
    let listed = installation.json("user list --company acme --json");
    assert_eq!(listed[0]["attributes"], serde_json::json!({}));
}
