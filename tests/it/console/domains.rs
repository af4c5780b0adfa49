//! The company's e-mail domains in the console.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use simple_dns::rdata::{RData, TXT};
use simple_dns::{CLASS, Packet, RCODE, ResourceRecord};
use tokio::net::UdpSocket;
use vestibule::domain::{Creation, Settings, VerifiedBy};

use crate::support::console::{follow, post};
use crate::support::{self, NOW, Office};

/// A name server with one TXT record, or none.
async fn name_server(record: Arc<Mutex<Option<(String, String)>>>) -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    tokio::spawn(async move {
        let mut octets = [0; 512];
        while let Ok((length, from)) = socket.recv_from(&mut octets).await {
            let asked = Packet::parse(&octets[..length]).unwrap();
            let name = asked.questions[0].qname.clone();
            let mut answer = Packet::new_reply(asked.id());
            answer.questions = asked.questions.clone();
            let known = record.lock().unwrap().clone();
            match &known {
                Some((owner, text)) if *owner == name.to_string() => {
                    let text = TXT::new().with_string(text).unwrap();
                    let record = ResourceRecord::new(name, CLASS::IN, 60, RData::TXT(text));
                    answer.answers.push(record);
                }
                _ => *answer.rcode_mut() = RCODE::NameError,
            }
            let octets = answer.build_bytes_vec().unwrap();
            let _ = socket.send_to(&octets, from).await;
        }
    });
    address
}

/// What stands between two texts of a page.
fn between<'p>(page: &'p str, from: &str, to: &str) -> &'p str {
    let at = page.find(from).unwrap() + from.len();
    let rest = &page[at..];
    &rest[..rest.find(to).unwrap()]
}

#[tokio::test]
async fn a_domain_is_added_checked_assigned_and_removed() {
    let record = Arc::new(Mutex::new(None));
    let server = name_server(Arc::clone(&record)).await;
    let world = Office::with(|config| config.dns.servers = vec![server]).await;
    let entra = support::connection(world.acme.id, "entra", Settings::default());
    let store = &world.app.store;
    store.add_connection(&entra, NOW).await.unwrap();
    world.app.catch_up().await.unwrap();
    let mut browser = world.admin().await;
    let page = browser.get("/admin/domains").await.body;
    assert!(page.contains("No domain yet"), "{page}");

    let added = post(&mut browser, "/admin/domains", &[("domain", "Acme.test")]).await;
    assert_eq!(added.status, 303, "{}", added.body);
    let page = follow(&mut browser, &added).await.body;
    assert!(page.contains("Added the domain acme.test."), "{page}");
    assert!(page.contains("Not verified"), "{page}");
    let name = between(&page, "<code id=\"record-name-acme.test\"", "</code>");
    assert!(name.ends_with(">_vestibule.acme.test"), "{name}");
    let value = between(&page, "<code id=\"record-value-acme.test\"", "</code>");
    let value = value.rsplit('>').next().unwrap().to_owned();
    assert!(value.starts_with("vestibule-verification="), "{value}");

    // The record is not there, is another company's, is there.
    let check = "/admin/domains/acme.test/check";
    let missing = post(&mut browser, check, &[]).await;
    assert_eq!(missing.status, 409);
    assert!(
        missing.body.contains("no TXT record with this name yet"),
        "{}",
        missing.body
    );
    let owner = "_vestibule.acme.test".to_owned();
    let other = "vestibule-verification=another".to_owned();
    *record.lock().unwrap() = Some((owner.clone(), other));
    let wrong = post(&mut browser, check, &[]).await;
    assert_eq!(wrong.status, 409);
    assert!(
        wrong
            .body
            .contains("Found vestibule-verification=another instead"),
        "{}",
        wrong.body
    );
    *record.lock().unwrap() = Some((owner, value));
    let checked = post(&mut browser, check, &[]).await;
    assert_eq!(checked.status, 303, "{}", checked.body);
    let page = follow(&mut browser, &checked).await.body;
    assert!(
        page.contains("acme.test is verified by its DNS record."),
        "{page}"
    );
    let domains = store.domains(world.acme.id).await.unwrap();
    assert_eq!(domains[0].verified.unwrap().by, VerifiedBy::Dns);

    // It leads its addresses to the connection that it is assigned to.
    let id = entra.id.to_string();
    let assign = "/admin/domains/acme.test/assign";
    let assigned = post(&mut browser, assign, &[("connection", &id)]).await;
    let page = follow(&mut browser, &assigned).await.body;
    assert!(
        page.contains("ENTRA links, makes and renames accounts with addresses in acme.test, and no other connection does. Whoever signed in through a connection before still gets in"),
        "{page}"
    );
    let page = browser.get("/admin/domains").await.body;
    assert!(
        page.contains("This is the company's last domain.")
            || page.contains("This is the company&#39;s last domain."),
        "{page}"
    );
    let untold = post(&mut browser, "/admin/domains/acme.test/remove", &[]).await;
    assert_eq!(untold.status, 409, "{}", untold.body);
    let meant = [("last", "true")];
    let removed = post(&mut browser, "/admin/domains/acme.test/remove", &meant).await;
    let page = follow(&mut browser, &removed).await.body;
    assert!(page.contains("Removed the domain acme.test."), "{page}");
    let actions: Vec<String> = world
        .audit()
        .await
        .into_iter()
        .map(|it| it.action.to_string())
        .collect();
    for action in [
        "domain.add",
        "domain.verify",
        "domain.assign",
        "domain.remove",
    ] {
        assert_eq!(
            actions.iter().filter(|it| *it == action).count(),
            1,
            "{actions:?}"
        );
    }
}

#[tokio::test]
async fn what_cannot_be_a_companys_domain() {
    let world = Office::new().await;
    let mut browser = world.admin().await;
    for (domain, says) in [
        ("", "behind the @"),
        ("not a domain", "behind the @"),
        ("gmail.com", "Anybody can have an address"),
        ("intranet", "no domain that a company can own"),
    ] {
        let refused = post(&mut browser, "/admin/domains", &[("domain", domain)]).await;
        assert_eq!(refused.status, 422, "{domain}");
        assert!(refused.body.contains(says), "{domain}: {}", refused.body);
    }
    let added = post(&mut browser, "/admin/domains", &[("domain", "acme.test")]).await;
    assert_eq!(added.status, 303);
    let again = post(&mut browser, "/admin/domains", &[("domain", "acme.test")]).await;
    assert_eq!(again.status, 422);
    for (path, fields) in [
        (
            "/admin/domains/other.test/assign",
            &[("connection", "")][..],
        ),
        ("/admin/domains/other.test/check", &[]),
        ("/admin/domains/other.test/remove", &[]),
        (
            "/admin/domains/acme.test/assign",
            &[("connection", "01234567890123456789012345")],
        ),
    ] {
        assert_eq!(post(&mut browser, path, fields).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn a_waiting_user_names_the_connection_where_there_are_several() {
    let world = Office::new().await;
    let store = &world.app.store;
    let mut ids = Vec::new();
    for name in ["entra", "okta"] {
        let connection = support::connection(world.acme.id, name, Settings::default());
        store.add_connection(&connection, NOW).await.unwrap();
        ids.push(connection.id);
    }
    world.app.catch_up().await.unwrap();
    let old = world.add_user("old@acme.test", &[]).await;
    assert_eq!(old.created_by, Creation::Administrator);
    let mut browser = world.admin().await;
    let form = browser.get("/admin/users/new").await.body;
    assert!(form.contains("First sign-in through"), "{form}");
    let new = |connection: &str| {
        [
            ("email", "new@acme.test".to_owned()),
            ("connection", connection.to_owned()),
        ]
    };
    let fields = new("");
    let fields = fields
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    let asked = post(&mut browser, "/admin/users/new", &fields).await;
    assert_eq!(asked.status, 422);
    assert!(
        asked.body.contains("Several connections are enabled."),
        "{}",
        asked.body
    );
    let fields = new(&ids[1].to_string());
    let fields = fields
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    let made = post(&mut browser, "/admin/users/new", &fields).await;
    let page = follow(&mut browser, &made).await.body;
    assert!(page.contains("first to sign in through OKTA"), "{page}");
    let found = store.user_by_email(world.acme.id, "new@acme.test").await;
    assert_eq!(found.unwrap().unwrap().waits_for, Some(ids[1]));

    // One that nobody can tell is shown, and chosen afterwards.
    let href = format!("/admin/users/{}", old.id);
    let page = browser.get(&href).await.body;
    assert!(
        page.contains("and nobody can: several connections are enabled."),
        "{page}"
    );
    let chosen = ids[0].to_string();
    let path = format!("{href}/wait-for");
    let none = post(&mut browser, &path, &[("connection", "")]).await;
    assert_eq!(none.status, 422);
    let saved = post(&mut browser, &path, &[("connection", &chosen)]).await;
    let page = follow(&mut browser, &saved).await.body;
    assert!(page.contains("first to sign in through ENTRA"), "{page}");
}

/// Name servers are others'.
#[tokio::test]
async fn checking_again_and_again_has_to_wait() {
    let record = Arc::new(Mutex::new(None));
    let server = name_server(Arc::clone(&record)).await;
    let world = Office::with(|config| {
        config.dns.servers = vec![server];
        config.limits.company_domain_checks_per_minute = 1;
    })
    .await;
    let mut browser = world.admin().await;
    post(&mut browser, "/admin/domains", &[("domain", "acme.test")]).await;
    let check = "/admin/domains/acme.test/check";
    assert_eq!(post(&mut browser, check, &[]).await.status, 409);
    let limited = post(&mut browser, check, &[]).await;
    assert_eq!((limited.status, limited.header("retry-after")), (429, "60"));
    assert!(limited.body.contains("Wait 60 seconds"), "{}", limited.body);
    assert_eq!(browser.get("/admin/domains").await.status, 200);
}

/// The same words as by command. Who has not the domain's record learns no other customer of this server.
#[tokio::test]
async fn a_domain_of_another_company_is_told_to_who_has_its_record() {
    let record = Arc::new(Mutex::new(None));
    let server = name_server(Arc::clone(&record)).await;
    let world = Office::with(|config| config.dns.servers = vec![server]).await;
    let told = "acme.test is verified for another company of this server already, and a domain is verified for one company. \
                Ask the operator of this server to remove it there.";
    let (mut anna, mut otto) = (world.admin().await, world.other_admin().await);
    let check = "/admin/domains/acme.test/check";
    for (browser, status) in [(&mut otto, 303), (&mut anna, 409)] {
        let added = post(browser, "/admin/domains", &[("domain", "acme.test")]).await;
        let page = follow(browser, &added).await.body;
        assert!(!page.contains("another company"), "{page}");
        let value = between(&page, "<code id=\"record-value-acme.test\"", "</code>");
        let value = value.rsplit('>').next().unwrap().to_owned();
        *record.lock().unwrap() = Some(("_vestibule.acme.test".to_owned(), value));
        let checked = post(browser, check, &[]).await;
        assert_eq!(checked.status, status, "{}", checked.body);
        assert_eq!(
            checked.body.contains(told),
            status == 409,
            "{}",
            checked.body
        );
    }
}
