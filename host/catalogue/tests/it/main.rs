//! The catalogue through its public door, on real databases.
#![allow(clippy::unwrap_used, missing_docs)]

mod both;
mod broken;
mod postgres;
mod standby;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use sluice_catalogue::{BreachFlags, Catalogue, Change, JobSpec, LeaseRequest, NewBreach, NewJob, NewTask, Settings, SystemClock, Window};
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
    let job = catalogue.create_job(&NewJob::from(JobSpec::Compact)).await.unwrap();
    let mut step: Vec<Change> = (0..tasks)
        .map(|at| {
            let spec = TaskSpec::Purge { load: None, objects: vec![] };
            Change::Queue(NewTask { job, key: format!("purge/{at}"), spec, splits: 0, not_before: 0 })
        })
        .collect();
    let (from, to) = (sluice_catalogue::JobState::Queued, sluice_catalogue::JobState::Running);
    step.push(Change::Job { job, from, to, message: String::new(), hint: String::new() });
    catalogue.apply(&step).await.unwrap();
    (job, catalogue.register_dispatcher("here", 4, None).await.unwrap())
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

#[test]
fn windows_are_read_and_counted_back_from_a_deadline() {
    const HOUR: i64 = 3_600_000;
    for (text, hours) in [("22:00-06:00", 8), ("00:00-01:00", 1), ("08:30-08:29", 0)] {
        let window: Window = text.parse().unwrap();
        assert_eq!(window.to_string(), text);
        let open = (0..24).filter(|hour| window.is_open(hour * HOUR)).count();
        assert_eq!(open, if hours == 0 { 24 } else { hours }, "{text}");
    }
    for text in ["", "22:00", "22:00-22:00", "24:00-01:00", "22:60-23:00", "2:00-03:00", "22:00-06:00 ", "+2:00-03:00"] {
        assert!(text.parse::<Window>().is_err(), "{text}");
    }
    let night: Window = "22:00-06:00".parse().unwrap();
    assert_eq!((night.opens_at(21 * HOUR), night.opens_at(23 * HOUR), night.opens_at(6 * HOUR)), (22 * HOUR, 23 * HOUR, 22 * HOUR));
    // A deadline, hours of work, and when that begins at the latest; hours since a midnight.
    for (deadline, hours, latest) in
        [(26, 2, 24), (26, 4, 22), (26, 6, 4), (26, 12, -2), (26, 13, -19), (36, 8, 22), (36, 1, 29), (36, 16, -2), (36, 0, 30)]
    {
        assert_eq!(night.latest_start(deadline * HOUR, hours * HOUR), latest * HOUR, "{hours} hours until {deadline}");
    }
}
