//! The company's logo, on the company's page.

use axum::response::{IntoResponse as _, Response};
use axum::routing::post;

use super::account;
use crate::admin::Refused;
use crate::console::{
    ConsoleForm, ConsoleUpload, Nothing, tell_at, tell_at_with, unprocessable_page,
};
use crate::http::error::Error;
use crate::http::routes::Routes;

/// The page that has the forms.
const PAGE: &str = "/admin/account";

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .route("/admin/account/logo", post(save))
        .route("/admin/account/logo/remove", post(remove))
}

/// `POST /admin/account/logo`
async fn save(upload: ConsoleUpload) -> Result<Response, Error> {
    let console = &upload.console;
    let refused = match upload.file("logo") {
        Some(file) => match console.admin().set_logo("logo", &file.content).await {
            Ok(_) => {
                console.changed().await?;
                let next = ("/sign-in", "Look at the sign-in page");
                return tell_at_with(console, PAGE, "The logo is saved.", next);
            }
            Err(refused) => refused,
        },
        None => Refused::invalid("logo", "Choose a picture."),
    };
    match refused {
        Refused::Invalid(problems) => {
            let page = account::unchanged(console, problems).await?;
            Ok(unprocessable_page(page).into_response())
        }
        other => Err(other.into()),
    }
}

/// `POST /admin/account/logo/remove`
async fn remove(ConsoleForm(console, Nothing {}): ConsoleForm<Nothing>) -> Result<Response, Error> {
    let removed = console.admin().remove_logo().await?;
    console.changed().await?;
    let told = if removed {
        "The logo is removed."
    } else {
        "There was no logo any more."
    };
    tell_at(&console, PAGE, told)
}
