//! A user is made of a person who was looked up in a directory (seed 004), so that the first sign-in lands in it.
//!
//! Invariants: the directory is asked once more, and what was on a page proves nothing; the user is known by the object ID from the
//! start (rule R1); no address is taken from another connection (rule F2). Tests: `tests/it/oidc_sign_in/directory_people.rs`.

use super::user::{audit_values, titles};
use super::{Admin, Duplicate, Problems, Refused, UserText};
use crate::directory::OpenDirectory;
use crate::domain::{
    AuditAction, AuditDetail, Creation, GroupId, GroupKind, ObjectId, Scope, User,
};
use crate::graph::UserKey;

/// A person to make a user of.
#[derive(Debug, Clone)]
pub struct NewDirectoryUser {
    pub object_id: ObjectId,
    pub groups: Vec<GroupId>,
}

impl Admin<'_> {
    /// Makes a user of a person in a connection's directory.
    pub async fn add_directory_user(
        &self,
        directory: &OpenDirectory<'_>,
        new: NewDirectoryUser,
    ) -> Result<User, Refused> {
        let connection = directory.connection();
        if connection.company_id != self.company {
            return Err(Refused::NotFound);
        }
        let person = |what: String| Refused::invalid("person", what);
        let found = directory.user(&UserKey::Id(new.object_id.clone())).await;
        let found = found.map_err(|cause| {
            let advice = cause.advice().unwrap_or_default();
            person(format!("{cause} {advice}").trim().to_owned())
        })?;
        let found = found.ok_or_else(|| {
            person("This person is not in the directory. Search again.".to_owned())
        })?;
        if found.is_disabled() {
            return Err(person(
                "This person's sign-in is blocked in the directory. In Entra ID: Users, the user, Properties: Account enabled.".to_owned(),
            ));
        }
        // Rule R4.
        let Some(mail) = found.mail else {
            return Err(person(
                "This person has no e-mail address in the directory. In Entra ID: Users, the user, Contact information: Email.".to_owned(),
            ));
        };
        let mut problems = Problems::default();
        let text = UserText {
            email: mail,
            first_name: found.given_name.unwrap_or_default(),
            last_name: found.surname.unwrap_or_default(),
            company_name: found.company_name.unwrap_or_default(),
        };
        let fields = text.parse(&mut problems);
        let groups = self.groups_named(&new.groups, &mut problems).await?;
        if groups.iter().any(|it| it.kind == GroupKind::Administrator) {
            self.check_over_administrators()?;
        }
        if let Some(fields) = &fields {
            let awaiting = self.awaiting().await?;
            if let Err(what) = awaiting.connection_for(&fields.email, Some(connection.id)) {
                problems.add("person", what);
            }
        }
        problems.check()?;
        let fields = fields.ok_or(Refused::NotFound)?;
        let user = User {
            created_by: Creation::Directory,
            ..self.new_user(fields, None)
        };
        let prefix = connection.settings.directory_prefix();
        let subject = format!("{prefix}{}", new.object_id);
        let mut tx = self.begin_making(Scope::UsersWrite, user.id).await?;
        if !tx.add_user(&user).await? {
            return Err(Duplicate::Email(user.email).into());
        }
        let bound = tx.bind_identity(connection.id, &subject, user.id, self.now);
        if !bound.await? {
            return Err(person(
                "This person has an account here already. Look for it under Users.".to_owned(),
            ));
        }
        self.put_into(&mut tx, &user, &groups).await?;
        self.take_foreign_passwords(&mut tx, Some(user.id)).await?;
        let mut event = self.event(AuditAction::UserAdd, user.email.as_str());
        event.after = Some(audit_values(&user, &groups, false));
        tx.audit(&event.with_detail(AuditDetail::Groups(&titles(&groups))))
            .await?;
        tx.commit(self.now).await?;
        Ok(user)
    }
}
