//! SAML: the Response to what an application asked, with or without an assertion.

use super::PostsElsewhere;
use crate::demo_idp::refusal::IdpRefusal;
use crate::demo_idp::response::{IdpStatus, ResponseSpec, ServiceProvider};
use crate::demo_idp::site::{IdpSession, ResponseFlow};
use crate::demo_idp::{DemoIdp, IdpApp, IdpUser, Variant, pages};
use crate::saml::binding::{MessageKind, PostPage};
use crate::saml::signature::SignError;
use axum::response::Response;

/// The page that takes a Response to an application.
pub(super) fn deliver(
    idp: &DemoIdp,
    app: &IdpApp,
    spec: &ResponseSpec,
    relay_state: Option<&str>,
) -> Result<Response, IdpRefusal> {
    let xml = idp.respond(spec).map_err(|error| signing_error(&error))?;
    let action = spec.destination.as_deref().unwrap_or_default();
    let page = pages::Post {
        frame: pages::IdpFrame::of(idp, None),
        app: app.name.clone(),
        form: PostPage::new(action, MessageKind::Response, &xml, relay_state),
    };
    let mut response = pages::show(&page);
    response.extensions_mut().insert(PostsElsewhere);
    Ok(response)
}

/// Who may get a Response for an application, and in which variant.
pub(super) fn check_access(
    user: &IdpUser,
    app: &IdpApp,
    variant: Variant,
) -> Result<(), IdpRefusal> {
    user.check_assigned(&app.name, &app.id)?;
    if variant.encrypts() && app.encryption_certificate.is_none() {
        return Err(IdpRefusal::new(
            50_146,
            "The test variant encrypts, and the application has no token encryption certificate.",
        ));
    }
    Ok(())
}

/// What the user signed in for.
pub(super) fn finish(
    idp: &DemoIdp,
    flow: &ResponseFlow,
    variant: Variant,
    session: &IdpSession,
) -> Result<Response, IdpRefusal> {
    let (request, app, user) = (&flow.request, &flow.app, &session.user);
    check_access(user, app, variant)?;
    let sp = ServiceProvider {
        entity_id: audience(&request.issuer),
        acs_url: flow.acs_url.clone(),
    };
    let mut spec = idp.response_spec(user, &sp).answering(&request.id);
    spec.authn_instant = session.since;
    if let Some((value, format)) = request.name_of(user, app) {
        (spec.name_id, spec.name_id_format) = (value, Some(format));
    }
    if let Some(class) = request.context() {
        class.clone_into(&mut spec.authn_context);
    }
    let spec = variant.apply(spec, idp.tenant(), user, app);
    deliver(idp, app, &spec, flow.relay_state.as_deref())
}

/// A Response without an assertion; it names nobody, so anybody does.
pub(super) fn fail(
    idp: &DemoIdp,
    flow: &ResponseFlow,
    nobody: &IdpUser,
    status: IdpStatus,
) -> Result<Response, IdpRefusal> {
    let sp = ServiceProvider {
        entity_id: flow.request.issuer.clone(),
        acs_url: flow.acs_url.clone(),
    };
    let mut spec = idp.response_spec(nobody, &sp).answering(&flow.request.id);
    spec.status = status;
    deliver(idp, &flow.app, &spec, flow.relay_state.as_deref())
}

/// The issuer comes back as the audience; what is no URI gets Entra's prefix.
fn audience(issuer: &str) -> String {
    if issuer.contains(':') {
        issuer.to_owned()
    } else {
        format!("spn:{issuer}")
    }
}

fn signing_error(error: &SignError) -> IdpRefusal {
    IdpRefusal::new(50_146, format!("The Response could not be made: {error}"))
}
