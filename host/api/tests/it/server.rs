//! A server with one published load: a breach, an account and a password.

use std::sync::Arc;

use futures::future::BoxFuture;
use sha1::{Digest, Sha1};
use sluice_api::{ApiOptions, ApiState, PluginInstaller, router};
use sluice_catalogue::{
    BreachFlags, Catalogue, Change, JobSpec, KeyHash, LoadState, NewBreach, NewDump, NewJob, NewKey, Plan, Publish, sqlite_url,
};
use sluice_record::{BlobDigest, LoadId, PluginDigest, Policy, RunKind, SegmentRef};
use sluice_store::{
    objects::Objects,
    ranges::{CacheBytes, Output, Ranges, RunWriter, merge},
    records::{TantivyOptions, TantivyRecords},
};

pub(crate) const KEY: &str = "0123456789abcdef0123456789abcdef";
pub(crate) const TOKEN: &str = "operator-of-the-tests";

pub(crate) struct Server {
    pub(crate) base: String,
    pub(crate) client: reqwest::Client,
    pub(crate) catalogue: Catalogue,
    pub(crate) load: LoadId,
    _folder: tempfile::TempDir,
}

struct NoPlugins;

impl PluginInstaller for NoPlugins {
    fn install(&self, _: bytes::Bytes) -> BoxFuture<'_, Result<PluginDigest, String>> {
        Box::pin(async { Err("these tests have no sandbox".to_owned()) })
    }
}

fn segment<const N: usize>(mut run: RunWriter<N>, kind: RunKind, load: LoadId, folder: &std::path::Path) -> (Vec<u8>, u64) {
    let (mut rows, mut out) = (Vec::new(), Vec::new());
    run.write(&mut rows).unwrap();
    let merged = merge(kind, Output::Segment, &[load], [Ok(&rows[..])], folder, &mut out).unwrap();
    (out, merged.rows)
}

impl Server {
    pub(crate) async fn start(rpm: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let catalogue = Catalogue::open(&sqlite_url(&folder.path().join("catalogue.db"))).await.unwrap();
        catalogue.migrate().await.unwrap();
        let objects = Objects::local(&folder.path().join("objects")).unwrap();
        let load = publish(&catalogue, &objects, folder.path()).await;
        let plan = Plan { name: "Pro 1".into(), k_anonymity: true, ..Plan::default() };
        let hash = KeyHash(sha2::Digest::finalize(sha2::Digest::chain_update(<sha2::Sha256 as sha2::Digest>::new(), KEY)).into());
        let new = NewKey { hash, operator: false, label: "tests".into(), plan, rpm, expires_at: None };
        catalogue.create_key(&new).await.unwrap();
        let generation = catalogue.generation().await.unwrap();
        let ranges = Ranges::open(&generation.segments, Arc::new(objects.clone()), CacheBytes::default()).await.unwrap();
        let records = TantivyRecords::open(&folder.path().join("records"), TantivyOptions::default()).unwrap();
        let options =
            ApiOptions { operator_token_sha256: Some(<sha2::Sha256 as sha2::Digest>::digest(TOKEN).into()), ..ApiOptions::default() };
        let metrics = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder().handle();
        let state = ApiState::new(catalogue.clone(), objects, Arc::new(records), Arc::new(ranges), options, metrics, Arc::new(NoPlugins))
            .await
            .unwrap();
        let published = state.published.clone();
        tokio::spawn(async move { published.follow().await });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router(state)).await.unwrap() });
        let client = reqwest::Client::builder().user_agent("tests").build().unwrap();
        Self { base, client, catalogue, load, _folder: folder }
    }

    pub(crate) async fn get(&self, path: &str) -> (u16, String) {
        let answer = self.client.get(format!("{}{path}", self.base)).header("hibp-api-key", KEY).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }
}

async fn publish(catalogue: &Catalogue, objects: &Objects, folder: &std::path::Path) -> LoadId {
    let about = NewBreach {
        name: "Example".into(),
        title: "Example".into(),
        domain: "example.com".into(),
        breach_date: "2020-01-02".into(),
        description: String::new(),
        logo_path: String::new(),
        attribution: None,
        disclosure_url: None,
        flags: BreachFlags::default(),
    };
    let breach = catalogue.create_breach(&about).await.unwrap();
    let dump = catalogue.create_dump(&NewDump { name: "a.txt".into(), bytes: None }).await.unwrap();
    let part = objects.put("dumps/a/0", bytes::Bytes::from_static(b"x")).await.unwrap();
    catalogue.append_part(dump, 0, &part).await.unwrap();
    catalogue.complete_dump(dump, BlobDigest([1; 32])).await.unwrap();
    let spec =
        JobSpec::Import { breach, dumps: vec![dump], policy: Policy::Notify, plugin: None, archive_passwords: vec![], publish: true };
    let job = catalogue.create_job(&NewJob { spec, priority: 0 }).await.unwrap();
    catalogue.apply(&[Change::BeginLoad { job, breach, policy: Policy::Notify }]).await.unwrap();
    let load = catalogue.loads(1).await.unwrap()[0].id;
    let mut accounts = RunWriter::account(load, 1 << 20);
    for account in ["test@example.com", "a+b@example.com"] {
        accounts.push(Sha1::digest(account).into());
    }
    let mut passwords = RunWriter::sha1(load, 1 << 20);
    passwords.push(Sha1::digest("password").into());
    let mut segments = Vec::new();
    let accounts = segment(accounts, RunKind::Account, load, folder);
    let passwords = segment(passwords, RunKind::Sha1, load, folder);
    for (kind, (bytes, rows)) in [(RunKind::Account, accounts), (RunKind::Sha1, passwords)] {
        let object = objects.put(&format!("ranges/{kind:?}"), bytes.into()).await.unwrap();
        segments.push(SegmentRef { kind, object, rows, loads: vec![load] });
    }
    let state = catalogue.load(load).await.unwrap().state;
    let merged = Change::Merged { load, segments: segments.clone(), accounts: 2, passwords: 1 };
    let step = |from, to| Change::Load { load, from, to, message: String::new() };
    catalogue.apply(&[step(state, LoadState::Merging), merged, step(LoadState::Merging, LoadState::Verified)]).await.unwrap();
    catalogue.publish(&Publish { load, segments, expected_generation: 0 }).await.unwrap();
    load
}
