//! A browser without JavaScript, at the demo identity provider only.

use axum::body::Body;
use axum::http::{Request, Response, StatusCode, header};
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;
use vestibule::demo_idp::{DemoIdp, IdpUser};

/// One of its windows.
pub(super) struct Browser {
    pub(super) idp: DemoIdp,
    pub(super) cookie: String,
}

/// An answer that was read.
pub(super) struct Page {
    pub(super) status: StatusCode,
    pub(super) location: Option<String>,
    pub(super) text: String,
}

impl Browser {
    pub(super) fn new(idp: DemoIdp) -> Self {
        Self {
            idp,
            cookie: String::new(),
        }
    }

    pub(super) async fn get(&mut self, address: &str) -> Page {
        self.send(Request::get(address).body(Body::empty()).unwrap())
            .await
    }

    pub(super) async fn post(&mut self, address: &str, fields: &[(&str, &str)]) -> Page {
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        let request = Request::post(address)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(body));
        self.send(request.unwrap()).await
    }

    pub(super) async fn send(&mut self, mut request: Request<Body>) -> Page {
        request
            .headers_mut()
            .insert(header::COOKIE, self.cookie.parse().unwrap());
        let response: Response<Body> = self.idp.router().oneshot(request).await.unwrap();
        let text = |name| {
            let value = response.headers().get(name)?;
            value.to_str().ok().map(str::to_owned)
        };
        assert!(text(header::CONTENT_SECURITY_POLICY).is_some());
        if let Some(set) = text(header::SET_COOKIE) {
            set.split(';').next().unwrap().clone_into(&mut self.cookie);
        }
        Page {
            status: response.status(),
            location: text(header::LOCATION),
            text: String::from_utf8(
                response
                    .into_body()
                    .collect()
                    .await
                    .unwrap()
                    .to_bytes()
                    .to_vec(),
            )
            .unwrap(),
        }
    }

    pub(super) async fn sign_in(&mut self, page: &Page, user: &IdpUser, variant: &str) -> Page {
        let action = page.attribute("action");
        let flow = page.field("flow");
        let fields = [
            ("flow", flow.as_str()),
            ("login", &user.principal_name),
            ("passwd", &user.password),
            ("variant", variant),
        ];
        self.post(&action, &fields).await
    }
}

impl Page {
    pub(super) fn attribute(&self, name: &str) -> String {
        self.after(&format!("{name}=\""))
    }

    pub(super) fn field(&self, name: &str) -> String {
        self.after(&format!("name=\"{name}\" value=\""))
    }

    pub(super) fn after(&self, start: &str) -> String {
        let from = self.text.find(start).unwrap_or_else(|| panic!("{start}")) + start.len();
        self.text[from..].split('"').next().unwrap().to_owned()
    }
}
