//! Keys of the public API and operators' tokens: known by their SHA-256, looked up in memory, limited by the minute.
//!
//! A key that was seen in the last seconds costs its hash and one look-up: its limiter hangs on it. The limiters outlive that
//! memory, so that reading a key again does not fill its quota again.

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use governor::{
    DefaultDirectRateLimiter, Quota, RateLimiter,
    clock::{Clock, DefaultClock},
};
use moka::future::Cache;
use sha2::{Digest, Sha256};
use sluice_catalogue::{ApiKey, Catalogue, Error, KeyHash, KeyId};

/// Keys remembered, good and bad ones.
const KEYS_MAX: u64 = 65_536;
/// How long another process's revocation may go unseen; this process's is seen at once.
const KEY_AGE_MAX: Duration = Duration::from_secs(5);

/// Which of a key's quotas a request counts on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    Search,
    /// Half of the plan's.
    KAnonymity,
    /// A tenth of the plan's: stealers' logs by a domain.
    Domain,
}

/// A good key and its limiters.
pub(crate) struct KnownKey {
    pub(crate) key: ApiKey,
    quotas: Arc<Quotas>,
}

struct Quotas {
    rpm: u32,
    search: DefaultDirectRateLimiter,
    k_anonymity: DefaultDirectRateLimiter,
    domain: DefaultDirectRateLimiter,
}

impl Quotas {
    fn new(rpm: u32) -> Self {
        let limiter = |rpm| RateLimiter::direct(Quota::per_minute(NonZeroU32::new(rpm).unwrap_or(NonZeroU32::MIN)));
        Self { rpm, search: limiter(rpm), k_anonymity: limiter(rpm / 2), domain: limiter(rpm / 10) }
    }
}

pub(crate) struct Keys {
    catalogue: Catalogue,
    known: Cache<[u8; 32], Option<Arc<KnownKey>>>,
    quotas: Cache<KeyId, Arc<Quotas>>,
    clock: DefaultClock,
}

pub(crate) fn hash(key: &[u8]) -> [u8; 32] {
    Sha256::digest(key).into()
}

impl Keys {
    pub(crate) fn new(catalogue: Catalogue) -> Self {
        Self {
            catalogue,
            known: Cache::builder().max_capacity(KEYS_MAX).time_to_live(KEY_AGE_MAX).build(),
            quotas: Cache::new(KEYS_MAX),
            clock: DefaultClock::default(),
        }
    }

    /// The key with this hash, if it is good.
    pub(crate) async fn find(&self, hash: [u8; 32]) -> Result<Option<Arc<KnownKey>>, Arc<Error>> {
        if let Some(known) = self.known.get(&hash).await {
            return Ok(known);
        }
        let read = async {
            let Some(key) = self.catalogue.key_with_hash(KeyHash(hash)).await? else { return Ok(None) };
            // A key whose rate was changed begins with a full quota of the new one.
            let kept = self.quotas.get(&key.id).await.filter(|quotas| quotas.rpm == key.rpm);
            let quotas = kept.unwrap_or_else(|| Arc::new(Quotas::new(key.rpm)));
            self.quotas.insert(key.id, quotas.clone()).await;
            Ok(Some(Arc::new(KnownKey { key, quotas })))
        };
        self.known.try_get_with(hash, read).await
    }

    /// Forgets all of them: one was revoked or made.
    pub(crate) fn forget(&self) {
        self.known.invalidate_all();
    }

    /// Counts a request; whole seconds to wait, at least one, if the quota is used up.
    pub(crate) fn count(&self, key: &KnownKey, used_for: Use) -> Result<(), u64> {
        let limiter = match used_for {
            Use::Search => &key.quotas.search,
            Use::KAnonymity => &key.quotas.k_anonymity,
            Use::Domain => &key.quotas.domain,
        };
        limiter.check().map_err(|until| until.wait_time_from(self.clock.now()).as_millis().div_ceil(1_000).max(1) as u64)
    }
}
