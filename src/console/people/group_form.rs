//! The form of a new permission group ("Create New Permission"), and what it and the form of one that is there send.

use askama::Template;
use serde::Deserialize;

use super::words::kinds;
use crate::admin::{GroupText, Problems, Refused};
use crate::console::{Console, ConsoleFrame, Item, Section};
use crate::domain::GroupKind;
use crate::http::response::Page;

#[derive(Debug, Template)]
#[template(path = "console/people/group_new.html")]
pub(in crate::console) struct NewGroupPage {
    frame: ConsoleFrame,
    title: String,
    kinds: Vec<Item>,
    sso_only: bool,
    /// The name of a form that waits for the group; empty for none.
    kept: String,
    problems: Problems,
    /// What stands in the way, when no field is to blame.
    obstacle: String,
}

/// The empty form, while another one waits or not.
pub(in crate::console) fn empty(console: &Console, kept: String) -> Page<NewGroupPage> {
    let text = GroupText {
        title: String::new(),
        kind: GroupKind::Member,
        sso_only: false,
    };
    Page::new(form(console, text, kept, None))
}

/// A group in a form.
#[derive(Debug, Deserialize)]
pub(in crate::console) struct GroupFields {
    #[serde(default)]
    pub(in crate::console) version: String,
    title: String,
    kind: GroupKind,
    sso_only: Option<String>,
    /// That its members become administrators was read, and is meant.
    #[serde(default)]
    pub(in crate::console) sure: String,
    /// The name of a form that waits for the group.
    #[serde(default)]
    pub(super) kept: String,
}

impl GroupFields {
    pub(in crate::console) fn text(&self) -> GroupText {
        GroupText {
            title: self.title.clone(),
            kind: self.kind,
            sso_only: self.sso_only.is_some(),
        }
    }
}

/// The form as it was filled in.
pub(super) fn form(
    console: &Console,
    text: GroupText,
    kept: String,
    refused: Option<&Refused>,
) -> NewGroupPage {
    NewGroupPage {
        frame: console.frame(Section::Users, "Create New Permission"),
        title: text.title,
        kinds: kinds(text.kind),
        sso_only: text.sso_only,
        kept,
        problems: refused.map(Refused::problems).unwrap_or_default(),
        obstacle: refused.map(Refused::obstacle).unwrap_or_default(),
    }
}
