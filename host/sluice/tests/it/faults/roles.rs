//! Roles in processes of their own, on PostgreSQL, S3 and OpenSearch: whoever dies, what is published is what one process publishes.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;
use sluice_engines::{
    opensearch::OpenSearch,
    postgres::{PASSWORD, Running},
    s3,
};

use super::{begin, dumps, outcome, small_chunks, wait_until_done};
use crate::service::{Service, plugin_dir, wait_for};

const TOKEN: &str = "synthetic token of the workers";

/// Servers, and the configuration of processes on them.
struct Site {
    folder: PathBuf,
    catalogue: String,
    stores: String,
}

impl Site {
    fn new(folder: &Path, database_url: &str, s3: &s3::S3, opensearch: &OpenSearch) -> Self {
        let (key, secret) = s3.credentials();
        for (file, text) in [("password", PASSWORD), ("secret", &secret), ("token", TOKEN)] {
            fs::write(folder.join(file), text).unwrap();
        }
        let (place, endpoint, url, id) = (s3.place(), s3.endpoint(), opensearch.url(), std::process::id());
        let shown = folder.display();
        Self {
            folder: folder.to_owned(),
            catalogue: format!("[catalogue]\nurl = '{database_url}'\npassword_file = '{shown}/password'\nconnections_max = 4\n"),
            stores: format!(
                "[objects]\nurl = '{place}'\nendpoint = '{endpoint}'\nregion = 'us-east-1'\naccess_key_id = '{key}'\n\
                 secret_access_key_file = '{shown}/secret'\n[records]\nengine = 'opensearch'\nurls = ['{url}']\nprefix = 'roles-{id}'\n\
                 [worker]\ntoken_file = '{shown}/token'\n"
            ),
        }
    }

    /// With regions: one whose store is a folder, and one whose store is a bucket's folder.
    fn with_regions(mut self, s3: &s3::S3) -> Self {
        let (key, _) = s3.credentials();
        let (shown, place, endpoint) = (self.folder.display(), s3.place(), s3.endpoint());
        self.stores += &format!(
            "[objects.regions.eu]\nurl = 'file://{shown}/eu'\n[objects.regions.us]\nurl = '{place}/us'\nendpoint = '{endpoint}'\n\
             region = 'us-east-1'\naccess_key_id = '{key}'\nsecret_access_key_file = '{shown}/secret'\n"
        );
        self
    }

    /// Starts a process that is in a region.
    fn start_in(&self, region: &str, name: &str, roles: &str) -> Service {
        self.start_with(&format!("region = '{region}'\n"), name, roles, ANY_PORT, &[])
    }

    /// Starts a process; a worker is told nothing of the catalogue.
    fn start(&self, name: &str, roles: &str, listen: &str, dispatchers: &[&str]) -> Service {
        self.start_with("", name, roles, listen, dispatchers)
    }

    fn start_with(&self, region: &str, name: &str, roles: &str, listen: &str, dispatchers: &[&str]) -> Service {
        let (config, data) = (self.folder.join(format!("{name}.toml")), self.folder.join(name).join("data"));
        fs::create_dir_all(&data).unwrap();
        let own = format!("{region}instance = '{name}'\nlanes = 1\nchunk_kib = 256\n");
        let catalogue = if roles == "worker" { "" } else { &self.catalogue };
        fs::write(&config, own + catalogue + &self.stores).unwrap();
        let plugins = few_plugins(&self.folder);
        let mut args = vec!["--config", config.to_str().unwrap(), "--roles", roles, "--plugin-dir", plugins.to_str().unwrap()];
        dispatchers.iter().for_each(|url| args.extend(["--dispatcher", url]));
        Service::start_at(listen, &data, &args)
    }
}

const ANY_PORT: &str = "127.0.0.1:0";

fn tasks(api: &Service, load: u64) -> Vec<Value> {
    let tasks = api.json(["tasks"]);
    tasks.as_array().unwrap().iter().filter(|task| task["load"] == load).cloned().collect()
}

/// Waits until a worker is at a chunk, and some are done.
fn wait_for_the_middle(api: &Service, load: u64, worker: &str) {
    wait_for("a chunk", || {
        let tasks = tasks(api, load);
        let at_it = |task: &Value| task["state"] == "leased" && task["worker"].as_str().is_some_and(|name| name.starts_with(worker));
        let parse: Vec<_> = tasks.iter().filter(|task| task["kind"] == "parse").collect();
        (parse.iter().any(|task| at_it(task)) && parse.iter().any(|task| task["state"] == "done")).then_some(())
    });
}

#[test]
fn roles_apart_publish_what_one_process_does_whoever_dies() {
    let folder = tempfile::tempdir().unwrap();
    let dumps = dumps(folder.path(), 3 << 20);
    let (config, plugins) = (small_chunks(folder.path(), 256), few_plugins(folder.path()));
    let alone = Service::start_with(&["--config", config.to_str().unwrap(), "--plugin-dir", plugins.to_str().unwrap()]);
    let expected = outcome(&alone, &alone.ingest(&[&dumps[0], &dumps[1]], "Alone", &[])["load"]["id"]);
    assert!(alone.stop().success());

    let (postgres, s3, opensearch) = (Running::start(&["fsync=off"]).unwrap(), s3::shared().unwrap(), OpenSearch::start().unwrap());
    postgres.database("roles").unwrap();
    let site = Site::new(folder.path(), &postgres.url_without_password("roles"), &s3, &opensearch);
    let api = site.start("api", "api,controller,scheduler", ANY_PORT, &[]);
    let dispatcher = site.start("dispatcher", "dispatcher", ANY_PORT, &[]);
    let at = dispatcher.address().to_owned();
    // Two at once, of which one is not there yet.
    let second = format!("http://127.0.0.1:{}", free_port());
    let urls = [dispatcher.url(), second.clone()];
    let urls = [urls[0].as_str(), urls[1].as_str()];
    let (first_worker, worker) = (site.start("first", "worker", ANY_PORT, &urls), site.start("second", "worker", ANY_PORT, &urls));

    let load = api.ingest(&[&dumps[0], &dumps[1]], "Undisturbed", &[])["load"]["id"].clone();
    assert_eq!(outcome(&api, &load), expected);
    let done = tasks(&api, 1);
    for name in ["first-", "second-"] {
        assert!(done.iter().any(|task| task["worker"].as_str().is_some_and(|worker| worker.starts_with(name))), "{done:#?}");
    }
    assert!(!worker.data().join("catalogue.sqlite").exists() && !worker.data().join("operator.token").exists());

    // A worker dies: its lease runs out, and another goes on. The dispatcher dies, and comes back where it was.
    let mut client = begin(&api, &dumps, "Killed", &[]);
    wait_for_the_middle(&api, 2, "first-");
    first_worker.kill();
    dispatcher.kill();
    let dispatcher = site.start("dispatcher", "dispatcher", &at, &[]);
    wait_until_done(&api);
    drop(client.wait());
    assert_eq!(outcome(&api, &2.into()), expected);
    assert!(tasks(&api, 2).iter().any(|task| task["token"].as_u64() > Some(1)), "nobody died in the middle of anything");

    // Two of each; a dispatcher that drains is left for the other, and the load goes on.
    let other = site.start("other", "controller,scheduler,dispatcher", second.trim_start_matches("http://"), &[]);
    let first_worker = site.start("first", "worker", ANY_PORT, &urls);
    let mut client = begin(&api, &dumps, "Drained", &[]);
    wait_for_the_middle(&api, 3, "");
    assert!(dispatcher.stop().success());
    assert!(first_worker.stop().success());
    wait_until_done(&api);
    drop(client.wait());
    assert_eq!(outcome(&api, &3.into()), expected);
    assert!(tasks(&api, 3).iter().all(|task| task["attempts"] == 1), "what is handed back was never tried");
    assert!(!other.log().contains("leases ran out"), "what is handed back is waited for by nobody");
    for service in [&api, &other, &worker] {
        assert!(!service.log().contains(TOKEN) && !service.log().contains(PASSWORD));
        assert_eq!((service.get_openly("/healthz").0, service.get_openly("/readyz").0), (200, 200));
        assert!(!service.get_openly("/metrics").1.is_empty());
    }
}

#[test]
fn what_is_uploaded_in_a_region_is_done_there() {
    let folder = tempfile::tempdir().unwrap();
    let dumps = dumps(folder.path(), 2 << 20);
    let (config, plugins) = (small_chunks(folder.path(), 256), few_plugins(folder.path()));
    let alone = Service::start_with(&["--config", config.to_str().unwrap(), "--plugin-dir", plugins.to_str().unwrap()]);
    let expected = outcome(&alone, &alone.ingest(&[&dumps[0], &dumps[1]], "Alone", &[])["load"]["id"]);
    assert!(alone.stop().success());

    let (postgres, s3, opensearch) = (Running::start(&["fsync=off"]).unwrap(), s3::shared().unwrap(), OpenSearch::start().unwrap());
    postgres.database("regions").unwrap();
    let site = Site::new(folder.path(), &postgres.url_without_password("regions"), &s3, &opensearch).with_regions(&s3);
    let start = |name: &str, roles: &str| site.start_in(name, name, roles);
    let eu = start("eu", "api,controller,scheduler,dispatcher,worker");
    let us = start("us", "api,dispatcher,worker");
    eu.ingest(&[&dumps[0]], "One", &[]);
    us.ingest(&[&dumps[1]], "Two", &[]);
    // What was uploaded is where it was: a load of both is done in both.
    let both = eu.ingest(&[&dumps[0], &dumps[1]], "Both", &[]);
    assert_eq!(outcome(&eu, &both["load"]["id"]), expected);
    for (load, regions) in [(1, &["eu"][..]), (2, &["us"]), (3, &["eu", "us"])] {
        let tasks = tasks(&eu, load);
        let far = |task: &&Value| match task["region"].as_str() {
            Some(region) => !task["worker"].as_str().unwrap().starts_with(&format!("{region}-")),
            None => !matches!(task["kind"].as_str(), Some("count" | "purge")),
        };
        assert_eq!(tasks.iter().find(far), None);
        let found: BTreeSet<_> = tasks.iter().filter(|task| task["kind"] == "parse").filter_map(|task| task["region"].as_str()).collect();
        assert_eq!(found.into_iter().collect::<Vec<_>>(), regions);
    }
    assert!(folder.path().join("eu/dumps").is_dir(), "the first dump is in its region's folder");

    // While nobody is there, what is there waits, and says why.
    assert!(us.stop().success());
    let mut client = begin(&eu, &dumps[1..], "Waits", &[]);
    let told = wait_for("a task of the other region", || {
        let task = tasks(&eu, 4).into_iter().find(|task| task["state"] == "queued")?;
        Some(eu.json(["slots", "explain", &task["id"].to_string()])["because"].to_string())
    });
    assert!(told.contains("there is no lane for it in region us, where its bytes are"), "{told}");
    assert_eq!(eu.json(["slots", "load", "--region", "us"])["queued"]["tasks"], 1);
    let _us = start("us", "api,dispatcher,worker");
    wait_until_done(&eu);
    drop(client.wait());
    assert_eq!(outcome(&eu, &4.into())[0], outcome(&eu, &2.into())[0]);
}

/// Those that the dumps need: each worker compiles all there are.
fn few_plugins(folder: &Path) -> PathBuf {
    let few = folder.join("plugins");
    fs::create_dir_all(&few).unwrap();
    for name in ["combo.wasm", "csv.wasm"] {
        fs::copy(plugin_dir().join(name), few.join(name)).unwrap();
    }
    few
}

fn free_port() -> u16 {
    std::net::TcpListener::bind(ANY_PORT).unwrap().local_addr().unwrap().port()
}
