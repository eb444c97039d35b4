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
    let answer = ask_at(&server.uri(), "virustotal", indicator, long()).await;
    let requests = server.received_requests().await.unwrap();
    assert!(requests.iter().all(|request| !request.url.as_str().contains(KEY)));
    (answer, requests)
}

fn json(value: &Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(value)
}

/// A report as VirusTotal writes it.
fn report(id: &str, malicious: u32, suspicious: u32, reputation: i32) -> Value {
    json!({ "data": {
        "id": id,
        "type": if id.ends_with("example") { "domain" } else { "ip_address" },
        "links": { "self": format!("https://www.virustotal.com/api/v3/ip_addresses/{id}") },
        "attributes": {
            "as_owner": "Example Hosting", "asn": 64500, "country": "DE",
            "network": "198.51.100.0/24", "tags": ["tor"],
            "last_analysis_date": 1_763_700_000,
            "last_analysis_stats": {
                "malicious": malicious, "suspicious": suspicious, "undetected": 30,
                "harmless": 52, "timeout": 0,
            },
            "last_analysis_results": { "Some Engine": {
                "method": "blacklist", "engine_name": "Some Engine",
                "category": "malicious", "result": "malware",
            }},
            "reputation": reputation,
            "total_votes": { "harmless": 1, "malicious": 7 },
        },
    }})
}

/// The report of [`IP`] with one value replaced, or removed.
fn with(pointer: &str, value: Option<Value>) -> ResponseTemplate {
    let mut report = report(IP, 5, 1, -3);
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = report.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    match value {
        Some(value) => parent.insert(name.into(), value),
        None => parent.remove(name),
    };
    json(&report)
}

fn failure(status: u16, code: &str) -> ResponseTemplate {
    let message = format!("a text that may echo {KEY}");
    let body = json!({ "error": { "code": code, "message": message } });
    ResponseTemplate::new(status).set_body_json(body)
}

fn stats(name: &str) -> String {
    format!("/data/attributes/last_analysis_stats/{name}")
}

fn is_invalid(answer: &Result<Answer, ProviderError>) -> bool {
    matches!(answer, Err(ProviderError::Invalid(_)))
}

fn is_unavailable(answer: &Result<Answer, ProviderError>) -> bool {
    matches!(answer, Err(ProviderError::Unavailable(_)))
}

#[tokio::test]
async fn an_address_is_asked_about_with_the_key_in_a_header() {
    let (answer, requests) = ask_about(IP, json(&report(IP, 5, 1, -3))).await;
    assert_eq!(answer, Ok(held("virustotal", RiskTier::High, "5 malicious")));
    let [request] = &requests[..] else { panic!("{requests:?}") };
    assert_eq!(request.method.as_str(), "GET");
    assert_eq!(request.url.path(), format!("/api/v3/ip_addresses/{IP}"));
    assert_eq!(request.url.query(), None);
    assert_eq!(request.headers["x-apikey"], KEY);
    assert!(request.headers.get("referer").is_none());
}

#[tokio::test]
async fn an_ipv6_address_is_the_same_however_it_is_written() {
    let written = "2001:0DB8:0:0::0007";
    let (answer, requests) = ask_about("2001:db8::7", json(&report(written, 0, 6, 0))).await;
    assert_eq!(answer, Ok(held("virustotal", RiskTier::Medium, "6 suspicious")));
    assert_eq!(requests[0].url.path(), "/api/v3/ip_addresses/2001:db8::7");
}

#[tokio::test]
async fn a_domain_is_asked_about() {
    let (answer, requests) = ask_about(NAME, json(&report("Bad.Example", 0, 0, -23))).await;
    assert_eq!(answer, Ok(held("virustotal", RiskTier::Low, "reputation -23")));
    assert_eq!(requests[0].url.path(), "/api/v3/domains/bad.example");
}

#[tokio::test]
async fn what_is_no_name_is_not_asked_about() {
    for name in ["a/b.example", "a.example?x", "a%2e.example", "..", "a.example#"] {
        let (answer, requests) = ask_about(name, json(&report(name, 9, 0, 0))).await;
        assert!(is_invalid(&answer) && requests.is_empty(), "{name}: {answer:?}");
    }
}

#[tokio::test]
async fn nothing_held_against_it_is_known_and_clean() {
    assert_eq!(ask(json(&report(IP, 0, 4, -10))).await, Ok(clean()));
}

#[tokio::test]
async fn without_votes_the_reputation_is_none() {
    let answer = ask(with("/data/attributes/reputation", None)).await;
    assert_eq!(answer, Ok(held("virustotal", RiskTier::High, "5 malicious")));
}

#[tokio::test]
async fn what_it_never_heard_of_is_unknown() {
    assert_eq!(ask(failure(404, "NotFoundError")).await, Ok(Answer::Unknown));
}

#[tokio::test]
async fn a_page_that_is_not_found_is_not_an_unknown_address() {
    assert!(is_invalid(&ask(ResponseTemplate::new(404).set_body_string("<html>")).await));
}

#[tokio::test]
async fn what_it_takes_no_questions_about_is_unknown() {
    assert_eq!(ask(failure(400, "InvalidArgumentError")).await, Ok(Answer::Unknown));
    assert!(is_invalid(&ask(failure(400, "BadRequestError")).await));
}

#[tokio::test]
async fn status_401_is_a_refused_key() {
    let told = "401 WrongCredentialsError: check virustotal_api_key";
    let answer = ask(failure(401, "WrongCredentialsError")).await;
    assert_eq!(answer, Err(ProviderError::Refused(told.into())));
    // A code that is none may be anything, such as the key.
    let told = "401 : check virustotal_api_key";
    assert_eq!(ask(failure(401, KEY)).await, Err(ProviderError::Refused(told.into())));
}

#[tokio::test]
async fn status_403_is_a_refused_key() {
    let answer = ask(failure(403, "ForbiddenError")).await;
    assert!(matches!(answer, Err(ProviderError::Refused(_))), "{answer:?}");
}

#[tokio::test]
async fn status_403_of_somebody_between_is_not_a_refused_key() {
    assert!(is_unavailable(&ask(ResponseTemplate::new(403).set_body_string("<html>")).await));
}

#[tokio::test]
async fn status_429_says_for_how_long_in_seconds() {
    let template = failure(429, "TooManyRequestsError").insert_header("retry-after", "37");
    assert_eq!(ask(template).await, busy(Some(37)));
}

#[tokio::test]
async fn status_429_says_until_when() {
    let template = failure(429, "TooManyRequestsError")
        .insert_header("date", "Sun, 06 Nov 1994 08:49:37 GMT")
        .insert_header("retry-after", "Sun, 06 Nov 1994 08:51:37 GMT");
    assert_eq!(ask(template).await, busy(Some(120)));
}

#[tokio::test]
async fn status_429_for_ever_is_for_a_day() {
    let template = failure(429, "QuotaExceededError").insert_header("retry-after", "99999999999");
    assert_eq!(ask(template).await, busy(Some(86_400)));
}

#[tokio::test]
async fn status_429_without_more() {
    assert_eq!(ask(failure(429, "TooManyRequestsError")).await, busy(None));
    let nonsense = failure(429, "TooManyRequestsError").insert_header("retry-after", "-1");
    assert_eq!(ask(nonsense).await, busy(None));
}

#[tokio::test]
async fn a_quota_used_up_is_left_alone_for_an_hour() {
    assert_eq!(ask(failure(429, "QuotaExceededError")).await, busy(Some(3_600)));
}

#[tokio::test]
async fn status_204_is_too_often_as_it_used_to_be() {
    assert_eq!(ask(ResponseTemplate::new(204)).await, busy(None));
}

#[tokio::test]
async fn status_5xx_is_no_answer() {
    for status in [500, 502, 503, 504, 599] {
        let answer = ask(failure(status, "TransientError")).await;
        assert!(is_unavailable(&answer), "{status}: {answer:?}");
    }
}

#[tokio::test]
async fn a_slow_server_is_given_up() {
    let server = server(json(&report(IP, 9, 0, 0)).set_delay(Duration::from_secs(20))).await;
    let answer = ask_at(&server.uri(), "virustotal", IP, SHORT).await;
    assert_eq!(answer, Err(ProviderError::Unavailable("no answer within 200 ms".into())));
}

#[tokio::test]
async fn where_nobody_listens_there_is_no_answer() {
    let answer = ask_at(&nowhere().await, "virustotal", IP, long()).await;
    let Err(ProviderError::Unavailable(reason)) = answer else { panic!("{answer:?}") };
    assert!(!reason.contains("http") && !reason.contains(IP), "{reason}");
}

#[tokio::test]
async fn a_page_is_no_report() {
    let page = ResponseTemplate::new(200)
        .set_body_raw("<html><body>Log in to the wireless network</body></html>", "text/html");
    let answer = ask(page).await;
    let Err(ProviderError::Invalid(reason)) = answer else { panic!("{answer:?}") };
    assert!(!reason.contains("Log in"), "{reason}");
}

#[tokio::test]
async fn the_content_type_says_nothing() {
    let body = report(IP, 9, 0, 0).to_string();
    let template = ResponseTemplate::new(200).set_body_raw(body, "text/html");
    assert_eq!(ask(template).await, Ok(held("virustotal", RiskTier::Critical, "9 malicious")));
}

#[tokio::test]
async fn a_report_cut_short_is_none() {
    let whole = report(IP, 9, 0, 0).to_string();
    for length in [0, 1, whole.len() / 2, whole.len() - 1] {
        let answer = ask(ResponseTemplate::new(200).set_body_string(&whole[..length])).await;
        assert!(is_invalid(&answer), "{length}: {answer:?}");
    }
}

#[tokio::test]
async fn a_report_that_is_too_long_is_none() {
    let padding = Some(json!("a".repeat(long().bytes)));
    let answer = ask(with("/data/attributes/as_owner", padding)).await;
    assert_eq!(answer, Err(ProviderError::Invalid("longer than 4096 bytes".into())));
}

#[tokio::test]
async fn numbers_that_can_not_be_are_refused() {
    let hostile = [
        json!(-1),
        json!(1_001),
        json!(4_294_967_296_u64),
        json!(1e300),
        json!(5.0),
        json!("5"),
        json!(null),
        json!([5]),
        json!({}),
        json!(true),
    ];
    for value in hostile {
        for name in ["malicious", "suspicious"] {
            let answer = ask(with(&stats(name), Some(value.clone()))).await;
            assert!(is_invalid(&answer), "{name} {value}: {answer:?}");
        }
    }
    for value in [json!(-2_147_483_649_i64), json!(1e9), json!("-23"), json!(null)] {
        let answer = ask(with("/data/attributes/reputation", Some(value.clone()))).await;
        assert!(is_invalid(&answer), "reputation {value}: {answer:?}");
    }
}

#[tokio::test]
async fn a_report_without_its_numbers_is_none() {
    for pointer in [
        &stats("malicious"),
        &stats("suspicious"),
        "/data/attributes/last_analysis_stats",
        "/data/attributes",
        "/data/id",
        "/data",
    ] {
        let answer = ask(with(pointer, None)).await;
        assert!(is_invalid(&answer), "{pointer}: {answer:?}");
    }
    let twice = r#"{"data": {"id": "198.51.100.7", "attributes": {"last_analysis_stats":
        {"malicious": 9, "malicious": 0, "suspicious": 0}}}}"#;
    assert!(is_invalid(&ask(ResponseTemplate::new(200).set_body_string(twice)).await));
}

#[tokio::test]
async fn a_report_about_something_else_is_none() {
    for id in [json!("198.51.100.8"), json!(""), json!("\u{1b}[2J"), json!(7)] {
        let answer = ask(with("/data/id", Some(id.clone()))).await;
        assert!(is_invalid(&answer), "{id}: {answer:?}");
    }
    let (answer, _) = ask_about(NAME, json(&report("worse.bad.example", 9, 0, 0))).await;
    assert!(is_invalid(&answer), "{answer:?}");
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_the_key_not_sent_on() {
    let other = server(json(&report(IP, 9, 0, 0))).await;
    for status in [301, 302, 307, 308] {
        let to = format!("{}/api/v3/ip_addresses/{IP}", other.uri());
        let template = ResponseTemplate::new(status).insert_header("location", to.as_str());
        let answer = ask(template).await;
        let Err(ProviderError::Invalid(reason)) = answer else { panic!("{answer:?}") };
        assert!(reason.contains("reputation.virustotal_url"), "{reason}");
    }
    assert!(other.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn only_one_question_at_a_time_is_asked() {
    let server = server(json(&report(IP, 9, 0, 0))).await;
    let providers = with_limits(&deployment(&server.uri()), long()).unwrap();
    for questions in [vec![], vec![question(IP), question(NAME)]] {
        let answer = providers[0].ask(&questions).await;
        assert!(matches!(answer, Err(ProviderError::Invalid(_))));
    }
    assert!(server.received_requests().await.unwrap().is_empty());
}
