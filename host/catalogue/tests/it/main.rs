//! The catalogue through its public door, on real files.
#![allow(clippy::unwrap_used)]

use sluice_catalogue::{Catalogue, sqlite_url};

#[tokio::test]
async fn opens_and_migrates_twice() {
    let folder = tempfile::tempdir().unwrap();
    let url = sqlite_url(&folder.path().join("catalogue.db"));
    for _ in 0..2 {
        let catalogue = Catalogue::open(&url).await.unwrap();
        catalogue.migrate().await.unwrap();
        catalogue.migrate().await.unwrap();
        assert_eq!(catalogue.generation().await.unwrap().number, 0);
        assert!(catalogue.open_jobs().await.unwrap().is_empty());
        catalogue.close().await;
    }
}
