//! The connections to identity providers.

pub(super) mod certificate_days;
mod certificate_view;
mod certificates;
mod claims;
mod connection_delete;
mod connections;
mod copy_into;
pub(super) mod findings;
mod given_metadata;
pub(super) mod group_first;
mod guides;
mod head;
mod metadata_import;
mod new_connection;
mod review;
mod saml_controls;
pub(super) mod saml_fields;
mod saml_keys;
mod saml_settings;
mod settings_form;
mod test_connection;
pub(super) mod versions;

use crate::http::routes::Routes;

/// The pages of the family.
pub(super) fn routes(routes: Routes) -> Routes {
    let routes = group_first::routes(routes);
    let routes = connections::routes(routes);
    let routes = connection_delete::routes(routes);
    let routes = new_connection::routes(routes);
    let routes = review::routes(routes);
    let routes = saml_settings::routes(routes);
    let routes = claims::routes(routes);
    let routes = certificates::routes(routes);
    let routes = metadata_import::routes(routes);
    let routes = copy_into::routes(routes);
    let routes = guides::routes(routes);
    let routes = versions::routes(routes);
    test_connection::routes(routes)
}
