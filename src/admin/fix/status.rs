//! Fields about a sign-in that the identity provider itself refused (rule C2).

use super::{BASIC, CERTIFICATES, CLAIMS_PAGE, Finder, Fix, there};
use crate::saml::advice::{Refused, aadsts_in};

impl Finder<'_> {
    /// By Entra's code, when the Status has one; else by its second word, and what we asked for is the first suspect.
    pub(super) fn status(&self) -> Vec<Fix> {
        let received = &*self.check.received;
        let Some(code) = aadsts_in(received) else {
            return self.asked_for(Refused::of(received));
        };
        match code {
            "50011" => vec![self.reply_url()],
            "700016" | "650056" => vec![self.identifier()],
            "50105" => vec![there("Users and groups", "Add user/group")],
            "75008" => vec![self.here("SAML Settings", "Login URL", "#login_url")],
            "75011" => self.if_set("requested_authn_context", "none"),
            "75016" => self.if_set("name_id_policy", "none"),
            "75001" | "75003" => vec![self.setting("binding").to("redirect")],
            "750054" => vec![self.sign_on_url()],
            "76021" => vec![self.setting("sign_requests").to("true")],
            "501241" => vec![
                there(CLAIMS_PAGE, "Unique User Identifier (Name ID)").to("user.userprincipalname"),
            ],
            "50146" => vec![there(
                CERTIFICATES,
                "New Certificate, then Make certificate active",
            )],
            _ => Vec::new(),
        }
    }

    fn asked_for(&self, refused: Refused) -> Vec<Fix> {
        match refused {
            Refused::NameIdPolicy => self.if_set("name_id_policy", "none"),
            Refused::AuthnContext => self.if_set("requested_authn_context", "none"),
            Refused::Binding => {
                let other = if self.value("binding").as_deref() == Some("post") {
                    "redirect"
                } else {
                    "post"
                };
                vec![self.setting("binding").to(other)]
            }
            Refused::Request => {
                let mut fixes = vec![self.identifier(), self.reply_url()];
                fixes.extend(self.if_set("name_id_policy", "none"));
                fixes.extend(self.if_set("requested_authn_context", "none"));
                fixes.extend(self.if_set("force_authn", "false"));
                fixes.push(match self.value("sign_requests").as_deref() {
                    Some("true") => there(BASIC, "our signing certificate, from our metadata"),
                    _ => self.setting("sign_requests").to("true"),
                });
                fixes
            }
            Refused::Passive | Refused::Person | Refused::Other => Vec::new(),
        }
    }

    /// A setting to take back, where it is set.
    fn if_set(&self, key: &'static str, to: &str) -> Vec<Fix> {
        let is_set = self.value(key).is_some_and(|value| value != to);
        is_set
            .then(|| self.setting(key).to(to))
            .into_iter()
            .collect()
    }
}
