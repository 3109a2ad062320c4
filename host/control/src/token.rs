//! The token that workers and dispatchers share. It may be changed while both run: for a while a dispatcher takes the one before as well.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant},
};

use sha2::{Digest, Sha256};

/// How long the token before is taken.
const BEFORE_TIME_MAX: Duration = Duration::from_secs(3_600);

/// The token as it is now. Clones share it.
#[derive(Clone)]
pub struct WorkerToken(Arc<RwLock<Known>>);

struct Known {
    current: String,
    before: Option<(String, Instant)>,
}

impl std::fmt::Debug for WorkerToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("WorkerToken(…)")
    }
}

impl WorkerToken {
    /// One to begin with.
    pub fn new(token: impl Into<String>) -> Self {
        Self(Arc::new(RwLock::new(Known { current: token.into(), before: None })))
    }

    /// From now on this one is brought; the one before is taken for an hour. `true` if it is another.
    pub fn rotate(&self, token: &str) -> bool {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if known.current == token {
            return false;
        }
        let before = std::mem::replace(&mut known.current, token.to_owned());
        known.before = Some((before, Instant::now()));
        true
    }

    /// What a worker brings.
    pub(crate) fn current(&self) -> String {
        self.0.read().unwrap_or_else(PoisonError::into_inner).current.clone()
    }

    /// Is this what a worker may bring? Only hashes are compared, so that the time it takes says nothing of the token.
    pub(crate) fn takes(&self, brought: &str) -> bool {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let before = known.before.as_ref().filter(|(_, since)| since.elapsed() < BEFORE_TIME_MAX).map(|(before, _)| before);
        let brought = Sha256::digest(brought.as_bytes());
        [Some(&known.current), before].into_iter().flatten().any(|token| Sha256::digest(token.as_bytes()) == brought)
    }
}
