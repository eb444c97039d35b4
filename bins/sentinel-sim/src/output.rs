//! Writing a scenario as a pcap file.

use std::fs::OpenOptions;
use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::path::Path;

use anyhow::{Context as _, anyhow, bail};
use netsentinel_capture::{CaptureError, PcapWriter};
use netsentinel_core::LinkType;
use netsentinel_synth::Run;

use crate::cli::RunArgs;

/// Bytes gathered before they are written.
const BUFFER: usize = 1 << 20;

/// Runs the scenario and writes it where `args` say.
///
/// Nothing is created before the scenario and its options are found good.
pub(crate) fn write(args: &RunArgs) -> anyhow::Result<()> {
    let Some(to) = &args.to else {
        bail!("--to is needed");
    };
    let run = args.entry()?.run(&args.options())?;
    if to.as_os_str() == "-" {
        let stdout = io::stdout().lock();
        if stdout.is_terminal() {
            bail!("a capture is no text for a terminal: redirect the output or name a file");
        }
        return write_to(run, stdout);
    }
    let file = create(to, args.force)?;
    write_to(run, file).with_context(|| format!("can not write {}", to.display()))
}

fn create(path: &Path, force: bool) -> anyhow::Result<std::fs::File> {
    let mut options = OpenOptions::new();
    options.write(true);
    if force {
        options.create(true).truncate(true);
    } else {
        options.create_new(true);
    }
    options.open(path).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => {
            anyhow!("{} exists: use --force to overwrite it", path.display())
        }
        _ => anyhow!(error).context(format!("can not create {}", path.display())),
    })
}

fn write_to(mut run: Run, to: impl Write) -> anyhow::Result<()> {
    let to = BufWriter::with_capacity(BUFFER, to);
    let mut writer = PcapWriter::new(to, LinkType::ETHERNET, run.snaplen()).map_err(plain)?;
    while let Some(record) = run.next_frame() {
        writer.write(&record).map_err(plain)?;
    }
    writer.finish().map(drop).map_err(plain)
}

/// What the operating system said, where that is all there is to say.
fn plain(error: CaptureError) -> anyhow::Error {
    match error {
        CaptureError::Write(error) => error.into(),
        other => other.into(),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use crate::cli::Cli;

    use super::*;

    fn sim(path: &Path, more: &[&str]) -> Result<(), String> {
        let path = path.to_str().unwrap();
        let args = ["sim", "showcase", "--to", path].into_iter().chain(more.iter().copied());
        write(&Cli::try_parse_from(args).unwrap().run).map_err(|error| format!("{error:#}"))
    }

    #[test]
    fn the_same_seed_gives_the_same_file_and_another_seed_another() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name| folder.path().join(name);
        for (name, seed) in [("a", "3"), ("b", "3"), ("c", "4")] {
            sim(&path(name), &["--seed", seed, "--packets", "3000"]).unwrap();
        }
        let read = |name| std::fs::read(path(name)).unwrap();
        assert!(read("a") == read("b") && read("a") != read("c"));
        assert!(read("a").len() > 24 + 3000 * (16 + 42));
    }

    #[test]
    fn a_file_is_only_overwritten_by_force() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("capture.pcap");
        std::fs::write(&path, "mine").unwrap();
        let error = sim(&path, &["--packets", "1"]).unwrap_err();
        assert!(error.ends_with("exists: use --force to overwrite it"), "{error}");
        assert_eq!(std::fs::read(&path).unwrap(), b"mine");
        sim(&path, &["--packets", "0", "--force"]).unwrap();
        assert_eq!(std::fs::read(&path).unwrap().len(), 24);
    }

    #[test]
    fn errors_name_the_file_or_the_option() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("no/such/folder");
        assert!(sim(&missing, &[]).unwrap_err().starts_with("can not create "));
        let path = folder.path().join("x");
        assert!(sim(&path, &["--rate", "0"]).unwrap_err().starts_with("option rate is 0"));
        assert!(!path.exists());
        let error = sim(&path, &["--start", "4294967295"]).unwrap_err();
        assert!(error.contains("1970 to 2106"), "{error}");
    }
}
