//! What queries see: the breaches, rendered, and the loads of one generation, switched together with the ranges.
//!
//! Both are one snapshot behind one pointer: a lookup takes it once and is answered from it, so that no answer has loads of one
//! generation and breaches of another, and nobody waits for a switch.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};

use arc_swap::{ArcSwap, Guard};
use bytes::Bytes;
use http::HeaderValue;
use serde::Serialize;
use sluice_catalogue::{Breach, BreachFlags, Catalogue, Error, Generation, Topic};
use sluice_record::{BreachId, LoadId};
use sluice_store::ranges::{Ranges, RangesError, View};
use tokio::sync::Mutex;
use utoipa::ToSchema;

use crate::hibp::Truncated;

/// How long a change by another process may go unseen.
const POLL: Duration = Duration::from_secs(2);

/// Why what is published could not be read.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum PublishedError {
    #[error("the catalogue could not be read")]
    Catalogue(#[from] Error),
    #[error("the ranges could not be switched")]
    Ranges(#[from] RangesError),
    #[error("a breach could not be rendered")]
    Render(#[from] serde_json::Error),
}

/// The ranges and the breaches that belong to them.
pub struct Published {
    catalogue: Catalogue,
    ranges: Arc<Ranges>,
    base_url: String,
    current: ArcSwap<Snapshot>,
    refreshing: Mutex<()>,
}

/// One generation.
pub(crate) struct Snapshot {
    /// Of its number in the catalogue.
    pub(crate) generation: u64,
    /// When it became the current one, for clients' caches.
    pub(crate) published_at: HeaderValue,
    pub(crate) ranges: View,
    /// By title.
    pub(crate) breaches: Vec<Entry>,
    by_load: HashMap<LoadId, usize>,
    by_name: HashMap<String, usize>,
    pub(crate) latest: Option<usize>,
    pub(crate) data_classes: Bytes,
}

/// A breach, rendered.
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) domain: String,
    pub(crate) flags: BreachFlags,
    pub(crate) full: Bytes,
    pub(crate) truncated: Bytes,
    /// What most accounts get: an array of it alone.
    pub(crate) truncated_alone: Bytes,
}

impl Snapshot {
    pub(crate) fn named(&self, name: &str) -> Option<&Entry> {
        self.by_name.get(&name.to_lowercase()).map(|place| &self.breaches[*place])
    }

    /// The published loads of the breaches wanted, without retired ones.
    pub(crate) fn loads(&self, wanted: impl Fn(&Entry) -> bool) -> Vec<LoadId> {
        let is_wanted = |place: usize| !self.breaches[place].flags.is_retired && wanted(&self.breaches[place]);
        self.by_load.iter().filter(|(_, place)| is_wanted(**place)).map(|(load, _)| *load).collect()
    }

    /// The breach of a published load.
    pub(crate) fn of_load(&self, load: LoadId) -> Option<&Entry> {
        self.by_load.get(&load).map(|place| &self.breaches[*place])
    }

    /// The breaches of loads, each once, without those that account searches never show.
    pub(crate) fn shown(&self, loads: &[LoadId]) -> Vec<&Entry> {
        let mut places: Vec<usize> = loads.iter().filter_map(|load| self.by_load.get(load).copied()).collect();
        places.sort_unstable();
        places.dedup();
        places.into_iter().map(|place| &self.breaches[place]).filter(|entry| !entry.flags.is_sensitive && !entry.flags.is_retired).collect()
    }
}

impl Published {
    pub(crate) async fn open(catalogue: Catalogue, ranges: Arc<Ranges>, base_url: &str) -> Result<Self, PublishedError> {
        let base_url = base_url.trim_end_matches('/').to_owned();
        let current = ArcSwap::from_pointee(read(&catalogue, &ranges, &base_url).await?);
        Ok(Self { catalogue, ranges, base_url, current, refreshing: Mutex::default() })
    }

    pub(crate) fn read(&self) -> Guard<Arc<Snapshot>> {
        self.current.load()
    }

    /// Goes over to what the catalogue says now.
    ///
    /// # Errors
    /// If it or a new segment cannot be read; nothing changes then.
    pub async fn refresh(&self) -> Result<(), PublishedError> {
        let _one_at_a_time = self.refreshing.lock().await;
        let next = read(&self.catalogue, &self.ranges, &self.base_url).await?;
        self.current.store(Arc::new(next));
        Ok(())
    }

    /// Refreshes whenever the catalogue changes, for ever.
    pub async fn follow(&self) {
        let mut changes = self.catalogue.changes(&[Topic::Catalogue]);
        loop {
            changes.changed_within(POLL).await;
            if let Err(error) = self.refresh().await {
                tracing::error!(error = &error as &dyn std::error::Error, "what is published could not be refreshed; the last state stays");
                tokio::time::sleep(POLL).await;
            }
        }
    }
}

/// Reads what is published now; the ranges are switched to it.
async fn read(catalogue: &Catalogue, ranges: &Ranges, base_url: &str) -> Result<Snapshot, PublishedError> {
    let (generation, breaches) = loop {
        let generation = catalogue.generation().await?;
        let breaches = catalogue.published_breaches().await?;
        if catalogue.generation().await?.number == generation.number {
            break (generation, breaches);
        }
    };
    if ranges.generation() != generation.segments {
        ranges.switch(&generation.segments).await?;
    }
    render(base_url, breaches, &generation, ranges.view())
}

fn render(base_url: &str, mut found: Vec<Breach>, generation: &Generation, ranges: View) -> Result<Snapshot, PublishedError> {
    found.sort_by_cached_key(|breach| (breach.about.title.to_lowercase(), breach.id));
    let by_id: HashMap<BreachId, usize> = found.iter().enumerate().map(|(place, breach)| (breach.id, place)).collect();
    let classes: BTreeSet<&str> = found.iter().flat_map(|breach| breach.data_classes.iter().map(String::as_str)).collect();
    Ok(Snapshot {
        generation: generation.number,
        published_at: http_date(generation.created_at),
        ranges,
        by_load: generation.loads.iter().filter_map(|(load, breach)| Some((*load, *by_id.get(breach)?))).collect(),
        by_name: found.iter().enumerate().map(|(place, breach)| (breach.about.name.to_lowercase(), place)).collect(),
        latest: (0..found.len()).max_by_key(|place| (found[*place].added_at, found[*place].id)),
        data_classes: serde_json::to_vec(&classes)?.into(),
        breaches: found.iter().map(|breach| entry(base_url, breach)).collect::<Result<_, _>>()?,
    })
}

/// As `Last-Modified` has it.
fn http_date(at: i64) -> HeaderValue {
    let at = jiff::Timestamp::from_millisecond(at).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    HeaderValue::from_str(&at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()).unwrap_or(HeaderValue::from_static(""))
}

/// The breach object, in the live service's order of keys.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
#[schema(as = Breach)]
pub(crate) struct Model<'a> {
    name: &'a str,
    title: &'a str,
    domain: &'a str,
    breach_date: &'a str,
    added_date: String,
    modified_date: String,
    pwn_count: u64,
    description: &'a str,
    logo_path: String,
    attribution: Option<&'a str>,
    disclosure_url: Option<&'a str>,
    data_classes: &'a [String],
    #[serde(flatten)]
    flags: BreachFlags,
}

fn entry(base_url: &str, breach: &Breach) -> Result<Entry, serde_json::Error> {
    let about = &breach.about;
    let full = serde_json::to_vec(&Model {
        name: &about.name,
        title: &about.title,
        domain: &about.domain,
        breach_date: &about.breach_date,
        added_date: date(breach.added_at),
        modified_date: date(breach.modified_at.max(breach.added_at)),
        pwn_count: breach.pwn_count,
        description: &about.description,
        logo_path: if about.logo_path.is_empty() { format!("{base_url}/logos/List.png") } else { about.logo_path.clone() },
        attribution: about.attribution.as_deref(),
        disclosure_url: about.disclosure_url.as_deref(),
        data_classes: &breach.data_classes,
        flags: about.flags,
    })?;
    let truncated_alone: Bytes = serde_json::to_vec(&[Truncated { name: &about.name }])?.into();
    let truncated = truncated_alone.slice(1..truncated_alone.len() - 1);
    Ok(Entry { name: about.name.clone(), domain: about.domain.clone(), flags: about.flags, full: full.into(), truncated, truncated_alone })
}

/// Whole seconds and a `Z`: clients read no other form.
fn date(at: i64) -> String {
    jiff::Timestamp::from_millisecond(at).unwrap_or(jiff::Timestamp::UNIX_EPOCH).strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
