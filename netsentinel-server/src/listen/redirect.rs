//! What plain HTTP gets: the way to HTTPS, and nothing else.

use http::header::{CONNECTION, CONTENT_LENGTH, HOST, HeaderValue, LOCATION};
use http::uri::Authority;
use http::{Method, Request, StatusCode};
use warp::reply::Response;

use super::{Kind, Port};
use crate::access::{Door, Peer};
use crate::refusal::Refusal;

/// Longest name of a host, as DNS has it.
const HOST_BYTES_MAX: usize = 255;

/// 301 to the same path of the GUI; 400 for what is no browser asking for a page, and on the agents'
/// port, where nobody has a page to ask for.
pub(super) fn answer<B>(port: &Port, peer: &Peer, request: &Request<B>) -> Response {
    let method = metrics_name(request.method());
    let response = match &port.kind {
        Kind::Secure { door: Door::Agents, .. } => refused("this port speaks HTTPS"),
        _ if !matches!(*request.method(), Method::GET | Method::HEAD) => {
            refused("nothing is taken without TLS: what was sent here could be read by others")
        }
        _ => match location(request, port.patience.gui_port) {
            Some(location) => moved(location),
            None => refused("the Host header names no host"),
        },
    };
    tracing::debug!("{:?}: plain HTTP from {}", port.label, peer.address);
    port.app.metrics.request(method, "plain HTTP", response.status());
    response
}

fn refused(message: &str) -> Response {
    Refusal::new(StatusCode::BAD_REQUEST, "https_only", message).and_close().response()
}

fn moved(location: HeaderValue) -> Response {
    let mut response = Response::new(String::new().into());
    *response.status_mut() = StatusCode::MOVED_PERMANENTLY;
    let headers = response.headers_mut();
    headers.insert(LOCATION, location);
    headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

/// The address over HTTPS of what was asked for. Of the host only a name or an address is taken, and
/// the path is what the parser took for one, so nothing can be smuggled in.
fn location<B>(request: &Request<B>, gui_port: u16) -> Option<HeaderValue> {
    let authority: Authority = match request.uri().authority() {
        Some(authority) => authority.clone(),
        None => request.headers().get(HOST)?.to_str().ok()?.parse().ok()?,
    };
    let host = authority.host();
    let is_safe = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte);
    let named = (1..=HOST_BYTES_MAX).contains(&host.len()) && host.bytes().all(is_safe);
    if !named || authority.as_str().contains('@') {
        return None;
    }
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let path = if path.starts_with('/') { path } else { "/" };
    let port = if gui_port == 443 { String::new() } else { format!(":{gui_port}") };
    HeaderValue::from_str(&format!("https://{host}{port}{path}")).ok()
}

/// Methods as counters name them: strangers' words are not counted by.
pub(super) fn metrics_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn to(uri: &str, host: &str) -> Option<String> {
        let request = Request::get(uri).header(HOST, host).body(()).unwrap();
        Some(location(&request, 8443)?.to_str().unwrap().to_owned())
    }

    #[test]
    fn the_path_is_kept_and_the_host_is_a_name() {
        let all = [
            ("/", "ids.example", "https://ids.example:8443/"),
            ("/a?b=c", "ids.example:8442", "https://ids.example:8443/a?b=c"),
            ("/", "[2001:db8::1]:8442", "https://[2001:db8::1]:8443/"),
            ("//evil.example/", "10.0.0.1", "https://10.0.0.1:8443//evil.example/"),
            ("http://ids.example/x", "other", "https://ids.example:8443/x"),
        ];
        for (uri, host, expected) in all {
            assert_eq!(to(uri, host).as_deref(), Some(expected));
        }
    }

    #[test]
    fn a_forged_host_leads_nowhere() {
        for host in ["", "a b", "evil.example@ids", "ids/evil", "a%0d%0a", "a\"b", "ä"] {
            assert_eq!(to("/", host), None, "{host}");
        }
        let none = Request::get("/").body(()).unwrap();
        assert!(location(&none, 8443).is_none());
    }
}
