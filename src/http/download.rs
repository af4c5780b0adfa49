//! A file to download, which is made while it is sent.
//!
//! Invariants: what is in memory is a part of it; its turn lasts until the last octet has been sent, or the client has gone; what has
//! begun comes to its end, or its connection is reset, so that nobody takes half of it for the whole.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use futures_util::{StreamExt as _, stream};
use hyper::body::{Frame, SizeHint};

use super::error::Error;
use super::policy;
use crate::admin::ExportParts;
use crate::app::{App, Turn};
use crate::domain::CompanyId;
use crate::store;

/// A file that is not there yet.
#[derive(Debug)]
pub(crate) struct DownloadFile<P> {
    pub(crate) kind: &'static str,
    pub(crate) name: String,
    pub(crate) parts: P,
    /// The turn of the export.
    pub(crate) turn: Turn,
}

impl<P: ExportParts + 'static> DownloadFile<P> {
    /// The answer. Its first part is made before it begins, so that a database that is away is told as such.
    pub(crate) async fn answer(
        self,
        app: &Arc<App>,
        company: CompanyId,
    ) -> Result<Response, Error> {
        let Self {
            kind,
            name,
            mut parts,
            turn,
        } = self;
        let of_parts = app.turns.make_part(company).await?;
        let first = next(app, of_parts, &mut parts).await?.unwrap_or_default();
        let state = (Arc::clone(app), parts);
        let rest = stream::unfold(Some(state), move |state| async move {
            let (app, mut parts) = state?;
            match more(&app, company, &mut parts).await {
                Ok(part) => part.map(|part| (Ok(part), Some((app, parts)))),
                Err(cause) => {
                    tracing::error!(?cause, "an export has ended before its end");
                    Some((Err(Cut), None))
                }
            }
        });
        let whole = stream::iter([Ok::<_, Cut>(first)]).chain(rest);
        let mut response = Response::new(Body::new(BodyInTurn {
            inner: Body::from_stream(whole),
            _turn: turn,
        }));
        let name = format!("attachment; filename=\"{name}\"");
        let name = HeaderValue::try_from(name).map_err(Error::internal)?;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        headers.insert(header::CONTENT_DISPOSITION, name);
        headers.insert(header::CONTENT_SECURITY_POLICY, policy::NO_PAGE);
        Ok(response)
    }
}

/// The export could not be made to its end.
#[derive(Debug, thiserror::Error)]
#[error("the export could not be made to its end")]
struct Cut;

/// One more part, when it is its turn.
async fn more(
    app: &App,
    company: CompanyId,
    parts: &mut impl ExportParts,
) -> Result<Option<Bytes>, Error> {
    let turn = app.turns.make_more(company).await?;
    next(app, turn, parts).await
}

/// The next part, which is made in this turn.
async fn next(
    app: &App,
    _turn: Turn,
    parts: &mut impl ExportParts,
) -> Result<Option<Bytes>, Error> {
    let part: Result<_, store::Error> = parts.next(&app.desk).await;
    Ok(part?.map(Bytes::from))
}

/// A body with the turn that it needs until it is dropped.
#[derive(Debug)]
struct BodyInTurn {
    inner: Body,
    _turn: Turn,
}

impl HttpBody for BodyInTurn {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.inner).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
