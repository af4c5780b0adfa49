use std::pin::pin;
use std::sync::atomic::AtomicUsize;
use std::task::{Context, Waker};

use super::*;
use crate::app::App;
use crate::app::tests::signed_in;
use crate::domain::User;

/// A cache of its own before an application's store, with one session; the change log counts as followed for the next hour.
struct CacheWorld {
    app: Arc<App>,
    cache: SessionCache,
    company: Company,
    user: User,
    id: SessionId,
    written: AtomicUsize,
    _dir: tempfile::TempDir,
}

const HOUR: Duration = Duration::from_hours(1);

impl CacheWorld {
    async fn new(megabytes: u32) -> Self {
        let (app, dir) = App::for_test(|_| {}).await;
        let (user, id) = signed_in(&app).await;
        let company = app.store.company(user.company_id).await.unwrap().unwrap();
        let cache = SessionCache::new(app.store.clone(), app.clock.clone(), megabytes);
        let kept = Self {
            app,
            cache,
            company,
            user,
            id,
            written: AtomicUsize::new(0),
            _dir: dir,
        };
        kept.forget(&Changes::default());
        kept
    }

    fn forget(&self, changes: &Changes) {
        self.cache.forget(changes, Instant::now() + HOUR);
    }

    fn key(&self) -> SessionKey {
        self.app.store.session_key(&self.id)
    }

    /// The answer to a check, and how many were written.
    async fn check(&self) -> (bool, usize) {
        self.check_meanwhile(|| {}).await
    }

    /// The same, with something that happens after the store was asked.
    async fn check_meanwhile(&self, happens: impl FnOnce()) -> (bool, usize) {
        let asker = self.app.asker(&self.company, None);
        let describe = |_: &SignedIn| {
            happens();
            self.written.fetch_add(1, Ordering::Relaxed);
            Ok(Bytes::from_static(b"{}"))
        };
        let answer = self.cache.answer(self.id, asker, describe).await;
        let written = self.written.load(Ordering::Relaxed);
        (answer.unwrap().is_some(), written)
    }
}

#[tokio::test]
async fn an_answer_is_kept_until_something_changes() {
    let mut kept = CacheWorld::new(1).await;
    assert_eq!(kept.check().await, (true, 1));
    assert_eq!(kept.check().await, (true, 1));

    // Its user, another user, everything, its company.
    let users = |id| Changes {
        users: vec![id],
        ..Changes::default()
    };
    kept.forget(&users(UserId::from_bytes([9; 16])));
    assert_eq!(kept.check().await, (true, 1));
    kept.forget(&users(kept.user.id));
    assert_eq!(kept.check().await, (true, 2));
    kept.forget(&Changes {
        everything: true,
        ..Changes::default()
    });
    assert_eq!(kept.check().await, (true, 3));
    kept.company.revision += 1;
    assert_eq!(kept.check().await, (true, 4));
    assert_eq!(kept.check().await, (true, 4));
    kept.company.id = CompanyId::from_bytes([9; 16]);
    assert_eq!(kept.check().await, (false, 4));
}

#[tokio::test]
async fn a_kept_answer_ends_with_its_session() {
    let kept = CacheWorld::new(1).await;
    assert_eq!(kept.check().await, (true, 1));
    // On another server: this one hears of it from the change log.
    let now = kept.app.clock.now();
    assert!(kept.app.store.end_session(kept.key(), now).await.unwrap());
    assert_eq!(kept.check().await, (true, 1));
    kept.forget(&Changes {
        sessions: vec![kept.key()],
        ..Changes::default()
    });
    assert_eq!(kept.check().await, (false, 1));

    // On this one.
    let kept = CacheWorld::new(1).await;
    assert_eq!(kept.check().await, (true, 1));
    assert!(kept.cache.end(kept.key()).await.unwrap());
    assert_eq!(kept.check().await, (false, 1));

    // Unused.
    let kept = CacheWorld::new(1).await;
    assert_eq!(kept.check().await, (true, 1));
    kept.app.clock.step(time::Duration::minutes(100));
    assert_eq!(kept.check().await, (true, 1));
    kept.app.clock.step(time::Duration::minutes(100));
    assert_eq!(kept.check().await, (true, 1), "a check is a use");
    kept.app.clock.step(time::Duration::minutes(121));
    assert_eq!(kept.check().await, (false, 1));
}

/// However a session ends on this server, whoever is told so finds nothing of it.
#[tokio::test]
async fn what_this_server_ends_is_gone_before_anybody_is_told() {
    for way in ["it", "its user's", "all of its company"] {
        let (app, _dir) = App::for_test(|_| {}).await;
        let (user, id) = signed_in(&app).await;
        app.catch_up().await.unwrap();
        let company = app.store.company(user.company_id).await.unwrap().unwrap();
        let check = async || {
            let asker = app.asker(&company, None);
            let describe = |_: &SignedIn| Ok(Bytes::from_static(b"{}"));
            let answer = app.sessions.answer(id, asker, describe).await.unwrap();
            answer.is_some()
        };
        assert!(check().await && check().await);
        let (key, now) = (app.store.session_key(&id), app.clock.now());
        let mut tx = app.store.begin().await.unwrap();
        match way {
            "it" => drop(tx.end_session_of(company.id, key).await.unwrap()),
            "its user's" => drop(tx.end_sessions_of(user.id, None).await.unwrap()),
            _ => drop(tx.end_all_sessions(company.id, None).await.unwrap()),
        }
        assert!(check().await, "not before it is done");
        tx.commit(now).await.unwrap();
        assert!(!check().await, "{way}");
    }
}

#[tokio::test]
async fn what_was_read_before_a_change_is_not_kept_after_it() {
    let kept = CacheWorld::new(1).await;
    let ended = || drop(kept.cache.remembered.cache.remove(&kept.key()));
    assert_eq!(kept.check_meanwhile(ended).await, (true, 1));
    assert!(kept.cache.remembered.cache.get(&kept.key()).is_none());

    let changed = || {
        kept.forget(&Changes {
            users: vec![kept.user.id],
            ..Changes::default()
        });
    };
    assert_eq!(kept.check_meanwhile(changed).await, (true, 2));
    assert!(kept.cache.remembered.cache.get(&kept.key()).is_none());
    assert_eq!(kept.check().await, (true, 3));
    assert!(kept.cache.remembered.cache.get(&kept.key()).is_some());
}

#[tokio::test]
async fn the_cache_counts_while_the_change_log_is_followed() {
    let mut kept = CacheWorld::new(1).await;
    let looked = Instant::now();
    kept.cache.forget(&Changes::default(), looked);
    assert!(kept.cache.is_followed(looked + Duration::from_millis(1400)));
    assert!(!kept.cache.is_followed(looked + FRESH));

    kept.forget(&Changes::default());
    assert_eq!(kept.check().await, (true, 1));
    kept.cache.looked.store(0, Ordering::Release);
    kept.cache.epoch = Instant::now().checked_sub(FRESH).unwrap();
    assert_eq!(kept.check().await, (true, 2));
    assert_eq!(kept.check().await, (true, 3));
}

#[tokio::test]
async fn the_cache_is_bounded() {
    let kept = CacheWorld::new(0).await;
    assert_eq!(kept.check().await, (true, 1));
    assert_eq!(kept.check().await, (true, 2));

    let kept = CacheWorld::new(1).await;
    let live = |id: u8| Live {
        company: kept.company.id,
        revision: 1,
        user: UserId::from_bytes([id; 16]),
        counts_from: kept.app.clock.now(),
        expires_at: kept.app.clock.now(),
        idle: time::Duration::HOUR,
        last_seen: AtomicI64::new(0),
        answer: Bytes::from(vec![b' '; 10_000]),
    };
    for id in 0..=255 {
        let key = SessionKey([id; 32]);
        kept.cache.remembered.cache.insert(key, Arc::new(live(id)));
    }
    let bytes = kept.cache.remembered.cache.len() * 10_000;
    assert!((500_000..=1_100_000).contains(&bytes), "{bytes}");
}

#[tokio::test]
async fn who_goes_away_has_asked_for_a_session_that_there_is() {
    let limit = |config: &mut crate::config::Config| {
        config.limits.client_unknown_sessions_per_minute = 5;
    };
    let (app, _dir) = App::for_test(limit).await;
    let (user, id) = signed_in(&app).await;
    let company = app.store.company(user.company_id).await.unwrap().unwrap();
    for _ in 0..20 {
        let asked = pin!(app.sessions.signed_in_for(id, app.asker(&company, None)));
        // What a key leads to is read at once, the rest is waited for.
        let _ = asked.poll(&mut Context::from_waker(Waker::noop()));
    }
    let asker = app.asker(&company, None);
    let signed_in = app.sessions.signed_in_for(id, asker).await;
    assert_eq!(signed_in.unwrap().unwrap().user.id, user.id);
}
