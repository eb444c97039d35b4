use serde_json::{Value, json};
use wiremock::Request;

use super::*;

async fn ask(template: ResponseTemplate) -> Result<Answer, ProviderError> {
    ask_about(IP, template).await.0
}

/// Asks a server that answers so, and tells what was requested.
async fn ask_about(
    indicator: &str,
    template: ResponseTemplate,
) -> (Result<Answer, ProviderError>, Vec<Request>) {
    let server = server(template).await;
    let answer = ask_at(&server.uri(), "abuseipdb", indicator, long()).await;
    let requests = server.received_requests().await.unwrap();
    assert!(requests.iter().all(|request| !request.url.as_str().contains(KEY)));
    (answer, requests)
}

fn json(value: &Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(value)
}

/// A report as AbuseIPDB writes it.
fn report(ip: &str, score: u32, reporters: u32) -> Value {
    json!({ "data": {
        "ipAddress": ip, "isPublic": true, "ipVersion": 4, "isWhitelisted": null,
        "abuseConfidenceScore": score, "countryCode": "DE", "usageType": "Data Center",
        "isp": "Example Hosting", "domain": "hosting.example", "hostnames": ["a.example"],
        "isTor": false, "totalReports": 4 * reporters, "numDistinctUsers": reporters,
        "lastReportedAt": "2026-11-20T20:55:14+00:00",
    }})
}

/// The report of [`IP`] with one value replaced, or removed.
fn with(name: &str, value: Option<Value>) -> ResponseTemplate {
    let mut report = report(IP, 92, 17);
    let data = report["data"].as_object_mut().unwrap();
    match value {
        Some(value) => data.insert(name.into(), value),
        None => data.remove(name),
    };
    json(&report)
}

fn failure(status: u16) -> ResponseTemplate {
    let detail = format!("a text that may echo {KEY}");
    let body = json!({ "errors": [{ "detail": detail, "status": status }] });
    ResponseTemplate::new(status).set_body_json(body)
}

fn is_invalid(answer: &Result<Answer, ProviderError>) -> bool {
    matches!(answer, Err(ProviderError::Invalid(_)))
}

fn is_unavailable(answer: &Result<Answer, ProviderError>) -> bool {
    matches!(answer, Err(ProviderError::Unavailable(_)))
}

#[tokio::test]
async fn an_address_is_asked_about_with_the_key_in_a_header() {
    let (answer, requests) = ask_about(IP, json(&report(IP, 92, 17))).await;
    assert_eq!(answer, Ok(held("abuseipdb", RiskTier::High, "score 92")));
    let [request] = &requests[..] else { panic!("{requests:?}") };
    assert_eq!(request.method.as_str(), "GET");
    assert_eq!(request.url.path(), "/api/v2/check");
    let query = format!("ipAddress={IP}&maxAgeInDays=30");
    assert_eq!(request.url.query(), Some(query.as_str()));
    assert_eq!(request.headers["key"], KEY);
    assert_eq!(request.headers["accept"], "application/json");
}

#[tokio::test]
async fn an_ipv6_address_is_the_same_however_it_is_written() {
    let (answer, requests) =
        ask_about("2001:db8::7", json(&report("2001:0DB8::0:7", 60, 17))).await;
    assert_eq!(answer, Ok(held("abuseipdb", RiskTier::Medium, "score 60")));
    let (_, asked) = requests[0].url.query_pairs().next().unwrap();
    assert_eq!(asked, "2001:db8::7");
}

#[tokio::test]
async fn an_address_in_ipv6_clothes_is_asked_about_as_itself() {
    let (answer, requests) = ask_about("::ffff:198.51.100.7", json(&report(IP, 30, 17))).await;
    assert_eq!(answer, Ok(held("abuseipdb", RiskTier::Low, "score 30")));
    assert_eq!(requests[0].url.query_pairs().next().unwrap().1, IP);
}

#[tokio::test]
async fn one_reporter_is_not_enough() {
    let answer = ask(json(&report(IP, 100, 1))).await;
    assert_eq!(answer, Ok(held("abuseipdb", RiskTier::Low, "score 100")));
}

#[tokio::test]
async fn what_was_never_reported_is_clean() {
    assert_eq!(ask(json(&report(IP, 0, 0))).await, Ok(clean()));
}

#[tokio::test]
async fn what_is_on_its_white_list_is_clean() {
    assert_eq!(ask(with("isWhitelisted", Some(json!(true)))).await, Ok(clean()));
}

#[tokio::test]
async fn names_are_not_asked_about() {
    let (answer, requests) = ask_about(NAME, json(&report(IP, 100, 9))).await;
    assert!(is_invalid(&answer) && requests.is_empty());
}

#[tokio::test]
async fn status_401_is_a_refused_key() {
    let told = "401: check abuseipdb_api_key";
    assert_eq!(ask(failure(401)).await, Err(ProviderError::Refused(told.into())));
}

#[tokio::test]
async fn status_403_is_a_refused_key_if_it_says_so_itself() {
    assert!(matches!(ask(failure(403)).await, Err(ProviderError::Refused(_))));
    assert!(is_unavailable(&ask(ResponseTemplate::new(403).set_body_string("<html>")).await));
}

#[tokio::test]
async fn an_address_that_it_does_not_take_is_unknown() {
    let about = |parameter: &str| {
        let body = json!({ "errors": [{ "detail": "…", "status": 422, "source": {
            "parameter": parameter } }] });
        ask(ResponseTemplate::new(422).set_body_json(body))
    };
    assert_eq!(about("ipAddress").await, Ok(Answer::Unknown));
    assert_eq!(ask(failure(422)).await, Ok(Answer::Unknown));
    assert!(is_invalid(&about("maxAgeInDays").await));
    assert!(is_invalid(&ask(ResponseTemplate::new(422)).await));
}

#[tokio::test]
async fn status_429_says_for_how_long() {
    let template = failure(429)
        .insert_header("retry-after", "29241")
        .insert_header("x-ratelimit-limit", "1000")
        .insert_header("x-ratelimit-remaining", "0")
        .insert_header("x-ratelimit-reset", "99999999999");
    assert_eq!(ask(template).await, busy(Some(29_241)));
}

#[tokio::test]
async fn status_429_says_until_when() {
    let template = failure(429)
        .insert_header("date", "Sun, 06 Nov 1994 08:49:37 GMT")
        .insert_header("x-ratelimit-reset", "784111877");
    assert_eq!(ask(template).await, busy(Some(100)));
}

#[tokio::test]
async fn status_429_for_ever_is_for_a_day() {
    let template = failure(429).insert_header("retry-after", "99999999999");
    assert_eq!(ask(template).await, busy(Some(86_400)));
}

#[tokio::test]
async fn status_429_without_more() {
    assert_eq!(ask(failure(429)).await, busy(None));
}

#[tokio::test]
async fn status_5xx_is_no_answer() {
    for status in [500, 502, 503, 522] {
        assert!(is_unavailable(&ask(failure(status)).await), "{status}");
    }
}

#[tokio::test]
async fn a_slow_server_is_given_up() {
    let server = server(json(&report(IP, 92, 17)).set_delay(Duration::from_secs(20))).await;
    let answer = ask_at(&server.uri(), "abuseipdb", IP, SHORT).await;
    assert_eq!(answer, Err(ProviderError::Unavailable("no answer within 200 ms".into())));
}

#[tokio::test]
async fn where_nobody_listens_there_is_no_answer() {
    let answer = ask_at(&nowhere().await, "abuseipdb", IP, long()).await;
    let Err(ProviderError::Unavailable(reason)) = answer else { panic!("{answer:?}") };
    assert!(!reason.contains("ipAddress") && !reason.contains(IP), "{reason}");
}

#[tokio::test]
async fn a_page_is_no_report() {
    assert!(is_invalid(&ask(ResponseTemplate::new(200).set_body_string("<html>")).await));
}

#[tokio::test]
async fn a_report_cut_short_is_none() {
    let whole = report(IP, 92, 17).to_string();
    for length in [0, 1, whole.len() / 2, whole.len() - 1] {
        let answer = ask(ResponseTemplate::new(200).set_body_string(&whole[..length])).await;
        assert!(is_invalid(&answer), "{length}: {answer:?}");
    }
}

#[tokio::test]
async fn a_report_that_is_too_long_is_none() {
    let answer = ask(with("isp", Some(json!("a".repeat(long().bytes))))).await;
    assert_eq!(answer, Err(ProviderError::Invalid("longer than 4096 bytes".into())));
}

#[tokio::test]
async fn numbers_that_can_not_be_are_refused() {
    let hostile = [
        json!(-1),
        json!(101),
        json!(18_446_744_073_709_551_615_u64),
        json!(1e300),
        json!(92.0),
        json!("92"),
        json!(null),
        json!([92]),
    ];
    for value in hostile {
        let answer = ask(with("abuseConfidenceScore", Some(value.clone()))).await;
        assert!(is_invalid(&answer), "{value}: {answer:?}");
    }
    for value in [json!(-1), json!("17"), json!(null), json!(1e300)] {
        let answer = ask(with("numDistinctUsers", Some(value.clone()))).await;
        assert!(is_invalid(&answer), "{value}: {answer:?}");
    }
    assert!(is_invalid(&ask(with("isWhitelisted", Some(json!("yes")))).await));
}

#[tokio::test]
async fn a_report_without_its_numbers_is_none() {
    for name in ["abuseConfidenceScore", "numDistinctUsers", "ipAddress"] {
        assert!(is_invalid(&ask(with(name, None)).await), "{name}");
    }
    assert!(is_invalid(&ask(json(&json!({}))).await));
}

#[tokio::test]
async fn a_report_about_something_else_is_none() {
    for ip in [json!("198.51.100.8"), json!(""), json!(7)] {
        assert!(is_invalid(&ask(with("ipAddress", Some(ip.clone()))).await), "{ip}");
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_the_key_not_sent_on() {
    let other = server(json(&report(IP, 92, 17))).await;
    let to = format!("{}/api/v2/check", other.uri());
    let answer = ask(ResponseTemplate::new(302).insert_header("location", to.as_str())).await;
    let Err(ProviderError::Invalid(reason)) = answer else { panic!("{answer:?}") };
    assert!(reason.contains("reputation.abuseipdb_url"), "{reason}");
    assert!(other.received_requests().await.unwrap().is_empty());
}
