//! The manifest of an app registration in Entra ID, pasted by an administrator: what of it does not fit a connection (seed 000-45).
//!
//! Invariants: no permission is needed and nobody is asked; it is read in both of its shapes, that of Azure AD Graph and that of
//! Microsoft Graph; nothing in it is kept.

use serde_json::Value;

/// The longest manifest, in octets.
pub const LONGEST_MANIFEST: usize = 256 * 1024;
/// The longest text of a manifest that a finding shows, in characters.
const LONGEST_SHOWN: usize = 200;
/// The most redirect URIs that a finding names.
const MOST_NAMED: usize = 10;

/// What a connection has of its registration.
#[derive(Debug, Clone)]
pub struct ExpectedManifest {
    /// Our client ID there; empty where none is set yet.
    pub client_id: String,
    /// Every redirect URI that it needs, that of the sign-out among them.
    pub redirect_uris: Vec<String>,
    /// Where it tells us of a sign-out.
    pub front_channel: String,
    /// Whether people of several tenants sign in.
    pub is_of_many: bool,
    /// Whether a group claim is mapped to permission groups.
    pub maps_groups: bool,
}

/// How much it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ManifestWeight {
    /// As it should be.
    Fine,
    /// Sign-ins work, and something is missing or wider than needed.
    Look,
    /// Sign-ins, or sign-outs, do not work like that.
    Wrong,
}

/// What was found of one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestFinding {
    /// How much it matters.
    pub weight: ManifestWeight,
    /// The field of the manifest.
    pub field: &'static str,
    /// What is the matter, and where it is changed.
    pub what: String,
}

/// Text that is no manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// It is too long to be read.
    #[error("this is longer than a manifest is: at most 256 KiB are read")]
    TooLong,
    /// It is no JSON object.
    #[error("this is no JSON: copy all of App registrations › the application › Manifest")]
    NoJson,
    /// It is JSON of something else.
    #[error("this JSON has no appId: copy all of App registrations › the application › Manifest")]
    NoManifest,
}

/// A manifest, whatever its shape.
struct AppManifest(Value);

/// Reads a manifest, and compares it with what a connection needs.
pub fn check_manifest(
    text: &str,
    expected: &ExpectedManifest,
) -> Result<Vec<ManifestFinding>, ManifestError> {
    if text.len() > LONGEST_MANIFEST {
        return Err(ManifestError::TooLong);
    }
    let text = text.trim_start_matches('\u{feff}');
    let value: Value = serde_json::from_str(text).map_err(|_| ManifestError::NoJson)?;
    if !value.is_object() {
        return Err(ManifestError::NoJson);
    }
    let manifest = AppManifest(value);
    let app_id = manifest.text("/appId").ok_or(ManifestError::NoManifest)?;
    let mut found = Vec::new();
    if !expected.client_id.is_empty() {
        found.push(if app_id.eq_ignore_ascii_case(&expected.client_id) {
            fine("appId", "It is this connection's application.")
        } else {
            wrong(
                "appId",
                format!("It is the manifest of another application: {}. This connection's client ID is {}.", short(app_id), expected.client_id),
            )
        });
    }
    redirects(&manifest, expected, &mut found);
    found.push(front_channel(&manifest, expected));
    found.push(audience(&manifest, expected));
    found.push(implicit(&manifest));
    found.push(groups(&manifest, expected));
    found.push(claims(&manifest));
    found.push(mapped(&manifest));
    Ok(found)
}

impl AppManifest {
    fn text(&self, path: &str) -> Option<&str> {
        self.0.pointer(path)?.as_str()
    }

    fn is_on(&self, paths: [&str; 2]) -> bool {
        let mut values = paths.into_iter().filter_map(|path| self.0.pointer(path));
        values.any(|value| *value == Value::Bool(true))
    }

    /// The redirect URIs with their platforms, in the words of both shapes.
    fn redirects(&self) -> Vec<(&'static str, &str)> {
        let mut all = Vec::new();
        for (platform, path) in [
            ("Web", "/web/redirectUris"),
            ("Spa", "/spa/redirectUris"),
            ("InstalledClient", "/publicClient/redirectUris"),
        ] {
            let list = self.0.pointer(path).and_then(Value::as_array);
            let uris = list.into_iter().flatten().filter_map(Value::as_str);
            all.extend(uris.map(|uri| (platform, uri)));
        }
        let old = self
            .0
            .pointer("/replyUrlsWithType")
            .and_then(Value::as_array);
        for one in old.into_iter().flatten() {
            let platform = match one.get("type").and_then(Value::as_str) {
                Some("Spa") => "Spa",
                Some("InstalledClient") => "InstalledClient",
                _ => "Web",
            };
            all.extend(
                one.get("url")
                    .and_then(Value::as_str)
                    .map(|uri| (platform, uri)),
            );
        }
        all
    }

    /// The names of the optional claims of ID tokens.
    fn optional_claims(&self) -> Vec<&str> {
        let list = self.0.pointer("/optionalClaims/idToken");
        let list = list.and_then(Value::as_array).into_iter().flatten();
        list.filter_map(|one| one.get("name")?.as_str()).collect()
    }
}

fn redirects(
    manifest: &AppManifest,
    expected: &ExpectedManifest,
    found: &mut Vec<ManifestFinding>,
) {
    const FIELD: &str = "redirectUris";
    let there = manifest.redirects();
    let is_web = |uri: &String| there.iter().any(|(kind, it)| *kind == "Web" && it == uri);
    let mut is_fine = true;
    for uri in expected.redirect_uris.iter().filter(|uri| !is_web(uri)) {
        is_fine = false;
        let elsewhere = there.iter().find(|(_, it)| it == uri);
        found.push(wrong(FIELD, match elsewhere {
            Some((platform, _)) => format!("{uri} is of the platform {platform}, and has to be of Web. App registrations › the application › Authentication: remove it there, and add it beneath Web."),
            None => format!("{uri} is missing. App registrations › the application › Authentication › Web › Redirect URIs: add it."),
        }));
    }
    let others = there.iter().map(|(_, uri)| *uri);
    let others: Vec<String> = others
        .filter(|uri| expected.redirect_uris.iter().all(|it| it != uri))
        .take(MOST_NAMED)
        .map(short)
        .collect();
    if !others.is_empty() {
        found.push(look(FIELD, format!("These are not of this connection: {}. Remove what nothing else needs: answers may be sent there.", others.join(", "))));
    } else if is_fine {
        found.push(fine(FIELD, "Every address is there."));
    }
}

fn front_channel(manifest: &AppManifest, expected: &ExpectedManifest) -> ManifestFinding {
    const FIELD: &str = "logoutUrl";
    let there = manifest
        .text("/web/logoutUrl")
        .or_else(|| manifest.text("/logoutUrl"));
    match there.filter(|url| !url.is_empty()) {
        Some(url) if url == expected.front_channel => {
            fine(FIELD, "Entra ID tells us of sign-outs.")
        }
        Some(url) => look(
            FIELD,
            format!(
                "It is {}. Entra ID tells us of sign-outs when it is {}: App registrations › the application › Authentication › Front-channel logout URL.",
                short(url),
                expected.front_channel
            ),
        ),
        None => look(
            FIELD,
            format!(
                "It is empty. Entra ID tells us of sign-outs when it is {}: App registrations › the application › Authentication › Front-channel logout URL.",
                expected.front_channel
            ),
        ),
    }
}

fn audience(manifest: &AppManifest, expected: &ExpectedManifest) -> ManifestFinding {
    const FIELD: &str = "signInAudience";
    const WHERE: &str =
        "App registrations › the application › Authentication › Supported account types";
    match manifest.text("/signInAudience") {
        Some("AzureADMyOrg") if expected.is_of_many => wrong(
            FIELD,
            format!(
                "People of the one tenant sign in only, and this connection has several. {WHERE}: accounts in any organizational directory."
            ),
        ),
        Some("AzureADMyOrg") => fine(FIELD, "People of this tenant sign in, and nobody else."),
        Some("AzureADMultipleOrgs") if expected.is_of_many => {
            fine(FIELD, "People of several tenants sign in.")
        }
        Some("AzureADMultipleOrgs") => look(
            FIELD,
            format!(
                "People of any tenant may ask to sign in; this connection takes those of its own. {WHERE}: accounts in this organizational directory only."
            ),
        ),
        Some(other) => look(
            FIELD,
            format!(
                "It is {}: personal accounts of Microsoft are among those who may ask to sign in; this connection takes none. {WHERE}.",
                short(other)
            ),
        ),
        None => look(FIELD, format!("It is not there. {WHERE}.")),
    }
}

/// Rule H1.
fn implicit(manifest: &AppManifest) -> ManifestFinding {
    const FIELD: &str = "implicitGrantSettings";
    let id_token = manifest.is_on([
        "/web/implicitGrantSettings/enableIdTokenIssuance",
        "/oauth2AllowIdTokenImplicitFlow",
    ]);
    let access_token = manifest.is_on([
        "/web/implicitGrantSettings/enableAccessTokenIssuance",
        "/oauth2AllowImplicitFlow",
    ]);
    if id_token || access_token {
        look(FIELD, "Tokens may travel through browsers, and no connection here needs that. App registrations › the application › Authentication › Implicit grant and hybrid flows: untick both boxes.".to_owned())
    } else {
        fine(FIELD, "No token travels through browsers.")
    }
}

fn groups(manifest: &AppManifest, expected: &ExpectedManifest) -> ManifestFinding {
    const FIELD: &str = "groupMembershipClaims";
    const WHERE: &str =
        "App registrations › the application › Token configuration › Add groups claim";
    let said = manifest.text("/groupMembershipClaims").unwrap_or("None");
    match said {
        "None" | "" if expected.maps_groups => wrong(
            FIELD,
            format!("No groups are sent, and this connection maps some. {WHERE}."),
        ),
        "None" | "" => fine(FIELD, "No groups are sent, and none are mapped."),
        said if said.contains("ApplicationGroup") => fine(
            FIELD,
            "The groups that are assigned to the application are sent.",
        ),
        said => look(
            FIELD,
            format!(
                "It is {}. A user in more than 200 groups comes without any: {WHERE} › Groups assigned to the application.",
                short(said)
            ),
        ),
    }
}

fn claims(manifest: &AppManifest) -> ManifestFinding {
    const FIELD: &str = "optionalClaims";
    let there = manifest.optional_claims();
    let missing: Vec<&str> = ["email", "family_name", "given_name"]
        .into_iter()
        .filter(|name| !there.contains(name))
        .collect();
    if missing.is_empty() {
        fine(FIELD, "The e-mail address and both names are sent.")
    } else {
        look(
            FIELD,
            format!(
                "ID tokens do not have {}. App registrations › the application › Token configuration › Add optional claim › ID.",
                missing.join(", ")
            ),
        )
    }
}

fn mapped(manifest: &AppManifest) -> ManifestFinding {
    const FIELD: &str = "acceptMappedClaims";
    if manifest.is_on(["/api/acceptMappedClaims", "/acceptMappedClaims"]) {
        look(FIELD, "A policy of the tenant may put any value into a claim, an e-mail address among them. Set it to null in App registrations › the application › Manifest, unless you map claims.".to_owned())
    } else {
        fine(FIELD, "Claims are what Entra ID says.")
    }
}

fn fine(field: &'static str, what: &str) -> ManifestFinding {
    ManifestFinding {
        weight: ManifestWeight::Fine,
        field,
        what: what.to_owned(),
    }
}

const fn look(field: &'static str, what: String) -> ManifestFinding {
    ManifestFinding {
        weight: ManifestWeight::Look,
        field,
        what,
    }
}

const fn wrong(field: &'static str, what: String) -> ManifestFinding {
    ManifestFinding {
        weight: ManifestWeight::Wrong,
        field,
        what,
    }
}

/// Anybody's text, cut.
fn short(text: &str) -> String {
    text.chars().take(LONGEST_SHOWN).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const HERE: &str = "https://acme.example/sso/oidc/callback/x";

    fn expected() -> ExpectedManifest {
        ExpectedManifest {
            client_id: "41ee2b0c-2c1f-4b0e-9f0a-6a1c3d7b5e92".to_owned(),
            redirect_uris: vec![HERE.to_owned()],
            front_channel: "https://acme.example/sso/oidc/logout/entra".to_owned(),
            is_of_many: false,
            maps_groups: true,
        }
    }

    fn weights(manifest: &Value) -> Vec<(&'static str, ManifestWeight)> {
        let found = check_manifest(&manifest.to_string(), &expected()).unwrap();
        found.into_iter().map(|it| (it.field, it.weight)).collect()
    }

    #[test]
    fn both_shapes_are_read() {
        let claims = json!({ "idToken": [{ "name": "email" }, { "name": "family_name" }, { "name": "given_name" }] });
        let new = json!({
            "appId": "41EE2B0C-2c1f-4b0e-9f0a-6a1c3d7b5e92",
            "web": { "redirectUris": [HERE], "logoutUrl": expected().front_channel,
                     "implicitGrantSettings": { "enableIdTokenIssuance": false, "enableAccessTokenIssuance": false } },
            "signInAudience": "AzureADMyOrg", "groupMembershipClaims": "ApplicationGroup",
            "optionalClaims": claims, "api": { "acceptMappedClaims": null },
        });
        let old = json!({
            "appId": "41ee2b0c-2c1f-4b0e-9f0a-6a1c3d7b5e92",
            "replyUrlsWithType": [{ "url": HERE, "type": "Web" }], "logoutUrl": expected().front_channel,
            "oauth2AllowIdTokenImplicitFlow": false, "oauth2AllowImplicitFlow": false,
            "signInAudience": "AzureADMyOrg", "groupMembershipClaims": "ApplicationGroup",
            "optionalClaims": claims, "acceptMappedClaims": null,
        });
        for manifest in [new, old] {
            let found = weights(&manifest);
            assert_eq!(found.len(), 8);
            assert!(
                found
                    .iter()
                    .all(|(_, weight)| *weight == ManifestWeight::Fine),
                "{found:?}"
            );
        }
    }

    #[test]
    fn what_does_not_fit_is_found() {
        let old = json!({
            "appId": "another",
            "replyUrlsWithType": [{ "url": HERE, "type": "Spa" }, { "url": "https://evil.example", "type": "Web" }],
            "oauth2AllowIdTokenImplicitFlow": true,
            "signInAudience": "AzureADandPersonalMicrosoftAccount", "groupMembershipClaims": null,
            "acceptMappedClaims": true,
        });
        let found = weights(&old);
        assert_eq!(
            found,
            [
                ("appId", ManifestWeight::Wrong),
                ("redirectUris", ManifestWeight::Wrong),
                ("redirectUris", ManifestWeight::Look),
                ("logoutUrl", ManifestWeight::Look),
                ("signInAudience", ManifestWeight::Look),
                ("implicitGrantSettings", ManifestWeight::Look),
                ("groupMembershipClaims", ManifestWeight::Wrong),
                ("optionalClaims", ManifestWeight::Look),
                ("acceptMappedClaims", ManifestWeight::Look),
            ]
        );
    }

    #[test]
    fn what_is_no_manifest() {
        for (text, error) in [
            ("", ManifestError::NoJson),
            ("[]", ManifestError::NoJson),
            ("{}", ManifestError::NoManifest),
            (&"[".repeat(100_000), ManifestError::NoJson),
            (&" ".repeat(LONGEST_MANIFEST + 1), ManifestError::TooLong),
        ] {
            assert_eq!(check_manifest(text, &expected()), Err(error));
        }
    }
}
