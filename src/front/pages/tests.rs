use super::*;
use crate::http::pages::FailurePage;
use crate::http::send_off::PostBinding;

fn all() -> Vec<(&'static str, String)> {
    fn page(name: &'static str, page: &impl Template) -> (&'static str, String) {
        (name, page.render().unwrap())
    }
    vec![
        page("sign_in", &SignInForms::sample()),
        page(
            "sign_in_password_only",
            &SignInForms::sample_password_only(),
        ),
        page("sign_in_choices_only", &SignInForms::sample_choices_only()),
        page("sign_in_empty", &SignInForms::sample_empty()),
        page("signed_in", &SignedInPage::sample()),
        page("which_company", &WhichCompany::sample()),
        page("post_binding", &PostBinding::sample()),
        page("repost", &Repost::sample()),
        page("sign_out", &SignOutPage::sample()),
        page("signed_out", &SignedOutPage::sample()),
        page("signed_out_everywhere", &SignedOutPage::sample_everywhere()),
        page(
            "signed_out_unconfirmed",
            &SignedOutPage::sample_unconfirmed(),
        ),
        page("error", &FailurePage::sample()),
        page("unknown_site", &FailurePage::sample_unknown_site()),
    ]
}

#[test]
fn every_page_is_sound() {
    for (name, html) in all() {
        assert!(
            html.starts_with("<!doctype html>\n<html lang=\"en\">"),
            "{name}"
        );
        for once in [
            "<title>",
            "<main",
            "<h1>",
            "name=\"viewport\"",
            "rel=\"stylesheet\"",
        ] {
            assert_eq!(html.matches(once).count(), 1, "{name}: {once}");
        }
        // The content security policy would drop these silently.
        for inline in [
            " style=",
            "<style",
            " onclick=",
            " onsubmit=",
            " onload=",
            "javascript:",
            "<script>",
        ] {
            assert!(!html.contains(inline), "{name}: {inline}");
        }
        // Every field that a person fills in has a label, and every form a button.
        for input in html
            .split("<input ")
            .skip(1)
            .filter(|input| !input.starts_with("type=\"hidden\""))
        {
            let id = input.split('"').nth(1).unwrap();
            assert!(
                html.contains(&format!("<label for=\"{id}\">")),
                "{name}: {id}"
            );
        }
        assert_eq!(
            html.matches("<form").count(),
            html.matches("<button type=\"submit\"").count(),
            "{name}"
        );
        // For a look at the pages: PAGES_DIR=… cargo test every_page_is_sound
        if let Some(dir) = std::env::var_os("PAGES_DIR") {
            std::fs::write(
                std::path::Path::new(&dir).join(name).with_extension("html"),
                html,
            )
            .unwrap();
        }
    }
}

#[test]
fn pages_escape_what_comes_from_outside() {
    let hostile = "\"'><script>alert(1)</script>";
    let evil = || hostile.to_owned();
    let frame = || Frame::named(hostile);
    let mut sign_in = SignInForms::sample();
    sign_in.frame = frame();
    sign_in.notice = Some(evil());
    sign_in.signed_in = Some(AlreadySignedIn {
        email: evil(),
        landing: evil(),
    });
    sign_in.choices[0].display_name = evil();
    sign_in.choices[0].href = evil();
    if let Some(discovery) = &mut sign_in.discovery {
        discovery.return_to = Some(evil());
    }
    sign_in.password = Some(PasswordForm {
        action: evil(),
        csrf: evil(),
        email: evil(),
        return_to: Some(evil()),
    });
    let signed_in = SignedInPage {
        frame: frame(),
        name: evil(),
        email: evil(),
        company_name: Some(evil()),
        groups: vec![evil()],
        connection: evil(),
        csrf: evil(),
        ..SignedInPage::sample()
    };
    let post = PostBinding {
        frame: frame(),
        destination: evil(),
        destination_name: evil(),
        encoded: evil(),
        relay_state: Some(evil()),
        ..PostBinding::sample()
    };
    let repost = Repost {
        frame: frame(),
        action: evil(),
        encoded: evil(),
        relay_state: Some(evil()),
        handle: evil(),
        ..Repost::sample()
    };
    let sign_out = SignOutPage {
        frame: frame(),
        email: evil(),
        csrf: evil(),
    };
    let signed_out = SignedOutPage {
        frame: frame(),
        ..SignedOutPage::sample()
    };
    let failure = FailurePage {
        frame: frame(),
        title: hostile.into(),
        what: hostile.into(),
        next: vec![evil(), evil()],
        code: Some(hostile.into()),
        ..FailurePage::sample()
    };
    let pages = [
        sign_in.render(),
        signed_in.render(),
        post.render(),
        repost.render(),
        sign_out.render(),
        signed_out.render(),
        failure.render(),
    ];
    for html in pages {
        let html = html.unwrap();
        assert!(html.contains("alert(1)"), "{html}");
        assert!(
            !html.contains("<script>") && !html.contains("\"'>"),
            "{html}"
        );
    }
}

#[test]
fn the_initial_is_the_first_letter_of_the_name() {
    assert_eq!(Frame::named("“élan”").initial(), "É");
    assert_eq!(Frame::named("3M").initial(), "3");
    assert_eq!(Frame::named("").initial(), "");
}

#[test]
fn a_moment_is_shown_in_utc() {
    let moment = Moment::from(time::macros::datetime!(2026-03-01 00:05:09 +2));
    assert_eq!(moment.text, "28 February 2026, 22:05 UTC");
    assert_eq!(moment.machine, "2026-02-28T22:05:09Z");
}
