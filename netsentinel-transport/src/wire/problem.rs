//! Why a request was refused as a whole.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// The body of every answer that is an error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Problem {
    /// What kind of error, for programs: such as `unauthorized`, `too_large`, `not_found`.
    pub error: Cow<'static, str>,
    /// What is wrong and what to do, for people.
    pub message: String,
}

impl Problem {
    /// A problem of the kind `error`.
    pub fn new(error: &'static str, message: impl Into<String>) -> Self {
        Self { error: Cow::Borrowed(error), message: message.into() }
    }
}
