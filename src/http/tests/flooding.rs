//! Messages that anybody can send, and what they leave behind.

use super::*;

#[tokio::test]
async fn a_client_does_not_fill_the_records() {
    let (app, _dir) = App::for_test(|_| {}).await;
    let (user, _) = crate::app::tests::signed_in(&app).await;
    app.catch_up().await.unwrap();
    let site = app.directory.site_of(user.company_id).unwrap();
    let host = site.company.origin.host_key().to_owned();
    let router = router(Arc::clone(&app));
    let message = async |client: &str| {
        let mut request = Request::post("/sso/acs")
            .header(header::HOST, &host)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from("SAMLResponse=PHgvPg=="))
            .unwrap();
        let peer = client.parse().unwrap();
        request.extensions_mut().insert(Peer(peer));
        send(&router, request).await.status
    };
    let mut written = 0;
    while message("203.0.113.9:1").await == 403 {
        written += 1;
        assert!(written < 1000, "nothing ends it");
    }
    assert_eq!(message("203.0.113.9:2").await, 429);
    assert_eq!(message("203.0.113.10:1").await, 403, "another client");
}

/// A body that is announced and does not come.
struct Never;

impl axum::body::HttpBody for Never {
    type Data = axum::body::Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<hyper::body::Frame<Self::Data>, Self::Error>>> {
        std::task::Poll::Pending
    }
}

#[tokio::test]
async fn a_message_beyond_the_limit_is_not_waited_for() {
    let (app, _dir) = App::for_test(|config| config.limits.client_responses_per_minute = 1).await;
    crate::app::tests::signed_in(&app).await;
    app.catch_up().await.unwrap();
    let router = router(app);
    let message = |body| {
        let request = Request::post("/sso/acs")
            .header(header::HOST, "acme.localhost:8080")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        send(&router, request.body(body).unwrap())
    };
    let first = message(Body::from("SAMLResponse=PHgvPg==")).await;
    assert_eq!(first.status, 403);
    let second = message(Body::new(Never)).await;
    assert_eq!(
        (second.status, second.header("retry-after")),
        (429, "60"),
        "{}",
        second.body
    );
}

#[tokio::test]
async fn a_body_that_is_too_large_is_not_waited_for() {
    let (app, _dir) = App::for_test(|_| {}).await;
    let announced = Request::post("/sso/acs")
        .header(header::HOST, "acme.localhost:8080")
        .header(header::CONTENT_LENGTH, "999999999")
        .body(Body::new(Never))
        .unwrap();
    let answer = send(&router(app), announced).await;
    assert_eq!(answer.status, 413);
    assert!(answer.body.contains("too large"), "{}", answer.body);
}
