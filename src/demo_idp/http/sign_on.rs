//! Sign-on: requests in, Responses out.

use super::{PostsElsewhere, cookies, logout};
use crate::demo_idp::refusal::IdpRefusal;
use crate::demo_idp::request::{Incoming, ReceivedMessage, SignOnRequest};
use crate::demo_idp::response::{IdpStatus, ResponseSpec, ServiceProvider};
use crate::demo_idp::site::{Flow, FlowPurpose, IdpSession};
use crate::demo_idp::{DemoIdp, IdpApp, IdpUser, Variant, pages};
use crate::saml::binding::{MessageKind, PostPage, decode_post, decode_redirect};
use crate::saml::names;
use crate::saml::signature::SignError;
use axum::body::Bytes;
use axum::extract::{Form, Path, Query, RawQuery, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use std::sync::Arc;

/// The longest form that is read, in octets.
const LONGEST_FORM: usize = 256 * 1024;

/// What may stand beside a message.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Options {
    login_hint: Option<String>,
    variant: Option<String>,
}

/// The handle of a flow.
#[derive(Debug, Deserialize)]
pub(super) struct Handle {
    flow: String,
}

/// The sign-in form.
#[derive(Debug, Deserialize)]
pub(super) struct Credentials {
    flow: String,
    #[serde(default)]
    login: String,
    #[serde(default)]
    passwd: String,
    variant: Option<String>,
}

/// `GET /{tenant}/saml2`
pub(super) async fn redirect(
    State(idp): State<DemoIdp>,
    Path(tenant): Path<String>,
    RawQuery(query): RawQuery,
    Query(options): Query<Options>,
    headers: HeaderMap,
) -> Result<Response, IdpRefusal> {
    check_tenant(&idp, &tenant)?;
    let received = ReceivedMessage::from(decode_redirect(&query.unwrap_or_default())?);
    match received.message()? {
        Incoming::SignOn(request) => {
            let purpose = check_request(&idp, request, received)?;
            let flow = flow(purpose, options, &headers);
            proceed(&idp, flow, &headers)
        }
        Incoming::Logout(request) => logout::answer(&idp, &request, &received, &headers),
        Incoming::LoggedOut => Ok(logout::signed_out(&idp)),
    }
}

/// `POST /{tenant}/saml2`
///
/// A form from another site comes without the session's cookie, so the flow goes on after a redirect to ourselves.
pub(super) async fn post(
    State(idp): State<DemoIdp>,
    Path(tenant): Path<String>,
    Query(options): Query<Options>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, IdpRefusal> {
    check_tenant(&idp, &tenant)?;
    let received = ReceivedMessage::from(decode_post(&body, LONGEST_FORM)?);
    let Incoming::SignOn(request) = received.message()? else {
        return Err(IdpRefusal::new(
            75_003,
            "Logout is supported by the HTTP-Redirect binding only.",
        ));
    };
    let purpose = check_request(&idp, request, received)?;
    let handle = idp
        .flows()
        .put(flow(purpose, options, &headers), idp.random());
    let next = format!("/{tenant}/saml2/continue?flow={handle}");
    Ok(Redirect::to(&next).into_response())
}

/// `GET /{tenant}/saml2/continue`
pub(super) async fn resume(
    State(idp): State<DemoIdp>,
    Query(handle): Query<Handle>,
    headers: HeaderMap,
) -> Result<Response, IdpRefusal> {
    let flow = idp
        .flows()
        .find(&handle.flow)
        .ok_or_else(forgotten_flow_error)?;
    proceed(&idp, flow, &headers)
}

/// `POST /{tenant}/login`
pub(super) async fn sign_in(
    State(idp): State<DemoIdp>,
    Form(typed): Form<Credentials>,
) -> Result<Response, IdpRefusal> {
    let mut flow = idp
        .flows()
        .find(&typed.flow)
        .ok_or_else(forgotten_flow_error)?;
    if let Some(variant) = typed.variant.as_deref().and_then(|name| name.parse().ok()) {
        flow.variant = variant;
    }
    let user = idp
        .users()
        .iter()
        .find(|user| user.answers_to(&typed.login));
    let Some(user) = user.filter(|user| user.password == typed.passwd) else {
        flow.login_hint = Some(typed.login);
        let error = "Your account or password is incorrect.";
        return Ok(ask(&idp, &typed.flow, &flow, Some(error)));
    };
    idp.flows().take(&typed.flow);
    let session = IdpSession {
        user: Arc::new(user.clone()),
        since: idp.now(),
    };
    let cookie = cookies::set_session(&idp.sessions().put(session.clone(), idp.random()));
    let answer = finish(&idp, flow, &session).unwrap_or_else(IntoResponse::into_response);
    Ok(([(header::SET_COOKIE, cookie)], answer).into_response())
}

/// The session of the browser.
pub(super) fn session(idp: &DemoIdp, headers: &HeaderMap) -> Option<IdpSession> {
    idp.sessions().find(cookies::session(headers)?)
}

/// The sign-in page for what waits.
pub(super) fn ask_for(idp: &DemoIdp, flow: &Flow) -> Response {
    let handle = idp.flows().put(flow.clone(), idp.random());
    ask(idp, &handle, flow, None)
}

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
    if !user.assigned {
        return Err(IdpRefusal::new(
            50_105,
            format!(
                "Your administrator has configured the application {} ('{}') to block users unless they are \
                 specifically granted access. The signed-in user '{}' is blocked because they are not assigned to it.",
                app.name, app.id, user.principal_name
            ),
        ));
    }
    if variant.encrypts() && app.encryption_certificate.is_none() {
        return Err(IdpRefusal::new(
            50_146,
            "The test variant encrypts, and the application has no token encryption certificate.",
        ));
    }
    Ok(())
}

pub(super) fn check_tenant(idp: &DemoIdp, tenant: &str) -> Result<(), IdpRefusal> {
    if tenant.eq_ignore_ascii_case(&idp.tenant().id) {
        return Ok(());
    }
    Err(IdpRefusal::new(
        90_002,
        format!("Tenant '{tenant}' not found."),
    ))
}

fn check_request(
    idp: &DemoIdp,
    request: SignOnRequest,
    received: ReceivedMessage,
) -> Result<FlowPurpose, IdpRefusal> {
    let app = idp.app_of_issuer(&request.issuer)?;
    received.check_signature(&app)?;
    let acs_url = request.reply_url(&app)?;
    Ok(FlowPurpose::Answer {
        request: Arc::new(request),
        app,
        acs_url,
        relay_state: received.relay_state,
    })
}

/// The variant: of the address, else of the cookie, else of the application.
fn flow(purpose: FlowPurpose, options: Options, headers: &HeaderMap) -> Flow {
    let of_app = match &purpose {
        FlowPurpose::Answer { app, .. } => app.variant,
        FlowPurpose::Page(_) => Variant::default(),
    };
    Flow {
        variant: options
            .variant
            .and_then(|name| name.parse().ok())
            .or_else(|| cookies::variant(headers))
            .unwrap_or(of_app),
        login_hint: options.login_hint,
        purpose,
    }
}

/// Answers at once when nobody needs to be asked.
fn proceed(idp: &DemoIdp, flow: Flow, headers: &HeaderMap) -> Result<Response, IdpRefusal> {
    let FlowPurpose::Answer { request, .. } = &flow.purpose else {
        return Ok(ask_for(idp, &flow));
    };
    if let Some(status) = request.unmet() {
        return fail(idp, &flow, status);
    }
    let session = session(idp, headers).filter(|session| {
        let hinted = |hint: &String| session.user.answers_to(hint);
        !request.force && flow.login_hint.as_ref().is_none_or(hinted)
    });
    match session {
        Some(session) => finish(idp, flow, &session),
        None if request.passive => {
            let status = IdpStatus::failure(
                names::STATUS_RESPONDER,
                names::STATUS_NO_PASSIVE,
                "AADSTS50058: A silent sign-in request was sent but no user is signed in.",
            );
            fail(idp, &flow, status)
        }
        None => Ok(ask_for(idp, &flow)),
    }
}

/// What the user signed in for.
fn finish(idp: &DemoIdp, flow: Flow, session: &IdpSession) -> Result<Response, IdpRefusal> {
    let (request, app, acs_url, relay_state) = match flow.purpose {
        FlowPurpose::Page(next) => return Ok(Redirect::to(&next).into_response()),
        FlowPurpose::Answer {
            request,
            app,
            acs_url,
            relay_state,
        } => (request, app, acs_url, relay_state),
    };
    let user = &session.user;
    check_access(user, &app, flow.variant)?;
    let sp = ServiceProvider {
        entity_id: audience(&request.issuer),
        acs_url,
    };
    let mut spec = idp.response_spec(user, &sp).answering(&request.id);
    spec.authn_instant = session.since;
    if let Some((value, format)) = request.name_of(user, &app) {
        (spec.name_id, spec.name_id_format) = (value, Some(format));
    }
    if let Some(class) = request.context() {
        class.clone_into(&mut spec.authn_context);
    }
    let spec = flow.variant.apply(spec, idp.tenant(), user, &app);
    deliver(idp, &app, &spec, relay_state.as_deref())
}

/// A Response without an assertion.
fn fail(idp: &DemoIdp, flow: &Flow, status: IdpStatus) -> Result<Response, IdpRefusal> {
    let (
        FlowPurpose::Answer {
            request,
            app,
            acs_url,
            relay_state,
        },
        Some(nobody),
    ) = (&flow.purpose, idp.users().first())
    else {
        return Err(forgotten_flow_error());
    };
    let sp = ServiceProvider {
        entity_id: request.issuer.clone(),
        acs_url: acs_url.clone(),
    };
    let mut spec = idp.response_spec(nobody, &sp).answering(&request.id);
    spec.status = status;
    deliver(idp, app, &spec, relay_state.as_deref())
}

fn ask(idp: &DemoIdp, handle: &str, flow: &Flow, error: Option<&str>) -> Response {
    let hinted = flow
        .login_hint
        .as_deref()
        .and_then(|hint| idp.users().iter().position(|user| user.answers_to(hint)))
        .unwrap_or_default();
    let accounts = idp.users().iter().enumerate();
    let page = pages::IdpSignInPage {
        frame: pages::IdpFrame::of(idp, None),
        destination: match &flow.purpose {
            FlowPurpose::Answer { app, .. } => app.name.clone(),
            FlowPurpose::Page(_) => "My Apps".to_owned(),
        },
        action: format!("/{}/login", idp.tenant().id),
        flow: handle.to_owned(),
        accounts: accounts
            .map(|(at, user)| pages::AccountOption::of(user, at == hinted))
            .collect(),
        variants: match &flow.purpose {
            FlowPurpose::Answer { app, .. } => {
                pages::VariantOption::all(flow.variant, app.recipient().is_some())
            }
            FlowPurpose::Page(_) => Vec::new(),
        },
        error: error.map(str::to_owned),
    };
    pages::show(&page)
}

/// The issuer comes back as the audience; what is no URI gets Entra's prefix.
fn audience(issuer: &str) -> String {
    if issuer.contains(':') {
        issuer.to_owned()
    } else {
        format!("spn:{issuer}")
    }
}

fn forgotten_flow_error() -> IdpRefusal {
    IdpRefusal::new(
        165_000,
        "This sign-in is not known here any more. Begin again at the application.",
    )
}

fn signing_error(error: &SignError) -> IdpRefusal {
    IdpRefusal::new(50_146, format!("The Response could not be made: {error}"))
}
