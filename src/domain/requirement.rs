//! What is required of a sign-in and of a sign-out beyond what their messages say: which one it is, and whose account.
//!
//! Invariant: each requirement has one rule of `docs/security.md` and one title, and no two have the same of both; so a check that
//! was stored is found again. What a message itself has to say is the law of its protocol (`saml::error::Requirement`); both laws
//! come together in `site::AnyRequirement`.

macro_rules! requirements {
    ($($(#[doc = $doc:literal])+ $name:ident = $rule:literal, $title:expr;)+) => {
        /// One thing that is required of a sign-in or of a sign-out.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum FlowRequirement { $($(#[doc = $doc])+ $name,)+ }

        impl FlowRequirement {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The number of its rule.
            pub const fn rule(self) -> &'static str {
                match self { $(Self::$name => $rule),+ }
            }

            /// What is required, for people.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title),+ }
            }
        }
    };
}

const THE_ACCOUNT: &str = "The person has an account, or gets one";
const LOGOUT: &str = "The logout message counts";

requirements! {
    /// A Response that nobody asked for comes from somebody who is known here.
    KnownIssuer = "D1", "The issuer is the identity provider of a connection";
    /// The claims describe somebody.
    Claims = "D7", "The claims name one person";
    /// The sign-in was not finished before, and its time is not over.
    InTime = "E1", "The sign-in is open and in time";
    /// The request is one of ours.
    BeganHere = "E1", "A sign-in that began here asked for the Response";
    /// The login cookie is that of the sign-in.
    SameBrowser = "E2", "The browser is the one that began the sign-in";
    /// The handle came back.
    RelayState = "E3", "RelayState came back unchanged";
    /// The assertion's ID is new.
    FirstUse = "E4", "The assertion is used for the first time";
    /// The Response was asked for.
    Solicited = "E5", "The Response answers a request";
    /// A Response that nobody asked for comes straight from its identity provider.
    JustMade = "E5", "The assertion was made a moment ago";
    /// The connection is there.
    ConnectionEnabled = "E6", "The connection is enabled";
    /// The connection is that of the sign-in.
    SameConnection = "E6", "The answer comes through the connection that was asked";
    /// The assertion names one user.
    OneUser = "F1", "The names in the assertion are one user's";
    /// The account is known by its identity.
    KnownIdentity = "F1", THE_ACCOUNT;
    /// The account is linked by its e-mail address.
    LinkedByEmail = "F2", THE_ACCOUNT;
    /// The identity may be linked to an account that is there.
    Linkable = "F2", "The identity may have the account with its e-mail address";
    /// The e-mail claim does not contradict the name.
    EmailClaim = "F2", "The e-mail claim is the NameID";
    /// The domain is not another connection's.
    EmailDomain = "F2", "The connection may speak for the e-mail address";
    /// The account may be renamed.
    EmailTakenOver = "F2", "The account may take over the e-mail address";
    /// The account is there or is made.
    Account = "F3", THE_ACCOUNT;
    /// The account is not deactivated.
    ActiveAccount = "F4", "The account is active";
    /// What the group claim gives.
    Groups = "F5", "The group claim gives permission groups";
    /// The account may have a password.
    PasswordAllowed = "F6", "The account may sign in with a password";
    /// The password was typed right.
    Password = "F6", "The password is right";
    /// An administrator has no password that a token has set.
    OwnPassword = "F6", "An administrator's password was set by the administrator, or by another one";
    /// The set-up link is not used, and its time is not over.
    SetUpLink = "F6", "The set-up link can be used";
    /// A logout message can be read.
    LogoutReadable = "A3", LOGOUT;
    /// A logout message comes from somebody who is known here.
    LogoutIssuer = "E6", LOGOUT;
    /// A logout message is not old.
    LogoutAge = "C5", LOGOUT;
    /// A logout message counts once.
    LogoutFirstUse = "E4", LOGOUT;
    /// A logout message names who is signed in.
    LogoutPrincipal = "D6", LOGOUT;
    /// The answer to our own logout request says that it is done.
    LogoutComplete = "C2", "The identity provider has ended every session";
    /// A logout request is younger than the session.
    LogoutBegan = "D6", "The request was made after the session began";
    /// The session can be named.
    LogoutNamed = "D6", "The session has a NameID";
    /// A logout request says the session's name.
    LogoutNameId = "D6", "The NameID is the session's";
    /// A logout request says the format of the session's name.
    LogoutFormat = "D6", "The Format is the session's";
    /// A logout request says the qualifier of the session's name.
    LogoutNameQualifier = "D6", "The NameQualifier is the session's";
    /// A logout request says our qualifier of the session's name.
    LogoutSpNameQualifier = "D6", "The SPNameQualifier is the session's";
    /// A logout request lists the session.
    LogoutSessionIndex = "D6", "The SessionIndex is the session's";
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn a_stored_check_is_of_one_requirement() {
        let all = FlowRequirement::ALL;
        let distinct: HashSet<_> = all.iter().map(|it| (it.rule(), it.title())).collect();
        assert_eq!(distinct.len(), all.len());
    }
}
