//! Our own logout messages on their way. They are always signed (Profiles 4.4.3.1 and 4.4.4.1).
//!
//! Tests: `tests/it/slo/begun.rs`. What is in them is written by `saml::logout`.

use crate::app::App;
use crate::domain::{Binding, Connection};
use crate::saml::binding::{EncodedMessage, MessageKind, PostPage, encode_redirect};
use crate::saml::signature::{SignError, sign_enveloped};

/// A message that the browser takes to an identity provider.
#[derive(Debug)]
pub struct Outgoing {
    /// The connection's display name.
    pub to: String,
    /// Whether it asks or answers.
    pub kind: MessageKind,
    /// The message.
    pub message: EncodedMessage,
}

/// A message before it is signed.
pub(super) struct LogoutDraft<'a> {
    pub(super) kind: MessageKind,
    pub(super) id: &'a str,
    pub(super) xml: &'a str,
    pub(super) destination: &'a str,
    pub(super) relay_state: Option<&'a str>,
}

/// Signs and encodes. None when that fails: the session has ended already, and nothing may make a failure of that.
pub(super) fn send(
    app: &App,
    connection: &Connection,
    draft: &LogoutDraft<'_>,
) -> Option<Outgoing> {
    match encode(app, connection.settings.saml().slo_binding, draft) {
        Ok(message) => Some(Outgoing {
            to: connection.display_name.clone(),
            kind: draft.kind,
            message,
        }),
        Err(cause) => {
            tracing::error!(connection = %connection.name, %cause, "a logout message cannot be signed");
            None
        }
    }
}

fn encode(
    app: &App,
    binding: Binding,
    draft: &LogoutDraft<'_>,
) -> Result<EncodedMessage, SignError> {
    let keys = app.sp_keys();
    let key = &keys.signing;
    Ok(match binding {
        Binding::Redirect => EncodedMessage::Redirect(encode_redirect(
            draft.destination,
            draft.kind,
            draft.xml,
            draft.relay_state,
            Some(key),
        )?),
        Binding::Post => EncodedMessage::Post(PostPage::new(
            draft.destination,
            draft.kind,
            &sign_enveloped(draft.xml, draft.id, key)?,
            draft.relay_state,
        )),
    })
}
