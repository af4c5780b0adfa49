//! The people of the directory.

use super::refusal::IdpRefusal;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// A user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdpUser {
    /// The immutable GUID.
    pub object_id: String,
    /// The user principal name: the name to sign in with.
    pub principal_name: String,
    /// The mail address.
    pub email: String,
    /// The name on pages.
    pub display_name: String,
    /// The first name.
    pub given_name: String,
    /// The last name.
    pub surname: String,
    /// The password. The sign-in page shows it: this is a demo.
    pub password: String,
    /// Object IDs of groups.
    pub groups: Vec<String>,
    /// Whether the user is assigned to the applications.
    pub assigned: bool,
}

impl IdpUser {
    /// B.Simon, the test user of Microsoft's tutorials.
    pub fn b_simon() -> Self {
        Self {
            object_id: "8f1d4b62-5a0e-4c3d-9b7a-2e6f0c1d3a54".to_owned(),
            principal_name: "b.simon@contoso.com".to_owned(),
            email: "b.simon@contoso.com".to_owned(),
            display_name: "B.Simon".to_owned(),
            given_name: "B.".to_owned(),
            surname: "Simon".to_owned(),
            password: "Tailspin-42".to_owned(),
            groups: vec![
                "02d5a1c4-7b5e-4f0a-8d6c-1f3b9e27a810".to_owned(),
                "5c9e3f7a-1d24-4b86-a0f3-6e8d2b94c715".to_owned(),
            ],
            assigned: true,
        }
    }

    /// Britta Simon, the test user of the older tutorials.
    pub fn britta_simon() -> Self {
        Self {
            object_id: "c3a7e915-2f48-4d6b-8e01-7b5d9c4f2a36".to_owned(),
            principal_name: "britta.simon@contoso.com".to_owned(),
            email: "britta.simon@contoso.com".to_owned(),
            display_name: "Britta Simon".to_owned(),
            given_name: "Britta".to_owned(),
            surname: "Simon".to_owned(),
            password: "Fabrikam-42".to_owned(),
            groups: vec!["02d5a1c4-7b5e-4f0a-8d6c-1f3b9e27a810".to_owned()],
            assigned: true,
        }
    }

    /// Someone who may not use the applications.
    pub fn adele_vance() -> Self {
        Self {
            object_id: "e60b2d87-9c13-4a5f-b2e4-0d7f8a6c1b59".to_owned(),
            principal_name: "adele.vance@contoso.com".to_owned(),
            email: "adele.vance@contoso.com".to_owned(),
            display_name: "Adele Vance".to_owned(),
            given_name: "Adele".to_owned(),
            surname: "Vance".to_owned(),
            password: "Northwind-42".to_owned(),
            groups: Vec::new(),
            assigned: false,
        }
    }

    /// Everybody at Contoso.
    pub fn contoso() -> Vec<Self> {
        vec![Self::b_simon(), Self::britta_simon(), Self::adele_vance()]
    }

    /// The opaque `login_hint` claim.
    pub fn login_hint(&self) -> String {
        format!("O.{}", URL_SAFE_NO_PAD.encode(&self.object_id))
    }

    /// Whether this is the name that somebody typed, or a hint means this user. Entra does not mind upper case.
    pub(super) fn answers_to(&self, name: &str) -> bool {
        let name = name.trim();
        self.principal_name.eq_ignore_ascii_case(name)
            || self.email.eq_ignore_ascii_case(name)
            || self.login_hint() == name
    }

    /// Whether the user may have something of an application.
    pub(super) fn check_assigned(&self, app: &str, app_id: &str) -> Result<(), IdpRefusal> {
        if self.assigned {
            return Ok(());
        }
        Err(IdpRefusal::new(
            50_105,
            format!(
                "Your administrator has configured the application {app} ('{app_id}') to block users unless they are \
                 specifically granted access. The signed-in user '{}' is blocked because they are not assigned to it.",
                self.principal_name
            ),
        ))
    }
}
