//! The document and the routes agree.

use std::collections::BTreeSet;

use http::Method;
use netsentinel_transport::wire::KEY_HEADER;
use serde_json::{Value, json};

use crate::access::Door;
use crate::api::table::all;
use crate::api::testing::Server;
use crate::api::{Access, Operation, own_operations};
use crate::store::Role;
use crate::testing::{Running, SHARED_KEY, TestAgent};

/// A server with an agent that has sent an alert, and a document of what can be asked of it.
struct Tried {
    running: Running,
    agent: TestAgent,
    newcomer: TestAgent,
    token: String,
    document: Value,
}

impl Tried {
    async fn new() -> Self {
        let running = Running::new().await;
        let agent = running.agent().await;
        let alerts = json!({ "alerts": [crate::testing::alert(1), crate::testing::alert(2)] });
        let sent = running.post(&agent, "/api/alert", &alerts).send().await.unwrap();
        assert_eq!(sent.status(), 200);
        let token = running.token(Role::Admin).await;
        let url = running.gui("/api/openapi.json");
        let document = running.client.get(url).send().await.unwrap().json().await.unwrap();
        Self { running, agent, newcomer: TestAgent::new(), token, document }
    }

    /// What to ask to try an operation.
    fn example(&self, operation: &Operation) -> (String, Option<Value>) {
        let agent = self.agent.id.as_str();
        let path = operation.path;
        let path = path.replace("/agents/{id}", &format!("/agents/{agent}"));
        // The token that is shown is the first.
        let path = path.replace("/tokens/{id}", "/tokens/2").replace("{name}", "grace");
        let path = path.replace("{position}", "1").replace("{id}", "1");
        let rule = json!({ "detector": "port_scan" });
        let password = "correct horse battery";
        let first = self.running.server.first_password().unwrap().expose();
        let body = match (operation.method.as_str(), operation.path) {
            ("GET", "/api/alerts/changes") => return (path + "?after=0", None),
            ("GET", "/api/reputation") => return (path + "?indicator=203.0.113.7,50", None),
            ("POST", "/api/alerts/triage") => {
                json!({ "selection": { "positions": [1] }, "triage": "acknowledge" })
            }
            ("POST", "/api/alerts/{position}/comments") => json!({ "text": "seen" }),
            ("POST", "/api/suppressions" | "/api/suppressions/test") => json!({ "rule": rule }),
            ("POST", "/api/login") => json!({ "user": "admin", "password": first }),
            ("POST", "/api/me/password") => json!({ "current": first, "new": password }),
            ("POST", "/api/users") => {
                json!({ "name": "grace", "role": "viewer", "password": password })
            }
            ("POST", "/api/users/{name}/password") => json!({ "password": password }),
            ("POST", "/api/tokens") => json!({ "name": "siem", "role": "viewer" }),
            ("POST", "/api/agent/enrol") => self.newcomer.enrolment(),
            ("POST", "/api/alert") => json!(crate::testing::alert(3)),
            ("POST", "/api/agent/heartbeat") => json!({ "packets": 7 }),
            _ => return (path, None),
        };
        (path, Some(body))
    }

    async fn ask(&self, operation: &Operation, door: Door) -> reqwest::Response {
        let (path, body) = self.example(operation);
        let url = match door {
            Door::Gui => self.running.gui(&path),
            Door::Agents => self.running.agents(&path),
        };
        let mut request = self.running.client.request(operation.method.clone(), url);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let request = match (operation.access, door) {
            (Access::Public, _) => request,
            (Access::Enrolment, _) => request.header(KEY_HEADER, SHARED_KEY),
            (_, Door::Gui) => request.bearer_auth(&self.token),
            (_, Door::Agents) => self.agent.sign(request),
        };
        request.send().await.unwrap()
    }

    /// Asks, and holds the answer against the document.
    async fn check(&self, operation: &Operation) {
        let name = format!("{} {}", operation.method, operation.path);
        let method = operation.method.as_str().to_ascii_lowercase();
        let told = &self.document["paths"][operation.path][&method];
        assert!(told.is_object(), "{name} is not in the document");
        for door in doors(operation.access) {
            self.check_at(*door, operation, &name, told).await;
        }
    }

    async fn check_at(&self, door: Door, operation: &Operation, name: &str, told: &Value) {
        let reply = self.ask(operation, door).await;
        let status = reply.status();
        let expected = match operation.path {
            // This is asked without an upgrade.
            "/ws" => Some("426"),
            // A token has no password.
            "/api/me/password" => Some("403"),
            // The names of files are given when the dashboard is built, if it is.
            "/assets/{name}" => Some("404"),
            "/favicon.svg" if !crate::api::dashboard::is_embedded() => Some("404"),
            _ => None,
        };
        let response = match expected {
            Some(expected) => {
                assert_eq!(status.as_str(), expected, "{name}");
                &self.document["components"]["responses"]["Problem"]
            }
            None => &told["responses"][status.as_str()],
        };
        let media = reply.headers().get("content-type").map(|it| it.to_str().unwrap().to_owned());
        let text = reply.text().await.unwrap();
        assert!(response.is_object(), "{name}: {status} {text}");
        let Some(content) = response["content"].as_object() else {
            assert_eq!((status.as_u16(), text.as_str()), (204, ""), "{name}");
            return;
        };
        let (told, content) = content.iter().next().unwrap();
        assert_eq!(media.as_ref(), Some(told), "{name}");
        if told == "application/json" {
            let value = serde_json::from_str(&text).unwrap();
            assert_valid(&self.document, &content["schema"], &value, name);
        }
    }
}

/// Where an operation is tried.
fn doors(access: Access) -> &'static [Door] {
    match access {
        Access::Public | Access::Role(_) => &[Door::Gui],
        Access::Enrolment | Access::Agent => &[Door::Agents],
        Access::AgentOrRole(_) => &[Door::Gui, Door::Agents],
    }
}

#[tokio::test]
async fn every_operation_answers_as_the_document_says() {
    let tried = Tried::new().await;
    // What deletes comes last, so that there is something to show before.
    let mut operations: Vec<&Operation> = all().iter().collect();
    operations.sort_by_key(|operation| match operation.method {
        Method::POST => 0,
        Method::GET => 1,
        _ => 2,
    });
    for operation in operations {
        tried.check(operation).await;
    }
}

#[tokio::test]
async fn refusals_are_problems() {
    let server = Server::start().await;
    let document = server.get("/api/openapi.json").await.good();
    let problem = &document["components"]["responses"]["Problem"]["content"]["application/json"];
    for path in ["/api/alerts?x=1", "/api/alerts/99", "/api/agents/x"] {
        let reply = server.get(path).await;
        assert!(reply.status.is_client_error());
        assert_valid(&document, &problem["schema"], &reply.json(), path);
    }
}

/// `schema` refers to the document's components.
fn assert_valid(document: &Value, schema: &Value, value: &Value, name: &str) {
    let whole = json!({ "components": document["components"], "allOf": [schema] });
    let validator = jsonschema::draft202012::new(&whole).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(value)
        .map(|error| format!("{} {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{name}: {errors:?}\n{value}");
}

#[tokio::test]
async fn the_document_is_sound() {
    let document = Server::start().await.get("/api/openapi.json").await.good();
    assert_eq!(document["openapi"], "3.1.0");
    let mut ids = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            assert!(ids.insert(operation["operationId"].as_str().unwrap()), "{method} {path}");
            assert!(operation["summary"].as_str().is_some_and(|summary| !summary.is_empty()));
            let parameters = operation["parameters"].as_array().unwrap();
            let in_path = parameters.iter().filter(|parameter| parameter["in"] == "path");
            assert_eq!(in_path.count(), path.matches('{').count(), "{method} {path}");
            for scheme in operation["security"].as_array().unwrap() {
                for name in scheme.as_object().unwrap().keys() {
                    assert!(document["components"]["securitySchemes"][name].is_object(), "{name}");
                }
            }
        }
    }
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        assert!(jsonschema::meta::is_valid(schema), "{name}");
    }
    let mut left = vec![&document];
    while let Some(value) = left.pop() {
        match value {
            Value::Object(map) => {
                if let Some(target) = map.get("$ref").and_then(Value::as_str) {
                    let pointer = target.strip_prefix('#').unwrap();
                    assert!(document.pointer(pointer).is_some(), "{target} leads nowhere");
                }
                left.extend(map.values());
            }
            Value::Array(items) => left.extend(items),
            _ => {}
        }
    }
    for needed in ["StoredAlert", "Alert", "AgentView", "Heartbeat", "Problem", "LiveMessage"] {
        assert!(document["components"]["schemas"][needed].is_object(), "{needed}");
    }
}

#[tokio::test]
async fn every_parameter_that_is_told_is_taken_and_no_other() {
    let server = Server::start().await;
    let document = server.get("/api/openapi.json").await.good();
    for operation in own_operations() {
        if operation.query.is_none() {
            continue;
        }
        let told = &document["paths"][operation.path]["get"]["parameters"];
        let told = told.as_array().unwrap().iter().filter(|parameter| parameter["in"] == "query");
        let told: BTreeSet<&str> = told.map(|it| it["name"].as_str().unwrap()).collect();
        let message =
            server.get(&format!("{}?no_such=1&after=1", operation.path)).await.refused(400);
        let known = message.split_once("there are ").unwrap().1;
        assert_eq!(told, known.split(", ").collect(), "{}", operation.path);
    }
}
