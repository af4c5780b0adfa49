//! `user delete`.

use crate::admin::Refused;
use crate::cli::confirmation::YesFlag;
use crate::cli::error::Result;
use crate::cli::installation::Installation;
use crate::cli::output::Output;
use crate::cli::people::break_glass::last_administrator_error;
use crate::cli::people::named_user::NamedUser;
use crate::cli::text::counts;

pub(super) async fn run(
    installation: &Installation,
    named: &NamedUser,
    yes: YesFlag,
    out: &mut Output,
) -> Result<()> {
    let (company, user) = named.find(installation).await?;
    let admin = installation.admin(company.id).await?;
    let loss = admin.user_use(user.id).await?;
    yes.require(
        format!(
            "This deletes {} of {} for good: {}, {}, {} and {}. The audit log stays, without the name.",
            user.email,
            company.name,
            counts(loss.sessions, "session"),
            counts(loss.groups, "membership"),
            counts(loss.identities, "identity link"),
            counts(loss.sign_ins, "sign-in record")
        ),
        &format!(
            "user delete --company {} --email {}",
            company.slug, user.email
        ),
    )?;
    let (name, erased) = match admin.delete_user(user.id).await {
        Err(Refused::LastBreakGlass) => return Err(last_administrator_error(&user, &company, "")),
        other => other?,
    };
    let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    out.line(format!(
        "Deleted {}: {} ended, {} deleted. The audit log says \"{name}\" from now on.",
        user.email,
        counts(number(erased.sessions), "session"),
        counts(number(erased.sign_ins), "sign-in record")
    ))
}
