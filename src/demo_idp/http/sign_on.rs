//! Sign-on: requests in, Responses out.

use super::{PostsElsewhere, cookies, logout};
use crate::demo_idp::refusal::Refusal;
use crate::demo_idp::request::{Incoming, Received, SignOnRequest};
use crate::demo_idp::response::{ResponseSpec, ServiceProvider, Status};
use crate::demo_idp::site::{Flow, Purpose, Session};
use crate::demo_idp::{App, DemoIdp, User, Variant, pages};
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
) -> Result<Response, Refusal> {
    check_tenant(&idp, &tenant)?;
    let received = Received::from(decode_redirect(&query.unwrap_or_default())?);
    match received.message()? {
        Incoming::SignOn(request) => {
            let purpose = checked(&idp, request, received)?;
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
) -> Result<Response, Refusal> {
    check_tenant(&idp, &tenant)?;
    let received = Received::from(decode_post(&body, LONGEST_FORM)?);
    let Incoming::SignOn(request) = received.message()? else {
        return Err(Refusal::new(
            75_003,
            "Logout is supported by the HTTP-Redirect binding only.",
        ));
    };
    let purpose = checked(&idp, request, received)?;
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
) -> Result<Response, Refusal> {
    let flow = idp.flows().find(&handle.flow).ok_or_else(forgotten)?;
    proceed(&idp, flow, &headers)
}

/// `POST /{tenant}/login`
pub(super) async fn sign_in(
    State(idp): State<DemoIdp>,
    Form(typed): Form<Credentials>,
) -> Result<Response, Refusal> {
    let mut flow = idp.flows().find(&typed.flow).ok_or_else(forgotten)?;
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
    let session = Session {
        user: Arc::new(user.clone()),
        since: idp.now(),
    };
    let cookie = cookies::set_session(&idp.sessions().put(session.clone(), idp.random()));
    let answer = finish(&idp, flow, &session).unwrap_or_else(IntoResponse::into_response);
    Ok(([(header::SET_COOKIE, cookie)], answer).into_response())
}

/// The session of the browser.
pub(super) fn session(idp: &DemoIdp, headers: &HeaderMap) -> Option<Session> {
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
    app: &App,
    spec: &ResponseSpec,
    relay_state: Option<&str>,
) -> Result<Response, Refusal> {
    let xml = idp.respond(spec).map_err(|error| unsigned(&error))?;
    let action = spec.destination.as_deref().unwrap_or_default();
    let page = pages::Post {
        frame: pages::Frame::of(idp, None),
        app: app.name.clone(),
        form: PostPage::new(action, MessageKind::Response, &xml, relay_state),
    };
    let mut response = pages::show(&page);
    response.extensions_mut().insert(PostsElsewhere);
    Ok(response)
}

/// Who may get a Response for an application, and in which variant.
pub(super) fn check_access(user: &User, app: &App, variant: Variant) -> Result<(), Refusal> {
    if !user.assigned {
        return Err(Refusal::new(
            50_105,
            format!(
                "Your administrator has configured the application {} ('{}') to block users unless they are \
                 specifically granted access. The signed-in user '{}' is blocked because they are not assigned to it.",
                app.name, app.id, user.principal_name
            ),
        ));
    }
    if variant.encrypts() && app.encryption_certificate.is_none() {
        return Err(Refusal::new(
            50_146,
            "The test variant encrypts, and the application has no token encryption certificate.",
        ));
    }
    Ok(())
}

pub(super) fn check_tenant(idp: &DemoIdp, tenant: &str) -> Result<(), Refusal> {
    if tenant.eq_ignore_ascii_case(&idp.tenant().id) {
        return Ok(());
    }
    Err(Refusal::new(
        90_002,
        format!("Tenant '{tenant}' not found."),
    ))
}

fn checked(idp: &DemoIdp, request: SignOnRequest, received: Received) -> Result<Purpose, Refusal> {
    let app = idp.app_of_issuer(&request.issuer)?;
    received.check_signature(&app)?;
    let acs_url = request.reply_url(&app)?;
    Ok(Purpose::Answer {
        request: Arc::new(request),
        app,
        acs_url,
        relay_state: received.relay_state,
    })
}

/// The variant: of the address, else of the cookie, else of the application.
fn flow(purpose: Purpose, options: Options, headers: &HeaderMap) -> Flow {
    let of_app = match &purpose {
        Purpose::Answer { app, .. } => app.variant,
        Purpose::Page(_) => Variant::default(),
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
fn proceed(idp: &DemoIdp, flow: Flow, headers: &HeaderMap) -> Result<Response, Refusal> {
    let Purpose::Answer { request, .. } = &flow.purpose else {
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
            let status = Status::failure(
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
fn finish(idp: &DemoIdp, flow: Flow, session: &Session) -> Result<Response, Refusal> {
    let (request, app, acs_url, relay_state) = match flow.purpose {
        Purpose::Page(next) => return Ok(Redirect::to(&next).into_response()),
        Purpose::Answer {
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
fn fail(idp: &DemoIdp, flow: &Flow, status: Status) -> Result<Response, Refusal> {
    let (
        Purpose::Answer {
            request,
            app,
            acs_url,
            relay_state,
        },
        Some(nobody),
    ) = (&flow.purpose, idp.users().first())
    else {
        return Err(forgotten());
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
    let page = pages::SignIn {
        frame: pages::Frame::of(idp, None),
        destination: match &flow.purpose {
            Purpose::Answer { app, .. } => app.name.clone(),
            Purpose::Page(_) => "My Apps".to_owned(),
        },
        action: format!("/{}/login", idp.tenant().id),
        flow: handle.to_owned(),
        accounts: accounts
            .map(|(at, user)| pages::Account::of(user, at == hinted))
            .collect(),
        variants: match &flow.purpose {
            Purpose::Answer { app, .. } => {
                pages::VariantOption::all(flow.variant, app.recipient().is_some())
            }
            Purpose::Page(_) => Vec::new(),
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

fn forgotten() -> Refusal {
    Refusal::new(
        165_000,
        "This sign-in is not known here any more. Begin again at the application.",
    )
}

fn unsigned(error: &SignError) -> Refusal {
    Refusal::new(50_146, format!("The Response could not be made: {error}"))
}
