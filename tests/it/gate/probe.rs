//! Questions of `doctor gate` at the check: what is noted, and what is not (rule Q66).

use axum::body::Body;
use axum::http::Request;
use time::Duration;
use vestibule::keys::new_secret;
use vestibule::policy::{CheckEntry, CheckObservation, Misreport, ReportedField, ToldRequest};

use super::{APP, Gate, asked};
use crate::support::{Answer, NOW, send};

const PROBE: &str = "x-vestibule-probe";

impl Gate {
    /// A check that bears a probe.
    async fn probed(&self, key: &str, probe: &str) -> Answer {
        let request = asked()
            .header("vestibule-proxy-key", key)
            .header("x-original-method", "GET")
            .header("x-original-url", format!("{APP}/a//b?c"))
            .header("x-forwarded-for", "203.0.113.9")
            .header("cookie", "a=b; vestibule-probe=1")
            .header("remote_user", "evil")
            .header(PROBE, probe);
        send(&self.router, request.body(Body::empty()).unwrap()).await
    }

    async fn noted(&self, hash: &[u8; 32]) -> Vec<CheckObservation> {
        let all = self.app.store.observations(hash).await.unwrap();
        all.iter()
            .map(|text| serde_json::from_str(text).unwrap())
            .collect()
    }

    async fn probe(&self) -> (String, [u8; 32]) {
        let (token, hash) = new_secret();
        let now = self.app.clock.now();
        self.app.store.begin_probe(&hash, now).await.unwrap();
        (token, hash)
    }
}

#[tokio::test]
async fn what_arrives_is_noted_and_decided_like_any_other() {
    let gate = Gate::new().await;
    let (token, hash) = gate.probe().await;
    let with = gate.probed(&gate.key, &format!("{token}.7")).await;
    let without = gate.probed(&gate.key, "").await;
    assert_eq!((with.status, &with.body), (without.status, &without.body));
    assert_eq!(with.headers, without.headers);
    let wrong = gate.probed("wrong", &format!("{token}.8")).await;
    assert_eq!(wrong.status, 404);
    let elsewhere = Request::get("/sso/check/shop").header(PROBE, format!("{token}.9"));
    let elsewhere = send(&gate.router, elsewhere.body(Body::empty()).unwrap()).await;
    assert_eq!(elsewhere.status, 404);
    let bare = asked()
        .header("vestibule-proxy-key", &gate.key)
        .header(PROBE, format!("{token}.10"));
    let bare = send(&gate.router, bare.body(Body::empty()).unwrap()).await;
    assert_eq!(bare.status, 400);

    let noted = gate.noted(&hash).await;
    let [read, no_key, no_application, missing] = noted.as_slice() else {
        panic!("{noted:?}");
    };
    let told = ToldRequest::Read {
        method: "GET".to_owned(),
        origin: APP.to_owned(),
        uri: "/a//b?c".to_owned(),
    };
    assert_eq!((read.number, &read.told, read.status), (7, &told, 401));
    assert!(read.cookie && read.names.contains(&"remote_user".to_owned()));
    assert_eq!(read.forwarded_for.as_deref(), Some("203.0.113.9"));
    assert_eq!(read.client, Some([203, 0, 113, 9].into()));
    assert!(matches!(read.entry, CheckEntry::Key(Some(_))));
    assert!(matches!(no_key.entry, CheckEntry::NoKey(Some(_))));
    assert_eq!((no_key.number, &no_key.told), (8, &ToldRequest::Unread));
    assert_eq!(no_application.entry, CheckEntry::NoApplication);
    assert_eq!(no_application.application, "shop");
    let misreport = Misreport::Missing(ReportedField::OriginalMethod);
    assert_eq!(missing.told, ToldRequest::Wrong(misreport));
}

#[tokio::test]
async fn a_probe_that_does_not_live_notes_nothing() {
    let gate = Gate::new().await;
    // Somebody made it up.
    let (token, unknown) = new_secret();
    let answer = gate.probed(&gate.key, &format!("{token}.1")).await;
    assert_eq!(answer.status, 401);
    assert!(gate.noted(&unknown).await.is_empty());
    // It has ended.
    let (token, ended) = gate.probe().await;
    gate.probed(&gate.key, &format!("{token}.1")).await;
    assert_eq!(gate.noted(&ended).await.len(), 1);
    gate.app.store.end_probe(&ended).await.unwrap();
    gate.probed(&gate.key, &format!("{token}.2")).await;
    assert!(gate.noted(&ended).await.is_empty());
    // It is over.
    let (token, late) = gate.probe().await;
    gate.app.clock.step(Duration::seconds(119));
    gate.probed(&gate.key, &format!("{token}.1")).await;
    gate.app.clock.step(Duration::seconds(1));
    gate.probed(&gate.key, &format!("{token}.2")).await;
    assert_eq!(gate.noted(&late).await.len(), 1);
    let purged = gate.app.clock.now();
    gate.app
        .store
        .purge(purged, Duration::days(1))
        .await
        .unwrap();
    assert!(gate.noted(&late).await.is_empty());
    assert!(purged > NOW);
}

// Q25: the answer is the same, and comes later than some proxies wait.
#[tokio::test]
async fn a_probe_that_lives_may_have_its_answer_late() {
    let gate = Gate::new().await;
    let (token, hash) = gate.probe().await;
    let begun = std::time::Instant::now();
    let late = gate.probed(&gate.key, &format!("{token}.1.late")).await;
    assert_eq!(late.status, 401);
    assert!(begun.elapsed().as_secs() >= 3);
    assert_eq!(gate.noted(&hash).await.len(), 1);
    // Nobody else's does.
    let begun = std::time::Instant::now();
    let unknown = format!("{}.1.late", new_secret().0);
    assert_eq!(gate.probed(&gate.key, &unknown).await.status, 401);
    assert!(begun.elapsed().as_secs() < 3);
}

#[tokio::test]
async fn a_probe_has_room_for_so_much() {
    let gate = Gate::new().await;
    let (token, hash) = gate.probe().await;
    for number in 0..120 {
        let answer = gate.probed(&gate.key, &format!("{token}.{number}")).await;
        assert_eq!(answer.status, 401);
    }
    assert_eq!(gate.noted(&hash).await.len(), 96);
}

// Q56: the database is asked for strangers no more often than their limit says.
#[tokio::test]
async fn who_makes_probes_up_is_limited() {
    let limited = |config: &mut vestibule::config::Config| {
        config.limits.client_unknown_sessions_per_minute = 5;
    };
    let gate = Gate::with(limited, |_| {}).await;
    let (token, hash) = gate.probe().await;
    // One that lives does not count.
    for number in 0..20 {
        gate.probed(&gate.key, &format!("{token}.{number}")).await;
    }
    assert_eq!(gate.noted(&hash).await.len(), 20);
    for _ in 0..20 {
        let answer = gate
            .probed(&gate.key, &format!("{}.1", new_secret().0))
            .await;
        assert_eq!(answer.status, 401, "answered as ever");
    }
    gate.probed(&gate.key, &format!("{token}.99")).await;
    assert_eq!(gate.noted(&hash).await.len(), 20, "not even asked for");
}
