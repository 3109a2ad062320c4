//! Keys of the public API and operators' tokens: known by their SHA-256, looked up in memory, limited by the minute.

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
const KEY_SECONDS: u64 = 5;
/// A limiter nobody used for this long is full again anyway.
const LIMITER_IDLE_SECONDS: u64 = 120;

/// Which of a key's quotas a request counts on.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Use {
    Search,
    /// Half of the plan's.
    KAnonymity,
}

pub(crate) struct Keys {
    catalogue: Catalogue,
    known: Cache<[u8; 32], Option<Arc<ApiKey>>>,
    limiters: Cache<(KeyId, Use), Arc<DefaultDirectRateLimiter>>,
    clock: DefaultClock,
}

pub(crate) fn hash(key: &[u8]) -> [u8; 32] {
    Sha256::digest(key).into()
}

impl Keys {
    pub(crate) fn new(catalogue: Catalogue) -> Self {
        Self {
            catalogue,
            known: Cache::builder().max_capacity(KEYS_MAX).time_to_live(Duration::from_secs(KEY_SECONDS)).build(),
            limiters: Cache::builder().max_capacity(KEYS_MAX).time_to_idle(Duration::from_secs(LIMITER_IDLE_SECONDS)).build(),
            clock: DefaultClock::default(),
        }
    }

    /// The key with this hash, if it is good.
    pub(crate) async fn find(&self, hash: [u8; 32]) -> Result<Option<Arc<ApiKey>>, Arc<Error>> {
        self.known.try_get_with(hash, async { Ok(self.catalogue.key_with_hash(KeyHash(hash)).await?.map(Arc::new)) }).await
    }

    /// Forgets all of them: one was revoked or made.
    pub(crate) fn forget(&self) {
        self.known.invalidate_all();
    }

    /// Counts a request; whole seconds to wait, at least one, if the quota is used up.
    pub(crate) async fn count(&self, key: &ApiKey, used_for: Use) -> Result<(), u64> {
        let rpm = match used_for {
            Use::Search => key.rpm,
            Use::KAnonymity => key.rpm / 2,
        };
        let quota = Quota::per_minute(NonZeroU32::new(rpm).unwrap_or(NonZeroU32::MIN));
        let limiter = self.limiters.get_with((key.id, used_for), async { Arc::new(RateLimiter::direct(quota)) }).await;
        limiter.check().map_err(|until| until.wait_time_from(self.clock.now()).as_millis().div_ceil(1_000).max(1) as u64)
    }
}
