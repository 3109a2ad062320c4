//! A disk that fills up in the middle of an ingest: nothing is lost, and with room again it goes on to the same end.

use std::{
    fs::{self, File},
    io::Write as _,
    path::{Path, PathBuf},
};

use super::{begin, dumps, is_open, jobs, outcome, small_chunks};
use crate::service::{Service, succeed, wait_for};

/// Takes all the room there is, to the last block.
fn fill(data: &Path) -> PathBuf {
    let path = data.join("ballast");
    let mut ballast = File::create(&path).unwrap();
    for block in [1 << 20, 4 << 10] {
        let zeros = vec![0; block];
        while ballast.write_all(&zeros).is_ok() {}
    }
    path
}

#[test]
fn with_room_again_it_goes_on_to_the_same_end() {
    let folder = tempfile::tempdir().unwrap();
    let config = small_chunks(folder.path(), 64);
    let dumps = dumps(folder.path(), 2 << 20);
    let service = Service::start_on_disk_of(96, &["--config", config.to_str().unwrap()]);
    let ended = service.ingest(&[&dumps[0], &dumps[1]], "Undisturbed", &[]);
    let expected = outcome(&service, &ended["load"]["id"]);

    // Nothing can even be handed in: it is said, with what to do, and it is worth another try.
    let ballast = fill(service.data());
    let refused = service.client(["ingest", "--breach", "Refused"]).args(&dumps).output().unwrap();
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(75), "{said}");
    assert!(said.contains("no space left") && said.contains("hint: "), "{said}");
    assert_eq!(jobs(&service).len(), 1);
    fs::remove_file(ballast).unwrap();

    let mut client = begin(&service, &dumps, "Filled", &[]);
    let before = service.log().len();
    let ballast = fill(service.data());
    wait_for("the full disk to be met", || {
        let log = service.log()[before..].to_lowercase();
        (log.contains("no space") || log.contains("full")).then_some(())
    });
    fs::remove_file(ballast).unwrap();
    wait_for("the end of the job", || {
        let jobs = jobs(&service);
        // What failed as often as it may waits for a word.
        let quarantined = service.json(["tasks", "--state", "quarantined"]);
        for task in quarantined.as_array().unwrap() {
            succeed(&mut service.client(["tasks", "retry", &task["id"].to_string()]));
        }
        (!jobs.iter().any(|job| is_open(job) || job["state"] == "waiting")).then_some(())
    });
    client.wait().unwrap();
    let loads = service.json(["loads", "list"]);
    assert_eq!(loads.as_array().unwrap().len(), 2);
    assert_eq!(outcome(&service, &loads[0]["id"]), expected, "{}", service.log());
    assert!(service.stop().success());
}
