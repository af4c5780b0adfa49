//! Forms with files: what is cut off, mixed up or very large.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::{Body, Bytes};
use futures_util::stream;
use vestibule::app::VERY_LARGE;

use super::trust::{ENTRA, at};
use crate::support::console::{token, upload};
use crate::support::{Browser, Office};

const BOUNDARY: &str = "----where-one-part-ends";

/// Every address that takes files, and the field of the file.
async fn addresses(world: &Office) -> Vec<(String, &'static str)> {
    let connection = world.add_connection("entra").await;
    vec![
        (at(&connection, "/certificates"), "certificate_file"),
        (at(&connection, "/metadata"), "file"),
        ("/admin/connections/new".to_owned(), "file"),
        (
            "/admin/connections/new/manual".to_owned(),
            "certificate_file",
        ),
        ("/admin/account/logo".to_owned(), "logo"),
        ("/admin/users/import".to_owned(), "file"),
        ("/admin/users/import/save".to_owned(), "file"),
    ]
}

fn field(name: &str, value: &str) -> String {
    format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
}

fn file(name: &str, content: &str) -> String {
    format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"x\"\r\n\r\n{content}\r\n"
    )
}

async fn sent(browser: &mut Browser, path: &str, kind: &str, body: impl Into<Body>) -> u16 {
    browser.post_body(path, kind, body.into()).await.status
}

#[tokio::test]
async fn what_arrives_in_pieces_is_refused() {
    let world = Office::new().await;
    let mut browser = world.admin().await;
    let csrf = field("csrf", &token(&mut browser).await);
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    let metadata = String::from_utf8(ENTRA.to_vec()).unwrap();
    let stored = world.app.store.users(world.acme.id).await.unwrap().len();
    for (path, name) in addresses(&world).await {
        let one = file(name, &metadata);
        let whole = format!("{csrf}{one}--{BOUNDARY}--\r\n");
        for (what, kind, body, statuses) in [
            (
                "cut off",
                kind.as_str(),
                whole[..whole.len() / 2].to_owned(),
                &[400][..],
            ),
            (
                "cut off in a head",
                &kind,
                whole[..csrf.len() + 60].to_owned(),
                &[400],
            ),
            ("without its end", &kind, format!("{csrf}{one}"), &[400]),
            ("empty", &kind, String::new(), &[400]),
            (
                "another boundary",
                "multipart/form-data; boundary=another",
                whole.clone(),
                &[400],
            ),
            ("no boundary", "multipart/form-data", whole.clone(), &[415]),
            ("not a form", "text/xml", metadata.clone(), &[415]),
            (
                "two files",
                &kind,
                format!("{csrf}{one}{one}--{BOUNDARY}--\r\n"),
                &[400],
            ),
            (
                "two tokens",
                &kind,
                format!("{csrf}{csrf}{one}--{BOUNDARY}--\r\n"),
                &[400, 403],
            ),
        ] {
            let status = sent(&mut browser, &path, kind, body).await;
            assert!(statuses.contains(&status), "{path}, {what}: {status}");
        }
        let not_text = [
            csrf.as_bytes(),
            field("name", "\u{fffd}")
                .replace('\u{fffd}', "?")
                .as_bytes(),
        ]
        .concat();
        let not_text: Vec<u8> = not_text
            .into_iter()
            .map(|octet| if octet == b'?' { 0xff } else { octet })
            .chain(format!("--{BOUNDARY}--\r\n").into_bytes())
            .collect();
        let status = sent(&mut browser, &path, &kind, not_text).await;
        assert_eq!(status, 400, "{path}, not text");
    }
    assert_eq!(world.connections().await.len(), 1);
    let users = world.app.store.users(world.acme.id).await.unwrap();
    assert_eq!(users.len(), stored);
}

/// A form with a file of so many octets, which comes in pieces; how many pieces were taken.
fn in_pieces(csrf: &str, octets: usize) -> (Body, Arc<AtomicUsize>) {
    let end = format!("--{BOUNDARY}--\r\n");
    let whole = [field("csrf", csrf), file("file", &"x".repeat(octets)), end].concat();
    let pieces: Vec<Bytes> = whole
        .as_bytes()
        .chunks(PIECE)
        .map(Bytes::copy_from_slice)
        .collect();
    let taken = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&taken);
    let pieces = pieces.into_iter().map(move |piece| {
        counted.fetch_add(1, Ordering::Relaxed);
        Ok::<_, std::io::Error>(piece)
    });
    (Body::from_stream(stream::iter(pieces)), taken)
}

const PIECE: usize = 32 * 1024;

#[tokio::test]
async fn very_large_uploads_wait_for_their_turn_and_others_do_not() {
    let world = Office::new().await;
    let mut browser = world.admin().await;
    let csrf = token(&mut browser).await;
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    let path = "/admin/connections/new";
    let mut turns = Vec::new();
    // All that there are: four clients of two companies, and none of the browser's own.
    for (company, client) in [
        (&world.acme, 1),
        (&world.beta, 2),
        (&world.beta, 3),
        (&world.acme, 4),
    ] {
        for _ in 0..2 {
            let client = Some([203, 0, 113, client].into());
            let turn = world.app.turns.hold(VERY_LARGE + 1, company.id, client);
            turns.push(turn.await.unwrap());
        }
    }
    let (large, _) = in_pieces(&csrf, VERY_LARGE - 2 * PIECE);
    assert_eq!(sent(&mut browser, path, &kind, large).await, 422);
    let (very_large, taken) = in_pieces(&csrf, 2 * VERY_LARGE);
    let mut other = browser.clone();
    let mut waiting = pin!(sent(&mut other, path, &kind, very_large));
    let all = 2 * VERY_LARGE / PIECE;
    // Until it stands still, and a while after.
    let standing = async {
        let (mut before, mut still) = (0, 0);
        while before == 0 || still < 1_000 {
            tokio::task::yield_now().await;
            let now = taken.load(Ordering::Relaxed);
            still = if now == before { still + 1 } else { 0 };
            before = now;
        }
        before
    };
    let taken_so_far = tokio::select! {
        status = &mut waiting => panic!("it did not wait: {status}"),
        taken = standing => taken,
    };
    assert!(taken_so_far <= VERY_LARGE / PIECE + 1 && taken_so_far < all);
    turns.pop();
    assert_eq!(waiting.await, 422);
    // It has given its turn back.
    let (again, _) = in_pieces(&csrf, 2 * VERY_LARGE);
    assert_eq!(sent(&mut browser, path, &kind, again).await, 422);
    let files = [("file", "x.xml", ENTRA)];
    assert_eq!(upload(&mut browser, path, &[], &files).await.status, 200);
}
