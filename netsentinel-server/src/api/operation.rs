//! What can be asked of the server: one table that admits requests, tells what each needs, and is
//! what the OpenAPI document is made of.
//!
//! A request whose method and path are not in the table is answered 404 or 405 before any handler
//! sees it, and its caller is checked against [`Access`] there, so no route can forget to ask.

use http::Method;
use schemars::{JsonSchema, Schema, SchemaGenerator};

use crate::store::Role;

/// One thing that can be asked.
pub(crate) struct Operation {
    /// The method.
    pub(crate) method: Method,
    /// The path; `{name}` stands for one segment.
    pub(crate) path: &'static str,
    /// On which listener, and who may.
    pub(crate) access: Access,
    /// What it does, in one line.
    pub(crate) summary: &'static str,
    /// The type of the query string's parameters.
    pub(crate) query: Option<SchemaOf>,
    /// The type of the request's JSON body.
    pub(crate) request: Option<SchemaOf>,
    /// What is answered when all is well.
    pub(crate) answer: Answer,
}

/// Makes the schema of a type.
pub(crate) type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// On which listener something can be asked, and who may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Anybody, on every listener.
    Public,
    /// People and scripts with at least this role, on the listener of the GUI.
    Role(Role),
    /// Whoever has the shared key, on the listener of the agents.
    Enrolment,
    /// Enrolled agents, on the listener of the agents.
    Agent,
    /// Enrolled agents, on the listener of the agents, and people and scripts with at least this role, on
    /// the listener of the GUI.
    AgentOrRole(Role),
}

/// What is answered when all is well.
pub(crate) enum Answer {
    /// Status 200 and this JSON.
    Json(SchemaOf),
    /// Status 201 and this JSON.
    Created(SchemaOf),
    /// Status 204 and no body.
    Nothing,
    /// Status 200 and a body of this media type.
    Body(&'static str),
    /// Status 101: the connection becomes a WebSocket.
    WebSocket,
}

impl Operation {
    /// An operation without parameters or a body.
    pub(crate) fn new(method: Method, path: &'static str, access: Access, answer: Answer) -> Self {
        Self { method, path, access, summary: "", query: None, request: None, answer }
    }

    /// The same, told in one line.
    pub(crate) fn summary(self, summary: &'static str) -> Self {
        Self { summary, ..self }
    }

    /// The same, with the parameters that are `T`'s fields.
    pub(crate) fn query<T: JsonSchema>(self) -> Self {
        Self { query: Some(schema::<T>), ..self }
    }

    /// The same, with a JSON body.
    pub(crate) fn request<T: JsonSchema>(self) -> Self {
        Self { request: Some(schema::<T>), ..self }
    }
}

/// Refers to `T`'s schema.
pub(crate) fn schema<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}
