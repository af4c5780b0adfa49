//! What the demo identity provider was told, in a file beside the database.
//!
//! Invariant: the file is whole or as it was before; one that cannot be read is as good as none.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};

use super::private_file::write_private;
use crate::demo_idp::IdpApp;

/// An application, as "Set up single sign-on" has it.
#[derive(Debug, Serialize, Deserialize)]
struct StoredApp {
    id: String,
    name: String,
    identifiers: Vec<String>,
    reply_urls: Vec<String>,
    sign_on_url: Option<String>,
    relay_state: Option<String>,
    logout_url: Option<String>,
    /// Base64 of DER, as the two that follow.
    encryption_certificate: Option<String>,
    verification_certificates: Vec<String>,
    require_signed_requests: bool,
    variant: String,
}

/// The applications of the file; none when there is no such file.
pub(super) fn read(file: &Path) -> Vec<IdpApp> {
    let text = fs::read(file).unwrap_or_default();
    let all: Vec<StoredApp> = serde_json::from_slice(&text).unwrap_or_default();
    all.into_iter().map(IdpApp::from).collect()
}

/// Writes the applications, in the place of what was there.
pub(super) fn write(file: &Path, apps: &[Arc<IdpApp>]) -> io::Result<()> {
    let all: Vec<StoredApp> = apps.iter().map(|app| StoredApp::from(&**app)).collect();
    let text = serde_json::to_vec_pretty(&all)?;
    let new = file.with_extension("new");
    write_private(&new, &text)?;
    fs::rename(new, file)
}

impl From<&IdpApp> for StoredApp {
    fn from(app: &IdpApp) -> Self {
        let base64 = |der: &Vec<u8>| BASE64_STANDARD.encode(der);
        Self {
            id: app.id.clone(),
            name: app.name.clone(),
            identifiers: app.identifiers.clone(),
            reply_urls: app.reply_urls.clone(),
            sign_on_url: app.sign_on_url.clone(),
            relay_state: app.relay_state.clone(),
            logout_url: app.logout_url.clone(),
            encryption_certificate: app.encryption_certificate.as_ref().map(base64),
            verification_certificates: app.verification_certificates.iter().map(base64).collect(),
            require_signed_requests: app.require_signed_requests,
            variant: app.variant.name().to_owned(),
        }
    }
}

impl From<StoredApp> for IdpApp {
    fn from(kept: StoredApp) -> Self {
        let der = |text: String| BASE64_STANDARD.decode(text).ok();
        Self {
            id: kept.id,
            name: kept.name,
            identifiers: kept.identifiers,
            reply_urls: kept.reply_urls,
            sign_on_url: kept.sign_on_url,
            relay_state: kept.relay_state,
            logout_url: kept.logout_url,
            encryption_certificate: kept.encryption_certificate.and_then(der),
            verification_certificates: kept
                .verification_certificates
                .into_iter()
                .filter_map(der)
                .collect(),
            require_signed_requests: kept.require_signed_requests,
            variant: kept.variant.parse().unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("demo-idp.json");
        assert!(read(&file).is_empty());
        let mut app = IdpApp::new(
            "1",
            "Globex",
            "https://sp.example",
            "https://sp.example/acs",
        );
        app.sign_on_url = Some("https://sp.example/".to_owned());
        app.encryption_certificate = Some(vec![0x30, 0xff]);
        let all = [Arc::new(app), Arc::new(IdpApp::unconfigured("2", "Other"))];
        write(&file, &all).unwrap();
        write(&file, &all).unwrap();
        let found = read(&file);
        assert_eq!(
            format!("{found:?}"),
            format!("{:?}", all.map(|app| IdpApp::clone(&app)).to_vec())
        );
        fs::write(&file, "{").unwrap();
        assert!(read(&file).is_empty());
    }
}
