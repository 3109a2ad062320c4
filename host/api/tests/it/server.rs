//! A server with one published load: a breach, an account and a password.

use std::{
    path::Path,
    sync::{Arc, LazyLock},
};

use futures::future::BoxFuture;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use serde_json::Value;
use sha1::{Digest, Sha1};
use sluice_api::{ApiOptions, ApiState, ConnectionLimits, PluginInstaller, serve};
use sluice_catalogue::{
    BreachFlags, Catalogue, Change, JobSpec, KeyHash, LoadState, NewBreach, NewDump, NewJob, NewKey, Plan, Publish, sqlite_url,
};
use sluice_record::{BlobDigest, LoadId, PluginDigest, Policy, RunKind, SegmentRef};
use sluice_store::{
    objects::Objects,
    ranges::{CacheBytes, Output, Ranges, RunWriter, SegmentFiles, merge},
    records::{RecordStore, TantivyOptions, TantivyRecords},
};

pub(crate) const KEY: &str = "0123456789abcdef0123456789abcdef";
pub(crate) const TOKEN: &str = "operator-of-the-tests";

pub(crate) struct Server {
    pub(crate) base: String,
    pub(crate) client: reqwest::Client,
    pub(crate) catalogue: Catalogue,
    pub(crate) load: LoadId,
    pub(crate) objects: Objects,
    pub(crate) records: Arc<dyn RecordStore>,
    folder: tempfile::TempDir,
}

/// The recorder of this process: a counter that nobody records is no counter.
fn metrics() -> PrometheusHandle {
    static HANDLE: LazyLock<PrometheusHandle> = LazyLock::new(|| PrometheusBuilder::new().install_recorder().unwrap());
    HANDLE.clone()
}

struct NoPlugins;

impl PluginInstaller for NoPlugins {
    fn install(&self, _: bytes::Bytes) -> BoxFuture<'_, Result<PluginDigest, String>> {
        Box::pin(async { Err("these tests have no sandbox".to_owned()) })
    }
}

fn segment<const N: usize>(mut run: RunWriter<N>, kind: RunKind, load: LoadId, folder: &Path) -> (Vec<u8>, u64) {
    let (mut rows, mut out) = (Vec::new(), Vec::new());
    run.write(&mut rows).unwrap();
    let merged = merge(kind, Output::Segment, &[load], [Ok(&rows[..])], folder, &mut out).unwrap();
    (out, merged.rows)
}

impl Server {
    pub(crate) async fn start(rpm: u32) -> Self {
        Self::start_with(rpm, ConnectionLimits::default()).await
    }

    pub(crate) async fn start_with(rpm: u32, limits: ConnectionLimits) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let catalogue = Catalogue::open(&sqlite_url(&folder.path().join("catalogue.db"))).await.unwrap();
        catalogue.migrate().await.unwrap();
        let objects = Objects::local(&folder.path().join("objects")).unwrap();
        let accounts = ["test@example.com", "a+b@example.com"].map(|account| Sha1::digest(account).into());
        let load = publish(&catalogue, &objects, folder.path(), "Example", &accounts, &[Sha1::digest("password").into()]).await;
        let plan = Plan { name: "Pro 1".into(), k_anonymity: true, ..Plan::default() };
        let hash = KeyHash(sha2::Digest::finalize(sha2::Digest::chain_update(<sha2::Sha256 as sha2::Digest>::new(), KEY)).into());
        let new = NewKey { hash, operator: false, label: "tests".into(), plan, rpm, expires_at: None };
        catalogue.create_key(&new).await.unwrap();
        let generation = catalogue.generation().await.unwrap();
        let ranges = Ranges::open(&generation.segments, Arc::new(SegmentFiles::new(objects.clone())), CacheBytes::default()).await.unwrap();
        let records = TantivyRecords::open(&folder.path().join("records"), TantivyOptions::default()).unwrap();
        let operator_token_sha256 = Some(<sha2::Sha256 as sha2::Digest>::digest(TOKEN).into());
        // Small, so that an upload has many.
        let upload_part_bytes = 10_000;
        let options = ApiOptions { operator_token_sha256, limits, upload_part_bytes, ..ApiOptions::default() };
        let (records, ranges): (Arc<dyn RecordStore>, _) = (Arc::new(records), Arc::new(ranges));
        let state = ApiState::new(catalogue.clone(), objects.clone(), records.clone(), ranges, options, metrics(), Arc::new(NoPlugins));
        let state = state.await.unwrap();
        let published = state.published.clone();
        tokio::spawn(async move { published.follow().await });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(serve(listener, state, std::future::pending()));
        // What is compressed is looked at as it comes.
        let client = reqwest::Client::builder().user_agent("tests").no_gzip().build().unwrap();
        Self { base, client, catalogue, load, objects, records, folder }
    }

    pub(crate) async fn get(&self, path: &str) -> (u16, String) {
        let answer = self.client.get(format!("{}{path}", self.base)).header("hibp-api-key", KEY).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// Asks the operator API.
    pub(crate) async fn operator(&self, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        let url = format!("{}/api/operator/v1{path}", self.base);
        let mut asked = self.client.request(method.parse().unwrap(), url).bearer_auth(TOKEN);
        if let Some(body) = body {
            asked = asked.json(&body);
        }
        let answer = asked.send().await.unwrap();
        (answer.status().as_u16(), serde_json::from_str(&answer.text().await.unwrap()).unwrap_or_default())
    }

    /// Publishes another load, of a breach of its own.
    pub(crate) async fn publish(&self, name: &str, accounts: &[[u8; 20]], passwords: &[[u8; 20]]) -> LoadId {
        publish(&self.catalogue, &self.objects, self.folder.path(), name, accounts, passwords).await
    }

    /// Takes a load back.
    pub(crate) async fn retract(&self, load: LoadId) {
        let current = self.catalogue.generation().await.unwrap();
        let kept: Vec<_> = current.segments.into_iter().filter(|segment| !segment.loads.contains(&load)).collect();
        self.catalogue.retract(load, &kept, current.number).await.unwrap();
    }
}

async fn publish(
    catalogue: &Catalogue,
    objects: &Objects,
    folder: &Path,
    name: &str,
    accounts: &[[u8; 20]],
    passwords: &[[u8; 20]],
) -> LoadId {
    let about = NewBreach {
        name: name.into(),
        title: name.into(),
        domain: "example.com".into(),
        breach_date: "2020-01-02".into(),
        description: String::new(),
        logo_path: String::new(),
        attribution: None,
        disclosure_url: None,
        flags: BreachFlags::default(),
    };
    let breach = catalogue.create_breach(&about).await.unwrap();
    let dump = catalogue.create_dump(&NewDump { name: name.into(), bytes: None }).await.unwrap();
    let part = objects.put(&format!("dumps/{name}/0"), bytes::Bytes::copy_from_slice(name.as_bytes())).await.unwrap();
    catalogue.append_part(dump, 0, &part).await.unwrap();
    catalogue.complete_dump(dump, BlobDigest(*blake3::hash(name.as_bytes()).as_bytes())).await.unwrap();
    let spec = JobSpec::Import {
        breach,
        dumps: vec![dump],
        policy: Policy::Notify,
        plugin: None,
        archive_passwords: vec![],
        publish: true,
        again: None,
    };
    let job = catalogue.create_job(&NewJob::from(spec)).await.unwrap();
    catalogue.apply(&[Change::BeginLoad { job, breach, policy: Policy::Notify }]).await.unwrap();
    let load = catalogue.loads(1).await.unwrap()[0].id;
    let (mut of_accounts, mut of_passwords) = (RunWriter::account(load, 1 << 20), RunWriter::sha1(load, 1 << 20));
    accounts.iter().for_each(|hash| of_accounts.push(*hash));
    passwords.iter().for_each(|hash| of_passwords.push(*hash));
    let mut own = Vec::new();
    let made = [
        (RunKind::Account, segment(of_accounts, RunKind::Account, load, folder)),
        (RunKind::Sha1, segment(of_passwords, RunKind::Sha1, load, folder)),
    ];
    for (kind, (bytes, rows)) in made {
        let object = objects.put(&format!("ranges/{kind:?}-{load}"), bytes.into()).await.unwrap();
        own.push(SegmentRef { kind, object, rows, loads: vec![load] });
    }
    let state = catalogue.load(load).await.unwrap().state;
    let (accounts, passwords) = (accounts.len() as u64, passwords.len() as u64);
    let merged = Change::Merged { load, segments: own.clone(), accounts, passwords };
    let step = |from, to| Change::Load { load, from, to, message: String::new() };
    catalogue.apply(&[step(state, LoadState::Merging), merged, step(LoadState::Merging, LoadState::Verified)]).await.unwrap();
    let current = catalogue.generation().await.unwrap();
    let segments = current.segments.into_iter().chain(own).collect();
    catalogue.publish(&Publish { load, segments, expected_generation: current.number }).await.unwrap();
    load
}
