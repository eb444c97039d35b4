//! People and scripts against a whole server.

use std::time::Duration;

use netsentinel_core::Timestamp;
use netsentinel_core::config::Secret;
use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};

use crate::store::Role;
use crate::testing::{Running, problem};

const PASSWORD: &str = "correct horse battery";

/// A browser: shows its cookie and where its page is from.
struct Browser<'a> {
    running: &'a Running,
    cookie: String,
}

impl Running {
    async fn user(&self, name: &str, role: Role) {
        let password = Secret::new(PASSWORD);
        self.server.app().accounts.add(name, role, password, "tests").await.unwrap();
    }

    async fn login(&self, user: &str, password: &str) -> Response {
        let body = json!({ "user": user, "password": password });
        self.client.post(self.gui("/api/login")).json(&body).send().await.unwrap()
    }

    async fn browser(&self, user: &str) -> Browser<'_> {
        let answer = self.login(user, PASSWORD).await;
        assert_eq!(answer.status(), 200);
        Browser { running: self, cookie: cookie(&answer) }
    }

    async fn audited(&self, action: &str) -> usize {
        let trail = self.server.app().store.audit(None, 500).await.unwrap();
        trail.iter().filter(|entry| entry.action == action).count()
    }
}

impl Browser<'_> {
    fn ask(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.running.client.request(method, self.running.gui(path));
        request.header("cookie", format!("theme=dark; {}", self.cookie))
    }

    fn post(&self, path: &str, body: &Value) -> RequestBuilder {
        self.ask(Method::POST, path).header("origin", self.running.gui("")).json(body)
    }
}

fn cookie(answer: &Response) -> String {
    let cookie = answer.headers()["set-cookie"].to_str().unwrap();
    assert!(cookie.starts_with("__Host-netsentinel="), "{cookie}");
    for part in ["; Path=/", "; HttpOnly", "; Secure", "; SameSite=Strict", "; Max-Age="] {
        assert!(cookie.contains(part), "{cookie}");
    }
    cookie.split(';').next().unwrap().to_owned()
}

async fn status(request: RequestBuilder) -> u16 {
    request.send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn the_first_start_makes_an_administrator() {
    let running = Running::new().await;
    let password = running.server.first_password().unwrap().expose().to_owned();
    assert_eq!(running.login("admin", &password).await.status(), 200);
    let deployment = running.site.deployment();
    let Running { server, site, .. } = running;
    server.stop().await;
    let running = site.start(deployment, crate::listen::Patience::default()).await;
    assert!(running.server.first_password().is_none());
    assert_eq!(running.login("admin", &password).await.status(), 200);
}

#[tokio::test]
async fn a_person_signs_in_and_out() {
    let running = Running::new().await;
    running.user("ann", Role::Analyst).await;
    assert_eq!(problem(running.login("ann", "wrong").await).await, (401, "unauthorized".into()));
    assert_eq!(problem(running.login("nobody", PASSWORD).await).await.0, 401);
    let ann = running.browser("ann").await;
    let me = ann.ask(Method::GET, "/api/me").send().await.unwrap();
    let me: Value = me.json().await.unwrap();
    assert_eq!(me, json!({ "name": "ann", "role": "analyst", "token": false }));
    assert_eq!(status(ann.ask(Method::GET, "/api/users")).await, 403);
    let out = ann.post("/api/logout", &json!({})).send().await.unwrap();
    assert_eq!(out.status(), 204);
    assert!(cookie(&out).ends_with('='));
    assert_eq!(status(ann.ask(Method::GET, "/api/me")).await, 401);
    assert_eq!(running.audited("login.ok").await, 1);
    assert_eq!(running.audited("login.refused").await, 2);
}

#[tokio::test]
async fn another_sites_page_can_change_nothing() {
    let running = Running::new().await;
    running.user("ann", Role::Admin).await;
    let ann = running.browser("ann").await;
    let token = json!({ "name": "t", "role": "viewer" });
    let ask = || ann.ask(Method::POST, "/api/tokens").json(&token);
    let foreign = (403, "foreign_origin".to_owned());
    assert_eq!(problem(ask().send().await.unwrap()).await, foreign);
    let other = ask().header("origin", "https://evil.example");
    assert_eq!(problem(other.send().await.unwrap()).await, foreign);
    let other = ask().header("sec-fetch-site", "cross-site");
    assert_eq!(problem(other.send().await.unwrap()).await, foreign);
    assert_eq!(status(ask().header("sec-fetch-site", "same-origin")).await, 201);
    assert_eq!(status(ask().header("origin", running.gui(""))).await, 201);
    let login =
        running.client.post(running.gui("/api/login")).header("origin", "https://evil.example");
    let login = login.json(&json!({ "user": "ann", "password": PASSWORD }));
    assert_eq!(problem(login.send().await.unwrap()).await, foreign);
    // Reading is harmless: the page does not get to see the answer.
    let read = ann.ask(Method::GET, "/api/me").header("origin", "https://evil.example");
    assert_eq!(status(read).await, 200);
}

#[tokio::test]
async fn too_many_wrong_passwords_lock_the_right_one_out_too() {
    let running = Running::new().await;
    running.user("ann", Role::Viewer).await;
    running.user("bob", Role::Viewer).await;
    for _ in 0..5 {
        assert_eq!(running.login("ann", "wrong").await.status(), 401);
    }
    for _ in 0..3 {
        let locked = running.login("ann", PASSWORD).await;
        let wait: u64 = locked.headers()["retry-after"].to_str().unwrap().parse().unwrap();
        assert!((880..=900).contains(&wait), "{wait}");
        assert_eq!(problem(locked).await, (429, "locked".into()));
    }
    assert_eq!(running.login("bob", PASSWORD).await.status(), 200);
    // Whether there is such a user can not be told from the lock either.
    for _ in 0..5 {
        assert_eq!(running.login("nobody", "wrong").await.status(), 401);
    }
    assert_eq!(problem(running.login("nobody", "wrong").await).await.0, 429);
    assert_eq!(running.audited("login.locked").await, 2);
    assert_eq!(running.audited("login.refused").await, 10);
    assert!(running.counted("netsentinel_sign_ins_total{outcome=\"locked\"} 4"));
}

#[tokio::test]
async fn attempts_at_once_are_not_more_than_one_after_the_other() {
    let running = Running::new().await;
    running.user("ann", Role::Viewer).await;
    let all = futures_util::future::join_all((0..30).map(|_| running.login("ann", "wrong"))).await;
    let checked = all.iter().filter(|answer| answer.status() == 401).count();
    assert_eq!(checked, 5);
}

#[tokio::test]
async fn a_script_shows_a_token() {
    let running = Running::new().await;
    running.user("root", Role::Admin).await;
    let root = running.browser("root").await;
    let made = root.post("/api/tokens", &json!({ "name": "siem", "role": "admin", "days": 1 }));
    let made: Value = made.send().await.unwrap().json().await.unwrap();
    let (secret, id) = (made["secret"].as_str().unwrap(), made["token"]["id"].as_u64().unwrap());
    assert!(secret.starts_with("nst_") && secret.len() == 47, "{secret}");
    let ask =
        |method, path: &str| running.client.request(method, running.gui(path)).bearer_auth(secret);
    // No origin is needed: no browser sends a token by itself.
    let user = json!({ "name": "bob", "role": "viewer", "password": PASSWORD });
    assert_eq!(status(ask(Method::POST, "/api/users").json(&user)).await, 201);
    assert_eq!(status(ask(Method::POST, "/api/users").json(&user)).await, 409);
    let audit: Value =
        ask(Method::GET, "/api/audit?limit=1").send().await.unwrap().json().await.unwrap();
    assert_eq!(
        (&audit[0]["actor"], &audit[0]["action"]),
        (&json!("token:siem"), &json!("user.add"))
    );
    let mine = json!({ "current": "x", "new": PASSWORD });
    assert_eq!(status(ask(Method::POST, "/api/me/password").json(&mine)).await, 403);
    let listed = ask(Method::GET, "/api/tokens").send().await.unwrap().text().await.unwrap();
    assert!(listed.contains("siem") && !listed.contains(secret));
    let revoke = root.ask(Method::DELETE, &format!("/api/tokens/{id}"));
    assert_eq!(status(revoke.header("sec-fetch-site", "same-origin")).await, 204);
    for wrong in [secret, "nst_x", "", "Basic"] {
        let request = running.client.get(running.gui("/api/me")).bearer_auth(wrong);
        assert_eq!(status(request).await, 401, "{wrong}");
    }
}

#[tokio::test]
async fn somebody_is_always_left_to_manage_the_server() {
    let running = Running::new().await;
    let token = running.token(Role::Admin).await;
    let ask =
        |method, path: &str| running.client.request(method, running.gui(path)).bearer_auth(&token);
    let last = ask(Method::DELETE, "/api/users/admin").send().await.unwrap();
    assert_eq!(problem(last).await, (409, "conflict".into()));
    assert_eq!(status(ask(Method::DELETE, "/api/users/nobody")).await, 404);
    running.user("ann", Role::Admin).await;
    let [one, two] =
        ["admin", "ann"].map(|name| ask(Method::DELETE, &format!("/api/users/{name}")));
    let (one, two) = tokio::join!(status(one), status(two));
    assert!([(204, 409), (409, 204)].contains(&(one, two)), "{one} {two}");
    for body in [
        json!({ "name": "a b", "role": "viewer", "password": PASSWORD }),
        json!({ "name": "short", "role": "viewer", "password": "short" }),
        json!({ "name": "role", "role": "king", "password": PASSWORD }),
    ] {
        assert_eq!(status(ask(Method::POST, "/api/users").json(&body)).await, 400, "{body}");
    }
}

#[tokio::test]
async fn another_password_ends_the_other_sessions() {
    let running = Running::new().await;
    running.user("ann", Role::Viewer).await;
    let (here, there) = (running.browser("ann").await, running.browser("ann").await);
    let wrong = json!({ "current": "wrong", "new": "another horse battery" });
    assert_eq!(status(here.post("/api/me/password", &wrong)).await, 401);
    let body = json!({ "current": PASSWORD, "new": "another horse battery" });
    let changed = here.post("/api/me/password", &body).send().await.unwrap();
    assert_eq!(changed.status(), 204);
    let fresh = Browser { running: &running, cookie: cookie(&changed) };
    assert_eq!(status(fresh.ask(Method::GET, "/api/me")).await, 200);
    for ended in [&here, &there] {
        assert_eq!(status(ended.ask(Method::GET, "/api/me")).await, 401);
    }
    assert_eq!(running.login("ann", PASSWORD).await.status(), 401);
    assert_eq!(running.login("ann", "another horse battery").await.status(), 200);
}

#[tokio::test]
async fn sessions_and_tokens_end() {
    let running = Running::new().await;
    running.user("ann", Role::Viewer).await;
    let _ann = running.browser("ann").await;
    let app = running.server.app();
    let later = |hours: u64| app.now().after(Duration::from_secs(hours * 3600));
    let answer = running.login("ann", PASSWORD).await;
    let cookie = cookie(&answer);
    let id = netsentinel_transport::identity::key_hash(cookie.split_once('=').unwrap().1);
    let at = async |now: Timestamp| app.store.session(&id, now).await.unwrap().is_some();
    assert!(at(later(11)).await);
    assert!(!at(later(13)).await);
    let made = app.accounts.make_token("t", Role::Viewer, Some(1), "tests").await.unwrap();
    let hash = netsentinel_transport::identity::key_hash(made.secret.expose());
    assert!(app.store.token(&hash, later(23)).await.unwrap().is_some());
    assert!(app.store.token(&hash, later(25)).await.unwrap().is_none());
}

#[tokio::test]
async fn a_name_may_come_escaped_in_a_path() {
    let running = Running::new().await;
    running.user("boss", Role::Admin).await;
    running.user("ann@example.org", Role::Viewer).await;
    let boss = running.browser("boss").await;
    let path = "/api/users/ann%40example.org";
    let other = json!({ "password": "another long password" });
    let changed = boss.post(&format!("{path}/password"), &other).send().await.unwrap();
    assert_eq!(changed.status(), 204);
    let removed = boss.ask(Method::DELETE, path).header("origin", running.gui(""));
    assert_eq!(removed.send().await.unwrap().status(), 204);
    assert!(running.server.app().store.user("ann@example.org").await.unwrap().is_none());
}
