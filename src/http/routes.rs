//! Routes, their patterns and their manners, as a face hands them to the edge.

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::response::Response;
use axum::routing::MethodRouter;
use tower::Service as _;

use super::error::Error;
use super::manner::Manner;
use crate::app::App;

/// The pattern of what no route has.
pub(crate) const NO_PATTERN: &str = "-";

/// Routes with their patterns and manners.
#[derive(Debug)]
pub(crate) struct Routes {
    router: Router<Arc<App>>,
    manner: Manner,
    known: KnownRoutes,
}

/// What the edge knows of all routes.
#[derive(Debug, Default)]
pub(crate) struct KnownRoutes {
    routes: Vec<Route>,
    /// What addresses begin with that belong to a face also where no route has them.
    roots: Vec<Route>,
}

/// A route, as the edge sees it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Route {
    pub(crate) pattern: &'static str,
    pub(crate) manner: Manner,
}

impl Routes {
    /// No routes yet; those that follow have this manner.
    pub(crate) fn of(manner: Manner) -> Self {
        Self {
            router: Router::new(),
            manner,
            known: KnownRoutes::default(),
        }
    }

    /// No routes yet; what begins with `root` has this manner, also where no route has it.
    pub(crate) fn beneath(root: &'static str, manner: Manner) -> Self {
        let mut routes = Self::of(manner);
        routes.known.roots.push(Route {
            pattern: root,
            manner,
        });
        routes
    }

    /// With one more.
    pub(crate) fn route(
        mut self,
        pattern: &'static str,
        methods: impl Into<MethodRouter<Arc<App>>>,
    ) -> Self {
        self.known.routes.push(Route {
            pattern,
            manner: self.manner,
        });
        self.router = self.router.route(pattern, methods.into());
        self
    }

    /// With those of another family, each in its own manner.
    pub(crate) fn merge(mut self, other: Self) -> Self {
        self.known.routes.extend(other.known.routes);
        self.known.roots.extend(other.known.roots);
        self.router = self.router.merge(other.router);
        self
    }

    /// The answer of these routes alone, without what is around them.
    pub(crate) async fn answer(self, app: &Arc<App>, request: Request) -> Response {
        let mut router = self.router.with_state(Arc::clone(app));
        let Ok(response) = router.call(request).await;
        response
    }

    /// With something around all of them, also around the answer to a method that a route does not have.
    pub(crate) fn around_all(
        self,
        layer: impl FnOnce(Router<Arc<App>>) -> Router<Arc<App>>,
    ) -> Self {
        Self {
            router: layer(self.router.method_not_allowed_fallback(not_allowed)),
            ..self
        }
    }

    pub(crate) fn into_parts(self) -> (Router<Arc<App>>, KnownRoutes) {
        (self.router, self.known)
    }
}

impl KnownRoutes {
    /// The patterns of all routes.
    pub(crate) fn patterns(&self) -> impl Iterator<Item = &'static str> {
        self.routes.iter().map(|route| route.pattern)
    }

    /// The route at an address, or what stands for it where there is none.
    pub(crate) fn at(&self, path: &str) -> Route {
        let fits = |pattern: &str| {
            let mut segments = path.split('/');
            pattern.split('/').all(|wanted| {
                let found = segments.next();
                found == Some(wanted)
                    || wanted.starts_with('{') && found.is_some_and(|it| !it.is_empty())
            }) && segments.next().is_none()
        };
        let routes = || self.routes.iter();
        let known = routes()
            .find(|route| route.pattern == path)
            .or_else(|| routes().find(|route| fits(route.pattern)));
        known.copied().unwrap_or_else(|| Route {
            pattern: NO_PATTERN,
            manner: self
                .roots
                .iter()
                .find(|root| path.starts_with(root.pattern))
                .map_or(Manner::PAGE, |root| root.manner),
        })
    }
}

pub(crate) async fn not_allowed() -> Error {
    Error::MethodNotAllowed
}

#[cfg(test)]
mod tests {
    use axum::routing::get;

    use super::super::manner::Failures;
    use super::*;

    #[test]
    fn an_address_has_the_pattern_of_its_route() {
        let mut routes = Routes::of(Manner::PAGE);
        for pattern in ["/", "/assets/{file}", "/a/{b}/c", "/a/x/c"] {
            routes = routes.route(pattern, get(not_allowed));
        }
        let (_, known) = routes.into_parts();
        for (path, pattern) in [
            ("/", "/"),
            ("/assets/site.css", "/assets/{file}"),
            ("/a/x/c", "/a/x/c"),
            ("/a/y/c", "/a/{b}/c"),
            ("/assets/", "-"),
            ("/assets/a/b", "-"),
            ("/a/y", "-"),
            ("", "-"),
            ("/nothing", "-"),
        ] {
            assert_eq!(known.at(path).pattern, pattern, "{path}");
        }
    }

    #[test]
    fn an_address_has_the_manner_of_its_face() {
        let routes = Routes::of(Manner::PAGE)
            .route("/a", get(not_allowed))
            .merge(Routes::beneath("/b/", Manner::API).route("/b/c", get(not_allowed)));
        let (_, known) = routes.into_parts();
        for (path, failures) in [
            ("/a", Failures::Page),
            ("/nothing", Failures::Page),
            ("/b", Failures::Page),
            ("/b/c", Failures::Problem),
            ("/b/nothing", Failures::Problem),
        ] {
            assert_eq!(known.at(path).manner.failures, failures, "{path}");
        }
    }
}
