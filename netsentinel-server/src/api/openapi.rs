//! `GET /api/openapi.json`: what can be asked, made from the table of operations.

use std::sync::LazyLock;

use bytes::Bytes;
use http::Method;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use netsentinel_transport::wire::{AGENT_HEADER, KEY_HEADER, Problem};
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};
use warp::Filter;
use warp::filters::BoxedFilter;
use warp::reply::Response;

use super::operation::{Access, Answer, Operation, SchemaOf, schema};
use super::table;
use crate::live::Message;

const JSON: &str = "application/json";

/// The OpenAPI 3.1 document of everything that can be asked of the server.
pub fn openapi() -> Value {
    document(table::all())
}

/// It does not change while the server runs.
static DOCUMENT: LazyLock<Bytes> = LazyLock::new(|| openapi().to_string().into());

pub(super) fn operations() -> Vec<Operation> {
    let answer = Answer::Json(document_schema);
    vec![
        Operation::new(Method::GET, "/api/openapi.json", Access::Public, answer)
            .summary("This document."),
    ]
}

fn document_schema(_: &mut SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({ "type": "object", "required": ["openapi", "paths"] })
}

pub(super) fn routes() -> BoxedFilter<(Response,)> {
    warp::path!("api" / "openapi.json").and(warp::get()).map(answer).boxed()
}

fn answer() -> Response {
    let mut response = Response::new(DOCUMENT.clone().into());
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(JSON));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

/// The OpenAPI 3.1 document of `operations`.
pub(super) fn document(operations: &[Operation]) -> Value {
    let settings = || {
        SchemaSettings::draft2020_12().with(|settings| {
            settings.definitions_path = "/components/schemas".into();
            settings.meta_schema = None;
        })
    };
    let mut schemas = Schemas {
        answers: settings().for_serialize().into_generator(),
        requests: settings()
            .with(|settings| settings.inline_subschemas = true)
            .for_deserialize()
            .into_generator(),
    };
    let mut paths = Map::new();
    for operation in operations {
        let path = paths.entry(operation.path).or_insert_with(|| json!({}));
        let method = operation.method.as_str().to_ascii_lowercase();
        if let Some(path) = path.as_object_mut() {
            path.insert(method, schemas.operation(operation));
        }
    }
    schemas.answer(schema::<Message<'_>>);
    let problem = problem(&mut schemas);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "NetSentinel",
            "version": env!("CARGO_PKG_VERSION"),
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
            "description": "People and scripts ask on the port of the dashboard, agents on their \
                own. Whatever is refused is answered by a Problem. The messages of the live feed \
                are described by the schema LiveMessage.",
        },
        "paths": paths,
        "components": {
            "schemas": schemas.answers.take_definitions(true),
            "responses": { "Problem": problem },
            "securitySchemes": security_schemes(),
        },
    })
}

fn security_schemes() -> Value {
    json!({
        "cookie": {
            "type": "apiKey",
            "in": "cookie",
            "name": crate::access::COOKIE_NAME,
            "description": "Somebody who has signed in. What changes anything must come from a \
                page of the server itself.",
        },
        "token": { "type": "http", "scheme": "bearer", "description": "A script." },
        "sharedKey": {
            "type": "apiKey",
            "in": "header",
            "name": KEY_HEADER,
            "description": "The api_key of the configuration, with which agents enrol.",
        },
        "agentKey": {
            "type": "apiKey",
            "in": "header",
            "name": KEY_HEADER,
            "description": "The agent's own key, together with its id.",
        },
        "agentId": { "type": "apiKey", "in": "header", "name": AGENT_HEADER },
    })
}

fn problem(schemas: &mut Schemas) -> Value {
    let schema = schemas.answer(schema::<Problem>);
    json!({
        "description": "It was refused.",
        "content": { JSON: { "schema": schema } },
    })
}

struct Schemas {
    answers: SchemaGenerator,
    /// Written in place: what may be sent can differ from what is answered by the same type.
    requests: SchemaGenerator,
}

impl Schemas {
    fn operation(&mut self, operation: &Operation) -> Value {
        let mut value = json!({
            "operationId": identifier(operation),
            "summary": operation.summary,
            "tags": [tag(operation)],
            "parameters": self.parameters(operation),
            "responses": self.responses(operation),
            "security": security(operation.access),
        });
        if let Some(description) = description(operation.access) {
            value["description"] = description.into();
        }
        if let Some(request) = operation.request {
            let schema = request(&mut self.requests);
            value["requestBody"] =
                json!({ "required": true, "content": { JSON: { "schema": schema } } });
        }
        value
    }

    fn parameters(&mut self, operation: &Operation) -> Vec<Value> {
        let mut parameters: Vec<Value> = table::names(operation.path)
            .map(|name| {
                let schema = json!({ "type": "string" });
                json!({ "name": name, "in": "path", "required": true, "schema": schema })
            })
            .collect();
        let Some(query) = operation.query else { return parameters };
        let schema = query(&mut self.requests).to_value();
        let required = schema["required"].as_array().cloned().unwrap_or_default();
        for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
            let mut schema = schema.clone();
            let description = schema.as_object_mut().and_then(|it| it.remove("description"));
            parameters.push(json!({
                "name": name,
                "in": "query",
                "required": required.contains(&json!(name)),
                "description": description,
                "schema": schema,
            }));
        }
        parameters
    }

    fn responses(&mut self, operation: &Operation) -> Value {
        let with = |media: &str, schema: Value| json!({ "description": "Done.", "content": { media: { "schema": schema } } });
        let (status, response) = match operation.answer {
            Answer::Json(schema) => ("200", with(JSON, self.answer(schema))),
            Answer::Created(schema) => ("201", with(JSON, self.answer(schema))),
            Answer::Nothing => ("204", json!({ "description": "Done." })),
            Answer::Body(media) => ("200", with(media, json!({ "type": "string" }))),
            Answer::WebSocket => {
                ("101", json!({ "description": "The connection becomes a WebSocket." }))
            }
        };
        let problem = json!({ "$ref": "#/components/responses/Problem" });
        json!({ status: response, "4XX": problem, "5XX": problem })
    }

    fn answer(&mut self, schema: SchemaOf) -> Value {
        schema(&mut self.answers).to_value()
    }
}

fn description(access: Access) -> Option<String> {
    match access {
        Access::Role(role) => Some(format!("Needs the role {}.", json!(role))),
        Access::AgentOrRole(role) => Some(format!(
            "For agents on their own port; on that of the dashboard needs the role {}.",
            json!(role)
        )),
        Access::Public | Access::Enrolment | Access::Agent => None,
    }
}

fn security(access: Access) -> Value {
    match access {
        Access::Public => json!([]),
        Access::Role(_) => json!([{ "cookie": [] }, { "token": [] }]),
        Access::Enrolment => json!([{ "sharedKey": [] }]),
        Access::Agent => json!([{ "agentKey": [], "agentId": [] }]),
        Access::AgentOrRole(_) => {
            json!([{ "agentKey": [], "agentId": [] }, { "cookie": [] }, { "token": [] }])
        }
    }
}

/// Such as `get_api_alerts_position_comments`: each operation's own.
fn identifier(operation: &Operation) -> String {
    let words = operation.path.split(|c: char| !c.is_ascii_alphanumeric());
    words
        .filter(|word| !word.is_empty())
        .fold(operation.method.as_str().to_ascii_lowercase(), |name, word| format!("{name}_{word}"))
}

/// The area: what comes after `/api/`.
fn tag(operation: &Operation) -> &str {
    let path = operation.path.strip_prefix("/api").unwrap_or_default();
    path.split('/').nth(1).filter(|area| !area.is_empty()).unwrap_or("server")
}
