//! Everything that is asked of the server, over its real routes and its real store.

mod agents;
mod alerts;
mod document;
mod export;
mod suppressions;
