//! The company's logo: set and removed on the company's page, shown by every page of the site, and served as a picture and nothing else.

use std::fmt::Write as _;

use axum::http::StatusCode;
use serde_json::json;
use vestibule::config::Secret;

use crate::picture::{JPEG, OTHERS, PNG, WEBP, WEBP_ALPHA, WEBP_LOSSLESS, gif, png_of, png_with};
use crate::support::console::{follow, post, upload};
use crate::support::{ADMIN, Answer, Browser, Office};

const PAGE: &str = "/admin/account";
const SET: &str = "/admin/account/logo";
const REMOVE: &str = "/admin/account/logo/remove";

async fn set(browser: &mut Browser, octets: &[u8]) -> Answer {
    // A name that claims something else.
    upload(browser, SET, &[], &[("logo", "logo.svg", octets)]).await
}

/// The address of the logo on a page; none where the page has none.
fn shown(page: &str) -> Option<String> {
    let image = page.split("<img class=\"logo\" src=\"").nth(1)?;
    Some(image.split('"').next().unwrap().to_owned())
}

async fn logo_at(browser: &mut Browser, page: &str) -> String {
    let page = browser.get(page).await;
    shown(&page.body).unwrap_or_else(|| panic!("no logo: {}", page.body))
}

#[tokio::test]
async fn each_kind_is_taken_by_its_octets_and_served_as_what_it_is() {
    let world = Office::new().await;
    let mut anna = world.admin().await;
    let mut stranger = world.browser();
    let page = anna.get(PAGE).await.body;
    assert_eq!(shown(&page), None);
    assert!(!page.contains("Remove logo"), "{page}");
    let gif = gif(360, 96, 1);
    let commented = png_with(*b"tEXt", b"<script>alert(1)</script>");
    for (octets, media_type) in [
        (PNG, "image/png"),
        (&commented, "image/png"),
        (JPEG, "image/jpeg"),
        (WEBP, "image/webp"),
        (WEBP_ALPHA, "image/webp"),
        (WEBP_LOSSLESS, "image/webp"),
        (&gif, "image/gif"),
    ] {
        let answer = set(&mut anna, octets).await;
        let page = follow(&mut anna, &answer).await.body;
        assert!(page.contains("The logo is saved."), "{page}");
        assert!(page.contains("360 × 96 pixels"), "{page}");
        assert!(page.contains("Remove logo"), "{page}");
        // Whoever signs in sees it, and has no cookie.
        let path = logo_at(&mut stranger, "/sign-in").await;
        let answer = world.browser().get(&path).await;
        assert_eq!(answer.status, 200, "{media_type}");
        assert_eq!(answer.octets, octets, "{media_type}");
        for (name, value) in [
            ("content-type", media_type),
            ("x-content-type-options", "nosniff"),
            ("content-security-policy", "default-src 'none'; sandbox"),
            ("cross-origin-resource-policy", "same-origin"),
            ("cache-control", "public, max-age=31536000, immutable"),
            ("set-cookie", ""),
        ] {
            assert_eq!(answer.header(name), value, "{name}");
        }
        let tag = answer.header("etag").to_owned();
        assert_eq!(tag.len(), 66, "{tag}");
        let known = stranger.get_if_none_match(&path, &tag).await;
        assert_eq!(known.status, StatusCode::NOT_MODIFIED);
        assert_eq!((known.octets.len(), known.header("etag")), (0, &*tag));
        let head = stranger.head(&path).await;
        assert_eq!((head.status, head.octets.len()), (200, 0));
    }
}

#[tokio::test]
async fn what_is_no_logo_is_told_and_nothing_is_kept() {
    let world = Office::new().await;
    let mut anna = world.admin().await;
    let large = png_with(*b"tEXt", &vec![b'x'; 65 * 1024]);
    let very_large = vec![b'x'; 1024 * 1024];
    let key = b"my key\n-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQ\n";
    let trailing = [PNG, b"<html><script>alert(1)</script>"].concat();
    let mut refused: Vec<(Vec<u8>, &str)> = vec![
        (vec![], "Choose a picture."),
        (large, "Use one of at most 64 KiB"),
        (very_large, "no picture that is known here"),
        (PNG[..PNG.len() / 2].to_vec(), "damaged or cut off"),
        (png_of(1025, 96), "1025 × 96 pixels"),
        (png_of(0, 96), "0 × 96 pixels"),
        (gif(16, 16, 2), "The picture moves."),
        (trailing, "the file goes on"),
        (key.to_vec(), "This is a private key"),
    ];
    refused.extend(OTHERS.iter().map(|(octets, told)| (octets.to_vec(), *told)));
    for (octets, told) in refused {
        let answer = set(&mut anna, &octets).await;
        assert_eq!(answer.status, 422, "{told}");
        for part in [told, "id=\"logo-error\"", "Nothing was saved."] {
            assert!(answer.body.contains(part), "{part}: {}", answer.body);
        }
        assert!(!answer.body.contains("MIIEvQ"), "{}", answer.body);
        assert_eq!(shown(&answer.body), None);
    }
    assert_eq!(world.stored_company().await.logo, None);
    assert!(world.audit().await.is_empty());
    // The other form of the page is as it was.
    assert!(anna.get(PAGE).await.body.contains("value=\"ACME\""));
}

#[tokio::test]
async fn it_is_at_the_companys_own_host_and_only_the_present_one() {
    let world = Office::new().await;
    let mut anna = world.admin().await;
    assert_eq!(set(&mut anna, PNG).await.status, 303);
    let first = logo_at(&mut anna, PAGE).await;
    let mut otto = world.other_admin().await;
    assert_eq!(otto.get(&first).await.status, 404);
    for wrong in [
        first.replace(".png", ".svg"),
        first.replace(".png", ""),
        first.to_uppercase(),
        "/logo/".to_owned(),
        "/logo/x".to_owned(),
        "/logo/..%2f..%2fetc%2fpasswd".to_owned(),
    ] {
        let answer = anna.get(&wrong).await;
        assert_eq!(answer.status, 404, "{wrong}");
        assert_eq!(answer.header("cache-control"), "no-store");
    }
    assert_eq!(set(&mut anna, JPEG).await.status, 303);
    let second = logo_at(&mut anna, PAGE).await;
    assert_eq!(second.rsplit('.').next(), Some("jpg"), "{second}");
    assert_eq!(anna.get(&first).await.status, 404);
    assert_eq!(anna.get(&second).await.status, 200);
    // Another company has its own, also when it is the same.
    assert_eq!(set(&mut otto, JPEG).await.status, 303);
    let answer = post(&mut anna, REMOVE, &[]).await;
    let page = follow(&mut anna, &answer).await.body;
    assert!(page.contains("The logo is removed."), "{page}");
    assert_eq!(shown(&page), None);
    assert_eq!(anna.get(&second).await.status, 404);
    assert_eq!(otto.get(&second).await.status, 200);
    let answer = post(&mut anna, REMOVE, &[]).await;
    let page = follow(&mut anna, &answer).await.body;
    assert!(page.contains("There was no logo any more."), "{page}");
}

#[tokio::test]
async fn every_page_of_the_site_shows_it() {
    let world = Office::new().await;
    world.add_connection("entra").await;
    world.add_connection("okta").await;
    let mut anna = world.admin().await;
    assert_eq!(set(&mut anna, PNG).await.status, 303);
    let mut stranger = world.browser();
    let alt = "width=\"180\" height=\"48\" alt=\"ACME\"";
    for (path, status) in [
        ("/sign-in", 200),
        ("/nothing", 404),
        (
            "/sso/login?connection=entra&return_to=https://evil.example",
            400,
        ),
        ("/sso/login?connection=entra", 200),
    ] {
        let page = stranger.get(path).await;
        assert_eq!(page.status, status, "{path}: {}", page.body);
        assert!(page.body.contains(alt), "{path}: {}", page.body);
        let policy = page.header("content-security-policy");
        assert!(policy.contains("img-src 'self';"), "{path}: {policy}");
        assert!(!page.body.contains("class=\"mark\""), "{path}");
    }
    let member = world.member().await.get("/").await;
    assert!(member.body.contains("You are signed in"), "{}", member.body);
    assert!(member.body.contains(alt), "{}", member.body);
    // In the console it is small, beside the name, which is read out once.
    let console = anna.get("/admin").await.body;
    let small = "width=\"96\" height=\"25\" alt=\"ACME\"><span class=\"name\" aria-hidden=\"true\">ACME</span>";
    assert!(console.contains(small), "{console}");
    let failure = anna.get("/admin/nothing").await;
    assert!(failure.body.contains(small), "{}", failure.body);
    // A page of another company does not.
    let mut other = Browser::new(&world.router, world.beta.origin.host_key());
    assert_eq!(shown(&other.get("/sign-in").await.body), None);
}

#[tokio::test]
async fn a_suspended_site_shows_it_too() {
    let world = Office::new().await;
    let mut anna = world.admin().await;
    assert_eq!(set(&mut anna, PNG).await.status, 303);
    let store = &world.app.store;
    let mut tx = store.begin().await.unwrap();
    let now = Some(crate::support::NOW);
    tx.write_suspended(world.acme.id, now).await.unwrap();
    tx.commit(crate::support::NOW).await.unwrap();
    world.app.catch_up().await.unwrap();
    let page = world.browser().get("/sign-in").await;
    assert_eq!(page.status, 403);
    let path = shown(&page.body).unwrap();
    assert_eq!(world.browser().get(&path).await.status, 200);
}

#[tokio::test]
async fn a_change_is_written_down_without_the_picture() {
    let world = Office::new().await;
    let mut anna = world.admin().await;
    for octets in [PNG, PNG, JPEG] {
        assert_eq!(set(&mut anna, octets).await.status, 303);
    }
    assert_eq!(post(&mut anna, REMOVE, &[]).await.status, 303);
    let told = |kind: &str, octets: &[u8]| {
        let hash = openssl::sha::sha256(octets);
        let hash = hash.iter().fold(String::new(), |mut text, octet| {
            let _ = write!(text, "{octet:02x}");
            text
        });
        let size = octets.len();
        json!({"logo": format!("{kind}, 360 × 96 pixels, {size} octets, SHA-256 {hash}")})
    };
    let events = world.audit().await;
    let told_of: Vec<_> = events
        .iter()
        .map(|it| (it.action.as_str(), it.before.clone(), it.after.clone()))
        .collect();
    let (png, jpeg) = (told("PNG", PNG), told("JPEG", JPEG));
    let set = "company.set_logo";
    assert_eq!(
        told_of,
        [
            ("company.remove_logo", Some(jpeg.clone()), Some(json!({}))),
            (set, Some(png.clone()), Some(jpeg)),
            (set, Some(json!({})), Some(png)),
        ],
        "the same picture once more changes nothing"
    );
    assert!(events.iter().all(|it| it.actor == ADMIN));
    let page = anna.get("/admin/audit").await.body;
    for sentence in [
        "Changed the logo of the company",
        "Removed the logo of the company",
    ] {
        assert!(page.contains(sentence), "{sentence}: {page}");
    }
}

#[tokio::test]
async fn only_the_companys_administrators_change_it() {
    let world = Office::new().await;
    let mut anna = world.admin().await;
    assert_eq!(set(&mut anna, PNG).await.status, 303);
    // Without the token, from elsewhere, and by a member.
    let files = [("logo", "x.png", JPEG)];
    assert_eq!(anna.upload(SET, &[], &files).await.status, 403);
    assert_eq!(anna.upload(SET, &[("csrf", "x")], &files).await.status, 403);
    assert_eq!(anna.post(REMOVE, &[]).await.status, 403);
    let mut member = world.member().await;
    assert_eq!(member.upload(SET, &[], &files).await.status, 403);
    assert_eq!(member.post(REMOVE, &[]).await.status, 403);
    let logo = world.stored_company().await.logo.unwrap();
    assert_eq!(logo.octets, i64::try_from(PNG.len()).unwrap());
}

#[tokio::test]
async fn reading_it_has_limits_and_knowing_it_has_none() {
    let world = Office::with(|config| {
        config.limits.client_logos_per_minute = 2;
        config.limits.company_logos_per_minute = 3;
    })
    .await;
    let mut anna = world.admin().await;
    assert_eq!(set(&mut anna, PNG).await.status, 303);
    let path = logo_at(&mut anna, PAGE).await;
    let mut one = world.browser().from("203.0.113.1");
    let tag = one.get(&path).await.header("etag").to_owned();
    assert_eq!(one.get(&path).await.status, 200);
    let refused = one.get(&path).await;
    assert_eq!(refused.status, 429);
    assert!(!refused.header("retry-after").is_empty());
    for _ in 0..10 {
        assert_eq!(one.get_if_none_match(&path, &tag).await.status, 304);
        assert_eq!(one.get("/logo/x.png").await.status, 404);
    }
    let mut two = world.browser().from("203.0.113.2");
    assert_eq!(two.get(&path).await.status, 200);
    assert_eq!(two.get(&path).await.status, 429, "the company's");
}

/// The pages know the logo with what they read anyway: PostgreSQL is asked for nothing more.
#[tokio::test]
async fn a_page_with_a_logo_asks_the_database_no_more_often() {
    let database = crate::store::database::Database::postgres().await;
    let url = database.url();
    let world = Office::with(|config| config.database.url = Some(Secret::new(&url))).await;
    let mut anna = world.browser().signed_in(ADMIN).await;
    let mut stranger = world.browser();
    let mut asked = Vec::new();
    for octets in [None, Some(PNG)] {
        if let Some(octets) = octets {
            assert_eq!(set(&mut anna, octets).await.status, 303);
        }
        let before = world.app.store.round_trips();
        let page = stranger.get("/sign-in").await;
        assert_eq!(shown(&page.body).is_some(), octets.is_some());
        asked.push(world.app.store.round_trips() - before);
    }
    assert_eq!(asked[0], asked[1]);
    let path = logo_at(&mut stranger, "/sign-in").await;
    let before = world.app.desk.round_trips();
    assert_eq!(stranger.get(&path).await.status, 200);
    assert_eq!(world.app.desk.round_trips() - before, 1);
    drop((world, anna, stranger));
    database.remove().await;
}
