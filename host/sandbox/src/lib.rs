//! sluice-sandbox
