//! sluice-control
