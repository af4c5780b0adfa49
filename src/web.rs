//! The table of contents: every face under one edge.

use std::sync::Arc;

use crate::app::App;
use crate::http::Edge;
use crate::{api, console, front, gate};

/// Every address, and what is around it.
pub fn router(app: Arc<App>) -> Edge {
    let routes = front::routes(&app)
        .merge(console::routes(&app))
        .merge(api::routes())
        .merge(gate::routes());
    Edge::around(routes, app).with_passage(gate::pass)
}
