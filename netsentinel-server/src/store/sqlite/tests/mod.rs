//! SQLite held to the contract, and to what only it can get wrong.

mod crash;
mod faults;

use std::path::Path;
use std::sync::Arc;

use proptest::prelude::*;
use tempfile::TempDir;

use super::SqliteStore;
use crate::store::contract::{alerts, model, order, people};
use crate::store::{Observer, Store};

/// An empty store, and the folder that it goes with.
fn empty(observer: Arc<dyn Observer>) -> (TempDir, Arc<dyn Store>) {
    let dir = tempfile::tempdir().unwrap();
    let store = Arc::new(open(dir.path(), observer));
    (dir, store)
}

/// So few that every test goes through it.
const FOLD_AFTER: usize = 7;

fn open(dir: &Path, observer: Arc<dyn Observer>) -> SqliteStore {
    SqliteStore::open_folding(dir, observer, FOLD_AFTER).unwrap()
}

macro_rules! held_to {
    ($($module:ident :: $case:ident),* $(,)?) => {
        $(#[tokio::test]
        async fn $case() {
            let (_dir, store) = empty(Arc::new(()));
            $module::$case(store).await;
        })*
    };
}

held_to! {
    alerts::updates_keep_what_people_did,
    alerts::an_update_may_change_the_severity,
    alerts::pages_are_stable_while_alerts_come_in,
    alerts::text_has_no_wildcards,
    alerts::triage_stops_at_the_revision_that_was_seen,
    alerts::retention_by_bytes_keeps_the_newest,
    alerts::the_ends_of_time_are_times,
    people::agents_are_known_by_their_keys,
    people::sessions_end,
    people::tokens_end,
    people::the_audit_trail_is_read_backwards,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_order_for_all() {
    let witness = Arc::new(order::Witness::default());
    let (_dir, store) = empty(Arc::clone(&witness) as Arc<dyn Observer>);
    order::one_order_for_all(store, witness).await;
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn follows_the_model(steps in model::steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (_dir, store) = empty(Arc::new(()));
        runtime.block_on(model::follow(store, steps));
    }
}
