//! sluice-normalise
