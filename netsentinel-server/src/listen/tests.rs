//! What bad clients get, over real sockets.

use std::time::{Duration, Instant};

use reqwest::StatusCode;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::Patience;
use crate::metrics::{ConnectionOutcome, ListenerLabel};
use crate::store::Role;
use crate::testing::{Running, SHARED_KEY, Site, TestAgent, problem, read_to_end};

const SHORT: Duration = Duration::from_millis(150);

fn hasty() -> Patience {
    Patience {
        first_byte: SHORT,
        handshake: SHORT,
        head: SHORT,
        body: SHORT,
        idle: SHORT,
        taking: SHORT,
        ending: SHORT,
        ..Patience::default()
    }
}

async fn hasty_server() -> Running {
    let site = Site::new();
    let deployment = site.deployment();
    site.start(deployment, hasty()).await
}

async fn plain(address: std::net::SocketAddr, text: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(text).await.unwrap();
    read_to_end(&mut stream).await
}

impl Running {
    fn ended(&self, listener: ListenerLabel, outcome: ConnectionOutcome) -> u64 {
        self.server.app().metrics.connections(listener, outcome)
    }

    async fn is_well(&self) {
        for url in [self.gui("/healthz"), self.agents("/healthz")] {
            let answer = self.client.get(url).send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::OK);
        }
    }
}

#[tokio::test]
async fn plain_http_on_a_tls_port_gets_a_short_answer() {
    let running = Running::new().await;
    let at = running.server.addresses();
    let request = b"GET /x?y=1 HTTP/1.1\r\nHost: 127.0.0.1:1\r\n\r\n";
    let answer = plain(at.gui, request).await;
    assert!(answer.starts_with("HTTP/1.1 301 "), "{answer}");
    let location = format!("location: https://127.0.0.1:{}/x?y=1\r\n", at.gui.port());
    assert!(answer.contains(&location), "{answer}");
    assert!(!answer.contains("strict-transport-security"), "{answer}");
    let answer = plain(at.agents, request).await;
    assert!(answer.starts_with("HTTP/1.1 400 ") && answer.contains("https_only"), "{answer}");
    let post = b"POST /api/login HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}";
    assert!(plain(at.gui, post).await.starts_with("HTTP/1.1 400 "));
    for listener in [ListenerLabel::Gui, ListenerLabel::Agents] {
        running
            .until("counted", |running| running.ended(listener, ConnectionOutcome::PlainHttp) > 0)
            .await;
    }
    running.is_well().await;
}

#[tokio::test]
async fn garbage_is_hung_up_on_and_counted() {
    let running = hasty_server().await;
    let gui = running.server.addresses().gui;
    assert_eq!(plain(gui, b"\0\x01garbage").await, "");
    // A record of a handshake that holds none.
    let _alert = plain(gui, b"\x16\x03\x01\x00\x05hello").await;
    let _silence = plain(gui, b"\x16\x03\x01\x02\x00").await;
    let _nothing = plain(gui, b"").await;
    drop(TcpStream::connect(gui).await.unwrap());
    running
        .until("all are counted", |running| {
            running.counted(
                "netsentinel_handshakes_failed_total{listener=\"gui\",reason=\"protocol\"} 1",
            ) && running.counted(
                "netsentinel_handshakes_failed_total{listener=\"gui\",reason=\"timeout\"} 1",
            ) && running.ended(ListenerLabel::Gui, ConnectionOutcome::HandshakeFailed) == 2
                && running.ended(ListenerLabel::Gui, ConnectionOutcome::PlainHttp) == 1
                && running.ended(ListenerLabel::Gui, ConnectionOutcome::Silent) == 2
        })
        .await;
    assert_eq!(
        running.server.app().metrics.connections(ListenerLabel::Agents, ConnectionOutcome::Silent),
        0
    );
    running.is_well().await;
}

#[tokio::test]
async fn slow_clients_are_hung_up_on() {
    let running = hasty_server().await;
    let gui = running.server.addresses().gui;
    let began = Instant::now();
    assert_eq!(running.raw(gui, "").await, "");
    let answer = running.raw(gui, "GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ").await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408 "), "{answer}");
    let slow = "POST /api/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
                Content-Length: 50\r\n\r\n{";
    let answer = running.raw(gui, slow).await;
    assert!(answer.starts_with("HTTP/1.1 408 ") && answer.contains("timeout"), "{answer}");
    let mut tls = running.site.tls(None);
    tls.alpn_protocols = vec![b"h2".to_vec()];
    let mut stream = running.connect_with(gui, tls).await.unwrap();
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.unwrap();
    let mut frame = [0; 9];
    stream.read_exact(&mut frame).await.unwrap();
    assert_eq!(frame[3], 4, "the first frame tells settings");
    read_to_end(&mut stream).await;
    assert!(began.elapsed() < Duration::from_secs(8));
}

#[tokio::test]
async fn who_asks_and_never_takes_the_answers_is_hung_up_on() {
    let running = hasty_server().await;
    let gui = running.server.addresses().gui;
    // More than both ends' sockets hold.
    let asked = "GET /api/openapi.json HTTP/1.1\r\nHost: x\r\n\r\n".repeat(500);
    let mut stream = running.connect(gui).await;
    stream.write_all(asked.as_bytes()).await.unwrap();
    running
        .until("given up", |running| {
            running.ended(ListenerLabel::Gui, ConnectionOutcome::Broken) == 1
        })
        .await;
    // Over HTTP/2 a window of 0 bytes holds back a single answer.
    let mut tls = running.site.tls(None);
    tls.alpn_protocols = vec![b"h2".to_vec()];
    let mut stream = running.connect_with(gui, tls).await.unwrap();
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
    stream.write_all(b"\0\0\x06\x04\0\0\0\0\0\0\x04\0\0\0\0").await.unwrap();
    // GET, https, the path, all of it in one frame.
    let mut head = b"\x82\x87\x04\x11/api/openapi.json\x01\x01x".to_vec();
    let mut frame = vec![0, 0, u8::try_from(head.len()).unwrap(), 1, 5, 0, 0, 0, 1];
    frame.append(&mut head);
    stream.write_all(&frame).await.unwrap();
    let heard = read_to_end(&mut stream).await;
    assert!((1..8 * 1024).contains(&heard.len()), "no more than the head: {}", heard.len());
}

#[tokio::test]
async fn the_redirect_speaks_http_and_https() {
    let site = Site::new();
    let mut deployment = site.deployment();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    deployment.redirect_port = free.port();
    let running = site.start(deployment, hasty()).await;
    let at = running.server.addresses();
    assert_eq!(at.redirect, Some(free));
    let request = "GET /a HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
    let location = format!("location: https://127.0.0.1:{}/a\r\n", at.gui.port());
    for answer in [plain(free, request.as_bytes()).await, running.raw(free, request).await] {
        assert!(answer.starts_with("HTTP/1.1 301 ") && answer.contains(&location), "{answer}");
    }
    for bad in ["GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n"] {
        assert!(plain(free, bad.as_bytes()).await.starts_with("HTTP/1.1 400 "), "{bad}");
    }
}

#[tokio::test]
async fn unknown_paths_and_methods_are_told() {
    let running = Running::new().await;
    let get = async |url| running.client.get(url).send().await.unwrap();
    let missing = get(running.gui("/api/nothing")).await;
    let policy = missing.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'; script-src 'self'; "), "{policy}");
    assert!(!policy.contains("unsafe") && !policy.contains("data:"), "{policy}");
    assert!(missing.headers().contains_key("strict-transport-security"));
    assert_eq!(missing.headers()["x-content-type-options"], "nosniff");
    assert_eq!(missing.headers()["cache-control"], "no-store");
    assert_eq!(problem(missing).await, (404, "not_found".into()));
    let wrong = running.client.put(running.gui("/api/login")).send().await.unwrap();
    assert_eq!(wrong.headers()["allow"], "POST");
    assert_eq!(problem(wrong).await, (405, "method_not_allowed".into()));
    // What is on one port is not on the other.
    let login = running.client.post(running.agents("/api/login")).json(&());
    assert_eq!(problem(login.send().await.unwrap()).await.0, 404);
    assert_eq!(problem(get(running.agents("/api/me")).await).await.0, 404);
    let alert = running.client.post(running.gui("/api/alert")).body("{}");
    assert_eq!(problem(alert.send().await.unwrap()).await.0, 404);
    let head = running.client.head(running.gui("/healthz")).send().await.unwrap();
    assert_eq!(head.status(), StatusCode::OK);
    assert_eq!(head.text().await.unwrap(), "");
    assert_eq!(get(running.gui("/readyz")).await.status(), StatusCode::OK);
    assert_eq!(problem(get(running.gui("/metrics")).await).await, (401, "unauthorized".into()));
    let token = running.token(Role::Viewer).await;
    let metrics = running.client.get(running.gui("/metrics")).bearer_auth(token);
    let text = metrics.send().await.unwrap().text().await.unwrap();
    let line = "netsentinel_requests_total{method=\"GET\",path=\"/metrics\",status=\"4xx\"} 1";
    assert!(text.contains(line), "{text}");
}

#[tokio::test]
async fn bodies_are_limited_before_they_are_read() {
    let running = Running::new().await;
    let agent = running.agent().await;
    let send = async |path: &str, kind: &str, body: String| {
        let request = agent.sign(running.client.post(running.agents(path)));
        problem(request.header("content-type", kind).body(body).send().await.unwrap()).await
    };
    let json = "application/json";
    let too_large = (413, "too_large".to_owned());
    assert_eq!(send("/api/alert", json, " ".repeat((1 << 20) + 1)).await, too_large);
    assert_eq!(send("/api/agent/heartbeat", json, " ".repeat(65_537)).await, too_large);
    let unsupported = (415, "unsupported_media_type".to_owned());
    assert_eq!(send("/api/alert", "text/plain", "{}".into()).await, unsupported);
    let nested = format!("{{\"uptime_s\":{}1{}}}", "[".repeat(60_000 / 2), "]".repeat(60_000 / 2));
    assert_eq!(send("/api/agent/heartbeat", json, nested).await.0, 400);
    let nested = format!("{{\"interfaces\":{}", "[".repeat(60_000));
    assert_eq!(send("/api/agent/heartbeat", json, nested).await.0, 400);
    assert_eq!(send("/api/alert", json, "[]".into()).await.0, 400);
    let login = running.client.post(running.gui("/api/login")).header("content-type", json);
    let login = login.body(" ".repeat(5_000)).send().await.unwrap();
    assert_eq!(problem(login).await, too_large);
    // Without a length the bytes are counted as they come.
    let head = format!(
        "POST /api/login HTTP/1.1\r\nHost: x\r\nContent-Type: {json}\r\n\
         Transfer-Encoding: chunked\r\n\r\n2000\r\n{}\r\n",
        " ".repeat(0x2000)
    );
    let answer = running.raw(running.server.addresses().gui, &head).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
}

#[tokio::test]
async fn one_address_can_not_take_all_places() {
    let site = Site::new();
    let mut deployment = site.deployment();
    deployment.server.connections_max = serde_json::from_str("16").unwrap();
    let running = site.start(deployment, Patience::default()).await;
    let gui = running.server.addresses().gui;
    let mut open = Vec::new();
    for _ in 0..8 {
        open.push(running.connect(gui).await);
    }
    let mut ninth = TcpStream::connect(gui).await.unwrap();
    assert_eq!(read_to_end(&mut ninth).await, "");
    assert_eq!(running.ended(ListenerLabel::Gui, ConnectionOutcome::TooManyOfAddress), 1);
    open.clear();
    running
        .until("places are free", |running| {
            running.counted("netsentinel_connections_open{listener=\"gui\"} 0")
        })
        .await;
    running.is_well().await;
}

#[tokio::test]
async fn stopping_is_prompt_whatever_is_open() {
    let site = Site::new();
    let deployment = site.deployment();
    let running = site.start(deployment, Patience { ending: SHORT, ..Patience::default() }).await;
    running.is_well().await;
    let gui = running.server.addresses().gui;
    let mut idle = running.connect(gui).await;
    let mut half = running.connect(gui).await;
    half.write_all(b"GET / HTTP/1.1\r\nHo").await.unwrap();
    let _silent = TcpStream::connect(gui).await.unwrap();
    running
        .until("all are open", |running| {
            running.counted("netsentinel_connections_open{listener=\"gui\"} 4")
                || running.counted("netsentinel_connections_open{listener=\"gui\"} 3")
        })
        .await;
    let began = Instant::now();
    let Running { server, client, .. } = running;
    drop(client);
    server.stop().await;
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    read_to_end(&mut idle).await;
    read_to_end(&mut half).await;
    assert!(TcpStream::connect(gui).await.is_err());
}

#[tokio::test]
async fn a_request_that_runs_is_answered_while_stopping() {
    let running = Running::new().await;
    let agent = TestAgent::new();
    let body = agent.enrolment().to_string();
    let (first, rest) = body.split_at(10);
    let mut stream = running.connect(running.server.addresses().agents).await;
    let head = format!(
        "POST /api/agent/enrol HTTP/1.1\r\nHost: x\r\nX-Api-Key: {SHARED_KEY}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\nExpect: 100-continue\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    // The server asks for the body, so the request runs.
    let mut go_on = [0; 25];
    stream.read_exact(&mut go_on).await.unwrap();
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(first.as_bytes()).await.unwrap();
    let stopping = tokio::spawn(running.server.stop());
    stream.write_all(rest.as_bytes()).await.unwrap();
    let answer = read_to_end(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    stopping.await.unwrap();
}

#[tokio::test]
async fn a_certificate_is_renewed_without_a_restart() {
    let running = Running::new().await;
    let mut deployment = running.site.deployment();
    deployment.gui_port = running.server.addresses().gui.port();
    running.server.reload(&deployment).await.unwrap();
    std::fs::write(running.site.path("server.crt"), "no certificate").unwrap();
    let error = running.server.reload(&deployment).await.unwrap_err().to_string();
    assert!(error.contains("server.crt"), "{error}");
    running.is_well().await;
    deployment.api_key = netsentinel_core::config::Secret::default();
    assert!(running.server.reload(&deployment).await.unwrap_err().to_string().contains("api_key"));
}
