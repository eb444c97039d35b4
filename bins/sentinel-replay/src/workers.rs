//! How many workers pay.

use std::fs;
use std::num::NonZeroUsize;
use std::thread::available_parallelism;

use crate::cli::Cli;

/// More do not pay: what one thread finds out of each packet keeps about three busy with judging.
const MOST: NonZeroUsize = NonZeroUsize::new(4).unwrap();
/// Less than this is over, on one core, before further threads have their tables: some tens of
/// milliseconds.
const SMALL: u64 = 32 << 20;

/// As many workers as pay for the captures of the command line: as there are cores, up to four, for files
/// of some size; one for small ones, for what comes through a pipe, which is seldom faster than one, and
/// where the capture's own time sets the pace.
pub(crate) fn that_pay(cli: &Cli) -> NonZeroUsize {
    let sizes = cli.captures.iter().filter_map(|path| fs::metadata(path).ok());
    let bytes: u64 = sizes.filter(fs::Metadata::is_file).map(|file| file.len()).sum();
    let cores = available_parallelism().unwrap_or(NonZeroUsize::MIN);
    if cli.pace.is_some() { NonZeroUsize::MIN } else { for_bytes(bytes, cores) }
}

fn for_bytes(bytes: u64, cores: NonZeroUsize) -> NonZeroUsize {
    if bytes < SMALL { NonZeroUsize::MIN } else { cores.min(MOST) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cores_are_used_for_large_files_up_to_a_number() {
        let chosen = |bytes, cores| for_bytes(bytes, NonZeroUsize::new(cores).unwrap()).get();
        assert_eq!(chosen(SMALL - 1, 8), 1);
        assert_eq!(chosen(SMALL, 1), 1);
        assert_eq!(chosen(SMALL, 2), 2);
        assert_eq!(chosen(SMALL, 64), 4);
    }
}
