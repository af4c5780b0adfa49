//! The body of a request, whole.
//!
//! Invariants: at most `limits.body_bytes` (or, of an administrator, an upload), however it comes; what is larger than a
//! message usually is takes a turn before more of it is kept, and what is much larger another one, so that the memory of all of
//! them together is bounded; no client and no company has more than its share of it.

use std::error::Error as StdError;
use std::sync::Arc;

use axum::body::{Body, Bytes, HttpBody as _};
use axum::extract::{FromRequest, FromRequestParts as _, Request};
use axum::http::request::Parts;
use http_body_util::BodyExt as _;
use http_body_util::LengthLimitError;

use super::client_address::ClientAddress;
use super::current_site::CurrentSite;
use super::error::Error;
use super::serve::TooSlow;
use crate::app::{App, LARGE, NoTurn, Turn, VERY_LARGE};

/// The octets that a client posted.
#[derive(Debug)]
pub(crate) struct RequestBody {
    octets: Bytes,
    /// Given back with the octets.
    _held: HeldTurn,
}

/// The turn of a body, by how large it is so far.
#[derive(Debug, Default)]
struct HeldTurn {
    turn: Option<Turn>,
    /// How large it may become in this turn.
    room: usize,
}

impl HeldTurn {
    /// Takes the turn that a body of so many octets needs. The one before is given back when the new one is there.
    async fn make_room(
        &mut self,
        octets: usize,
        parts: &mut Parts,
        app: &Arc<App>,
    ) -> Result<(), Error> {
        if octets <= self.room {
            return Ok(());
        }
        let CurrentSite(site) = CurrentSite::from_request_parts(parts, app).await?;
        let Ok(ClientAddress(client)) = ClientAddress::from_request_parts(parts, app).await;
        let turn = app.turns.hold(octets, site.company.id, client).await?;
        self.turn = Some(turn);
        self.room = if octets > VERY_LARGE {
            usize::MAX
        } else {
            VERY_LARGE
        };
        Ok(())
    }
}

impl RequestBody {
    /// Reads a body to its end.
    pub(crate) async fn read(parts: &mut Parts, body: Body, app: &Arc<App>) -> Result<Self, Error> {
        Self::read_at_most(parts, body, app, app.config.limits.body_bytes).await
    }

    /// The same, with another limit.
    pub(crate) async fn read_at_most(
        parts: &mut Parts,
        mut body: Body,
        app: &Arc<App>,
        limit: usize,
    ) -> Result<Self, Error> {
        let within = |length: usize| (length <= limit).then_some(()).ok_or(Error::TooLarge);
        // A length that is announced need not come before it is refused.
        let announced = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
        within(announced)?;
        let mut held = HeldTurn::default();
        let mut octets = Vec::new();
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame.map_err(|cause| refusal(&cause))?.into_data() else {
                continue; // Trailers.
            };
            let length = octets.len() + data.len();
            within(length)?;
            if octets.is_empty() && body.is_end_stream() {
                // Most bodies are one piece, and are not copied.
                return Ok(Self {
                    octets: data,
                    _held: held,
                });
            }
            if length > LARGE {
                let room = length.max(announced);
                held.make_room(room, parts, app).await?;
            }
            octets.extend_from_slice(&data);
        }
        Ok(Self {
            octets: octets.into(),
            _held: held,
        })
    }

    pub(crate) fn octets(&self) -> &Bytes {
        &self.octets
    }
}

impl FromRequest<Arc<App>> for RequestBody {
    type Rejection = Error;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Error> {
        let (mut parts, body) = request.into_parts();
        Self::read(&mut parts, body, app).await
    }
}

impl From<NoTurn> for Error {
    fn from(_: NoTurn) -> Self {
        Self::TooMany { retry_after: 5 }
    }
}

/// What an error of the body means for the client.
fn refusal(cause: &axum::Error) -> Error {
    let mut cause: Option<&(dyn StdError + 'static)> = Some(cause);
    while let Some(error) = cause {
        if error.is::<TooSlow>() {
            return Error::TooSlow;
        }
        if error.is::<LengthLimitError>() {
            return Error::TooLarge;
        }
        cause = error.source();
    }
    Error::BadRequest("It ended before all of it was there.".into())
}
