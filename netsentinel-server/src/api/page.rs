//! What a browser is shown at `/`.

use http::Method;
use http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue};
use warp::Filter;
use warp::filters::BoxedFilter;
use warp::reply::Response;

use super::operation::{Access, Answer, Operation};

const PAGE: &str = "<!doctype html>\n\
<html lang=\"en\">\n\
<head>\n\
<meta charset=\"utf-8\">\n\
<meta name=\"viewport\" content=\"width=device-width\">\n\
<meta name=\"color-scheme\" content=\"light dark\">\n\
<title>NetSentinel</title>\n\
</head>\n\
<body>\n\
<h1>NetSentinel</h1>\n\
<p>The server runs. This version has no dashboard.</p>\n\
<p>What can be asked of it is told by <a href=\"/api/openapi.json\">the document of its API</a>.</p>\n\
</body>\n\
</html>\n";

/// Nothing may be loaded, run or framed.
const POLICY: &str = "default-src 'none'; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";

pub(super) fn operations() -> Vec<Operation> {
    let answer = Answer::Body("text/html; charset=utf-8");
    vec![
        Operation::new(Method::GET, "/", Access::Public, answer)
            .summary("A page for whoever opens the server's address in a browser."),
    ]
}

pub(super) fn routes() -> BoxedFilter<(Response,)> {
    warp::path::end().and(warp::get()).map(page).boxed()
}

fn page() -> Response {
    let mut response = Response::new(PAGE.into());
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    response
}
