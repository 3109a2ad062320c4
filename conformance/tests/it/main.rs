//! Sluice from outside.

mod law;
