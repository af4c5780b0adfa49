//! Canonicalisation with comments, which are signed then and are no part of any value (rules B3, B4, B6).

use super::{Paper, Signer, Vector, accept, reject};
use vestibule::saml::error::Rule;
use vestibule::saml::names;

const EMAIL: &str = "b.simon@contoso.com";
const SPLIT: &str = "b.simon<!-- @evil.example -->@contoso.com";

pub(super) fn vectors() -> Vec<Vector> {
    let signer = || Signer::of("idp").with_comments();
    let by = |signer: &Signer| Paper::good().sign_by("_assertion", signer);
    let split = || Paper::good().change(EMAIL, SPLIT);
    let method = |uri: &str| format!("<ds:CanonicalizationMethod Algorithm=\"{uri}\">");
    let mixed = Signer::of("idp").info(
        &method(names::EXC_C14N),
        &method(names::EXC_C14N_WITH_COMMENTS),
    );
    let changed = |name: &str, note: &str, paper: Paper| reject(name, Rule::B6, note, paper);
    vec![
        accept(
            "comments-exclusive",
            "Exclusive canonicalisation with comments of both; there is none.",
            by(&signer()),
        ),
        accept(
            "comments-inclusive",
            "Inclusive canonicalisation with comments of both; there is none.",
            by(&signer().inclusive()),
        ),
        accept(
            "comments-of-response",
            "Exclusive canonicalisation with comments, the Response is signed.",
            Paper::good().sign_by("_response", &signer()),
        ),
        accept(
            "comments-of-signed-info-only",
            "SignedInfo is canonicalised with comments, the assertion without.",
            by(&mixed),
        ),
        accept(
            "comments-signed",
            "A comment in the NameID is signed; the name is all the text around it.",
            split().sign_by("_assertion", &signer()),
        ),
        accept(
            "comments-signed-in-digest",
            "A comment in DigestValue is signed.",
            by(&signer().info("</ds:DigestValue>", "<!-- nothing --></ds:DigestValue>")),
        ),
        changed(
            "comments-taken-out",
            "A signed comment was taken out.",
            split()
                .sign_by("_assertion", &signer())
                .change(SPLIT, EMAIL),
        ),
        changed(
            "comments-added",
            "A comment was added to what is signed with comments.",
            by(&signer()).change(EMAIL, SPLIT),
        ),
        changed(
            "comments-changed",
            "A signed comment was changed.",
            split()
                .sign_by("_assertion", &signer())
                .change("@evil.example", "@good.example"),
        ),
        reject(
            "comments-added-to-signed-info",
            Rule::B3,
            "A comment was added to a SignedInfo that is signed with comments.",
            by(&signer().then("</ds:DigestValue>", "<!-- x --></ds:DigestValue>")),
        ),
    ]
}
