//! The `OpenAPI` document: it is the routes, and the routes are it; and every answer of these tests is as it says.

use std::sync::OnceLock;

use axum::http::Method;
use serde_json::{Value, json};
use vestibule::domain::Scope;

use crate::support::api::is_problem;
use crate::support::{Answer, Office};

/// Methods that a route may have.
const METHODS: [Method; 5] = [
    Method::GET,
    Method::PUT,
    Method::POST,
    Method::PATCH,
    Method::DELETE,
];

/// The document as the server shows it.
pub(crate) struct Document(Value);

/// An operation of the document.
pub(super) struct Operation {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) about: Value,
}

static DOCUMENT: OnceLock<Document> = OnceLock::new();

impl Document {
    /// As a server has shown it before.
    pub(crate) fn get() -> &'static Self {
        DOCUMENT.get_or_init(|| {
            let text = vestibule::api::document().unwrap();
            Self(serde_json::from_str(text).unwrap())
        })
    }

    pub(super) fn operations(&self) -> Vec<Operation> {
        let mut all = Vec::new();
        for (path, item) in self.0["paths"].as_object().unwrap() {
            for (method, about) in item.as_object().unwrap() {
                all.push(Operation {
                    method: method.to_uppercase().parse().unwrap(),
                    path: path.clone(),
                    about: about.clone(),
                });
            }
        }
        assert!(all.len() > 20);
        all
    }

    /// Holds an answer against what the document says of it.
    pub(crate) fn check(&self, method: &Method, address: &str, answer: &Answer) {
        let place = format!("{method} {address}: {} {}", answer.status, answer.body);
        let path = address.split('?').next().unwrap();
        let operations = self.operations();
        let found = operations
            .iter()
            .filter(|operation| operation.method == *method && fits(&operation.path, path));
        // An address without parameters goes before one with them.
        let found = found.min_by_key(|operation| operation.path.matches('{').count());
        let operation = found.unwrap_or_else(|| panic!("not in the document: {place}"));
        let said = &operation.about["responses"][answer.status.to_string()];
        assert!(said.is_object(), "undocumented: {place}");
        let said = self.resolved(said);
        let Some(contents) = said["content"].as_object() else {
            assert_eq!(answer.body, "", "{place}");
            return;
        };
        let content = contents.get(answer.header("content-type"));
        let content = content.unwrap_or_else(|| panic!("another content: {place}"));
        let schema = json!({
            "allOf": [content["schema"]],
            "components": self.0["components"],
        });
        let validator = jsonschema::options()
            .with_draft(jsonschema::Draft::Draft202012)
            .should_validate_formats(true)
            .build(&schema)
            .unwrap();
        let body = match answer.header("content-type") {
            "application/json" | "application/problem+json" => {
                serde_json::from_str(&answer.body).unwrap()
            }
            // A file.
            _ => json!(answer.body),
        };
        let errors: Vec<String> = validator
            .iter_errors(&body)
            .map(|error| format!("{} at {}", error, error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{place}: {errors:?}");
        for (name, header) in said["headers"].as_object().into_iter().flatten() {
            assert!(header.is_object());
            assert!(!answer.header(name).is_empty(), "no {name}: {place}");
        }
    }

    fn resolved<'a>(&'a self, value: &'a Value) -> &'a Value {
        match value["$ref"].as_str() {
            Some(place) => self.0.pointer(place.trim_start_matches('#')).unwrap(),
            None => value,
        }
    }
}

impl Operation {
    /// The scope that it needs; none for what is open.
    pub(super) fn scope(&self) -> Option<Scope> {
        let scope = self.about.pointer("/security/0/token/0")?.as_str().unwrap();
        Some(scope.parse().unwrap())
    }

    pub(super) fn id(&self) -> &str {
        self.about["operationId"].as_str().unwrap()
    }

    /// Its address with identifiers that are well-formed and belong to nothing.
    pub(super) fn address(&self) -> String {
        let key = "0".repeat(64);
        let id = if self.path.starts_with("/api/v1/sessions") {
            key.as_str()
        } else if self.path.starts_with("/api/v1/attempts") {
            "0000-0000"
        } else {
            "00000000000000000000000000"
        };
        let segments = self.path.split('/');
        let filled = segments.map(|part| if part.starts_with('{') { id } else { part });
        filled.collect::<Vec<_>>().join("/")
    }
}

fn fits(template: &str, path: &str) -> bool {
    let (wanted, found) = (template.split('/'), path.split('/'));
    wanted.clone().count() == found.clone().count()
        && wanted
            .zip(found)
            .all(|(wanted, found)| wanted.starts_with('{') || wanted == found)
}

#[tokio::test]
async fn the_document_is_shown_to_everyone_and_is_openapi_3_1() {
    let world = Office::new().await;
    let answer = world.stranger().get("/api/v1/openapi.json").await;
    assert_eq!(answer.status, 200);
    let document: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(document, Document::get().0);
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1."));
    assert_eq!(
        document["components"]["securitySchemes"]["token"]["scheme"],
        "bearer"
    );
}

#[tokio::test]
async fn every_route_is_in_the_document_and_the_other_way_round() {
    let world = Office::new().await;
    let document = Document::get();
    let operations = document.operations();
    let mut routes: Vec<&str> = world
        .router
        .patterns()
        .filter(|pattern| pattern.starts_with("/api/"))
        .collect();
    routes.sort_unstable();
    let mut paths: Vec<&str> = operations.iter().map(|it| it.path.as_str()).collect();
    paths.dedup();
    assert_eq!(paths, routes);
    for operation in &operations {
        for method in METHODS {
            let is_known = operations
                .iter()
                .any(|it| it.path == operation.path && it.method == method);
            let answer = world
                .stranger()
                .raw(method.clone(), &operation.address(), &[], None)
                .await;
            let place = format!("{method} {}: {}", operation.path, answer.status);
            match (is_known, operation.scope()) {
                (false, _) => {
                    is_problem(&answer, 405, "method-not-allowed");
                    assert!(!answer.header("allow").is_empty(), "{place}");
                }
                (true, None) => assert_eq!(answer.status, 200, "{place}"),
                (true, Some(_)) => drop(is_problem(&answer, 401, "unauthorized")),
            }
        }
    }
}

#[tokio::test]
async fn an_operation_needs_its_scope_and_no_other() {
    let world = Office::new().await;
    let mut clients = Vec::new();
    for scope in Scope::ALL {
        let others: Vec<Scope> = Scope::ALL.into_iter().filter(|it| *it != scope).collect();
        let (with, without) = (world.client(&[scope]).await, world.client(&others).await);
        clients.push((scope, with, without));
    }
    let mut seen = 0;
    for operation in Document::get().operations() {
        let Some(scope) = operation.scope() else {
            continue;
        };
        seen += 1;
        let of_scope = clients.iter().find(|(it, _, _)| *it == scope);
        let (_, with, without) = of_scope.unwrap();
        let address = operation.address();
        let refused = without
            .call(operation.method.clone(), &address, &[], None)
            .await;
        let problem = is_problem(&refused, 403, "insufficient-scope");
        assert_eq!(problem["scope"], scope.as_str(), "{}", operation.id());
        let challenge = refused.header("www-authenticate");
        assert!(
            challenge.contains(&format!("scope=\"{scope}\"")),
            "{challenge}"
        );
        let answer = with
            .call(operation.method.clone(), &address, &[], None)
            .await;
        assert!(
            ![401, 403, 405].contains(&answer.status),
            "{}: {answer:?}",
            operation.id()
        );
    }
    assert!(seen > 20, "{seen}");
}

#[tokio::test]
async fn what_is_no_address_is_a_problem_too() {
    let world = Office::new().await;
    let client = world.master().await;
    for path in [
        "/api/",
        "/api/v1",
        "/api/v1/",
        "/api/v1/nothing",
        "/api/v2/users",
        "/api/v1/users/",
        "/api/v1/openapi.json/x",
        "/api/v1/groups/../users",
    ] {
        let answer = client
            .raw(Method::GET, path, &[("accept", "text/html")], None)
            .await;
        is_problem(&answer, 404, "not-found");
    }
    for path in ["/api/v1/users/x", "/api/v1/users/%00", "/api/v1/attempts/x"] {
        is_problem(&client.get(path).await, 404, "not-found");
    }
}
