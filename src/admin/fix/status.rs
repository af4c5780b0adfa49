//! Fields about a sign-in that the identity provider itself refused (rule C2).

use super::{BASIC, CLAIMS_PAGE, Finder, Fix, there};
use crate::saml::advice::{StatusReason, aadsts_in};

impl Finder<'_> {
    /// By Entra's code, when the Status has one; else by its second word, and what we asked for is the first suspect.
    pub(super) fn status(&self) -> Vec<Fix> {
        let received = &*self.check.received;
        let Some(code) = aadsts_in(received) else {
            return self.asked_for(StatusReason::from_status(received));
        };
        match code {
            "50011" => vec![self.reply_url()],
            "700016" | "650056" => vec![self.identifier()],
            "50105" => vec![there("Users and groups", "Add user/group")],
            "75008" => vec![self.here("SAML Settings", "Login URL", "#login_url")],
            "75011" => self.asked_for(StatusReason::AuthnContext),
            "75016" => self.asked_for(StatusReason::NameIdPolicy),
            "75001" => self.asked_for(StatusReason::Binding),
            "900236" => self.taken_back(),
            "750054" => vec![self.sign_on_url()],
            "76021" => vec![self.signed_requests()],
            "501241" => vec![
                there(CLAIMS_PAGE, "Unique User Identifier (Name ID)").to("user.userprincipalname"),
            ],
            "50146" => self.validity(),
            _ => Vec::new(),
        }
    }

    fn asked_for(&self, refused: StatusReason) -> Vec<Fix> {
        match refused {
            StatusReason::NameIdPolicy => {
                self.if_set("name_id_policy", "none").into_iter().collect()
            }
            StatusReason::AuthnContext => {
                let taken_back = self.if_set("requested_authn_context", "none");
                taken_back.into_iter().collect()
            }
            StatusReason::Binding => {
                let other = if self.value("binding").as_deref() == Some("post") {
                    "redirect"
                } else {
                    "post"
                };
                vec![self.setting("binding").to(other)]
            }
            StatusReason::Request => {
                let mut fixes = vec![self.identifier(), self.reply_url()];
                fixes.extend(self.taken_back());
                fixes.push(self.signed_requests());
                fixes
            }
            StatusReason::Passive | StatusReason::Person | StatusReason::Other => Vec::new(),
        }
    }

    /// Everything that our requests ask for beside a sign-in.
    fn taken_back(&self) -> Vec<Fix> {
        let asked = [
            ("name_id_policy", "none"),
            ("requested_authn_context", "none"),
            ("force_authn", "false"),
        ];
        let set = asked.into_iter();
        set.filter_map(|(key, to)| self.if_set(key, to)).collect()
    }

    /// Requests are signed; and if they are, the identity provider has our present key.
    fn signed_requests(&self) -> Fix {
        match self.value("sign_requests").as_deref() {
            Some("true") => there(BASIC, "our signing certificate, from our metadata"),
            _ => self.setting("sign_requests").to("true"),
        }
    }
}
