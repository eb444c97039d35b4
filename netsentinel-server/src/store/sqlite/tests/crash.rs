//! A process that is killed while it stores alerts: what it has acknowledged is there, once.

use std::collections::HashMap;
use std::env;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use super::open;
use crate::store::contract::{Sample, agent, alert, at};
use crate::store::{AlertFilter, Store};

/// Tells the child where to store, and which round it is.
const FOLDER: &str = "NETSENTINEL_CRASH_FOLDER";
const ROUND: &str = "NETSENTINEL_CRASH_ROUND";
const ROUNDS: u32 = 6;
/// Ids that belong to one round.
const IDS: u32 = 100_000;
const BATCH: u32 = 20;
const TASKS: u32 = 3;

/// Does nothing unless the test below runs it as its child: stores batches until it is killed, and
/// prints each that the store has acknowledged.
#[test]
fn child() {
    let (Ok(folder), Ok(round)) = (env::var(FOLDER), env::var(ROUND)) else { return };
    let round: u32 = round.parse().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let store: Arc<dyn Store> = Arc::new(open(Path::new(&folder), Arc::new(())));
        let tasks: Vec<_> = (0..TASKS)
            .map(|task| tokio::spawn(store_batches(Arc::clone(&store), round * IDS, task)))
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
    });
}

async fn store_batches(store: Arc<dyn Store>, base: u32, task: u32) {
    for batch in (task..IDS / BATCH).step_by(TASKS as usize) {
        let first = base + batch * BATCH;
        let sample = |id| alert(Sample { id, seconds: i64::from(id % 300), ..Sample::default() });
        let alerts = (first..first + BATCH).map(sample);
        // An agent that got no answer sends the same again, from before the server was killed.
        let again = (base.saturating_sub(IDS)..base.saturating_sub(IDS) + 3).map(sample);
        store.add_alerts(&agent(1), alerts.chain(again).collect(), at(0)).await.unwrap();
        println!("acknowledged {first}");
    }
}

#[tokio::test]
async fn what_a_killed_process_acknowledged_is_there_once() {
    let dir = tempfile::tempdir().unwrap();
    let mut acknowledged: Vec<u32> = Vec::new();
    // Any numbers will do; these are the same in every run.
    let mut seed = 0x2545_f491_u32;
    for round in 0..ROUNDS {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        acknowledged.extend(run_and_kill(dir.path(), round, 1 + (seed >> 24) as usize % 60));
        look_through(dir.path(), &acknowledged).await;
    }
    assert!(acknowledged.len() > ROUNDS as usize);
}

/// Kills the child after so many acknowledgements; those that it gave are returned, also the ones that
/// were still under way to us.
fn run_and_kill(dir: &Path, round: u32, after: usize) -> Vec<u32> {
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "store::sqlite::tests::crash::child", "--nocapture"])
        .env(FOLDER, dir)
        .env(ROUND, round.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut acknowledged = Vec::new();
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        // The first line may begin with the harness's own words; the last may be cut short.
        let line = line.unwrap();
        let Some((_, first)) = line.split_once("acknowledged ") else { continue };
        acknowledged.extend(first.parse::<u32>().ok().filter(|first| first % BATCH == 0));
        if acknowledged.len() == after {
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    assert!(acknowledged.len() >= after, "the child ended by itself");
    acknowledged
}

async fn look_through(dir: &Path, acknowledged: &[u32]) {
    let store = open(dir, Arc::new(()));
    let mut times: HashMap<String, u32> = HashMap::new();
    let mut after = None;
    loop {
        let page = store.alerts(&AlertFilter::default(), after, 5_000).await.unwrap();
        for stored in page.alerts {
            *times.entry(stored.alert.id.to_string()).or_default() += 1;
        }
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert!(times.values().all(|times| *times == 1));
    for id in acknowledged.iter().flat_map(|first| *first..first + BATCH) {
        assert!(
            times.contains_key(&format!("{id:032x}")),
            "{id} was acknowledged and is not there"
        );
    }
    let stats = store.stats().await.unwrap();
    assert_eq!(stats.alerts.high as usize, times.len());
    let check = |connection: &rusqlite::Connection| {
        Ok(connection.query_row("PRAGMA integrity_check", [], |row| row.get::<_, String>(0))?)
    };
    assert_eq!(store.shared.readers.run(check).await.unwrap(), "ok");
}
