//! The company's logo.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::caller::needs::{CompanyRead, ConnectionsWrite};
use super::json_body::JsonBody;
use super::{Answer, Caller, answer};
use crate::admin::Refused;
use crate::domain::Logo;
use crate::http::problem::Problem;

/// The picture that the company's pages show.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Logo)]
pub(super) struct LogoOut {
    /// Its address at the company's site; another picture has another one.
    path: String,
    /// `image/png`, `image/jpeg`, `image/webp` or `image/gif`.
    media_type: &'static str,
    #[schema(minimum = 16, maximum = 1024)]
    width: u32,
    #[schema(minimum = 16, maximum = 1024)]
    height: u32,
    /// How many octets it has.
    #[schema(minimum = 1, maximum = 65536)]
    size: i64,
    /// SHA-256 of them, in hexadecimal.
    sha256: String,
    /// The picture in base64.
    image: String,
    #[serde(with = "time::serde::rfc3339")]
    changed_at: OffsetDateTime,
}

/// A picture for the company's pages.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[schema(as = NewLogo)]
#[serde(deny_unknown_fields)]
pub(super) struct NewLogoIn {
    /// A PNG, JPEG, WebP or GIF picture in base64: it stands still, has 16 to 1,024 pixels each way, and 65,536 octets at most.
    #[schema(min_length = 1, max_length = 87_384)]
    image: String,
}

impl LogoOut {
    fn new(logo: &Logo, octets: &[u8]) -> Self {
        Self {
            path: logo.path(),
            media_type: logo.picture.kind.media_type(),
            width: logo.picture.width,
            height: logo.picture.height,
            size: logo.octets,
            sha256: logo.sha256(),
            image: BASE64_STANDARD.encode(octets),
            changed_at: logo.changed_at,
        }
    }
}

/// Shows the logo.
#[utoipa::path(get, path = "/api/v1/company/logo", tag = "Company", operation_id = "showLogo",
    security(("token" = ["company:read"])),
    responses((status = 200, description = "The logo.", body = LogoOut)))]
pub(super) async fn show(caller: Caller<CompanyRead>) -> Answer {
    let none = || Problem::from(Refused::NotFound);
    let (company, _) = caller.admin().company_settings().await?;
    let logo = company.logo.ok_or_else(none)?;
    let octets = caller.app.desk.logo(company.id, &logo.hash).await?;
    answer::json(&LogoOut::new(&logo, &octets.ok_or_else(none)?))
}

/// Puts a picture in the place of the logo.
///
/// Everyone who signs in sees it: it needs `admins:write` as well.
#[utoipa::path(put, path = "/api/v1/company/logo", tag = "Company", operation_id = "setLogo",
    request_body = NewLogoIn, security(("token" = ["connections:write"])),
    responses((status = 200, description = "The logo as it is now.", body = LogoOut)))]
pub(super) async fn set(
    caller: Caller<ConnectionsWrite>,
    JsonBody { value, .. }: JsonBody<NewLogoIn>,
) -> Answer {
    // Before the picture is looked at; the transaction asks again.
    caller.admin().check_over_administrators()?;
    let octets = BASE64_STANDARD.decode(value.image.as_bytes());
    let octets = octets.map_err(|_| {
        Refused::invalid("image", "Send the picture in base64, without line breaks.")
    })?;
    let logo = caller.admin().set_logo("image", &octets).await?;
    caller.catch_up().await?;
    answer::json(&LogoOut::new(&logo, &octets))
}

/// Takes the logo away, if there is one.
///
/// It needs `admins:write` as well.
#[utoipa::path(delete, path = "/api/v1/company/logo", tag = "Company", operation_id = "removeLogo",
    security(("token" = ["connections:write"])),
    responses((status = 204, description = "There is no logo.")))]
pub(super) async fn remove(caller: Caller<ConnectionsWrite>) -> Answer {
    if caller.admin().remove_logo().await? {
        caller.catch_up().await?;
    }
    Ok(answer::done())
}
