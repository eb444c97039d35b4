//! Answers that can be used and such that can not; and questions over real TLS.

use netsentinel_core::ProviderVerdict;
use serde_json::{Value, json};

use super::*;
use crate::wire::{IndicatorState, Problem};

fn questions(texts: &[&str]) -> Vec<(IndicatorBuf, Suspicion)> {
    let one = |text: &&str| {
        let Ok(indicator) = text.parse();
        (indicator, Suspicion::of(1, 2))
    };
    texts.iter().map(one).collect()
}

fn item(indicator: &str) -> Value {
    json!({"indicator": indicator, "state": "known", "lasts_s": 60, "tier": "HIGH", "verdicts": [
        {"provider": "virustotal", "tier": "HIGH", "detail": "5 malicious"}]})
}

fn of(status: u16, body: &Value) -> Answer {
    Answer { status, body: body.to_string().into_bytes(), ..Answer::default() }
}

fn answer(items: &[Value]) -> Answer {
    of(200, &json!({"at": "2026-01-02T03:04:05Z", "indicators": items, "later": 1}))
}

#[test]
fn what_is_known_is_told_in_order() {
    let asked = questions(&["9.9.9.9", "bad.example", "2620:fe::fe"]);
    let mut items = ["9.9.9.9", "bad.example", "2620:fe::fe"].map(item);
    items[1] = json!({"indicator": "bad.example", "state": "pending", "lasts_s": 0,
        "tier": "CLEAN", "verdicts": []});
    let told = judge(Ok(answer(&items)), &asked).unwrap();
    let states: Vec<_> = told.indicators.iter().map(|told| told.state).collect();
    use IndicatorState::{Known, Pending};
    assert_eq!(states, [Known, Pending, Known]);
    let verdict = ProviderVerdict {
        provider: "virustotal".into(),
        tier: RiskTier::High,
        detail: "5 malicious".into(),
    };
    assert_eq!(told.indicators[2].verdicts, [verdict]);
}

#[test]
fn what_the_server_passes_on_is_bounded_and_safe_to_show() {
    let mut hostile = item("9.9.9.9");
    hostile["lasts_s"] = json!(u64::MAX);
    let one =
        |tier: &str| json!({"provider": "x".repeat(999), "tier": tier, "detail": "\u{1b}[2J"});
    let mut verdicts = vec![one("CLEAN"), one("LOW"), one("CRITICAL")];
    verdicts.extend((0..99).map(|_| one("LOW")));
    hostile["verdicts"] = json!(verdicts);
    let told = judge(Ok(answer(&[hostile])), &questions(&["9.9.9.9"])).unwrap();
    let told = &told.indicators[0];
    assert_eq!((told.lasts_s, told.verdicts.len()), (LASTS_MAX, VERDICTS_MAX));
    assert_eq!(told.verdicts[0].tier, RiskTier::Critical);
    assert!(told.verdicts.iter().all(|verdict| {
        verdict.tier > RiskTier::Clean
            && verdict.provider.len() == TEXT_CHARS_MAX
            && verdict.detail == r"\x1b[2J"
    }));
}

#[test]
fn each_kind_of_refusal_is_told_apart() {
    let asked = questions(&["9.9.9.9"]);
    let problem = |status, error| of(status, &json!(Problem::new(error, "says the test")));
    let error = |answer| judge(answer, &asked).unwrap_err();
    assert_eq!(error(Ok(problem(401, "unknown_agent"))), AskError::Stranger);
    assert!(matches!(error(Ok(problem(401, "unauthorized"))), AskError::Refused(_)));
    assert!(matches!(error(Ok(problem(403, "forbidden"))), AskError::Refused(_)));
    assert_eq!(error(Ok(problem(404, "not_found"))), AskError::NotFound);
    for status in [429, 503] {
        for (says, waits) in [(None, None), (Some(7), Some(7)), (Some(u64::MAX), Some(300))] {
            let retry_after = says.map(Duration::from_secs);
            let busy = Answer { retry_after, ..problem(status, "busy") };
            let waits = waits.map(Duration::from_secs);
            assert_eq!(error(Ok(busy)), AskError::Busy { retry_after: waits });
        }
    }
    for status in [302, 500, 502] {
        assert!(matches!(error(Ok(problem(status, "x"))), AskError::Unavailable(_)), "{status}");
    }
    assert!(matches!(error(Ok(problem(400, "bad_request"))), AskError::Invalid(_)));
    let silent = Err(ExchangeError::TimedOut("30 s".into()));
    assert!(matches!(error(silent), AskError::Unavailable(_)));
    assert!(matches!(error(Err(ExchangeError::TooLong(9))), AskError::Invalid(_)));
}

#[test]
fn an_answer_for_others_is_none() {
    let asked = questions(&["9.9.9.9", "8.8.4.4"]);
    let wrong = |answer| matches!(judge(Ok(answer), &asked), Err(AskError::Invalid(_)));
    assert!(wrong(answer(&[])));
    assert!(wrong(answer(&[item("9.9.9.9")])));
    assert!(wrong(answer(&[item("8.8.4.4"), item("9.9.9.9")])));
    assert!(wrong(answer(&[item("9.9.9.9"), item("8.8.4.4"), item("8.8.4.4")])));
    let mut evil = item("8.8.4.4");
    evil["tier"] = json!("EVIL");
    assert!(wrong(answer(&[item("9.9.9.9"), evil])));
    for body in [&b"<html>"[..], b"", b"{\"at\":", b"null"] {
        assert!(wrong(Answer { status: 200, body: body.into(), ..Answer::default() }));
    }
}

#[cfg(feature = "pki")]
mod over_tls {
    use std::sync::Arc;

    use netsentinel_core::config::Secret;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;
    use tokio::task::JoinHandle;
    use tokio_rustls::TlsAcceptor;

    use super::*;
    use crate::pki::Authority;
    use crate::secret_file::write_atomic;
    use crate::tls::{ClientAuth, ReloadableCert, client_config, server_config};
    use crate::uplink::Credentials;
    use crate::wire::AgentId;

    const KEY: &str = "the key of the test";

    /// A client, and the head of the request that a server over real TLS answers by `reply`.
    async fn serve(reply: Vec<u8>) -> (Client, JoinHandle<String>) {
        let folder = tempfile::tempdir().unwrap();
        let path = |name| folder.path().join(name);
        let authority = Authority::create("Site 7").unwrap();
        let issued = authority.server(&["127.0.0.1".parse().unwrap()]).unwrap();
        for (name, text) in [
            ("ca.crt", authority.certificate()),
            ("server.crt", &issued.certificate),
            ("server.key", issued.key.expose()),
        ] {
            write_atomic(&path(name), text.as_bytes()).unwrap();
        }
        let certificate = ReloadableCert::load(&path("server.crt"), &path("server.key")).unwrap();
        let tls = Arc::new(server_config(certificate, &ClientAuth::None).unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://{}", listener.local_addr().unwrap());
        let served = tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            let mut stream = TlsAcceptor::from(tls).accept(stream).await.unwrap();
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(stream.read_u8().await.unwrap());
            }
            // The client may hang up in the middle of what is too long.
            let _ = stream.write_all(&reply).await;
            let _ = stream.shutdown().await;
            String::from_utf8(head).unwrap()
        });
        let id = AgentId::from_bytes([7; 16]);
        let credentials = Credentials { id, key: Secret::new(KEY) };
        let tls = client_config(&path("ca.crt"), None).unwrap();
        (Client::new(tls, &url, &credentials).unwrap(), served)
    }

    fn reply(status: &str, body: &[u8]) -> Vec<u8> {
        let mut reply = format!("HTTP/1.1 {status}\r\nconnection: close\r\n\r\n").into_bytes();
        reply.extend_from_slice(body);
        reply
    }

    #[tokio::test]
    async fn a_question_is_encoded_and_shows_the_agents_own_key() {
        let asked = questions(&["2620:fe::fe", "a&b=c#d .example"]);
        let items = [item("2620:fe::fe"), item("a&b=c#d .example")];
        let (client, served) = serve(reply("200 OK", &answer(&items).body)).await;
        let told = client.ask(&asked).await.unwrap();
        assert_eq!(told.indicators.len(), 2);
        let head = served.await.unwrap();
        let (line, headers) = head.split_once("\r\n").unwrap();
        assert_eq!(
            line,
            "GET /api/reputation?indicator=2620%3Afe%3A%3Afe%2C50&\
             indicator=a%26b%3Dc%23d+.example%2C50 HTTP/1.1"
        );
        assert!(headers.contains(&format!("x-api-key: {KEY}\r\n")), "{headers}");
        assert!(headers.contains(&format!("x-agent-id: {}\r\n", "07".repeat(16))), "{headers}");
    }

    #[tokio::test]
    async fn redirects_are_not_followed_and_long_answers_not_read() {
        let away = b"HTTP/1.1 302 Found\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n";
        let (client, served) = serve(away.to_vec()).await;
        let error = client.ask(&questions(&["9.9.9.9"])).await.unwrap_err();
        assert!(matches!(error, AskError::Unavailable(_)), "{error}");
        served.await.unwrap();
        let (client, served) = serve(reply("200 OK", &vec![b' '; BYTES_MAX + 1])).await;
        let error = client.ask(&questions(&["9.9.9.9"])).await.unwrap_err();
        assert!(matches!(error, AskError::Invalid(_)), "{error}");
        served.await.unwrap();
        let many = vec![questions(&["9.9.9.9"]).remove(0); REPUTATION_INDICATORS_MAX + 1];
        assert!(matches!(client.ask(&many).await, Err(AskError::Invalid(_))));
    }
}
