//! The service starts, reads, answers and ends.

use std::fs;

use crate::service::{Service, succeed};

#[test]
fn a_dump_goes_in_and_an_answer_comes_out() {
    let service = Service::start();
    let folder = tempfile::tempdir().unwrap();
    let dump = folder.path().join("list.txt");
    fs::write(&dump, "ann@example.com:hunter2\nbob@example.net:hunter2\n").unwrap();
    let ended = service.ingest(&[&dump], "Smoke", &["--plugin", "combo"]);
    assert_eq!((&ended["load"]["state"], &ended["load"]["ledger"]["stored"]), (&"published".into(), &2.into()));
    let (status, range) = service.get("/range/F3BBB");
    assert_eq!((status, String::from_utf8(range).unwrap().trim_end()), (200, "D66A63D4BF1747940578EC3D0103530E21D:2"));
    let listed = service.json(["loads", "list"]);
    assert_eq!(listed.as_array().unwrap().len(), 1);
    succeed(service.client(["check"]).arg("--help"));
    assert!(service.stop().success());
}
