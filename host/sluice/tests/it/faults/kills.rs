//! Killed or drained at any instant, an ingest ends as if nothing had been.

use std::{fs, thread, time::Instant};

use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use sluice_catalogue::{Catalogue, TaskFilter, TaskState, sqlite_url};

use super::{begin, dumps, is_open, jobs, outcome, small_chunks, wait_until_done};
use crate::service::{Service, wait_for};

const KILLS: u32 = 20;
/// An ingest that nobody disturbs is cut into so many lives, on average.
const LIVES: u32 = 10;
const SEED: u64 = 20;

#[test]
fn killed_at_twenty_instants_it_publishes_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let config = small_chunks(folder.path(), 64);
    let args = ["--config", config.to_str().unwrap()];
    let dumps = dumps(folder.path(), 2 << 20);

    let undisturbed = Service::start_with(&args);
    let begun = Instant::now();
    let ended = undisturbed.ingest(&[&dumps[0], &dumps[1]], "Undisturbed", &[]);
    let life = begun.elapsed() / LIVES;
    let expected = outcome(&undisturbed, &ended["load"]["id"]);
    assert!(expected[0]["records"].as_u64().unwrap() > 10_000, "{expected:?}");
    assert!(undisturbed.stop().success());

    let data = folder.path().join("data");
    let mut random = StdRng::seed_from_u64(SEED);
    let (mut kills, mut clients) = (0, Vec::new());
    let mut service = Service::start_in(&data, &args);
    while kills < KILLS {
        if !jobs(&service).iter().any(is_open) {
            clients.push(begin(&service, &dumps, &format!("Killed{}", clients.len()), &[]));
        }
        thread::sleep(life.mul_f64(random.random_range(0.0..2.0)));
        // Only a kill while there is work counts.
        kills += u32::from(jobs(&service).iter().any(is_open));
        service.kill();
        service = Service::start_in(&data, &args);
    }
    wait_until_done(&service);
    clients.iter_mut().for_each(|client| drop(client.wait()));
    let loads = service.json(["loads", "list"]);
    assert_eq!(loads.as_array().unwrap().len(), clients.len());
    for load in loads.as_array().unwrap() {
        assert_eq!(outcome(&service, &load["id"]), expected, "{load}");
    }
    assert_eq!(fs::read_dir(data.join("scratch")).unwrap().count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn drained_it_hands_its_leases_back_and_nothing_is_done_twice() {
    let folder = tempfile::tempdir().unwrap();
    let config = small_chunks(folder.path(), 4096);
    let args = ["--config", config.to_str().unwrap()];
    let dumps = dumps(folder.path(), 6 << 20);
    let data = folder.path().join("data");
    let service = Service::start_in(&data, &args);
    let mut client = begin(&service, &dumps, "Drained", &[]);
    wait_for("parsing", || {
        let tasks = service.json(["tasks"]);
        // Long ones, so that they are in the middle of it.
        let parsing = |task: &serde_json::Value| task["kind"] == "parse" && task["state"] == "leased";
        tasks.as_array().unwrap().iter().any(parsing).then_some(())
    });
    assert!(service.stop().success());
    client.wait().unwrap();

    let catalogue = Catalogue::open(&sqlite_url(&data.join("catalogue.sqlite"))).await.unwrap();
    let tasks = catalogue.tasks(TaskFilter::default(), 1_000).await.unwrap();
    let open: Vec<_> = tasks.iter().filter(|task| task.finished_at.is_none()).collect();
    assert!(!open.is_empty(), "it was drained too late to show anything");
    // Queued, as if nobody ever had them: no deadline has to pass, and no attempt is spent.
    assert!(open.iter().all(|task| task.state == TaskState::Queued && task.attempts == 0), "{open:#?}");
    assert!(open.iter().any(|task| task.worker.is_some()), "no lease was handed back");
    catalogue.close().await;

    let service = Service::start_in(&data, &args);
    wait_until_done(&service);
    let tasks = service.json(["tasks"]);
    assert!(tasks.as_array().unwrap().iter().all(|task| task["attempts"] == 1), "{tasks:#}");
    let undisturbed = Service::start_with(&args);
    let ended = undisturbed.ingest(&[&dumps[0], &dumps[1]], "Undisturbed", &[]);
    assert_eq!(outcome(&service, &1.into()), outcome(&undisturbed, &ended["load"]["id"]));
}
