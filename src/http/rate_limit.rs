//! Rate limits, as handlers meet them.
//!
//! Invariant: a request beyond a limit is answered before its body is read and before anything is written down.

use std::marker::PhantomData;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::client_address::ClientAddress;
use super::current_site::CurrentSite;
use super::error::Error;
use crate::app::{App, Counted, Wait};
use crate::domain::CompanyId;

/// A request within the limits of its kind, of its client and of its company. It is counted when it is extracted.
#[derive(Debug)]
pub(crate) struct Within<K>(PhantomData<K>);

/// A kind of request.
pub(crate) trait LimitedKind {
    /// What it counts as.
    const COUNTED: Counted;
}

macro_rules! kinds {
    ($($(#[$meta:meta])* $name:ident = $counted:ident),+ $(,)?) => {$(
        $(#[$meta])*
        #[derive(Debug)]
        pub(crate) enum $name {}

        impl LimitedKind for $name {
            const COUNTED: Counted = Counted::$counted;
        }
    )+};
}

kinds! {
    /// Sign-in messages.
    Responses = Response,
    /// Sign-out messages.
    Logouts = Logout,
    /// Passwords.
    Passwords = PasswordTry,
    /// Readers of our metadata.
    MetadataReaders = Metadata,
    /// Browsers that show the logo.
    LogoReaders = Logo,
}

impl<K: LimitedKind> FromRequestParts<Arc<App>> for Within<K> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Error> {
        let CurrentSite(site) = CurrentSite::from_request_parts(parts, app).await?;
        let Ok(ClientAddress(client)) = ClientAddress::from_request_parts(parts, app).await;
        app.throttle.admit(K::COUNTED, client, &site.company)?;
        Ok(Self(PhantomData))
    }
}

/// Does work that hashes a password, when the company has its turn for it. It goes on when who asked for it has gone, and keeps
/// its turn until it is done.
pub(crate) async fn in_password_turn<T: Send + 'static>(
    app: &App,
    company: CompanyId,
    work: impl Future<Output = T> + Send + 'static,
) -> Result<T, Error> {
    let turn = app.throttle.password_turn(company).await?;
    let working = tokio::spawn(async move {
        let _turn = turn;
        work.await
    });
    working.await.map_err(Error::internal)
}

impl From<Wait> for Error {
    fn from(wait: Wait) -> Self {
        Self::TooMany {
            retry_after: wait.seconds(),
        }
    }
}
