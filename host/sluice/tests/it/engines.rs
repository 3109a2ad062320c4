//! The service on PostgreSQL and S3 instead of its folder.

use std::{fs, path::Path};

use sluice_engines::{
    postgres::{PASSWORD, Running, shared},
    s3,
};

use crate::service::{Service, sluice, succeed};

const SECRET: &str = "synthetic secret of the objects";

/// A configuration file for a database and a bucket of a test's own, the secrets beside it.
pub(crate) fn configure(folder: &Path, database_url: &str, s3: &s3::S3, place: &str) -> String {
    let (key, secret) = s3.credentials();
    let secret = if secret == "synthetic" { SECRET.to_owned() } else { secret };
    fs::write(folder.join("password"), format!("{PASSWORD}\n")).unwrap();
    fs::write(folder.join("secret"), secret).unwrap();
    let file = folder.join("sluice.toml");
    let (folder, endpoint) = (folder.display(), s3.endpoint());
    let text = format!(
        "[catalogue]\nurl = '{database_url}'\npassword_file = '{folder}/password'\nconnections_max = 4\n\
         [objects]\nurl = '{place}'\nendpoint = '{endpoint}'\nregion = 'us-east-1'\naccess_key_id = '{key}'\n\
         secret_access_key_file = '{folder}/secret'\n"
    );
    fs::write(&file, text).unwrap();
    file.to_str().unwrap().to_owned()
}

#[test]
fn a_dump_goes_in_and_an_answer_comes_out_of_postgresql_and_s3() {
    let (server, objects) = (Running::start(&["fsync=off"]).unwrap(), s3::shared().unwrap());
    server.database("service").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let config = configure(folder.path(), &server.url_without_password("service"), &objects, &objects.place());
    let (data, dump) = (folder.path().join("data"), folder.path().join("list.txt"));
    fs::create_dir(&data).unwrap();
    fs::write(&dump, "ann@example.com:hunter2\nbob@example.net:hunter2\n").unwrap();

    let service = Service::start_in(&data, &["--config", &config]);
    let ended = service.ingest(&[&dump], "Smoke", &["--plugin", "combo"]);
    assert_eq!((&ended["load"]["state"], &ended["load"]["ledger"]["stored"]), (&"published".into(), &2.into()));
    // A process hears of a generation from PostgreSQL, a moment after it is there.
    let answers = |service: &Service| {
        service.wait_for("the answer", || {
            let (status, range) = service.get("/range/F3BBB");
            assert_eq!(status, 200);
            (String::from_utf8(range).unwrap().trim_end() == "D66A63D4BF1747940578EC3D0103530E21D:2").then_some(())
        });
    };
    answers(&service);
    // It is there that everything is, and nothing of it in the folder.
    assert_eq!(server.sql("service", "SELECT state FROM loads").unwrap(), "published");
    assert!(!data.join("catalogue.sqlite").exists() && !data.join("objects").exists());
    service.kill();

    // PostgreSQL goes away under it, and comes back.
    let service = Service::start_in(&data, &["--config", &config]);
    server.stop().unwrap();
    answers(&service); // from memory and S3
    server.start_again().unwrap();
    service.wait_for("readiness", || (service.get("/readyz").0 == 200).then_some(()));
    let ended = service.ingest(&[&dump], "Again", &["--plugin", "combo"]);
    assert_eq!(ended["load"]["state"], "published");
    for secret in [PASSWORD, "of%20the", SECRET] {
        assert!(!service.log().contains(secret));
    }
    assert!(service.stop().success());

    let mut check = sluice(["check", "--config", &config, "--data"]);
    let said = String::from_utf8(succeed(check.arg(&data)).stdout).unwrap();
    assert!(said.contains("postgres://…@127.0.0.1") && said.contains("s3://"), "{said}");
}

#[test]
fn what_is_wrong_with_an_engine_is_said_before_anything_starts() {
    let server = shared().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let check = |text: &str, code: i32| {
        let file = folder.path().join("sluice.toml");
        fs::write(&file, text).unwrap();
        let output = sluice(["check", "--config"]).arg(&file).arg("--data").arg(folder.path().join("data")).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{text}\n{said}");
        said
    };
    let url = server.url_without_password("nowhere");
    fs::write(folder.path().join("password"), "hush hush").unwrap();
    let password = format!("password_file = '{}'", folder.path().join("password").display());
    let said = check(&format!("[catalogue]\nurl = '{url}'\n{password}"), 71);
    assert!(said.contains("postgres://…@127.0.0.1") && said.contains("password") && !said.contains("hush"), "{said}");
    assert!(check("[catalogue]\nurl = 'mysql://example.com/x'", 78).contains("postgres://"));
    assert!(check(&format!("[catalogue]\nurl = '{url}'\npassword_file = '/nowhere'"), 78).contains("password_file"));
    assert!(check(&format!("[catalogue]\nurl = '{url}'\nconnections_max = 0"), 78).contains("connections_max"));
    assert!(check("[catalogue]\npasword = 'x'", 78).contains("pasword"));
    assert!(check("[objects]\nurl = 'ftp://example.com/x'", 78).contains("objects.url"));
}
