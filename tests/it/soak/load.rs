//! The load: clients who sign in for the first time and again, twice with one Response, by password; who sign out, look who
//! they are, go away in the middle, bring what was changed or used. Each knows what it must be answered.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::ledger::{Seen, State};
use super::plan::Random;
use super::stage::{Door, Stage, Trouble, session_of};
use crate::support::{Reply, Started, form, hidden_field};

/// Local users with a password: an administrator, whose sign-ins are audited (rule F6), and somebody else.
pub(super) const LOCALS: [(&str, &str); 2] = [
    ("admin@acme.example", "--admin"),
    ("local@acme.example", ""),
];
pub(super) const PASSWORD: &str = "Correct-Horse-9";

/// One client after the other, until the servers are gone or everybody goes home.
pub(super) async fn clients(stage: &Stage, mut random: Random) {
    while !stage.is_over() {
        let Some(door) = stage.door(&mut random) else {
            return;
        };
        if let Err(Trouble::Away) = client(stage, door, &mut random).await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

async fn client(stage: &Stage, door: &Door, random: &mut Random) -> Result<(), Trouble> {
    match random.below(100) {
        0..40 => {
            let person = stage.ledger().new_person();
            sign_in(stage, door, person, None).await
        }
        40..50 => {
            let person = stage.ledger().some_person(random);
            sign_in(stage, door, person, None).await
        }
        50..58 => {
            let person = stage.ledger().some_person(random);
            let former = stage.ledger().take(random);
            sign_in(stage, door, person, former.map(|(session, _)| session)).await
        }
        58..70 => twice(stage, door, random).await,
        70..73 => by_password(stage, door, LOCALS[random.below(LOCALS.len())].0).await,
        73..81 => sign_out(stage, door, random).await,
        81..90 => who_am_i(stage, door, random).await,
        90..94 => stage.begin(door).await.map(drop),
        94..97 => changed(stage, door).await,
        _ => used(stage, door, random).await,
    }
}

fn email(person: usize) -> String {
    format!("person.{person}@contoso.com")
}

/// A sign-in; the browser's former session ends with it.
async fn sign_in(
    stage: &Stage,
    door: &Door,
    person: usize,
    former: Option<String>,
) -> Result<(), Trouble> {
    let started = match stage.begin(door).await {
        Ok(started) => started,
        Err(trouble) => {
            if let Some(former) = former {
                stage.ledger().leave(former);
            }
            return Err(trouble);
        }
    };
    let form = form(&stage.idp, &started, person);
    let at = stage.ledger().post(&started, &form, &email(person), true);
    let mut cookies = started.cookie;
    if let Some(former) = &former {
        stage.ledger().set(former, State::Doubtful);
        cookies = format!("{cookies}; {former}");
    }
    let reply = stage.post(door, "/sso/acs", &cookies, &form).await?;
    let mut ledger = stage.ledger();
    match (reply.status, session_of(&reply)) {
        (303, Some(session)) => {
            ledger.signed_in(at, &session);
            if let Some(former) = &former {
                ledger.set(former, State::Ended);
            }
        }
        _ => ledger.wrong.push(format!("a good Response: {reply:?}")),
    }
    Ok(())
}

/// A double click, on any servers: one session.
async fn twice(stage: &Stage, door: &Door, random: &mut Random) -> Result<(), Trouble> {
    let Some(other) = stage.door(random) else {
        return Err(Trouble::Gone);
    };
    let started = stage.begin(door).await?;
    let person = stage.ledger().new_person();
    let form = form(&stage.idp, &started, person);
    let at = stage.ledger().post(&started, &form, &email(person), true);
    let (one, two) = tokio::join!(
        stage.post(door, "/sso/acs", &started.cookie, &form),
        stage.post(other, "/sso/acs", &started.cookie, &form),
    );
    settle(stage, at, [one, two])
}

/// Of several answers to one Response, one is a session.
fn settle<const N: usize>(
    stage: &Stage,
    at: usize,
    replies: [Result<Reply, Trouble>; N],
) -> Result<(), Trouble> {
    let mut ledger = stage.ledger();
    let mut trouble = None;
    let mut sessions = Vec::new();
    for reply in replies {
        match reply {
            Ok(reply) => match (reply.status, session_of(&reply)) {
                (303, Some(session)) => sessions.push(session),
                (403, None) => {}
                _ => ledger.wrong.push(format!("one of several: {reply:?}")),
            },
            Err(it) => trouble = Some(it),
        }
    }
    match (sessions.as_slice(), &trouble) {
        ([session], _) => ledger.signed_in(at, session),
        ([], Some(_)) => {}
        ([], None) => ledger
            .wrong
            .push("a good Response began no session".to_owned()),
        ([..], _) => {
            let count = sessions.len();
            let what = format!("one Response began {count} sessions");
            ledger.wrong.push(what);
        }
    }
    trouble.map_or(Ok(()), Err)
}

/// A sign-in by password, of a local user.
pub(super) async fn by_password(stage: &Stage, door: &Door, email: &str) -> Result<(), Trouble> {
    let page = stage.get(door, "/sign-in", "").await?;
    let (Some(login), Some(csrf)) = (page.cookie(), hidden_field(&page.body, "csrf")) else {
        stage.wrong(format!("no password form: {page:?}"));
        return Ok(());
    };
    let form = form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("csrf", csrf.as_str()), ("email", email)])
        .extend_pairs([("password", PASSWORD)])
        .finish();
    let reply = stage.post(door, "/sign-in", &login, &form).await?;
    match (reply.status, session_of(&reply)) {
        (303, Some(session)) => {
            let mut ledger = stage.ledger();
            ledger.begun(&session, email.to_owned());
            ledger.audited += usize::from(LOCALS.contains(&(email, "--admin")));
        }
        _ => stage.wrong(format!("the right password: {reply:?}")),
    }
    Ok(())
}

async fn sign_out(stage: &Stage, door: &Door, random: &mut Random) -> Result<(), Trouble> {
    let Some((session, _)) = stage.ledger().take(random) else {
        return Ok(());
    };
    let page = stage.get(door, "/sso/logout", &session).await;
    let csrf = match &page {
        Ok(page) => hidden_field(&page.body, "csrf"),
        Err(_) => None,
    };
    let Some(csrf) = csrf else {
        stage.ledger().leave(session);
        if let Ok(page) = &page {
            stage.wrong(format!("no sign-out form in a live session: {page:?}"));
        }
        return page.map(drop);
    };
    stage.ledger().set(&session, State::Doubtful);
    let form = form_urlencoded::Serializer::new(String::new())
        .append_pair("csrf", &csrf)
        .finish();
    let reply = stage.post(door, "/sso/logout", &session, &form).await?;
    if reply.status == 200 {
        stage.ledger().set(&session, State::Ended);
    } else {
        stage.wrong(format!("a sign-out: {reply:?}"));
    }
    Ok(())
}

async fn who_am_i(stage: &Stage, door: &Door, random: &mut Random) -> Result<(), Trouble> {
    let Some((session, email)) = stage.ledger().take(random) else {
        return Ok(());
    };
    let reply = stage.get(door, "/sso/session", &session).await;
    stage.ledger().leave(session);
    let reply = reply?;
    if reply.status != 200 || !reply.body.contains(&email) {
        stage.wrong(format!("a live session of {email}: {reply:?}"));
    }
    Ok(())
}

/// A Response that somebody has changed.
async fn changed(stage: &Stage, door: &Door) -> Result<(), Trouble> {
    let started = stage.begin(door).await?;
    let person = stage.ledger().new_person();
    let signed = form(&stage.idp, &started, person);
    let changed = with_another_name(&signed, &started);
    let at = stage
        .ledger()
        .post(&started, &changed, &email(person), false);
    let reply = stage
        .post(door, "/sso/acs", &started.cookie, &changed)
        .await?;
    let mut ledger = stage.ledger();
    if reply.status == 403 && session_of(&reply).is_none() {
        ledger.posted[at].seen = Seen::Refused;
    } else {
        ledger.wrong.push(format!("a changed Response: {reply:?}"));
    }
    Ok(())
}

/// The form with another person in the place of the one that was signed.
fn with_another_name(form: &str, started: &Started) -> String {
    use base64::Engine as _;
    use base64::prelude::BASE64_STANDARD;
    let mut fields = form_urlencoded::parse(form.as_bytes());
    let (_, response) = fields.find(|(name, _)| name == "SAMLResponse").unwrap();
    let xml = BASE64_STANDARD.decode(response.as_bytes()).unwrap();
    let xml = String::from_utf8(xml).unwrap();
    let changed = xml.replace("person.", "admin.");
    assert_ne!(changed, xml);
    crate::support::encoded_form(changed.as_bytes(), &started.relay_state)
}

/// A Response that was answered already, in a browser that has lost its session.
async fn used(stage: &Stage, door: &Door, random: &mut Random) -> Result<(), Trouble> {
    let Some(posted) = random.choose(&stage.ledger().posted).cloned() else {
        return Ok(());
    };
    if !matches!(posted.seen, Seen::SignedIn(_)) {
        return Ok(());
    }
    let reply = stage
        .post(door, "/sso/acs", &posted.started.cookie, &posted.form)
        .await?;
    if reply.status != 403 || session_of(&reply).is_some() {
        stage.wrong(format!("a used Response: {reply:?}"));
    }
    Ok(())
}

/// Tells everybody to go home.
pub(super) fn end(stage: &Stage) {
    stage.over.store(true, Ordering::SeqCst);
}
