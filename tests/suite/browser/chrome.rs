//! Chromium, driven over the DevTools protocol: a few commands as JSON over a WebSocket. The crates that wrap
//! the whole protocol generate and compile hundreds of types for it, more than the rest of the suite; what is
//! asked here are a dozen.

use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use kith::clock::SystemClock;
use kith_core::ports::Clock as _;
use serde_json::{Value, json};
use tempfile::TempDir;
use tungstenite::stream::MaybeTlsStream;
use tungstenite::{Message, WebSocket};

use crate::world::tool;

/// The longest that a case waits for something on a page.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often it looks.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// Where browsers are found.
const NAMES: &[&str] = &["chromium", "chromium-browser", "google-chrome"];

type Socket = WebSocket<MaybeTlsStream<TcpStream>>;

/// A running browser.
pub(super) struct Chrome {
    child: Child,
    host: String,
    browser: Line,
    _profile: TempDir,
}

/// A connection to the browser or one of its pages.
struct Line {
    socket: Socket,
    next: u64,
    heard: Vec<Value>,
}

impl Line {
    fn open(address: &str) -> Self {
        let (mut socket, _) = tungstenite::connect(address).expect("the browser listens");
        if let MaybeTlsStream::Plain(stream) = socket.get_mut() {
            // A page that never answers fails its case instead of holding up all.
            stream.set_read_timeout(Some(2 * PATIENCE)).expect("a socket can be given a time");
        }
        Self { socket, next: 0, heard: Vec::new() }
    }

    /// Asks for a command and waits for its answer; events that come first are kept.
    fn call(&mut self, method: &str, params: Value) -> Value {
        self.ask(method, params).unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// The same, where the browser may say no.
    fn ask(&mut self, method: &str, params: Value) -> Result<Value, Value> {
        self.next += 1;
        let id = self.next;
        let text = json!({ "id": id, "method": method, "params": params }).to_string();
        self.socket.send(Message::text(text)).expect("the browser takes commands");
        loop {
            let message = self.socket.read().expect("the browser answers");
            let Message::Text(text) = message else { continue };
            let told: Value = serde_json::from_str(&text).expect("the browser speaks JSON");
            if told["id"] == id {
                let is_no = !told["error"].is_null();
                return if is_no { Err(told["error"].clone()) } else { Ok(told["result"].clone()) };
            }
            self.heard.push(told);
        }
    }
}

fn program() -> Option<PathBuf> {
    std::env::var_os("CHROMIUM").map(PathBuf::from).or_else(|| tool(NAMES))
}

impl Chrome {
    /// Starts a browser with an empty profile and nothing that asks other hosts.
    pub(super) fn start() -> Option<Self> {
        let program = program()?;
        let profile = TempDir::new().expect("a temporary folder can be made");
        let mut child = Command::new(program)
            .args(["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"])
            .args(["--no-first-run", "--disable-background-networking", "--disable-component-update"])
            .args([
                "--disable-sync",
                "--disable-default-apps",
                "--hide-scrollbars",
                "--force-color-profile=srgb",
            ])
            .args(["--remote-debugging-port=0", "--remote-allow-origins=*"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg("about:blank")
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("Chromium starts");
        let said = BufReader::new(child.stderr.take().expect("its output is read"));
        let mut lines = said.lines().map_while(Result::ok);
        let address = lines.find_map(|line| line.strip_prefix("DevTools listening on ").map(str::to_owned));
        let address = address.expect("Chromium says where it listens");
        // A pipe that nobody reads fills up and stops whoever writes to it.
        std::thread::spawn(move || lines.for_each(drop));
        let host = address.split('/').nth(2).expect("the address has a host").to_owned();
        Some(Self { child, host, browser: Line::open(&address), _profile: profile })
    }

    /// A page of somebody who shares nothing with anybody: cookies of their own.
    pub(super) fn somebody(&mut self, screen: Screen) -> Tab {
        let context = self.browser.call("Target.createBrowserContext", json!({}));
        let params = json!({ "url": "about:blank", "browserContextId": context["browserContextId"] });
        let target = self.browser.call("Target.createTarget", params);
        let id = target["targetId"].as_str().expect("a page has an id");
        let mut tab =
            Tab { line: Line::open(&format!("ws://{}/devtools/page/{id}", self.host)), own: String::new() };
        for domain in ["Page", "Runtime", "Log", "Network"] {
            tab.line.call(&format!("{domain}.enable"), json!({}));
        }
        tab.line.call("Page.addScriptToEvaluateOnNewDocument", json!({ "source": WATCH }));
        tab.screen(screen);
        tab
    }
}

impl Drop for Chrome {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Adds up what moved after it was shown, and what the policy forbade.
const WATCH: &str = "
    window.kithShift = 0; window.kithMoved = []; window.kithForbidden = [];
    new PerformanceObserver((list) => {
        for (const it of list.getEntries()) if (!it.hadRecentInput) {
            window.kithShift += it.value;
            for (const moved of it.sources) window.kithMoved.push(moved.node?.outerHTML?.slice(0, 80)
                + ' ' + JSON.stringify([moved.previousRect, moved.currentRect]));
        }
    }).observe({ type: 'layout-shift', buffered: true });
    document.addEventListener('securitypolicyviolation', (it) => {
        window.kithForbidden.push(it.violatedDirective + ' ' + it.blockedURI);
    });
";

/// How a page is looked at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Screen {
    pub(super) width: u32,
    pub(super) theme: &'static str,
    pub(super) language: &'static str,
}

impl Screen {
    /// A phone in daylight.
    pub(super) const fn phone(language: &'static str) -> Self {
        Self { width: 390, theme: "light", language }
    }
}

/// One page.
pub(super) struct Tab {
    line: Line,
    /// The server that the page is of.
    own: String,
}

impl Tab {
    /// Looks at pages in another way.
    pub(super) fn screen(&mut self, screen: Screen) {
        let height = if screen.width < 600 { 844 } else { 900 };
        let size =
            json!({ "width": screen.width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.line.call("Emulation.setDeviceMetricsOverride", size);
        let features = json!([
            { "name": "prefers-color-scheme", "value": screen.theme },
            { "name": "prefers-reduced-motion", "value": "reduce" },
        ]);
        self.line.call("Emulation.setEmulatedMedia", json!({ "features": features }));
        let headers = json!({ "headers": { "Accept-Language": screen.language } });
        self.line.call("Network.setExtraHTTPHeaders", headers);
    }

    /// Opens a page and waits until it is whole.
    pub(super) fn open(&mut self, url: &str) {
        self.own = url.split('/').take(3).collect::<Vec<_>>().join("/");
        self.eval("window.kithOld = true; null");
        self.line.call("Page.navigate", json!({ "url": url }));
        self.until(
            "!window.kithOld && document.readyState === 'complete' && location.href !== 'about:blank'",
        );
    }

    /// From here on no page runs its scripts; the case's own still do.
    pub(super) fn without_scripts(&mut self) {
        self.line.call("Emulation.setScriptExecutionDisabled", json!({ "value": true }));
    }

    /// What an expression comes to; waits for a promise.
    pub(super) fn eval(&mut self, script: &str) -> Value {
        let params =
            json!({ "expression": script, "awaitPromise": true, "returnByValue": true, "userGesture": true });
        let result = self.line.call("Runtime.evaluate", params);
        assert!(result["exceptionDetails"].is_null(), "{script}: {}", result["exceptionDetails"]);
        result["result"]["value"].clone()
    }

    /// Waits until an expression holds. One that fails while a page is being replaced is asked again.
    pub(super) fn until(&mut self, holds: &str) {
        let clock = SystemClock::start();
        while u128::from(clock.monotonic_ms()) < PATIENCE.as_millis() {
            let params = json!({ "expression": format!("Boolean({holds})"), "returnByValue": true });
            let told = self.line.ask("Runtime.evaluate", params);
            if told.is_ok_and(|told| told["result"]["value"] == true) {
                return;
            }
            std::thread::sleep(LOOK_EVERY);
        }
        let page = self.eval("location.href + '\\n' + document.body.innerText");
        panic!("waited in vain until {holds} on {}", page.as_str().unwrap_or_default());
    }

    /// Waits until a text stands on the page.
    pub(super) fn reads(&mut self, text: &str) {
        self.until(&format!("document.body && document.body.innerText.includes({})", json!(text)));
    }

    /// Types into a field as a person would.
    pub(super) fn fill(&mut self, selector: &str, text: &str) {
        let selector = json!(selector);
        self.eval(&format!(
            "document.querySelector({selector}).focus(); document.querySelector({selector}).select?.(); null"
        ));
        self.line.call("Input.insertText", json!({ "text": text }));
    }

    /// Presses something.
    pub(super) fn press(&mut self, selector: &str) {
        self.eval(&format!("document.querySelector({}).click(); null", json!(selector)));
    }

    /// Presses something that leads to another page, and waits for that one.
    pub(super) fn follow(&mut self, selector: &str) {
        self.eval("window.kithOld = true; null");
        self.press(selector);
        self.until("!window.kithOld && document.readyState === 'complete'");
    }

    /// A picture of the page, PNG in base64.
    pub(super) fn picture(&mut self) -> String {
        let size = self.line.call("Page.getLayoutMetrics", json!({}))["cssContentSize"].clone();
        let height = size["height"].as_f64().unwrap_or(844.0).min(4_000.0);
        let clip = json!({ "x": 0, "y": 0, "width": size["width"], "height": height, "scale": 1 });
        let params = json!({ "format": "png", "captureBeyondViewport": true, "clip": clip });
        let shot = self.line.call("Page.captureScreenshot", params);
        shot["data"].as_str().expect("a picture is text").to_owned()
    }

    /// Nothing moved since the page was shown. Where people talk messages come and make room for each other.
    pub(super) fn assert_still(&mut self) {
        let shift = self.eval("window.kithShift || 0").as_f64().unwrap_or_default();
        assert!(
            shift < 0.001,
            "the page jumped by {shift}: {}",
            self.eval("location.href + window.kithMoved")
        );
    }

    /// Nothing failed on the pages so far, none asked another host, the policy held.
    pub(super) fn assert_clean(&mut self) {
        let forbidden = self.eval("JSON.stringify(window.kithForbidden || [])");
        assert_eq!(forbidden, "[]", "the policy forbade something");
        for told in std::mem::take(&mut self.line.heard) {
            let params = &told["params"];
            match told["method"].as_str().unwrap_or_default() {
                "Runtime.exceptionThrown" => panic!("a script failed: {}", params["exceptionDetails"]),
                "Runtime.consoleAPICalled" if params["type"] == "error" => panic!("{params}"),
                // What the server answered with a no is the case's own business.
                "Log.entryAdded"
                    if params["entry"]["level"] == "error" && params["entry"]["source"] != "network" =>
                {
                    panic!("{}", params["entry"])
                }
                "Network.requestWillBeSent" => {
                    let url = params["request"]["url"].as_str().unwrap_or_default();
                    let is_own =
                        url.starts_with(&self.own) || url.starts_with("data:") || url.starts_with("about:");
                    assert!(is_own, "another host was asked: {url}");
                }
                _ => {}
            }
        }
    }
}
