//! The connections to identity providers.

pub(super) mod certificate_days;
mod certificate_view;
mod certificates;
mod claims;
mod claims_preview;
mod connection_delete;
mod connections;
mod copy_into;
mod directory;
mod directory_check;
mod directory_view;
pub(super) mod findings;
mod further_attributes;
mod given_metadata;
pub(super) mod group_first;
mod guides;
mod head;
mod metadata_import;
mod new_connection;
mod new_provider;
mod protocol;
mod provider_change;
mod provider_keys;
mod provider_secret;
mod provider_settings;
mod provider_verify;
mod redirect_uri;
mod review;
mod saml_settings;
mod set_up_steps;
mod setting_controls;
mod setting_keys;
pub(super) mod setting_values;
mod settings;
mod settings_form;
mod test_connection;
pub(super) mod versions;
mod ways_out;

use crate::http::routes::Routes;

/// The pages of the family.
pub(super) fn routes(routes: Routes) -> Routes {
    let routes = group_first::routes(routes);
    let routes = connections::routes(routes);
    let routes = connection_delete::routes(routes);
    let routes = new_connection::routes(routes);
    let routes = review::routes(routes);
    let routes = settings::routes(routes);
    let routes = new_provider::routes(routes);
    let routes = provider_secret::routes(routes);
    let routes = provider_keys::routes(routes);
    let routes = redirect_uri::routes(routes);
    let routes = provider_change::routes(routes);
    let routes = provider_verify::routes(routes);
    let routes = directory::routes(routes);
    let routes = directory_check::routes(routes);
    let routes = claims::routes(routes);
    let routes = certificates::routes(routes);
    let routes = metadata_import::routes(routes);
    let routes = copy_into::routes(routes);
    let routes = guides::routes(routes);
    let routes = versions::routes(routes);
    test_connection::routes(routes)
}
