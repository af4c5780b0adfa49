//! Users, permission groups and live sessions.

pub(super) mod directory_groups;
mod directory_users;
mod group;
mod group_delete;
pub(super) mod group_form;
mod groups;
mod sessions;
mod user;
mod user_actions;
mod user_delete;
mod user_import;
mod users;
pub(super) mod words;

use crate::http::routes::Routes;

/// The pages of the family.
pub(super) fn routes(routes: Routes) -> Routes {
    let routes = users::routes(routes);
    let routes = user_import::routes(routes);
    let routes = user::routes(routes);
    let routes = user_actions::routes(routes);
    let routes = user_delete::routes(routes);
    let routes = directory_users::routes(routes);
    let routes = directory_groups::routes(routes);
    let routes = groups::routes(routes);
    let routes = group::routes(routes);
    let routes = group_delete::routes(routes);
    sessions::routes(routes)
}
