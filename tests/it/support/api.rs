//! A script with a token: its requests, and how its answers are read.
//!
//! Each answer is held against the `OpenAPI` document that the server shows.

use axum::body::Body;
use axum::http::{Method, Request, header};
use serde_json::Value;
use vestibule::admin::NewToken;
use vestibule::domain::{Company, Scope};
use vestibule::http::Edge;
use vestibule::http::client_address::Peer;

use super::{Answer, World, send, unique};
use crate::api::document::Document;

/// A script with a token.
#[derive(Clone)]
pub(crate) struct ApiClient {
    pub(crate) router: Edge,
    pub(crate) host: String,
    pub(crate) authorization: Option<String>,
    /// The token's name.
    pub(crate) name: String,
}

impl World {
    /// A client of acme whose token may do this.
    pub(crate) async fn client(&self, scopes: &[Scope]) -> ApiClient {
        self.client_of(&self.acme, scopes).await
    }

    /// A client of acme whose token may do everything.
    pub(crate) async fn master(&self) -> ApiClient {
        self.client(&Scope::ALL).await
    }

    /// A client of a company whose token may do this.
    pub(crate) async fn client_of(&self, company: &Company, scopes: &[Scope]) -> ApiClient {
        let new = NewToken {
            name: format!("test {}", u128::from_be_bytes(unique())),
            scopes: scopes.iter().map(ToString::to_string).collect(),
            days: 30,
        };
        let made = self.admin_of(company).create_token(&new).await.unwrap();
        ApiClient {
            name: made.token.name,
            ..self.bearing(company, &made.secret)
        }
    }

    /// A client of a company with any token.
    pub(crate) fn bearing(&self, company: &Company, token: &str) -> ApiClient {
        ApiClient {
            router: self.router.clone(),
            host: company.origin.host_key().to_owned(),
            authorization: Some(format!("Bearer {token}")),
            name: String::new(),
        }
    }

    /// A client without a token.
    pub(crate) fn stranger(&self) -> ApiClient {
        ApiClient {
            authorization: None,
            ..self.bearing(&self.acme, "")
        }
    }
}

impl ApiClient {
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, &[], None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.call(Method::POST, path, &[], Some(body.to_string()))
            .await
    }

    pub(crate) async fn put(&self, path: &str, body: Option<Value>) -> Answer {
        let body = body.map(|body| body.to_string());
        self.call(Method::PUT, path, &[], body).await
    }

    pub(crate) async fn patch(&self, path: &str, version: &str, body: Value) -> Answer {
        let headers = [("if-match", version)];
        self.call(Method::PATCH, path, &headers, Some(body.to_string()))
            .await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.call(Method::DELETE, path, &[], None).await
    }

    /// Sends a request, and holds its answer against the document.
    pub(crate) async fn call(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<String>,
    ) -> Answer {
        let answer = self.raw(method.clone(), path, headers, body).await;
        Document::get().check(&method, path, &answer);
        answer
    }

    /// Sends a request.
    pub(crate) async fn raw(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<String>,
    ) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, &self.host)
            .header("x-forwarded-for", "203.0.113.7")
            .extension(Peer("127.0.0.1:4711".parse().unwrap()));
        if let Some(authorization) = &self.authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if body.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        let body = body.map_or_else(Body::empty, Body::from);
        send(&self.router, request.body(body).unwrap()).await
    }
}

/// The JSON of an answer.
pub(crate) fn json(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).unwrap_or_else(|_| panic!("{answer:?}"))
}

/// The JSON of an answer with this status.
pub(crate) fn ok(answer: &Answer, status: u16) -> Value {
    assert_eq!(answer.status, status, "{}", answer.body);
    json(answer)
}

/// Holds that an answer is this problem.
pub(crate) fn is_problem(answer: &Answer, status: u16, kind: &str) -> Value {
    assert_eq!(answer.status, status, "{}", answer.body);
    assert_eq!(answer.header("content-type"), "application/problem+json");
    let problem = json(answer);
    assert_eq!(problem["type"], format!("urn:vestibule:problem:{kind}"));
    assert_eq!(problem["status"], status);
    problem
}
