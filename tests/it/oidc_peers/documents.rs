//! What the providers say of themselves.

use vestibule::jose::Algorithm;

use super::Package;
use super::relying_party::RelyingParty;

#[tokio::test]
async fn the_documents_of_oidc_provider_are_taken() {
    let ours = RelyingParty::at(Package::OidcProvider).await;
    let document = &ours.discovery;
    assert_eq!(
        document.algorithms,
        [
            Algorithm::Rs256,
            Algorithm::Ps256,
            Algorithm::Es256,
            Algorithm::EdDsa
        ]
    );
    for method in [
        "client_secret_basic",
        "client_secret_post",
        "private_key_jwt",
    ] {
        assert!(document.token_auth_methods.iter().any(|it| it == method));
    }
    assert!(document.response_modes.iter().any(|it| it == "form_post"));
    assert_eq!(document.pkce_s256, Some(true));
    assert!(document.answers_name_issuer);
    assert!(document.backchannel_logout);
    assert!(document.end_session_endpoint.is_some());
    // One key for each algorithm, and no other.
    assert_eq!(ours.keys.unusable(), []);
    for algorithm in &document.algorithms {
        let fitting = ours.keys.keys().iter().filter(|key| key.fits(*algorithm));
        assert_eq!(fitting.count(), 1, "{algorithm}");
    }
}

#[tokio::test]
async fn the_documents_of_pyop_are_taken() {
    let ours = RelyingParty::at(Package::Pyop).await;
    let document = &ours.discovery;
    assert_eq!(document.algorithms, [Algorithm::Rs256]);
    // It knows PKCE, and does not say so: that is no reason to do without (rules J5 and L3).
    assert_eq!(document.pkce_s256, None);
    assert!(!document.answers_name_issuer);
    assert_eq!(ours.keys.keys().len(), 1);
    assert_eq!(ours.keys.unusable(), []);
}
