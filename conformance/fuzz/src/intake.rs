//! Intake: whatever the bytes, the walk ends within its bounds, and what it stages is read back as it was staged.

use std::sync::Arc;

use cap_std::{ambient_authority, fs::Dir};
use sluice_intake::{Group, IntakeError, IntakeLimits, SourceKind, StagedReader, Walking, stage, walk_joined};
use sluice_record::InputKind;

const DECODED_BYTES_MAX: u64 = 16 << 20;

pub(crate) fn fuzz(input: &[u8]) {
    let limits = IntakeLimits {
        members_max: 100,
        member_bytes_max: DECODED_BYTES_MAX,
        dump_bytes_max: 4 * DECODED_BYTES_MAX,
        spool_bytes_max: DECODED_BYTES_MAX,
        ratio_free_bytes: DECODED_BYTES_MAX,
        window_bytes_max: DECODED_BYTES_MAX,
        list_bytes_max: 1 << 20,
        ..IntakeLimits::default()
    };
    let folder = tempfile::tempdir().expect("a folder for a while");
    let scratch = Dir::open_ambient_dir(folder.path(), ambient_authority()).expect("that folder");
    let with = Walking { name: "dump", passwords: &["password".to_owned()], limits: &limits, scratch: &scratch };
    let mut total = 0;
    // Neighbours belong together.
    let mut form = |names: &[String]| {
        let pairs = (0..names.len() as u32 / 2).map(|pair| Group { by: 0, members: vec![2 * pair + 1, 2 * pair], want: InputKind::Text });
        Ok::<_, IntakeError>(pairs.collect())
    };
    let walked = walk_joined(&(Arc::new(input.to_vec()) as _), with, &mut form, &mut |member| {
        let mut object = Vec::new();
        match stage(member, InputKind::Text, &mut object) {
            Ok(staged) => {
                let reader = StagedReader::open(Arc::new(object), SourceKind::Frames)?;
                assert_eq!(reader.len(), staged.bytes);
                assert_eq!(reader.stream(0, u64::MAX).map(|piece| piece.map_or(0, |piece| piece.len() as u64)).sum::<u64>(), staged.bytes);
                total += staged.bytes;
                Ok(())
            }
            Err(IntakeError::Member { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    });
    drop(walked);
    // A legacy encoding may double what it decodes to.
    assert!(total <= 8 * DECODED_BYTES_MAX, "{total} bytes were staged");
}
