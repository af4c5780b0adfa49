//! The connections to identity providers.

pub(super) mod certificate_days;
pub(super) mod certificate_view;
pub(super) mod certificates;
pub(super) mod claims;
pub(super) mod connection_delete;
pub(super) mod connections;
pub(super) mod copy_into;
pub(super) mod findings;
mod given_metadata;
pub(super) mod group_first;
pub(super) mod guides;
mod head;
pub(super) mod metadata_import;
pub(super) mod new_connection;
pub(super) mod review;
pub(super) mod saml_controls;
pub(super) mod saml_fields;
mod saml_keys;
pub(super) mod saml_settings;
pub(super) mod settings_form;
pub(super) mod test_connection;
pub(super) mod versions;
