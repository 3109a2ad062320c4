//! What PostgreSQL alone has: several processes, migrations under them, passwords and TLS.

use std::{os::unix::fs::PermissionsExt as _, process::Command};

use sluice_catalogue::{Catalogue, Error, JobSpec, NewJob, Settings, TaskFilter};
use sluice_engines::postgres::{Database, PASSWORD, Running, shared};
use sluice_record::{BreachId, LoadId, MemberId, PluginDigest};

use crate::{breach, connect, open};

#[tokio::test(flavor = "multi_thread")]
async fn processes_that_start_at_once_migrate_once() {
    let database = Database::new().unwrap();
    let starting: Vec<_> = (0..8)
        .map(|_| {
            let url = database.url().to_owned();
            tokio::spawn(async move { open(&url).await })
        })
        .collect();
    for started in starting {
        assert_eq!(started.await.unwrap().generation().await.unwrap().number, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_goes_on_while_a_newer_one_adds_columns() {
    let server = shared().unwrap();
    let url = server.database("additive").unwrap();
    let catalogue = open(&url).await;
    let everything = async || {
        let spec = JobSpec::Compact;
        let job = catalogue.create_job(&NewJob::from(spec)).await.unwrap();
        catalogue.job(job).await.unwrap();
        catalogue.open_jobs().await.unwrap();
        catalogue.jobs(10).await.unwrap();
        catalogue.breaches().await.unwrap();
        catalogue.loads(10).await.unwrap();
        catalogue.loads_of(BreachId(1)).await.unwrap();
        catalogue.members(LoadId(1), None, 10).await.unwrap();
        assert!(matches!(catalogue.member(MemberId(1)).await, Err(Error::NotFound { .. })));
        assert!(matches!(catalogue.plugin(PluginDigest([1; 32])).await, Err(Error::NotFound { .. })));
        catalogue.dumps(10).await.unwrap();
        catalogue.dispatchers().await.unwrap();
        catalogue.slots().await.unwrap();
        catalogue.plugins().await.unwrap();
        catalogue.keys().await.unwrap();
        catalogue.rates().await.unwrap();
        catalogue.audit_entries(10).await.unwrap();
        catalogue.tasks(TaskFilter::default(), 10).await.unwrap();
        catalogue.generation().await.unwrap();
    };
    // Often enough that each connection has prepared it all.
    for _ in 0..10 {
        everything().await;
    }
    let tables =
        ["breaches", "dumps", "jobs", "loads", "members", "dispatchers", "slots", "plugins", "api_keys", "audit", "task_rates", "tasks"];
    for table in tables {
        server.sql("additive", &format!("ALTER TABLE {table} ADD COLUMN of_tomorrow TEXT NOT NULL DEFAULT 'x'")).unwrap();
    }
    for _ in 0..10 {
        everything().await;
    }
    // And what it added is no business of one that starts anew.
    assert_eq!(open(&url).await.jobs(100).await.unwrap().len(), 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_used_and_never_shown() {
    let server = shared().unwrap();
    server.database("secret").unwrap();
    let mut settings = Settings { password: Some(PASSWORD.into()), ..Settings::at(server.url_without_password("secret")) };
    let catalogue = connect(&settings).await;
    catalogue.migrate().await.unwrap();
    let with = Settings::at(server.url("secret"));
    let shown = format!("{catalogue:?} {settings:?} {with:?}");
    assert!(!shown.contains("alone"), "{shown}");

    settings.password = Some("another, alone".into());
    let refused = Catalogue::connect(&settings, std::sync::Arc::new(sluice_catalogue::SystemClock)).await.unwrap_err();
    assert!(matches!(refused, Error::Open { .. }), "{refused:?}");
    let shown = format!("{refused} {refused:?}");
    assert!(!shown.contains("alone") && shown.contains("127.0.0.1"), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_is_checked_by_the_authority_that_is_named() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let (key, certificate) = (folder.path().join("key.pem"), folder.path().join("certificate.pem"));
    let mut openssl = Command::new("openssl");
    openssl.args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]);
    openssl
        .args(["-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE"])
        .arg("-keyout")
        .arg(&key)
        .arg("-out")
        .arg(&certificate);
    assert!(openssl.output().unwrap().status.success());
    let server = Running::start(&["fsync=off"]).unwrap();
    server.use_tls(&certificate, &key).unwrap();
    let url = server.database("encrypted").unwrap();
    let trusted = open(&format!("{url}?sslmode=verify-full&sslrootcert={}", certificate.display())).await;
    trusted.create_breach(&breach("Example")).await.unwrap();
    assert_eq!(
        server
            .sql("encrypted", "SELECT DISTINCT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'sluice'")
            .unwrap(),
        "t"
    );
    let untrusted = Catalogue::open(&format!("{url}?sslmode=verify-full")).await.unwrap_err();
    assert!(matches!(untrusted, Error::Open { .. }), "{untrusted:?}");
}
