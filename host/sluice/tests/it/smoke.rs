//! The service starts, reads, answers and ends.

use std::fs;

use crate::service::{Service, succeed};

#[test]
fn a_dump_goes_in_and_an_answer_comes_out() {
    let service = Service::start();
    let folder = tempfile::tempdir().unwrap();
    let dump = folder.path().join("list.txt");
    fs::write(&dump, "ann@example.com:hunter2\nbob@example.net:hunter2\n").unwrap();
    let ended = service.ingest(&[&dump], "Smoke", &["--plugin", "combo", "--priority", "2", "--deadline", "2000-01-01T00:00:00Z"]);
    assert_eq!((&ended["job"]["priority"], &ended["job"]["deadline"]), (&2.into(), &946_684_800_000_i64.into()));
    assert_eq!((&ended["load"]["state"], &ended["load"]["ledger"]["stored"]), (&"published".into(), &2.into()));
    let (status, range) = service.get("/range/F3BBB");
    assert_eq!((status, String::from_utf8(range).unwrap().trim_end()), (200, "D66A63D4BF1747940578EC3D0103530E21D:2"));
    let listed = service.json(["loads", "list"]);
    assert_eq!(listed.as_array().unwrap().len(), 1);
    let told = succeed(&mut service.client(["slots", "explain", "1"]));
    assert_eq!(String::from_utf8(told.stdout).unwrap(), "task 1 of job 1: done\n  it is done: nothing of it is to run\n");
    assert_eq!(service.json(["slots", "load"])["wanted_workers"], 0);
    let refused = service.client(["jobs", "set", "1", "--priority", "-1", "--window", "22:00-06:00"]).output().unwrap();
    assert!(String::from_utf8_lossy(&refused.stderr).contains("job 1 is done"), "{refused:?}");
    succeed(service.client(["check"]).arg("--help"));
    assert!(service.stop().success());
}
