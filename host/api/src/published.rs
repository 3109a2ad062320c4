//! What queries see: the breaches, rendered, and the loads of one generation, switched together with the ranges.
//!
//! A lookup holds the read side of a lock from its look into the ranges to its answer, a switch the write side, so that no answer
//! has loads of one generation and breaches of another. A switch waits for three small reads a new segment; so do lookups meanwhile.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use serde::Serialize;
use sluice_catalogue::{Breach, BreachFlags, Catalogue, Error, Topic};
use sluice_record::{BreachId, LoadId, SegmentRef};
use sluice_store::ranges::{Ranges, RangesError};
use tokio::sync::{Mutex, RwLock, RwLockReadGuard};

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
    pub(crate) ranges: Arc<Ranges>,
    base_url: String,
    current: RwLock<Snapshot>,
    refreshing: Mutex<()>,
}

/// One generation.
#[derive(Default)]
pub(crate) struct Snapshot {
    segments: Vec<SegmentRef>,
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
}

impl Snapshot {
    pub(crate) fn named(&self, name: &str) -> Option<&Entry> {
        self.by_name.get(&name.to_lowercase()).map(|place| &self.breaches[*place])
    }

    /// The breaches of loads, each once, without those that account searches never show.
    pub(crate) fn shown(&self, loads: &[LoadId]) -> Vec<&Entry> {
        let places: BTreeSet<usize> = loads.iter().filter_map(|load| self.by_load.get(load).copied()).collect();
        places.into_iter().map(|place| &self.breaches[place]).filter(|entry| !entry.flags.is_sensitive && !entry.flags.is_retired).collect()
    }
}

impl Published {
    pub(crate) async fn open(catalogue: Catalogue, ranges: Arc<Ranges>, base_url: &str) -> Result<Self, PublishedError> {
        let base_url = base_url.trim_end_matches('/').to_owned();
        let published = Self { catalogue, ranges, base_url, current: RwLock::default(), refreshing: Mutex::default() };
        published.refresh().await?;
        Ok(published)
    }

    pub(crate) async fn read(&self) -> RwLockReadGuard<'_, Snapshot> {
        self.current.read().await
    }

    /// Goes over to what the catalogue says now.
    ///
    /// # Errors
    /// If it or a new segment cannot be read; nothing changes then.
    pub async fn refresh(&self) -> Result<(), PublishedError> {
        let _one_at_a_time = self.refreshing.lock().await;
        let (generation, breaches) = loop {
            let generation = self.catalogue.generation().await?;
            let breaches = self.catalogue.published_breaches().await?;
            if self.catalogue.generation().await?.number == generation.number {
                break (generation, breaches);
            }
        };
        let next = render(&self.base_url, breaches, &generation.loads, generation.segments)?;
        let mut current = self.current.write().await;
        if self.ranges.generation() != next.segments {
            self.ranges.switch(&next.segments).await?;
        }
        *current = next;
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

fn render(
    base_url: &str,
    mut found: Vec<Breach>,
    loads: &[(LoadId, BreachId)],
    segments: Vec<SegmentRef>,
) -> Result<Snapshot, PublishedError> {
    found.sort_by_cached_key(|breach| (breach.about.title.to_lowercase(), breach.id));
    let by_id: HashMap<BreachId, usize> = found.iter().enumerate().map(|(place, breach)| (breach.id, place)).collect();
    let classes: BTreeSet<&str> = found.iter().flat_map(|breach| breach.data_classes.iter().map(String::as_str)).collect();
    Ok(Snapshot {
        segments,
        by_load: loads.iter().filter_map(|(load, breach)| Some((*load, *by_id.get(breach)?))).collect(),
        by_name: found.iter().enumerate().map(|(place, breach)| (breach.about.name.to_lowercase(), place)).collect(),
        latest: (0..found.len()).max_by_key(|place| (found[*place].added_at, found[*place].id)),
        data_classes: serde_json::to_vec(&classes)?.into(),
        breaches: found.iter().map(|breach| entry(base_url, breach)).collect::<Result<_, _>>()?,
    })
}

/// The breach object, in the live service's order of keys.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Model<'a> {
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
    let truncated = serde_json::to_vec(&serde_json::json!({ "Name": about.name }))?;
    Ok(Entry { name: about.name.clone(), domain: about.domain.clone(), flags: about.flags, full: full.into(), truncated: truncated.into() })
}

/// Whole seconds and a `Z`: clients read no other form.
fn date(at: i64) -> String {
    jiff::Timestamp::from_millisecond(at).unwrap_or(jiff::Timestamp::UNIX_EPOCH).strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
