//! sluice-intake
