//! Running this very program under valgrind, and reading what was counted.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};

use crate::stages::{self, PACKETS};

/// The function during which is counted, and behind which a profile is written. Two patterns, because
/// callgrind minds only one of two options with the same.
const COUNTED: [&str; 2] =
    ["*counted_stage*", "netsentinel_bench_instructions::stages::counted_stage*"];

/// Makes the C library take the same paths on every processor, as far as it lets itself be told: it
/// chooses how to copy memory by what the processor says it can. Names that it does not know it ignores.
const TUNABLES: &str = "glibc.cpu.hwcaps=-AVX2,-AVX2_Usable,-AVX512F,-AVX512VL,-AVX512BW,\
    -AVX512F_Usable,-AVX512VL_Usable,-ERMS,-FSRM,-Prefer_ERMS,-Prefer_FSRM";

/// What one stage took.
#[derive(Debug)]
pub(crate) struct Count {
    pub(crate) input: String,
    pub(crate) stage: String,
    /// Instructions a packet.
    pub(crate) instructions: f64,
}

/// Counts all stages.
pub(crate) fn count() -> Result<Vec<Count>> {
    let folder = tempfile::tempdir()?;
    let base = folder.path().join("counts");
    let this = std::env::current_exe()?;
    let [during, behind] = COUNTED;
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--error-exitcode=0", "--quiet"])
        .arg(format!("--callgrind-out-file={}", base.display()))
        .arg(format!("--toggle-collect={during}"))
        .arg(format!("--dump-after={behind}"))
        .arg(this)
        .arg("stages")
        .env("GLIBC_TUNABLES", TUNABLES)
        .env_remove("LD_PRELOAD")
        .stdin(Stdio::null())
        .output()
        .context("can not run valgrind: is it installed?")?;
    ensure!(
        output.status.success(),
        "valgrind ended with {}: {}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    let names = stages::parse(&String::from_utf8(output.stdout)?)?;
    names
        .into_iter()
        .zip(1..)
        .map(|((input, stage), number)| {
            let total = total(&base.with_extension(number.to_string()))
                .with_context(|| format!("{stage} on {input} was not counted"))?;
            Ok(Count { input, stage, instructions: total as f64 / PACKETS as f64 })
        })
        .collect()
}

/// All instructions in a profile that callgrind has written.
fn total(profile: &Path) -> Result<u64> {
    total_in(&fs::read_to_string(profile)?).context("the profile has no total")
}

fn total_in(profile: &str) -> Option<u64> {
    let rest = profile.lines().find_map(|line| line.strip_prefix("totals: "))?;
    rest.split_ascii_whitespace().next()?.parse().ok().filter(|&total| total > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_is_read_and_none_is_no_total() {
        let profile = "version: 1\nevents: Ir\n\nfn=(1) main\n5 100\n\ntotals: 2310\n";
        assert_eq!(total_in(profile), Some(2_310));
        assert_eq!(total_in("totals: 0\n"), None);
        assert_eq!(total_in("summary: 7\n"), None);
    }
}
