//! The dashboard: the files of `dashboard/dist`, embedded when the server was built.

use std::collections::HashMap;
use std::sync::LazyLock;

use http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, HeaderMap, HeaderValue,
    IF_NONE_MATCH, VARY,
};
use http::{Method, StatusCode};
use ring::digest::{SHA256, digest};
use warp::filters::BoxedFilter;
use warp::path::FullPath;
use warp::reply::Response;
use warp::{Filter, Reply as _};

use super::operation::{Access, Answer, Operation};
use crate::refusal::Refusal;

/// Paths and contents; empty where the server was built without the dashboard.
static EMBEDDED: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/dashboard.rs"));

/// What is shown by a server that was built without.
const WITHOUT: &str = "<!doctype html>\n\
<html lang=\"en\">\n\
<head>\n\
<meta charset=\"utf-8\">\n\
<meta name=\"viewport\" content=\"width=device-width\">\n\
<meta name=\"color-scheme\" content=\"light dark\">\n\
<title>NetSentinel</title>\n\
</head>\n\
<body>\n\
<h1>NetSentinel</h1>\n\
<p>The server runs, but was built without its dashboard. Build that first, then the server again:</p>\n\
<pre>npm --prefix dashboard ci\nnpm --prefix dashboard run build\ncargo build --release</pre>\n\
<p>What can be asked of it is told by <a href=\"/api/openapi.json\">the document of its API</a>.</p>\n\
</body>\n\
</html>\n";

/// Names of files below this hold a hash of the content: what was fetched once is never asked for again.
const HASHED: &str = "/assets/";
const FOR_EVER: &str = "public, max-age=31536000, immutable";
const HTML: &str = "text/html; charset=utf-8";

/// A file as it is sent.
struct File {
    content: &'static [u8],
    /// The same, compressed when the dashboard was built.
    gzip: Option<&'static [u8]>,
    tag: HeaderValue,
    media_type: &'static str,
}

static FILES: LazyLock<HashMap<&'static str, File>> = LazyLock::new(|| files(EMBEDDED));

/// Whether the server was built with the dashboard.
#[cfg(test)]
pub(super) fn is_embedded() -> bool {
    !EMBEDDED.is_empty()
}

/// The files by their paths; those that end in `.gz` are the compressed form of another.
fn files(embedded: &[(&'static str, &'static [u8])]) -> HashMap<&'static str, File> {
    let content: HashMap<_, _> = embedded.iter().copied().collect();
    let plain = embedded.iter().filter(|(path, _)| !path.ends_with(".gz"));
    let file = |(path, bytes): &(&'static str, &'static [u8])| {
        let gzip = content.get(format!("{path}.gz").as_str()).copied();
        let hash: String =
            digest(&SHA256, bytes).as_ref().iter().take(16).map(|b| format!("{b:02x}")).collect();
        // Hexadecimal digits in quotes are a valid header.
        let tag = HeaderValue::from_str(&format!("\"{hash}\""))
            .unwrap_or(HeaderValue::from_static("\"\""));
        let path = if *path == "/index.html" { "/" } else { *path };
        (path, File { content: bytes, gzip, tag, media_type: media_type(path) })
    };
    let mut files: HashMap<_, _> = plain.map(file).collect();
    files.entry("/").or_insert_with(|| File {
        content: WITHOUT.as_bytes(),
        gzip: None,
        tag: HeaderValue::from_static("\"without\""),
        media_type: HTML,
    });
    files
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, ending)| ending) {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("json" | "webmanifest") => "application/json",
        Some("txt") => "text/plain; charset=utf-8",
        _ if path == "/" => HTML,
        _ => "application/octet-stream",
    }
}

pub(super) fn operations() -> Vec<Operation> {
    let file = |path, media_type, summary| {
        Operation::new(Method::GET, path, Access::Public, Answer::Body(media_type)).summary(summary)
    };
    vec![
        file("/", HTML, "The dashboard."),
        file("/favicon.svg", "image/svg+xml", "The dashboard's icon."),
        file("/assets/{name}", "text/javascript; charset=utf-8", "A file of the dashboard."),
    ]
}

pub(super) fn routes() -> BoxedFilter<(Response,)> {
    let root = warp::path::end().boxed();
    let icon = warp::path!("favicon.svg").boxed();
    let asset = warp::path!("assets" / String).map(|_| ()).untuple_one().boxed();
    root.or(icon)
        .unify()
        .or(asset)
        .unify()
        .and(warp::get())
        .and(warp::path::full())
        .and(warp::header::headers_cloned())
        .map(|path: FullPath, headers: HeaderMap| answer(path.as_str(), &headers))
        .boxed()
}

fn answer(path: &str, headers: &HeaderMap) -> Response {
    let Some(file) = FILES.get(path) else {
        return Refusal::not_found("there is no such file: reload the page").response();
    };
    let caching = if path.starts_with(HASHED) { FOR_EVER } else { "no-cache" };
    let known = headers.get(IF_NONE_MATCH).is_some_and(|tag| *tag == file.tag);
    let mut response = if known {
        StatusCode::NOT_MODIFIED.into_response()
    } else if let Some(gzip) = file.gzip.filter(|_| takes_gzip(headers)) {
        let mut response = Response::new(gzip.into());
        response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        response
    } else {
        Response::new(file.content.into())
    };
    let sent = response.headers_mut();
    sent.insert(CONTENT_TYPE, HeaderValue::from_static(file.media_type));
    sent.insert(CACHE_CONTROL, HeaderValue::from_static(caching));
    sent.insert(VARY, HeaderValue::from_static("accept-encoding"));
    sent.insert(ETAG, file.tag.clone());
    response
}

/// Whether gzip is named, and not to be avoided.
fn takes_gzip(headers: &HeaderMap) -> bool {
    let offers = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    offers.flat_map(|list| list.split(',')).any(|offer| {
        let (name, weight) = offer.split_once(';').unwrap_or((offer, ""));
        name.trim().eq_ignore_ascii_case("gzip")
            && !matches!(weight.trim().trim_end_matches(['0', '.']), "q=")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUILT: &[(&str, &[u8])] = &[
        ("/assets/a-1.js", b"let a = 1;"),
        ("/assets/a-1.js.gz", b"\x1f\x8b"),
        ("/index.html", b"<!doctype html>"),
    ];

    fn headers(of: &[(&'static str, &'static str)]) -> HeaderMap {
        let pairs = of.iter().map(|(name, value)| {
            (http::HeaderName::from_static(name), HeaderValue::from_static(value))
        });
        pairs.collect()
    }

    #[test]
    fn a_file_is_known_by_its_path_and_its_ending() {
        let files = files(BUILT);
        assert_eq!(files.len(), 2);
        assert_eq!(files["/"].media_type, HTML);
        assert_eq!(files["/"].gzip, None);
        assert_eq!(files["/assets/a-1.js"].media_type, "text/javascript; charset=utf-8");
        assert_eq!(files["/assets/a-1.js"].gzip, Some(b"\x1f\x8b".as_slice()));
        assert_ne!(files["/"].tag, files["/assets/a-1.js"].tag);
        assert!(super::files(&[])["/"].content.starts_with(b"<!doctype html>"));
    }

    #[test]
    fn what_has_not_changed_is_not_sent_again() {
        let first = answer("/", &headers(&[]));
        assert_eq!(first.status(), StatusCode::OK);
        assert_eq!(first.headers()[CACHE_CONTROL], "no-cache");
        let mut again = HeaderMap::new();
        again.insert(IF_NONE_MATCH, first.headers()[ETAG].clone());
        assert_eq!(answer("/", &again).status(), StatusCode::NOT_MODIFIED);
        assert_eq!(answer("/assets/none.js", &headers(&[])).status(), StatusCode::NOT_FOUND);
    }

    #[test]
    fn gzip_is_sent_to_those_who_take_it() {
        let takes = |value| takes_gzip(&headers(&[("accept-encoding", value)]));
        assert!(takes("gzip, deflate, br"));
        assert!(takes("br;q=1.0, GZIP;q=0.2"));
        assert!(!takes("br, gzip;q=0"));
        assert!(!takes("gzip;q=0.000"));
        assert!(!takes("identity"));
        assert!(!takes_gzip(&HeaderMap::new()));
    }
}
