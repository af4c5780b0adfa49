//! Names on the console's pages: as the tutorial and Entra ID write them, one spelling each; codes of rules at the end.

use std::fs;
use std::path::{Path, PathBuf};

/// What is written otherwise, and how it is written here.
const OTHERWISE: [(&str, &str); 34] = [
    ("Sign-on URL", "Sign on URL"),
    ("Sign-On URL", "Sign on URL"),
    ("sign-on URL", "Sign on URL"),
    ("sign on URL", "Sign on URL"),
    ("Sign On URL", "Sign on URL"),
    ("Login Url", "Login URL"),
    ("login URL", "Login URL"),
    ("logout URL", "Logout URL"),
    ("Reply Url", "Reply URL"),
    ("reply URL", "Reply URL"),
    (
        "Reply URL (ACS",
        "Reply URL (Assertion Consumer Service URL)",
    ),
    ("Identifier (Entity Id)", "Identifier (Entity ID)"),
    ("Identifier (entity ID)", "Identifier (Entity ID)"),
    ("Federation Metadata Xml", "Federation Metadata XML"),
    ("Federation metadata XML", "Federation Metadata XML"),
    ("federation metadata XML", "Federation Metadata XML"),
    ("Federation Metadata URL", "App Federation Metadata Url"),
    ("App Federation Metadata URL", "App Federation Metadata Url"),
    ("Entra Id ", "Entra ID"),
    ("Entra identifier", "Microsoft Entra Identifier"),
    ("Azure", "Entra ID"),
    ("X.509", "x.509 Certificate"),
    ("x509 ", "x.509 Certificate"),
    ("x.509 certificate", "x.509 Certificate"),
    ("Certificate (base64)", "Certificate (Base64)"),
    ("Name ID Format", "Name Id Format"),
    ("NameID Format", "Name Id Format"),
    ("Just-in-Time", "Just-In-Time User Provisioning"),
    ("just-in-time", "Just-In-Time User Provisioning"),
    ("Just in time", "Just-In-Time User Provisioning"),
    ("Single sign-on settings", "Single Sign On Settings"),
    ("Saml Settings", "SAML Settings"),
    ("SAML settings", "SAML Settings"),
    ("Users and Permissions", "Users & Permissions"),
];

/// Entra's fields of OpenID Connect, which hold another spelling of a field of SAML.
const OF_OPENID: [&str; 2] = ["Front-channel logout URL", "Back-channel logout URL"];

fn files(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
}

fn is_page(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|it| it == "html")
}

/// The texts of the console, each with its place: templates, and what stands between quotation marks in its sources. The guides
/// of other identity providers write as those do.
fn texts() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    for dir in ["templates/console", "src/console", "src/admin"] {
        files(&root.join(dir), &mut paths);
    }
    let mut texts = Vec::new();
    for path in paths {
        let name = path.strip_prefix(root).unwrap().display().to_string();
        if name.contains("guides/") && !name.ends_with("entra.html") {
            continue;
        }
        let content = fs::read_to_string(&path).unwrap();
        if is_page(&name) {
            texts.push((name, content));
            continue;
        }
        let code = content.split("#[cfg(test)]").next().unwrap();
        for (at, line) in code.lines().enumerate() {
            if !line.trim_start().starts_with("//") {
                let place = format!("{name}:{}", at + 1);
                let quoted = line.split('"').skip(1).step_by(2);
                texts.extend(quoted.map(|text| (place.clone(), text.to_owned())));
            }
        }
    }
    texts
}

#[test]
fn each_name_has_one_spelling() {
    let mut wrong = Vec::new();
    for (place, mut text) in texts() {
        for field in OF_OPENID {
            text = text.replace(field, "");
        }
        for (otherwise, right) in OTHERWISE {
            if text.contains(otherwise) {
                wrong.push(format!("{place}: \"{otherwise}\" is written {right}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The names of the tutorial are there, so that who follows it finds them.
#[test]
fn the_tutorials_names_are_on_the_pages() {
    let all: String = texts().into_iter().map(|(_, text)| text).collect();
    for name in [
        "Users & Permissions",
        "Create New Permission",
        "Permission title",
        "Permission Type",
        "Single Sign On Settings",
        "SAML Settings",
        "Login URL",
        "Logout URL",
        "Name Id Format",
        "x.509 Certificate",
        "Update Certificate",
        "Just-In-Time User Provisioning",
        "Enable Just-In-Time User Provisioning",
        "Create SSO User",
        "First Name",
        "Last Name",
        "Identifier (Entity ID)",
        "Reply URL (Assertion Consumer Service URL)",
        "Sign on URL",
        "Logout Url",
        "Federation Metadata XML",
        "App Federation Metadata Url",
        "Certificate (Base64)",
        "Microsoft Entra Identifier",
    ] {
        assert!(all.contains(name), "{name}");
    }
}

/// Nobody reads a sentence for its code.
#[test]
fn codes_of_rules_come_last() {
    const RULE: &str = "class=\"rule\"";
    let is_code = |word: &str| {
        let word = word.trim_matches(['(', ')', ':', ',', '.']);
        let mut letters = word.chars();
        matches!(letters.next(), Some('A'..='G'))
            && letters.clone().count() > 0
            && letters.all(|letter| letter.is_ascii_digit())
    };
    let mut shown = 0;
    for (place, text) in texts() {
        if is_page(&place) {
            for (at, _) in text.match_indices(RULE) {
                let rest = &text[at..];
                let end = rest.find("</span>").unwrap() + "</span>".len();
                assert!(rest[end..].starts_with("</p>"), "{place}: {}", &rest[..end]);
                shown += 1;
            }
        } else {
            let sentence = text.split_whitespace().count() > 3;
            let coded = text.split_whitespace().find(|word| is_code(word));
            assert!(!(sentence && coded.is_some()), "{place}: {text}");
        }
    }
    assert!(shown >= 2, "{shown}");
}
