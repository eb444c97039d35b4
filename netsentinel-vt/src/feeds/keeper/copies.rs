//! The last good lists on the disk, and what is known of each.
//!
//! `NAME.list` is the list as it came, `NAME.json` says where it came from and when. `NAME.new` and
//! `NAME.event` are lists that are being fetched; what is left of them after a crash is removed.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::PathBuf;

use netsentinel_core::Timestamp;
use netsentinel_core::config::FeedFormat;
use serde::{Deserialize, Serialize};

use super::plan::Plan;
use crate::ReputationSetupError;
use crate::feeds::fetch::{Place, Validators, create};

/// Bytes of a record at most.
const RECORD_BYTES_MAX: u64 = 64 << 10;

/// The folder of the last good lists.
#[derive(Clone, Debug)]
pub(super) struct Copies {
    folder: PathBuf,
}

/// What is known of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    /// Where it comes from: a list from elsewhere is another list.
    pub(super) from: String,
    pub(super) format: FeedFormat,
    /// What its server said of its version.
    #[serde(default)]
    pub(super) validators: Validators,
    /// How many indicators it names, the same one each time. Absent while there is no copy.
    pub(super) indicators: Option<u64>,
    /// When it was last known to be current: loaded, or not changed since.
    pub(super) current: Option<Timestamp>,
    /// When its server was last asked.
    pub(super) asked: Option<Timestamp>,
}

impl Record {
    pub(super) fn new(plan: &Plan) -> Self {
        let from = match &plan.place {
            Place::Web(url) => url.to_string(),
            Place::File(path) => path.to_string_lossy().into_owned(),
        };
        Self {
            from,
            format: plan.format,
            validators: Validators::default(),
            indicators: None,
            current: None,
            asked: None,
        }
    }
}

impl Copies {
    /// Makes the folder where it is missing, and clears what a crash has left.
    pub(super) fn open(folder: PathBuf) -> Result<Self, ReputationSetupError> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::DirBuilderExt as _;
            builder.mode(0o700);
        }
        let cleared = builder.create(&folder).and_then(|()| {
            for entry in fs::read_dir(&folder)? {
                let path = entry?.path();
                if path.extension().is_some_and(|kind| kind == "new" || kind == "event") {
                    fs::remove_file(path)?;
                }
            }
            Ok(())
        });
        match cleared {
            Ok(()) => Ok(Self { folder }),
            Err(reason) => Err(ReputationSetupError::File { path: folder, reason }),
        }
    }

    /// The last good list.
    pub(super) fn list(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.list"))
    }

    /// The list that is being fetched.
    pub(super) fn fetched(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.new"))
    }

    /// The event of a MISP feed that is being fetched.
    pub(super) fn event(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.event"))
    }

    fn record(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.json"))
    }

    /// Makes the list that was fetched the last good one.
    pub(super) fn adopt(&self, name: &str) -> io::Result<()> {
        fs::rename(self.fetched(name), self.list(name))
    }

    /// Removes what was fetched, if anything.
    pub(super) fn discard(&self, name: &str) {
        for path in [self.fetched(name), self.event(name)] {
            // Mostly it is not there; if it can not be removed it is overwritten the next time.
            let _ = fs::remove_file(path);
        }
    }

    /// What is known of the list, if it is of the same place and format; what makes no sense counts as
    /// nothing known.
    pub(super) fn read_record(&self, plan: &Plan) -> Option<Record> {
        let mut text = String::new();
        let file = File::open(self.record(&plan.name)).ok()?;
        file.take(RECORD_BYTES_MAX).read_to_string(&mut text).ok()?;
        let record: Record = serde_json::from_str(&text).ok()?;
        let expected = Record::new(plan);
        (record.from == expected.from && record.format == expected.format).then_some(record)
    }

    /// Keeps what is known of the list, wholly or not at all.
    pub(super) fn write_record(&self, name: &str, record: &Record) -> io::Result<()> {
        // Not `NAME.new`: that may hold a list.
        let (new, path) = (self.folder.join(format!("{name}.json.new")), self.record(name));
        let mut file = create(&new)?;
        file.write_all(&serde_json::to_vec_pretty(record)?)?;
        file.sync_all()?;
        fs::rename(new, path)
    }
}
