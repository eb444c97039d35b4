//! Against servers that behave, and servers that do not.

use std::path::PathBuf;

use netsentinel_core::config::Secret;
use reqwest::header::HeaderMap;
use reqwest::{StatusCode, Url};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use wiremock::matchers::{any, header, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;

struct Bench {
    fetcher: Fetcher,
    folder: TempDir,
}

impl Bench {
    fn new() -> Self {
        let limits = Limits { idle: std::time::Duration::from_millis(300), ..Limits::default() };
        Self { fetcher: Fetcher::new(limits).unwrap(), folder: tempfile::tempdir().unwrap() }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("list.new")
    }

    async fn fetch(&self, url: &str) -> Result<Fetched, FetchError> {
        self.ask(url, None, None, 1_000).await
    }

    async fn ask(
        &self,
        url: &str,
        key: Option<&AccessKey>,
        before: Option<&Validators>,
        bytes_max: u64,
    ) -> Result<Fetched, FetchError> {
        let url: Url = url.parse().unwrap();
        let ask = Ask { url: &url, key, accept: "text/plain", before, bytes_max };
        self.fetcher.fetch(&ask, &self.file()).await
    }

    async fn told(&self, url: &str) -> String {
        self.fetch(url).await.unwrap_err().to_string()
    }
}

/// A server with one answer to everything.
async fn server(answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(answer).mount(&server).await;
    server
}

fn list(text: &str) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_raw(text, "text/plain")
}

#[tokio::test]
async fn a_list_that_has_not_changed_does_not_come_again() {
    let bench = Bench::new();
    let server = MockServer::start().await;
    Mock::given(header("if-none-match", "\"v1\""))
        .respond_with(ResponseTemplate::new(304))
        .with_priority(1)
        .mount(&server)
        .await;
    let answer = list("bad.example\n")
        .insert_header("etag", "\"v1\"")
        .insert_header("last-modified", "Fri, 20 Nov 2026 10:00:00 GMT");
    Mock::given(any()).respond_with(answer).mount(&server).await;

    let Fetched::Changed(validators) = bench.fetch(&server.uri()).await.unwrap() else {
        panic!("it was never had before")
    };
    assert_eq!(std::fs::read_to_string(bench.file()).unwrap(), "bad.example\n");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(bench.file()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let again = bench.ask(&server.uri(), None, Some(&validators), 1_000).await.unwrap();
    assert_eq!(again, Fetched::Unchanged);
    let requests = server.received_requests().await.unwrap();
    let since = requests[1].headers.get("if-modified-since");
    assert_eq!(since.unwrap(), "Fri, 20 Nov 2026 10:00:00 GMT");
}

#[tokio::test]
async fn what_is_no_list_is_refused_with_its_reason() {
    let bench = Bench::new();
    for (answer, expected) in [
        (ResponseTemplate::new(401), "needs a key"),
        (ResponseTemplate::new(403), "needs a key"),
        (ResponseTemplate::new(404), "status 404"),
        (ResponseTemplate::new(500), "status 500"),
        (ResponseTemplate::new(304), "to nowhere"),
        (ResponseTemplate::new(200).set_body_raw("<html>", "text/html; charset=utf-8"), "web page"),
        (list("x").insert_header("content-encoding", "gzip"), "compressed"),
        (list(&"x".repeat(1_001)), "MiB"),
        (ResponseTemplate::new(302), "to nowhere"),
        (ResponseTemplate::new(302).insert_header("location", "http://a.example/"), "not secure"),
        (ResponseTemplate::new(302).insert_header("location", "file:///etc/passwd"), "not secure"),
        (ResponseTemplate::new(307).insert_header("location", "/again"), "too often"),
    ] {
        let server = server(answer).await;
        let told = bench.told(&server.uri()).await;
        assert!(told.contains(expected), "{told}");
    }
}

#[test]
fn abusech_says_which_key_it_needs() {
    let url: Url = "https://urlhaus.abuse.ch/downloads/csv_recent/".parse().unwrap();
    for status in [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN] {
        let told = client::refusal(status, &HeaderMap::new(), &url).to_string();
        assert!(told.contains("abusech_auth_key"), "{told}");
    }
}

#[tokio::test]
async fn a_busy_server_says_how_long_to_wait() {
    let bench = Bench::new();
    for (header, expected) in [("120", Some(120)), ("99999999", Some(86_400)), ("soon", None)] {
        let busy = ResponseTemplate::new(429).insert_header("retry-after", header);
        let server = server(busy).await;
        match bench.fetch(&server.uri()).await {
            Err(FetchError::Busy { status: 429, retry_after }) => {
                assert_eq!(retry_after.map(|wait| wait.as_secs()), expected);
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_redirect_is_followed_and_a_key_stays_behind() {
    let bench = Bench::new();
    let other = MockServer::start().await;
    Mock::given(header("key", "hunter2"))
        .respond_with(ResponseTemplate::new(500))
        .with_priority(1)
        .mount(&other)
        .await;
    Mock::given(path("/there")).respond_with(list("bad.example\n")).mount(&other).await;
    let server = MockServer::start().await;
    let to = format!("{}/there", other.uri());
    Mock::given(header("key", "hunter2"))
        .respond_with(ResponseTemplate::new(302).insert_header("location", to.as_str()))
        .expect(1)
        .mount(&server)
        .await;
    let key = AccessKey::abuseipdb(&Secret::new("hunter2"), &server.uri().parse().unwrap());
    let fetched = bench.ask(&server.uri(), key.as_ref(), None, 1_000).await.unwrap();
    assert_eq!(fetched, Fetched::Changed(Validators::default()));
    let requests = other.received_requests().await.unwrap();
    assert!(requests.iter().all(|request| !request.headers.contains_key("key")));
    assert_eq!(requests.len(), 1);
}

/// A server that sends `bytes`, and then waits or hangs up.
async fn raw(bytes: &'static [u8], hang_up: bool) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let _ = socket.read(&mut [0; 2_048]).await;
            let _ = socket.write_all(bytes).await;
            if !hang_up {
                // Until the other side has had enough.
                let _ = socket.read(&mut [0; 64]).await;
            }
        }
    });
    url
}

#[tokio::test]
async fn a_list_that_is_cut_off_or_never_ends_is_an_error() {
    let bench = Bench::new();
    let cut = raw(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nbad.example\n", true).await;
    assert!(matches!(bench.fetch(&cut).await, Err(FetchError::Request(_))));
    let slow = raw(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nbad.example\n", false).await;
    let told = bench.told(&slow).await;
    assert!(told.contains("time"), "{told}");
    assert!(!told.contains("127.0.0.1"), "{told}");
    let endless = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n\
        20\r\nxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n20\r\nxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n";
    let endless = raw(endless, false).await;
    let error = bench.ask(&endless, None, None, 40).await.unwrap_err();
    assert!(matches!(error, FetchError::TooLarge(40)), "{error}");
}
