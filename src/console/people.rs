//! Users, permission groups and live sessions.

pub(super) mod group;
pub(super) mod group_delete;
pub(super) mod group_form;
pub(super) mod groups;
pub(super) mod sessions;
pub(super) mod user;
pub(super) mod user_actions;
pub(super) mod user_delete;
pub(super) mod user_import;
pub(super) mod users;
pub(super) mod words;
