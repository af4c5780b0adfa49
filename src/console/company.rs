//! The company itself: its settings, domains, applications, tokens and audit log.

mod account;
pub(super) mod account_words;
mod address_list;
mod application;
mod applications;
mod audit;
mod audit_words;
mod domains;
mod logo;
mod tokens;

use crate::http::routes::Routes;

/// The pages of the family.
pub(super) fn routes(routes: Routes) -> Routes {
    let routes = domains::routes(routes);
    let routes = applications::routes(routes);
    let routes = application::routes(routes);
    let routes = audit::routes(routes);
    let routes = account::routes(routes);
    let routes = logo::routes(routes);
    tokens::routes(routes)
}
