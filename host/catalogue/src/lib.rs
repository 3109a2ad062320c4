//! sluice-catalogue
