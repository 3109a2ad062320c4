//! Object stores of other machines: S3 and its kin. What fails on the way is tried again by the `object_store` crate, with pauses
//! that grow, for three minutes at most; past that it is [`StoreError::Unavailable`].

use std::sync::Arc;

use object_store::{ObjectStoreScheme, parse_url_opts, prefix::PrefixStore};
use url::Url;

use super::{Objects, Place};
use crate::StoreError;

pub(super) fn open(url: &str, options: impl IntoIterator<Item = (String, String)>) -> Result<Objects, StoreError> {
    let parsed = Url::parse(url).map_err(|error| StoreError::Invalid(format!("it is no URL: {error}")))?;
    if parsed.password().is_some() || parsed.query().is_some() {
        return Err(StoreError::Invalid("it is s3://bucket/prefix and the like: keys and options are no part of it".into()));
    }
    let invalid = |why: &dyn std::fmt::Display| StoreError::Invalid(format!("{url}: {why}"));
    let (scheme, _) =
        ObjectStoreScheme::parse(&parsed).map_err(|_| invalid(&"no kind of object store has such a URL; s3://bucket/prefix is one"))?;
    if !matches!(scheme, ObjectStoreScheme::AmazonS3 | ObjectStoreScheme::GoogleCloudStorage | ObjectStoreScheme::MicrosoftAzure) {
        return Err(invalid(&"objects are kept in a folder, in S3, GCS or Azure, and nowhere else"));
    }
    let (store, prefix) = parse_url_opts(&parsed, options).map_err(|error| invalid(&error))?;
    let store = Arc::new(PrefixStore::new(store, prefix));
    Ok(Objects::at(Place { store, shown: url.into(), folder: None }))
}
