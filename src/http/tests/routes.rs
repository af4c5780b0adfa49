//! Routes for these tests.

use super::*;

#[derive(Debug, Deserialize)]
pub(super) struct Rename {
    name: String,
}

impl Purpose for Rename {
    const PURPOSE: &'static str = "rename";
}

/// A page of a site.
fn page(frame: Frame) -> FailurePage {
    FailurePage {
        frame,
        title: String::new(),
        what: String::new(),
        next: Vec::new(),
        code: None,
        link: None,
        other_link: None,
    }
}

pub(super) fn routes() -> Routes {
    unfinished::routes()
        .route(
            "/name",
            get(|CurrentSite(site): CurrentSite| async move { site.company.name.clone() }),
        )
        .route(
            "/alias",
            get(|CameByAlias(it): CameByAlias| async move { it.to_string() }),
        )
        .route(
            "/page",
            get(|CurrentSite(site): CurrentSite| async move {
                Page::new(page(Frame::of(&site.company)))
            }),
        )
        .route(
            "/to-idp",
            get(|| async {
                Page::new(page(Frame::default()))
                    .leading_to_identity_provider(false)
                    .with_cookie(Cookie::Login, "abc", true)
            }),
        )
        .route(
            "/rename",
            post(|CsrfForm(form): CsrfForm<Rename>| async move { form.name }),
        )
        .route(
            "/client",
            get(|ClientAddress(client): ClientAddress| async move {
                client.map(|it| it.to_string()).unwrap_or_default()
            }),
        )
        .route("/panic", get(|| async { panics() }))
        .route(
            "/slow",
            get(|| async { tokio::time::sleep(Duration::from_secs(5)).await }),
        )
        .route(
            "/slowish",
            get(|| async {
                tokio::time::sleep(Duration::from_millis(900)).await;
                "done"
            }),
        )
        .route(
            "/body",
            post(|body: axum::body::Bytes| async move { body.len().to_string() }),
        )
        .route(
            "/refused",
            get(|| async {
                Error::SignInRefused {
                    next: vec!["Ask your administrator.".to_owned()],
                    code: Some("K7QF-2M9X".to_owned()),
                    another_account: None,
                }
            }),
        )
}

#[expect(clippy::panic, reason = "what a defect does is what this tries")]
fn panics() -> &'static str {
    panic!("a defect, tried on purpose")
}
