use std::os::unix::fs::PermissionsExt as _;

use time::macros::datetime;

use super::*;
use crate::config::Secret;

const NOW: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);

fn config(dir: &Path) -> Config {
    Config {
        data_dir: dir.to_owned(),
        ..Config::default()
    }
}

fn keys() -> Keys {
    let dir = tempfile::tempdir().unwrap();
    Keys::load(&config(dir.path()), NOW).unwrap()
}

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o7777
}

#[test]
fn first_start_makes_a_private_set_and_the_next_start_keeps_it() {
    let dir = tempfile::tempdir().unwrap();
    let first = Keys::load(&config(dir.path()), NOW).unwrap();
    let certs = dir.path().join("certs");
    assert_eq!(mode(&certs), 0o700);
    for name in ["signing.key", "encryption.key", "instance.key"] {
        assert_eq!(mode(&certs.join(name)), 0o600, "{name}");
    }
    assert_eq!(first.signing.key.bits(), 3072);
    assert_ne!(
        first.signing.certificate.to_der().unwrap(),
        first.encryption.certificate.to_der().unwrap()
    );
    assert!(
        first
            .signing
            .certificate
            .verify(&first.signing.key)
            .unwrap()
    );
    assert_eq!(
        first.signing.certificate.not_after().to_string(),
        "Feb 28 12:00:00 2036 GMT"
    );

    let second = Keys::load(&config(dir.path()), NOW).unwrap();
    assert_eq!(
        first.signing.certificate.to_der().unwrap(),
        second.signing.certificate.to_der().unwrap()
    );
    assert_eq!(
        second.open("test", &first.seal("test", b"x")).as_deref(),
        Some(&b"x"[..])
    );
    let left_over = std::fs::read_dir(&certs).unwrap().filter(|entry| {
        entry
            .as_ref()
            .unwrap()
            .path()
            .extension()
            .is_some_and(|extension| extension == "tmp")
    });
    assert_eq!(left_over.count(), 0);

    // Another user could read the key.
    std::fs::set_permissions(
        certs.join("signing.key"),
        std::fs::Permissions::from_mode(0o640),
    )
    .unwrap();
    let refused = Keys::load(&config(dir.path()), NOW)
        .unwrap_err()
        .to_string();
    assert!(
        refused.contains("(mode 0640)") && refused.contains("chmod 600"),
        "{refused}"
    );
    std::fs::set_permissions(
        certs.join("signing.key"),
        std::fs::Permissions::from_mode(0o600),
    )
    .unwrap();

    // A crash after the key and before its certificate.
    std::fs::remove_file(certs.join("signing.pem")).unwrap();
    let mended = Keys::load(&config(dir.path()), NOW).unwrap();
    assert!(mended.signing.key.public_eq(&first.signing.key));

    // The certificate of another key, and a certificate alone.
    std::fs::copy(certs.join("encryption.pem"), certs.join("signing.pem")).unwrap();
    assert!(matches!(
        Keys::load(&config(dir.path()), NOW),
        Err(KeysError::Mismatch { .. })
    ));
    std::fs::remove_file(certs.join("signing.key")).unwrap();
    assert!(matches!(
        Keys::load(&config(dir.path()), NOW),
        Err(KeysError::KeyMissing { .. })
    ));
}

#[test]
fn what_is_sealed_opens_for_its_purpose_only_and_unchanged() {
    let keys = keys();
    let sealed = keys.seal("totp", b"secret");
    assert_eq!(keys.open("totp", &sealed).as_deref(), Some(&b"secret"[..]));
    assert_eq!(keys.open("other", &sealed), None);
    assert_ne!(sealed, keys.seal("totp", b"secret"), "the nonce is fresh");
    for index in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[index] ^= 1;
        assert_eq!(keys.open("totp", &changed), None, "byte {index}");
        assert_eq!(keys.open("totp", &sealed[..index]), None, "length {index}");
    }
}

#[test]
fn a_token_is_for_one_purpose_and_one_message() {
    let keys = keys();
    let token = keys.token("csrf", b"browser");
    assert!(keys.verify_token("csrf", b"browser", &token));
    assert!(!keys.verify_token("csrf", b"another", &token));
    assert!(!keys.verify_token("other", b"browser", &token));
    assert!(!keys.verify_token("csrf", b"browser", ""));
}

#[test]
fn a_password_verifies_and_nobody_has_one() {
    let keys = keys();
    let sealed = keys.hash_password("correct horse");
    assert!(
        !sealed.windows(6).any(|window| window == b"argon2"),
        "the hash is sealed"
    );
    assert!(keys.verify_password(Some(&sealed), "correct horse"));
    assert!(!keys.verify_password(Some(&sealed), "correct horse "));
    assert!(!keys.verify_password(None, "correct horse"));
    assert!(!keys.verify_password(Some(b"rubbish"), ""));
    // An unknown user's try does real work: the stand-in must parse.
    assert!(argon2::password_hash::phc::PasswordHash::new(super::password::NOBODY).is_ok());
}

#[test]
fn an_instance_key_is_32_bytes_in_either_spelling() {
    let bytes = [7_u8; 32];
    for text in [
        hex(&bytes),
        BASE64_STANDARD.encode(bytes),
        BASE64_STANDARD_NO_PAD.encode(bytes),
    ] {
        assert_eq!(parse_instance_key(&text, "").unwrap(), bytes, "{text}");
    }
    for text in ["", "abc", &hex(&bytes[1..])] {
        assert!(parse_instance_key(text, "").is_err(), "{text}");
    }
    let dir = tempfile::tempdir().unwrap();
    let mut config = config(dir.path());
    config.keys.instance_key = Some(Secret::new("short"));
    assert!(
        Keys::load(&config, NOW)
            .unwrap_err()
            .to_string()
            .contains("openssl rand -hex 32")
    );
}

#[test]
fn random_bytes_differ() {
    assert_ne!(random::<16>(), random::<16>());
}

#[test]
fn what_is_made_in_order_sorts() {
    let made: Vec<[u8; 10]> = (0..1_000).map(|_| in_order()).collect();
    assert!(made.is_sorted());
    assert_ne!(made[0][4..], made[1][4..], "the rest is random");
}
