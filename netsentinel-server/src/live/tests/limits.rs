//! Who may follow, and what ends it.

use futures_util::{SinkExt, StreamExt};
use tokio::time::{Duration, timeout};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message, protocol::CloseFrame};

use super::super::client::Patience;
use super::{Follower, OWN, PATIENCE, connect, server, watchful};
use crate::access::Caller;
use crate::api::testing::{NOW, Server, alert, person};
use crate::store::{NewSession, NewToken, Role, User};
use crate::testing::Running;

const SOON: Duration = Duration::from_millis(50);

/// What the server says when it closes.
async fn closed(follower: &mut Follower) -> Option<CloseFrame> {
    loop {
        match timeout(PATIENCE, follower.socket.next()).await.unwrap() {
            Some(Ok(Message::Close(frame))) => return frame,
            Some(Ok(_)) => {}
            Some(Err(_)) | None => return None,
        }
    }
}

/// The status with which a client is refused.
async fn refused(server: &Server, caller: Caller, origin: Option<&str>) -> u16 {
    match *connect(server, caller, origin).await.unwrap_err() {
        Error::Http(response) => response.status().as_u16(),
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn pages_of_other_sites_may_not_follow() {
    let server = server(8).await;
    let person = || person(Role::Viewer);
    let script = || Caller::Script { token: 1, name: "siem".into(), role: Role::Viewer };
    for origin in ["https://evil.example", "http://ids.example:8443", "https://ids.example", "null"]
    {
        assert_eq!(refused(&server, person(), Some(origin)).await, 403, "{origin}");
        assert_eq!(refused(&server, script(), Some(origin)).await, 403, "{origin}");
    }
    assert_eq!(refused(&server, person(), None).await, 403);
    connect(&server, person(), OWN).await.unwrap();
    connect(&server, script(), None).await.unwrap();
}

#[tokio::test]
async fn there_are_only_so_many_places_and_they_become_free() {
    let server = server(8).await;
    let settings = serde_json::json!({ "live_clients_max": 2 });
    server.app.limits.replace(serde_json::from_value(settings).unwrap());
    let one = Follower::new(&server).await;
    let _two = Follower::new(&server).await;
    assert_eq!(server.app.hub.clients(), 2);
    assert_eq!(refused(&server, person(Role::Viewer), OWN).await, 503);
    drop(one);
    let freed = async {
        while server.app.hub.clients() == 2 {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, freed).await.unwrap();
    Follower::new(&server).await;
}

#[tokio::test]
async fn the_server_says_goodbye_when_it_stops() {
    let server = server(8).await;
    let mut follower = Follower::new(&server).await;
    server.app.stopping.cancel();
    assert_eq!(u16::from(closed(&mut follower).await.unwrap().code), 1001);
}

#[tokio::test]
async fn what_clients_say_is_ignored_and_bounded() {
    let server = server(8).await;
    let mut follower = Follower::new(&server).await;
    follower.socket.send(Message::text("{\"type\":\"subscribe\"}")).await.unwrap();
    follower.socket.send(Message::binary(vec![0; 4096])).await.unwrap();
    server.add(vec![alert(1)]).await;
    follower.next_of("alert").await;
    follower.socket.send(Message::text("x".repeat(4097))).await.unwrap();
    let _ = closed(&mut follower).await;
}

#[tokio::test]
async fn a_session_that_ends_ends_the_feed() {
    let server = watchful(Patience::default()).await;
    let store = &server.app.store;
    sign_in(&server).await;
    let mut follower = Follower::new(&server).await;
    store.end_session(&[1; 32]).await.unwrap();
    let frame = closed(&mut follower).await.unwrap();
    assert_eq!((u16::from(frame.code), frame.reason.as_str()), (1008, "signed out"));
}

#[tokio::test]
async fn a_token_that_is_revoked_ends_the_feed() {
    let server = watchful(Patience::default()).await;
    let store = &server.app.store;
    let new = NewToken { hash: [2; 32], name: "siem".into(), role: Role::Viewer, expires: None };
    let token = store.add_token(new, "ada", NOW).await.unwrap();
    let script = Caller::Script { token: token.id, name: "siem".into(), role: Role::Viewer };
    let socket = connect(&server, script, None).await.unwrap();
    let mut follower = Follower { socket, known: Default::default(), seen: 0, resyncs: 0 };
    follower.next_of("hello").await;
    store.revoke_token(token.id, "ada", NOW).await.unwrap();
    assert_eq!(u16::from(closed(&mut follower).await.unwrap().code), 1008);
}

/// Ada's session, which the server looks up again and again.
async fn sign_in(server: &Server) {
    let store = &server.app.store;
    let user =
        User { name: "ada".into(), role: Role::Viewer, password_hash: String::new(), created: NOW };
    store.add_user(user, "test", NOW).await.unwrap();
    let expires = NOW.after(Duration::from_secs(3600));
    let address = "::1".into();
    let session = NewSession { id: [1; 32], user: "ada".into(), created: NOW, expires, address };
    store.add_session(session).await.unwrap();
}

async fn all_gone(server: &Server) {
    let gone = async {
        while server.app.hub.clients() > 0 {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, gone).await.unwrap();
}

#[tokio::test]
async fn a_client_that_falls_silent_is_dropped() {
    let server = watchful(Patience { ping: SOON, silence: 2 * SOON, ..Patience::default() }).await;
    sign_in(&server).await;
    // It does not read, so it answers no ping.
    let _silent = Follower::new(&server).await;
    all_gone(&server).await;
}

#[tokio::test]
async fn a_client_that_takes_nothing_is_dropped() {
    let server = watchful(Patience { send: SOON, ..Patience::default() }).await;
    sign_in(&server).await;
    let _stuck = Follower::new(&server).await;
    server.add((1..=50).map(alert).collect()).await;
    all_gone(&server).await;
}

#[tokio::test]
async fn a_client_that_answers_stays() {
    let server = watchful(Patience { ping: SOON, silence: 40 * SOON, ..Patience::default() }).await;
    sign_in(&server).await;
    let mut follower = Follower::new(&server).await;
    // Reading answers the pings; many more come than silence would allow.
    for _ in 0..60 {
        while !matches!(follower.socket.next().await, Some(Ok(Message::Ping(_)))) {}
    }
    server.add(vec![alert(1)]).await;
    follower.next_of("alert").await;
}

/// Everything at once: TLS, a token, the feed, and a server that stops.
#[tokio::test]
async fn the_feed_runs_over_tls_and_ends_with_the_server() {
    let running = Running::new().await;
    let gui = running.server.addresses().gui;
    let stream = running.connect(gui).await;
    let mut request = format!("wss://{gui}/ws").into_client_request().unwrap();
    let token = running.token(Role::Viewer).await;
    request.headers_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    let (mut socket, _) = tokio_tungstenite::client_async(request, stream).await.unwrap();
    let agent = running.agent().await;
    let alert = serde_json::to_value(crate::testing::alert(1)).unwrap();
    let sent = running.post(&agent, "/api/alert", &alert).send().await.unwrap();
    assert_eq!(sent.status(), 200);
    loop {
        let frame = timeout(PATIENCE, socket.next()).await.unwrap().unwrap().unwrap();
        if frame.to_text().unwrap().starts_with("{\"type\":\"alert\"") {
            break;
        }
    }
    let stop = tokio::spawn(running.server.stop());
    let goodbye = loop {
        match timeout(PATIENCE, socket.next()).await.unwrap() {
            Some(Ok(Message::Close(frame))) => break frame.unwrap(),
            Some(Ok(_)) => {}
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(u16::from(goodbye.code), 1001);
    timeout(PATIENCE, stop).await.unwrap().unwrap();
}
