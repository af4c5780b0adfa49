//! What the audit log says was done.
//!
//! Invariant: an action's spelling never changes, because entries keep it. One that another version of the program wrote is
//! read as it is. Words for people are the face's (`console::company::audit_words`).

use std::fmt;

use super::word::words;

words! {
    /// What was done, as `noun.verb`.
    pub enum AuditAction {
        /// An administrator signed in with a password while single sign-on is enabled (rule F6).
        AdministratorPasswordSignIn = "administrator.password_sign_in",
        /// An application was added.
        ApplicationAdd = "application.add",
        /// A company lets users use an application.
        ApplicationAllow = "application.allow",
        /// A company lets users use an application no more.
        ApplicationDeny = "application.deny",
        /// A further key of an application's proxy was made.
        ApplicationNewKey = "application.new_key",
        /// An application was removed.
        ApplicationRemove = "application.remove",
        /// Every key of an application's proxy but the newest has ended.
        ApplicationRetireKey = "application.retire_key",
        /// An application was changed.
        ApplicationSet = "application.set",
        /// The audit log was exported.
        AuditExport = "audit.export",
        /// A company was added.
        CompanyAdd = "company.add",
        /// Its quotas were changed.
        CompanyQuota = "company.quota",
        /// It was deleted.
        CompanyRemove = "company.remove",
        /// Its logo was removed.
        CompanyRemoveLogo = "company.remove_logo",
        /// It was renamed.
        CompanyRename = "company.rename",
        /// Its site was opened again.
        CompanyResume = "company.resume",
        /// Its settings were changed.
        CompanySet = "company.set",
        /// Its logo was changed.
        CompanySetLogo = "company.set_logo",
        /// Its set-up link was used.
        CompanySetUp = "company.set_up",
        /// Its site was closed.
        CompanySuspend = "company.suspend",
        /// A connection was added.
        ConnectionAdd = "connection.add",
        /// Its certificates were changed.
        ConnectionCertificates = "connection.certificates",
        /// It was changed by the API.
        ConnectionChange = "connection.change",
        /// Nobody signs in through it any more.
        ConnectionDisable = "connection.disable",
        /// Users sign in through it.
        ConnectionEnable = "connection.enable",
        /// Metadata was imported into it.
        ConnectionImport = "connection.import",
        /// It was deleted.
        ConnectionRemove = "connection.remove",
        /// Its records of sign-ins were deleted.
        ConnectionRemoveRecords = "connection.remove_records",
        /// Its provider's new addresses, which were held, were accepted.
        ConnectionAcceptProvider = "connection.accept_provider",
        /// Its provider says something else of itself, which was taken.
        ConnectionFollowProvider = "connection.follow_provider",
        /// Its provider has addresses at another host, which are held.
        ConnectionHoldProvider = "connection.hold_provider",
        /// An earlier version of its settings was put in force again.
        ConnectionRestore = "connection.restore",
        /// It was changed.
        ConnectionSet = "connection.set",
        /// It was tested.
        ConnectionTest = "connection.test",
        /// An administrator has allowed removals of a directory's synchronisation that were many.
        DirectoryConfirm = "directory.confirm",
        /// An administrator has asked for a synchronisation.
        DirectoryStart = "directory.start",
        /// A directory's synchronisation has changed something.
        DirectorySynchronise = "directory.synchronise",
        /// A connection's directory was switched off.
        DirectoryRemove = "directory.remove",
        /// It was set, or changed.
        DirectorySet = "directory.set",
        /// An e-mail domain was added.
        DomainAdd = "domain.add",
        /// It was assigned to a connection, or to none.
        DomainAssign = "domain.assign",
        /// It was removed.
        DomainRemove = "domain.remove",
        /// It was verified.
        DomainVerify = "domain.verify",
        /// A permission group was made.
        GroupAdd = "group.add",
        /// It was changed.
        GroupChange = "group.change",
        /// It was deleted.
        GroupRemove = "group.remove",
        /// Keys that the database does not know were accepted.
        KeyAccept = "key.accept",
        /// The next key was made.
        KeyNew = "key.new",
        /// The previous one was retired.
        KeyRetire = "key.retire",
        /// The next one was put into use.
        KeyRotate = "key.rotate",
        /// A session was ended.
        SessionEnd = "session.end",
        /// Every session of the company was ended.
        SessionEndAll = "session.end_all",
        /// A set-up link was made.
        SetupLinkAdd = "setup_link.add",
        /// Set-up links were revoked.
        SetupLinkRevoke = "setup_link.revoke",
        /// The message that a sign-in received was looked at.
        SignInReveal = "sign_in.reveal",
        /// A token of the API was made.
        TokenAdd = "token.add",
        /// It was revoked.
        TokenRevoke = "token.revoke",
        /// A user may sign in again.
        UserActivate = "user.activate",
        /// A user was made.
        UserAdd = "user.add",
        /// Another identity was bound to a user.
        UserBind = "user.bind",
        /// A user's address or names were changed.
        UserChange = "user.change",
        /// A user may not sign in any more.
        UserDeactivate = "user.deactivate",
        /// Users were exported.
        UserExport = "user.export",
        /// A user was put into a permission group.
        UserGroupAdd = "user.group.add",
        /// A user was taken out of one.
        UserGroupRemove = "user.group.remove",
        /// Users were imported.
        UserImport = "user.import",
        /// An identity was linked to a user.
        UserLink = "user.link",
        /// A user was deleted.
        UserRemove = "user.remove",
        /// A user's password was removed.
        UserRemovePassword = "user.remove_password",
        /// A user's password was set.
        UserSetPassword = "user.set_password",
        /// A user's sessions were ended.
        UserSignOut = "user.sign_out",
        /// Identities of a user were forgotten.
        UserUnlink = "user.unlink",
        /// The connection of a user's first sign-in was chosen.
        UserWaitFor = "user.wait_for",
    }
}

words! {
    /// What an action is done to: its first half.
    pub enum AuditNoun {
        /// An administrator who signs in.
        Administrator = "administrator",
        /// An application.
        Application = "application",
        /// The audit log itself.
        Audit = "audit",
        /// A company.
        Company = "company",
        /// A connection.
        Connection = "connection",
        /// A connection's directory.
        Directory = "directory",
        /// An e-mail domain.
        Domain = "domain",
        /// A permission group.
        Group = "group",
        /// A key of the installation.
        Key = "key",
        /// A session.
        Session = "session",
        /// A set-up link.
        SetupLink = "setup_link",
        /// A sign-in.
        SignIn = "sign_in",
        /// A token of the API.
        Token = "token",
        /// A user.
        User = "user",
    }
}

/// The action of an entry that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordedAction {
    /// One of this version of the program.
    Known(AuditAction),
    /// One of another version.
    Unknown(String),
}

impl RecordedAction {
    /// Its one spelling.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Known(action) => action.as_str(),
            Self::Unknown(text) => text,
        }
    }

    /// Whether it is done to such a thing.
    pub fn is_about(&self, noun: AuditNoun) -> bool {
        self.as_str().split('.').next() == Some(noun.as_str())
    }
}

impl From<&str> for RecordedAction {
    fn from(text: &str) -> Self {
        text.parse()
            .map_or_else(|_| Self::Unknown(text.to_owned()), Self::Known)
    }
}

impl From<AuditAction> for RecordedAction {
    fn from(action: AuditAction) -> Self {
        Self::Known(action)
    }
}

impl fmt::Display for RecordedAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl PartialEq<AuditAction> for RecordedAction {
    fn eq(&self, other: &AuditAction) -> bool {
        *self == Self::Known(*other)
    }
}

impl PartialEq<&str> for RecordedAction {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_begins_with_a_noun() {
        for word in AuditAction::WORDS {
            let noun = word.split('.').next().unwrap();
            assert!(noun.parse::<AuditNoun>().is_ok(), "{word}");
        }
    }

    #[test]
    fn an_action_of_another_version_is_read_as_it_is() {
        for text in ["user.add", "user.teleport", ""] {
            let action = RecordedAction::from(text);
            assert_eq!(action.as_str(), text);
            assert_eq!(action == AuditAction::UserAdd, text == "user.add");
        }
        let later = RecordedAction::from("user.teleport");
        assert!(later.is_about(AuditNoun::User) && !later.is_about(AuditNoun::Group));
    }
}
