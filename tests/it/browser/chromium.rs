//! Chromium, by chromedriver.
//!
//! Both are started with each test and ended with it, also by a panic.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use axum::http::Method;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use fantoccini::elements::Element;
use fantoccini::error::CmdError;
use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use url::{ParseError, Url};

/// The longest that a page may take, on a machine that does much else.
const PATIENCE: Duration = Duration::from_secs(30);
const FLAGS: [&str; 11] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-color-profile=srgb",
    "--hide-scrollbars",
];

/// How often chromedriver may be started until it has a port.
const DRIVER_STARTS: usize = 8;

/// A browser that nobody has used before.
pub(super) struct Chromium {
    pub(super) client: Client,
    driver: Child,
    /// The browser's own process.
    process: Option<u64>,
    _profile: tempfile::TempDir,
}

impl Chromium {
    pub(super) async fn start() -> Self {
        Self::with(json!({})).await
    }

    /// With JavaScript switched off.
    pub(super) async fn without_script() -> Self {
        Self::with(json!({ "profile.managed_default_content_settings.javascript": 2 })).await
    }

    async fn with(preferences: Value) -> Self {
        let (mut driver, port) = driver();
        let profile = tempfile::tempdir().unwrap();
        let mut flags = FLAGS.map(str::to_owned).to_vec();
        flags.push(format!("--user-data-dir={}", profile.path().display()));
        let options = json!({ "binary": "/usr/bin/chromium", "args": flags, "prefs": preferences });
        let capabilities = [("goog:chromeOptions".to_owned(), options)];
        let connected = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities.into_iter().collect())
            .connect(&format!("http://127.0.0.1:{port}"))
            .await;
        let client = match connected {
            Ok(client) => client,
            Err(cause) => {
                let _ = driver.kill();
                panic!("Chromium does not start: {cause}");
            }
        };
        let process = client
            .capabilities()
            .and_then(|found| found.get("goog:processID"))
            .and_then(Value::as_u64);
        Self {
            client,
            driver,
            process,
            _profile: profile,
        }
    }

    /// Closes every window.
    pub(super) async fn quit(self) {
        self.client.clone().close().await.unwrap();
    }

    pub(super) async fn open(&self, url: &str) {
        self.client.goto(url).await.unwrap();
    }

    pub(super) async fn url(&self) -> String {
        self.client.current_url().await.unwrap().into()
    }

    /// Waits for an element that a person can see.
    pub(super) async fn see(&self, css: &str) -> Element {
        let begun = Instant::now();
        loop {
            if let Some(element) = self.visible(css).await {
                return element;
            }
            if begun.elapsed() > PATIENCE {
                let page = self.client.source().await.unwrap_or_default();
                panic!("{css} does not appear at {}: {page}", self.url().await);
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
    }

    /// The element when it is there now.
    pub(super) async fn visible(&self, css: &str) -> Option<Element> {
        // While pages change, an element may be gone between two questions.
        let element = self.client.find(Locator::Css(css)).await.ok()?;
        element.is_displayed().await.ok()?.then_some(element)
    }

    /// Clicks what leads to another page.
    pub(super) async fn click(&self, css: &str) {
        self.leave_by(self.see(css).await).await;
    }

    /// Clicks what changes something on the page.
    pub(super) async fn touch(&self, css: &str) {
        self.see(css).await.click().await.unwrap();
    }

    /// Clicks, and waits until this page has made room for another. Without that, what comes next might still be asked of
    /// this one, and to open an address might cut the answer short.
    pub(super) async fn leave_by(&self, element: Element) {
        let begun = Instant::now();
        let page = self.client.find(Locator::Css("html")).await.unwrap();
        element.click().await.unwrap();
        while page.tag_name().await.is_ok() {
            let at = self.url().await;
            assert!(begun.elapsed() < PATIENCE, "the click leads nowhere: {at}");
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
    }

    /// Clicks what opens another tab, and goes on in that one.
    pub(super) async fn click_into_tab(&self, css: &str) {
        let begun = Instant::now();
        let before = self.client.windows().await.unwrap();
        self.touch(css).await;
        loop {
            let now = self.client.windows().await.unwrap();
            if let Some(new) = now.into_iter().find(|window| !before.contains(window)) {
                self.client.switch_to_window(new).await.unwrap();
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "no tab opens");
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
    }

    pub(super) async fn type_into(&self, css: &str, text: &str) {
        self.see(css).await.send_keys(text).await.unwrap();
    }

    pub(super) async fn text(&self, css: &str) -> String {
        self.see(css).await.text().await.unwrap()
    }

    /// Picks an option of a list.
    pub(super) async fn pick(&self, css: &str, value: &str) {
        self.see(css).await.select_by_value(value).await.unwrap();
    }

    /// Waits for an element that a person can see, by `XPath`.
    pub(super) async fn see_path(&self, path: &str) -> Element {
        let begun = Instant::now();
        loop {
            if let Ok(element) = self.client.find(Locator::XPath(path)).await
                && element.is_displayed().await.unwrap_or_default()
            {
                return element;
            }
            if begun.elapsed() > PATIENCE {
                let page = self.client.source().await.unwrap_or_default();
                panic!("{path} does not appear at {}: {page}", self.url().await);
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
    }

    /// The control that a label belongs to.
    pub(super) async fn control(&self, label: &str) -> Element {
        let path = format!("//label[starts-with(normalize-space(.), \"{label}\")]");
        let label = self.see_path(&path).await;
        match label.attr("for").await.unwrap() {
            Some(id) => self.client.find(Locator::Id(&id)).await.unwrap(),
            None => label
                .find(Locator::XPath(".//input|.//select|.//textarea"))
                .await
                .unwrap(),
        }
    }

    /// Writes into the field of this label, in the place of what stands there.
    pub(super) async fn fill(&self, label: &str, text: &str) {
        let control = self.control(label).await;
        control.clear().await.unwrap();
        control.send_keys(text).await.unwrap();
    }

    /// Picks what the list of this label calls so.
    pub(super) async fn choose(&self, label: &str, option: &str) {
        let control = self.control(label).await;
        control.select_by_label(option).await.unwrap();
    }

    /// Ticks the box, or picks the choice, of this label.
    pub(super) async fn tick(&self, label: &str) {
        let control = self.control(label).await;
        if !control.is_selected().await.unwrap() {
            control.click().await.unwrap();
        }
    }

    /// Chooses a file for the field of this label.
    pub(super) async fn attach(&self, label: &str, file: &std::path::Path) {
        let control = self.control(label).await;
        control.send_keys(file.to_str().unwrap()).await.unwrap();
    }

    /// Presses the button with this text.
    pub(super) async fn press(&self, text: &str) {
        let path = format!("//button[normalize-space(.)=\"{text}\"]");
        self.leave_by(self.see_path(&path).await).await;
    }

    /// Follows the link with this text in it.
    pub(super) async fn follow(&self, text: &str) {
        let path = format!("//a[contains(normalize-space(.), \"{text}\")]");
        self.leave_by(self.see_path(&path).await).await;
    }

    /// Waits until the page says this somewhere.
    pub(super) async fn read(&self, text: &str) {
        let path = format!("//main//*[contains(normalize-space(.), \"{text}\")]");
        self.see_path(&path).await;
    }

    /// Waits until the address is this one.
    pub(super) async fn arrive(&self, url: &str) {
        let begun = Instant::now();
        while self.url().await != url {
            assert!(
                begun.elapsed() < PATIENCE,
                "at {} and not at {url}",
                self.url().await
            );
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
    }

    /// Makes the window as wide as this, also narrower than windows can be.
    pub(super) async fn resize(&self, width: u32, height: u32) {
        self.tell(
            "Emulation.setDeviceMetricsOverride",
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false }),
        )
        .await
        .unwrap();
    }

    /// Shows pages as for somebody who prefers this colour scheme.
    pub(super) async fn prefer(&self, scheme: &str) {
        let feature = json!({ "name": "prefers-color-scheme", "value": scheme });
        self.tell(
            "Emulation.setEmulatedMedia",
            json!({ "features": [feature] }),
        )
        .await
        .unwrap();
    }

    /// Lives in a time zone.
    pub(super) async fn live_in(&self, zone: &str) {
        self.tell(
            "Emulation.setTimezoneOverride",
            json!({ "timezoneId": zone }),
        )
        .await
        .unwrap();
    }

    /// A picture of what the window shows.
    pub(super) async fn picture(&self) -> Vec<u8> {
        let parameters = json!({ "format": "png" });
        let answer = self.tell("Page.captureScreenshot", parameters).await;
        let data = answer.unwrap()["data"].as_str().unwrap().to_owned();
        BASE64_STANDARD.decode(data).unwrap()
    }

    async fn tell(&self, method: &'static str, parameters: Value) -> Result<Value, CmdError> {
        self.client.issue_cmd(DevTools { method, parameters }).await
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        if let Some(process) = self.process {
            let _ = Command::new("kill")
                .args(["-KILL", &process.to_string()])
                .stderr(Stdio::null())
                .status();
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// A command of the `DevTools` protocol, through chromedriver.
#[derive(Debug)]
struct DevTools {
    method: &'static str,
    parameters: Value,
}

impl WebDriverCompatibleCommand for DevTools {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        base.join(&format!(
            "session/{}/goog/cdp/execute",
            session.unwrap_or_default()
        ))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        let body = json!({ "cmd": self.method, "params": self.parameters });
        (Method::POST, Some(body.to_string()))
    }
}

/// chromedriver, and the port on which it listens.
///
/// It takes any free port of IPv6 and then wants the same one of IPv4. When another program has
/// that one, it says so and ends, and is started again.
fn driver() -> (Child, String) {
    let mut said = Vec::new();
    for _ in 0..DRIVER_STARTS {
        let mut driver = Command::new("/usr/bin/chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver is missing: run script/bootstrap test");
        let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
        let port = lines.by_ref().map_while(Result::ok).find_map(|line| {
            let port = line
                .split_once("started successfully on port ")
                .map(|(_, port)| port.trim_end_matches('.').to_owned());
            said.push(line);
            port
        });
        if let Some(port) = port {
            // What it says later must not stop it.
            std::thread::spawn(move || lines.count());
            return (driver, port);
        }
        let _ = driver.wait();
    }
    panic!("chromedriver does not start: {said:#?}");
}
