//! A small application behind our own proxy, for the demo: it says who is there and what it was told.
//!
//! Invariants: it listens on a loopback address only, and knows nothing of a sign-in but the headers that come; a request without a
//! signed identity is nobody's (rule Q37).

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use askama::Template;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use futures_util::stream;
use tokio::net::TcpListener;
use tokio::time::sleep;

/// What it was told, in the order of `docs/protect.md`.
const TOLD: [&str; 7] = [
    "Remote-User",
    "Remote-Email",
    "Remote-Name",
    "Remote-Groups",
    "Vestibule-Groups-Omitted",
    "Vestibule-Company",
    "Vestibule-Identity",
];
/// How often the page hears that it is connected.
const BEAT: Duration = Duration::from_secs(1);

#[derive(Debug, Template)]
#[template(path = "demo_application/page.html")]
struct ApplicationPage {
    name: String,
    company: String,
    told: Vec<(&'static str, String)>,
}

/// Binds a port that is free.
pub async fn bind() -> io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

/// Serves until the future is dropped.
pub async fn serve(listener: TcpListener) -> io::Result<()> {
    let router = Router::new().route("/live", get(live)).fallback(get(page));
    axum::serve(listener, router).await
}

async fn page(headers: HeaderMap) -> Response {
    let told = |name: &str| {
        let value = headers.get(name).map(HeaderValue::as_bytes);
        let value = percent_encoding::percent_decode(value.unwrap_or_default());
        value.decode_utf8_lossy().into_owned()
    };
    if told("Vestibule-Identity").is_empty() {
        return (StatusCode::UNAUTHORIZED, "Nobody is signed in.").into_response();
    }
    let page = ApplicationPage {
        name: told("Remote-Name"),
        company: told("Vestibule-Company"),
        told: TOLD.map(|name| (name, told(name))).into(),
    };
    page.render().map_or_else(
        |_| StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        |html| Html(html).into_response(),
    )
}

/// Server-sent events: a number each second, for as long as somebody may listen.
async fn live() -> Response {
    let beats = stream::unfold(0_u32, |number| async move {
        if number > 0 {
            sleep(BEAT).await;
        }
        let event = Bytes::from(format!("data: {number}\n\n"));
        Some((Ok::<_, io::Error>(event), number.wrapping_add(1)))
    });
    let kind = (header::CONTENT_TYPE, "text/event-stream");
    ([kind], Body::from_stream(beats)).into_response()
}
