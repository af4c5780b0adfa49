//! What goes to a redirect URI: a code, or an error.

use super::super::PostsElsewhere;
use crate::demo_idp::oidc::{IdpGrant, IssuedCode, OidcRefusal, ReplyMode, ReplyTo};
use crate::demo_idp::refusal::IdpRefusal;
use crate::demo_idp::site::{CodeFlow, IdpSession};
use crate::demo_idp::{DemoIdp, OidcVariant, pages};
use axum::response::{IntoResponse, Redirect, Response};

type ReplyField = (&'static str, String);

/// Gives the user's application a code.
pub(in crate::demo_idp::http) fn finish(
    idp: &DemoIdp,
    flow: &CodeFlow,
    session: &IdpSession,
) -> Result<Response, IdpRefusal> {
    let (app, request) = (&flow.app, &flow.request);
    session.user.check_assigned(&app.name, &app.client_id)?;
    if let Some((error, code, message)) = flow.variant.error() {
        let refusal = OidcRefusal::new(error, code, message);
        return Ok(refuse(idp, &request.reply_to, &refusal));
    }
    session.visit(&app.client_id);
    let grant = IdpGrant {
        app: app.clone(),
        user: session.user.clone(),
        scopes: request.scopes.clone(),
        nonce: request.nonce.clone(),
        sid: session.sid.clone(),
        auth_time: session.since,
        max_age: request.max_age,
        variant: flow.variant,
    };
    let issue = || {
        let code = IssuedCode::new(
            grant.clone(),
            request.reply_to.redirect_uri.clone(),
            request.challenge.clone(),
            idp.now(),
        );
        idp.oidc().put_code(code, idp.random())
    };
    let mut fields = Vec::new();
    if flow.variant != OidcVariant::NoCode {
        fields.push(("code", issue()));
    }
    if flow.variant == OidcVariant::TwoCodes {
        fields.push(("code", issue()));
    }
    fields.extend(state(&request.reply_to));
    fields.push(("session_state", session.sid.clone()));
    change(&mut fields, idp, flow.variant);
    Ok(send(idp, &app.name, &request.reply_to, fields))
}

/// `prompt=none`, and nobody is signed in.
pub(in crate::demo_idp::http) fn login_required(idp: &DemoIdp, flow: &CodeFlow) -> Response {
    let refusal = OidcRefusal::new(
        "login_required",
        50_058,
        "A silent sign-in request was sent but no user is signed in.",
    );
    refuse(idp, &flow.request.reply_to, &refusal)
}

/// Sends an error.
pub(in crate::demo_idp::http) fn refuse(
    idp: &DemoIdp,
    reply_to: &ReplyTo,
    refusal: &OidcRefusal,
) -> Response {
    let described = refusal.describe(idp);
    let mut fields = vec![
        ("error", refusal.error.to_owned()),
        ("error_description", described.description),
        ("error_uri", described.error_uri),
    ];
    fields.extend(state(reply_to));
    send(idp, "the application", reply_to, fields)
}

fn state(reply_to: &ReplyTo) -> Option<ReplyField> {
    Some(("state", reply_to.state.clone()?))
}

fn change(fields: &mut Vec<ReplyField>, idp: &DemoIdp, variant: OidcVariant) {
    match variant {
        OidcVariant::AnswerIssuer => fields.push(("iss", idp.tenant().issuer())),
        OidcVariant::AnswerOtherIssuer => fields.push(("iss", idp.tenant().entity_id.clone())),
        OidcVariant::OtherState => {
            for (name, value) in fields {
                if *name == "state" {
                    *value = value.chars().rev().collect();
                }
            }
        }
        _ => {}
    }
}

fn send(idp: &DemoIdp, app: &str, reply_to: &ReplyTo, fields: Vec<ReplyField>) -> Response {
    match reply_to.mode {
        ReplyMode::Query => Redirect::to(&address(&reply_to.redirect_uri, &fields)).into_response(),
        ReplyMode::FormPost => {
            let page = pages::FormPostPage {
                frame: pages::IdpFrame::of(idp, None),
                app: app.to_owned(),
                action: reply_to.redirect_uri.clone(),
                fields,
            };
            let mut response = pages::show(&page);
            response.extensions_mut().insert(PostsElsewhere);
            response
        }
    }
}

/// A redirect URI without a path comes back with one.
fn address(redirect_uri: &str, fields: &[ReplyField]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(fields);
    let query = query.finish();
    let authority = redirect_uri.split_once("://").map_or("", |(_, rest)| rest);
    match redirect_uri {
        uri if uri.contains('?') => format!("{uri}&{query}"),
        uri if !authority.contains('/') => format!("{uri}/?{query}"),
        uri => format!("{uri}?{query}"),
    }
}
