//! Advice is right or absent for every refusal of the transaction that ends a sign-in: each line of a record's advice is followed as
//! a person follows it, by the API, the console or at the identity provider, and the next try passes.
//!
//! A variant without a row does not compile.

mod provoke;
mod remedy;
mod site;

use time::Duration;
use vestibule::admin::{Fix, Side, fixes};
use vestibule::store::{LinkObstacle, Refusal};

use crate::support::{Answer, unescaped};

use provoke::provoke;
use remedy::follow;
use site::Site;

const SIMON: &str = "b.simon@contoso.com";
const BOSS: &str = "boss@contoso.com";
const ANOTHER: &str = "Staple-Battery-17x";
const PERSISTENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent";
const ADDRESS: &str = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress";

macro_rules! kinds {
    ($($pattern:pat => $kind:ident),+ $(,)?) => {
        /// Every refusal.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        enum Kind { $($kind),+ }

        const ALL: &[Kind] = &[$(Kind::$kind),+];

        fn kind(refusal: &Refusal) -> Kind {
            match refusal {
                $($pattern => Kind::$kind,)+
                // By OpenID Connect alone: `tests/it/oidc_sign_in/links.rs`.
                Refusal::NotLinked {
                    why: LinkObstacle::Unverified | LinkObstacle::OfGuest | LinkObstacle::Unconfirmed,
                    ..
                } => panic!("{refusal:?} is no refusal of SAML"),
                // By what an administrator does meanwhile: `tests/it/store/changed_connections.rs`.
                Refusal::ConnectionChanged | Refusal::ConnectionGone => {
                    panic!("{refusal:?} is about no account")
                }
            }
        }
    };
}

kinds! {
    Refusal::AttemptConsumed => AttemptConsumed,
    Refusal::AttemptExpired => AttemptExpired,
    Refusal::OtherConnection => OtherConnection,
    Refusal::AssertionReplayed => AssertionReplayed,
    Refusal::TwoPeople { .. } => TwoPeople,
    Refusal::NotLinked { why: LinkObstacle::NotAssigned, .. } => NotAssigned,
    Refusal::NotLinked { why: LinkObstacle::WaitsForAnother(_), .. } => WaitsForAnother,
    Refusal::NotLinked { why: LinkObstacle::WaitsForNobody, .. } => WaitsForNobody,
    Refusal::NotLinked { why: LinkObstacle::Bound { .. }, .. } => Bound,
    Refusal::NotLinked { why: LinkObstacle::BoundByOther { .. }, .. } => BoundByOther,
    Refusal::NotLinked { why: LinkObstacle::Contradicted(_), .. } => ContradictedAccount,
    Refusal::NotLinked { why: LinkObstacle::ClaimOnly, .. } => ClaimOnly,
    Refusal::NotLinked { why: LinkObstacle::HasPassword, .. } => HasPassword,
    Refusal::NotLinked { why: LinkObstacle::IsAdministrator, .. } => IsAdministrator,
    Refusal::NotLinked { why: LinkObstacle::PasswordOfToken, .. } => PasswordOfToken,
    Refusal::Contradicted { .. } => Contradicted,
    Refusal::OthersAddress { .. } => OthersAddress,
    Refusal::OutsideDomains { .. } => OutsideDomains,
    Refusal::NoAccount { .. } => NoAccount,
    Refusal::NoEmail { .. } => NoEmail,
    Refusal::NoRoom { .. } => NoRoom,
    Refusal::NoJitGroup => NoJitGroup,
    Refusal::Deactivated { .. } => Deactivated,
    Refusal::SsoOnly { .. } => SsoOnly,
    Refusal::NoPassword { .. } => NoPassword,
    Refusal::PasswordChanged { .. } => PasswordChanged,
    Refusal::AccountGone => AccountGone,
    Refusal::LinkUsed => LinkUsed,
    Refusal::EmailTaken { .. } => EmailTaken,
}

/// What a line of advice tells to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Do {
    StartAgain,
    /// E-mail domains.
    AssignDomain,
    AddDomain,
    AllowGuests,
    /// Link this person to this account.
    LinkByHand,
    /// First sign-in through.
    WaitForThis,
    Unlink,
    /// One name, on the user's page.
    UnlinkTheName,
    GiveAnotherAddress,
    UnlinkTheNameAndGiveAnotherAddress,
    /// At the identity provider: the claim and the NameID have one source.
    OneSource,
    TrustTheClaim,
    /// The NameID is the address, here and there.
    NameIdIsTheAddress,
    ThroughTheOther,
    SendTheOwnAddress,
    SendTheOwnObjectId,
    CreateTheUser,
    MakeAccounts,
    SendAnAddress,
    DeleteAUser,
    AllowMoreUsers,
    Activate,
    UseSingleSignOn,
    /// This group can only sign in via single sign-on: no more.
    OpenTheGroup,
    SetAPassword,
    TypeTheNewPassword,
    AskForANewLink,
    TypeAnotherAddress,
    SignInWithThisOne,
}

/// The lines of a refusal's advice, by words of each, and what is done; several where the line leaves a choice.
fn lines(kind: Kind) -> &'static [(&'static str, &'static [Do])] {
    const BY_HAND: (&str, &[Do]) = ("Link this person to this account", &[Do::LinkByHand]);
    const FIRST: (&str, &[Do]) = ("through which connection", &[Do::WaitForThis]);
    const AGAIN: (&str, &[Do]) = ("Start the sign-in again", &[Do::StartAgain]);
    const SOURCE: (&str, &[Do]) = ("have the same source", &[Do::OneSource]);
    const TRUST: (&str, &[Do]) = ("trust_email_claim=true", &[Do::TrustTheClaim]);
    const UNLINK: (&str, &[Do]) = ("unlink the old identity", &[Do::Unlink, Do::UnlinkTheName]);
    match kind {
        Kind::AttemptConsumed | Kind::AccountGone => &[],
        Kind::AttemptExpired | Kind::OtherConnection | Kind::AssertionReplayed => &[AGAIN],
        Kind::TwoPeople => &[
            ("unlink it from the user who had it", &[Do::UnlinkTheName]),
            ("its claim has the wrong source", &[Do::SendTheOwnObjectId]),
        ],
        Kind::NotAssigned => &[("assign the domain to it", &[Do::AssignDomain]), BY_HAND],
        Kind::WaitsForAnother | Kind::WaitsForNobody => &[FIRST, BY_HAND],
        Kind::Bound => &[
            (
                "another address",
                &[Do::GiveAnotherAddress, Do::SendTheOwnAddress],
            ),
            UNLINK,
            BY_HAND,
        ],
        Kind::BoundByOther => &[
            (
                "give that user another address",
                &[Do::UnlinkTheNameAndGiveAnotherAddress],
            ),
            UNLINK,
            BY_HAND,
        ],
        Kind::ContradictedAccount | Kind::Contradicted => &[SOURCE, TRUST],
        Kind::ClaimOnly => &[
            (
                "Let the NameID be the e-mail address",
                &[Do::NameIdIsTheAddress],
            ),
            TRUST,
            BY_HAND,
        ],
        Kind::HasPassword | Kind::IsAdministrator | Kind::PasswordOfToken => &[BY_HAND],
        Kind::OthersAddress => &[
            (
                "through that connection",
                &[Do::ThroughTheOther, Do::SendTheOwnAddress],
            ),
            ("assign it to it", &[Do::AssignDomain]),
        ],
        Kind::OutsideDomains => &[
            ("company domain add", &[Do::AddDomain]),
            ("guests=true", &[Do::AllowGuests]),
        ],
        Kind::NoAccount => &[("Create the user", &[Do::CreateTheUser, Do::MakeAccounts])],
        Kind::NoEmail => &[("send the e-mail address", &[Do::SendAnAddress])],
        Kind::NoRoom => &[
            ("Delete users who are not needed", &[Do::DeleteAUser]),
            ("allow more", &[Do::AllowMoreUsers]),
        ],
        Kind::NoJitGroup => &[("Choose another permission group", &[Do::MakeAccounts])],
        Kind::Deactivated => &[("activate the account", &[Do::Activate])],
        // Whom an administrator has put there is moved in `what_is_advised_where_a_password_is_refused`.
        Kind::SsoOnly => &[
            ("choose the identity provider", &[Do::UseSingleSignOn]),
            ("switch that off at the group", &[Do::OpenTheGroup]),
        ],
        Kind::NoPassword => &[("Set a password", &[Do::SetAPassword])],
        Kind::PasswordChanged => &[("set last", &[Do::TypeTheNewPassword])],
        Kind::LinkUsed => &[("for a new link", &[Do::AskForANewLink])],
        Kind::EmailTaken => &[(
            "another e-mail address",
            &[Do::TypeAnotherAddress, Do::SignInWithThisOne],
        )],
    }
}

/// Why nothing is advised. (A deactivated user that is to stay so has advice that says whom it is for.)
fn why_not(kind: Kind) -> &'static str {
    match kind {
        Kind::AttemptConsumed => "its record stays as it was, and tells how the first answer ended",
        Kind::AccountGone => "somebody has deleted the account, and nobody gets it back",
        _ => "",
    }
}

/// Whether somebody gets in.
fn gets_in(answer: &Answer) -> bool {
    answer.status == 303
}

#[tokio::test]
async fn every_refusal_of_an_account_is_mended_by_its_advice() {
    let mut failures = Vec::new();
    for &kind in ALL {
        let lines = lines(kind);
        assert_eq!(lines.is_empty(), !why_not(kind).is_empty(), "{kind:?}");
        let Some((attempt, refusal)) = provoke(kind, &Site::new().await).await else {
            continue;
        };
        assert_eq!(self::kind(&refusal), kind);
        let check = attempt.record.checks.last().unwrap();
        assert_eq!(check.received, refusal.to_string(), "{kind:?}");
        assert_eq!(attempt.rule.as_deref(), Some(refusal.rule()), "{kind:?}");
        let advice = &attempt.record.advice;
        assert_eq!(advice.len(), lines.len(), "{kind:?}: {advice:?}");
        for (line, (words, ways)) in advice.iter().zip(lines) {
            assert!(line.contains(words), "{kind:?}: {words}: {line}");
            for &what in *ways {
                let site = Site::new().await;
                let (refused, _) = provoke(kind, &site).await.unwrap();
                site.world.app.clock.step(Duration::SECOND);
                let answer = follow(kind, what, &site, &refused).await;
                if !gets_in(&answer) {
                    let newest = site.newest().await;
                    failures.push(format!(
                        "{kind:?}, {what:?}: {} {}",
                        answer.status, newest.summary
                    ));
                }
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// What a field that is named does, done.
fn entered(fix: &Fix) -> Option<Do> {
    match (&*fix.field, fix.setting) {
        ("Unique User Identifier (Name ID)", _) => Some(Do::OneSource),
        ("emailaddress", _) => Some(Do::SendAnAddress),
        (_, Some("trust_email_claim")) => Some(Do::TrustTheClaim),
        (_, Some("guests")) => Some(Do::AllowGuests),
        (_, Some("jit_group")) => Some(Do::MakeAccounts),
        // A name that only the administrator knows.
        (_, Some("attributes.email")) => None,
        ("E-mail domains", _) => Some(Do::AssignDomain),
        ("Create SSO User", _) => Some(Do::CreateTheUser),
        ("Delete", _) => Some(Do::DeleteAUser),
        ("Activate", _) => Some(Do::Activate),
        ("This group can only sign in via single sign-on", _) => Some(Do::OpenTheGroup),
        ("Password", _) => Some(Do::SetAPassword),
        ("Single sign-on", _) => Some(Do::WaitForThis),
        other => panic!("nobody has tried {other:?}"),
    }
}

/// The fields that the record's page names: each is where it is said to be, and what is entered there helps.
#[tokio::test]
async fn every_field_that_a_refusal_of_an_account_names_is_there_and_helps() {
    let mut failures = Vec::new();
    for &kind in ALL {
        let site = Site::new().await;
        let Some((attempt, _)) = provoke(kind, &site).await else {
            continue;
        };
        let connection = site.world.app.store.connection(site.world.entra.id).await;
        let advised = fixes(&attempt, &site.world.acme, connection.unwrap().as_ref());
        if lines(kind).is_empty() {
            assert_eq!(advised, [], "{kind:?}");
        }
        let mut console = site.console().await;
        for fix in &advised {
            if fix.side == Side::Here || fix.path.is_some() {
                let path = fix.path.as_deref().unwrap();
                let (page, anchor) = path.split_once('#').unwrap_or((path, ""));
                let page = console.get(page).await;
                assert_eq!(page.status, 200, "{kind:?}: {path}");
                let is_there = anchor.is_empty()
                    || unescaped(&page.body).contains(&format!("id=\"{anchor}\""));
                assert!(is_there, "{kind:?}: {path}");
            }
            let Some(what) = entered(fix) else { continue };
            let what = match (kind, what) {
                // The panel of the user's page has what there is to do about it.
                (Kind::Bound | Kind::BoundByOther, Do::WaitForThis) => Do::Unlink,
                (Kind::ClaimOnly, Do::OneSource) => Do::NameIdIsTheAddress,
                (Kind::HasPassword | Kind::IsAdministrator, Do::OneSource) => Do::StartAgain,
                (Kind::OutsideDomains, Do::AssignDomain) => Do::AddDomain,
                (_, what) => what,
            };
            let site = Site::new().await;
            let (refused, _) = provoke(kind, &site).await.unwrap();
            site.world.app.clock.step(Duration::SECOND);
            let answer = follow(kind, what, &site, &refused).await;
            if !gets_in(&answer) {
                let newest = site.newest().await;
                failures.push(format!("{kind:?}, {}: {}", fix.label(), newest.summary));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
