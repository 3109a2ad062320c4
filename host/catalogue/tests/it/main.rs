//! The catalogue through its public door, on real databases.
#![allow(clippy::unwrap_used, missing_docs)]

mod both;
mod broken;
mod postgres;
mod standby;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use sluice_catalogue::{BreachFlags, Catalogue, Change, JobSpec, LeaseRequest, NewBreach, NewJob, NewTask, Settings, SystemClock};
use sluice_record::{DispatcherId, JobId, TaskKind, TaskOutcome, TaskSpec};

/// How long a test waits for what must come about.
const DEADLINE: Duration = Duration::from_secs(60);
const LEASE_MS: i64 = 60_000;

async fn open(url: &str) -> Catalogue {
    let catalogue = connect(&Settings::at(url)).await;
    catalogue.migrate().await.unwrap();
    catalogue
}

async fn connect(settings: &Settings) -> Catalogue {
    Catalogue::connect(settings, Arc::new(SystemClock)).await.unwrap()
}

fn breach(name: &str) -> NewBreach {
    NewBreach {
        name: name.into(),
        title: name.into(),
        domain: "example.org".into(),
        breach_date: "2020-02-02".into(),
        description: String::new(),
        logo_path: String::new(),
        attribution: None,
        disclosure_url: None,
        flags: BreachFlags::default(),
    }
}

/// A job with that many tasks for anybody to lease, and a dispatcher.
async fn queue(catalogue: &Catalogue, tasks: usize) -> (JobId, DispatcherId) {
    let job = catalogue.create_job(&NewJob { spec: JobSpec::Compact, priority: 0 }).await.unwrap();
    let mut step: Vec<Change> = (0..tasks)
        .map(|at| {
            let spec = TaskSpec::Purge { load: None, objects: vec![] };
            Change::Queue(NewTask { job, key: format!("purge/{at}"), spec, splits: 0, not_before: 0 })
        })
        .collect();
    let (from, to) = (sluice_catalogue::JobState::Queued, sluice_catalogue::JobState::Running);
    step.push(Change::Job { job, from, to, message: String::new(), hint: String::new() });
    catalogue.apply(&step).await.unwrap();
    (job, catalogue.register_dispatcher("here", 4).await.unwrap())
}

fn request(dispatcher: DispatcherId, lane: u32) -> LeaseRequest {
    LeaseRequest { dispatcher, lane, worker: format!("worker-{lane}"), kinds: vec![TaskKind::Purge], lease_ms: LEASE_MS }
}

fn done() -> sluice_catalogue::Ended {
    Ok(TaskOutcome::Purged)
}

/// Who had what: a task's tokens.
type Seen = BTreeMap<(i64, i64), u32>;

async fn until<T>(mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let looking = async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(DEADLINE, looking).await.unwrap()
}
