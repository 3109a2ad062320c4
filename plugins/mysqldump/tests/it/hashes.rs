//! Hashes of rows that are read many at once are told as each by itself, and so is what only looks like one.

use sluice_mysqldump::Mysqldump;
use sluice_plugin::{FieldKind, HashKind, Item, Secret, identify, native};

/// The commonest kinds, in either case, and some of a length or marker that is theirs.
const HASHES: &[&str] = &[
    "0123456789abcdef0123456789abcdef",
    "0123456789ABCDEF0123456789ABCDEF",
    "01234567890123456789012345678901",
    "0123456789012345678901234567890a",
    "0123456789abcdef0123456789abcdef01234567",
    "0123456789012345678901234567890123456789",
    "*0123456789ABCDEF0123456789ABCDEF01234567",
    "*0123456789012345678901234567890123456789",
    "$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0",
    "$H$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0",
    "0123456789abcdef0123456789abcdef0123456789abcdef01234567",
    "$2y$10$abcdefghijklmnopqrstuv./ABCDEFGHIJKLMNOPQRSTUVWXYZ012",
    "$2a$04$abcdefghijklmnopqrstuv./ABCDEFGHIJKLMNOPQRSTUVWXYZ012",
    "$2$$10$abcdefghijklmnopqrstuv./ABCDEFGHIJKLMNOPQRSTUVWXYZ0123",
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    "0123456789012345678901234567890123456789012345678901234567890123",
    "correct horse battery staple",
];
/// Characters beside the alphabets' ends, and some of them.
const STRANGE: &[u8] = b"!$-./019:@AFGZ[`afgz{~\x7f\xc3";

#[test]
fn hashes_in_batches_are_told_as_each_by_itself() {
    let mut secrets: Vec<Vec<u8>> = HASHES.iter().map(|hash| hash.as_bytes().to_vec()).collect();
    for hash in HASHES {
        for at in 0..hash.len() {
            for byte in STRANGE {
                let mut changed = hash.as_bytes().to_vec();
                changed[at] = *byte;
                secrets.push(changed);
            }
        }
    }
    let mut dump = b"CREATE TABLE `u` (`id` int, `email` text, `password` text);\nINSERT INTO `u` VALUES ".to_vec();
    for (number, secret) in secrets.iter().enumerate() {
        dump.extend(format!("{}({number},'p{number}@example.com','", if number == 0 { "" } else { "," }).into_bytes());
        dump.extend(secret);
        dump.extend(b"')");
    }
    dump.extend(b";\n");

    let found = native::parse::<Mysqldump>(&dump, 64 << 10);
    let mut told = Vec::new();
    for item in found.batches.iter().flat_map(|batch| batch.items()) {
        if let Item::Record { fields, .. } = item {
            let secret = |field: &_| matches!(sluice_record::Field::kind(field), Some(FieldKind::Hash | FieldKind::Password));
            told.extend(fields.filter(secret).map(|field| (field.value.to_vec(), field.hash_kind())));
        }
    }
    assert_eq!(told.len(), secrets.len());
    let mut kinds = Vec::new();
    for ((value, kind), secret) in told.iter().zip(&secrets) {
        let alone: Option<HashKind> = match identify(secret, None) {
            Secret::Hash(kind) => Some(kind),
            Secret::Plain => None,
        };
        assert_eq!((value, *kind), (secret, alone), "{}", secret.escape_ascii());
        kinds.extend(alone);
    }
    for kind in [HashKind::Md5, HashKind::Sha1, HashKind::Sha224, HashKind::Sha256, HashKind::Mysql41, HashKind::Phpass, HashKind::Bcrypt] {
        assert!(kinds.contains(&kind), "{} is among them", kind.name());
    }
}
