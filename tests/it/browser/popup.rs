//! A sign-in in a window that an application has opened, with the application's code as it is documented.

use axum::Router;
use axum::response::Html;
use axum::routing::get;

use super::{Chromium, Demo, ONE_AT_A_TIME};

const GUIDE: &str = include_str!("../../../docs/applications.md");

/// The guide's first piece of code in a language.
fn code(language: &str) -> String {
    let start = format!("```{language}\n");
    let rest = GUIDE.split_once(start.as_str()).expect("a piece of code").1;
    rest.split_once("```").unwrap().0.to_owned()
}

/// The application, at an origin of its own.
async fn application(site: &str) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let script = code("js")
        .replace("https://acme.sso.example.com", site)
        .replace("https://app.example.com", &origin);
    let page = format!(
        "<!doctype html><title>App</title><main><button id=in>Sign in</button><p id=said>nothing</p><p id=seen>open</p></main>\
         <script>{script}
         const say = (id, text) => {{ document.getElementById(id).textContent = text; }};
         document.getElementById('in').onclick = () => signIn(() => say('said', 'signed in'), () => say('seen', 'closed'));
         </script>"
    );
    let router = Router::new()
        .route("/", get(async move || Html(page)))
        .route("/signed-in.html", get(async || Html(code("html"))));
    tokio::spawn(async { axum::serve(listener, router).await });
    origin
}

#[tokio::test]
async fn an_application_sees_its_window_and_hears_when_it_is_done() {
    let _turn = ONE_AT_A_TIME.lock().await;
    let (demo, browser) = (Demo::start(), Chromium::start().await);
    let app = application(&demo.origin).await;
    let setting = format!("return_origins={app}");
    let words = ["company", "set", "acme", &setting];
    demo.installation.run_words(&words, "").succeeds();
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;

    browser.open(&app).await;
    let window = browser.client.window().await.unwrap();
    browser.touch("#in").await;
    let windows = browser.client.windows().await.unwrap();
    let popup = windows.into_iter().find(|it| *it != window).unwrap();
    browser.client.switch_to_window(popup).await.unwrap();
    // Our own pages have been passed, and the window is still the application's.
    browser.see("#sign-in").await;
    browser
        .client
        .switch_to_window(window.clone())
        .await
        .unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    assert_eq!(browser.text("#seen").await, "open");
    assert_eq!(browser.text("#said").await, "nothing");

    let windows = browser.client.windows().await.unwrap();
    let popup = windows.into_iter().find(|it| *it != window).unwrap();
    browser.client.switch_to_window(popup).await.unwrap();
    sign_in_and_close(&browser).await;
    browser.client.switch_to_window(window).await.unwrap();
    browser.read("signed in").await;
    browser.read("closed").await;
    browser.open(&format!("{}/sso/session", demo.origin)).await;
    assert!(browser.text("body").await.contains("b.simon@contoso.com"));
    browser.quit().await;
}

/// Signs in; the window closes by itself.
async fn sign_in_and_close(browser: &Chromium) {
    browser.type_into("input[name=passwd]", "Tailspin-42").await;
    browser.touch("#sign-in").await;
    for _ in 0..400 {
        if browser.client.windows().await.unwrap().len() == 1 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the window stays open at {}", browser.url().await);
}
