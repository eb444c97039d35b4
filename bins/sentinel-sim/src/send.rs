//! Playing a scenario onto an interface.

use std::io::{self, Write as _};
use std::str::FromStr;

use anyhow::{Context as _, bail};
use netsentinel_capture::MAX_SNAPLEN;
use netsentinel_capture::live::{Injector, default_interfaces};
use netsentinel_cli::{Pace, Pacer};
use netsentinel_synth::{Options, Run};

use crate::cli::RunArgs;

/// How fast packets are sent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Speed {
    /// By the scenario's own times, or a multiple of them.
    Paced(Pace),
    /// As fast as the interface takes them.
    Max,
}

impl FromStr for Speed {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "max" => Ok(Self::Max),
            _ => text
                .parse()
                .map(Self::Paced)
                .map_err(|_| "expected real, max or a factor above 0, such as 10"),
        }
    }
}

/// Sends the scenario on the interface as `args` say, and tells what was sent.
pub(crate) fn send(args: &RunArgs, interface: &str) -> anyhow::Result<()> {
    let options = Options { snaplen: Some(MAX_SNAPLEN), ..args.options() };
    let entry = args.entry()?;
    // Wrong options are found before anything is opened.
    let first = entry.run(&options)?;
    if !args.on_real_network {
        refuse_default_route(interface)?;
    }
    let mut injector = Injector::open(interface)?;
    let mut sent = Sent::default();
    sent.play(first, args.pace, &mut injector);
    for _ in 1..args.repeat.get() {
        sent.play(entry.run(&options)?, args.pace, &mut injector);
    }
    let Sent { frames, bytes, failed, .. } = sent;
    writeln!(
        io::stdout(),
        "sent {frames} frames, {bytes} bytes on {interface}; {failed} could not be sent"
    )?;
    match sent.first_failure {
        Some(first) => bail!("{failed} frames could not be sent; the first: {first}"),
        None => Ok(()),
    }
}

/// Attacks with forged addresses do not belong on a network that others use.
fn refuse_default_route(interface: &str) -> anyhow::Result<()> {
    let leading_out = default_interfaces().context(
        "can not tell whether a default route leaves by the interface; \
                  use --on-real-network to send all the same",
    )?;
    if leading_out.iter().any(|name| name == interface) {
        bail!(
            "{interface} is what a default route leaves by, so forged attacks would go out to a \
             network that others use: choose a test interface, or say --on-real-network"
        );
    }
    Ok(())
}

/// What was sent.
#[derive(Debug, Default)]
struct Sent {
    frames: u64,
    bytes: u64,
    failed: u64,
    first_failure: Option<String>,
}

impl Sent {
    /// Sends a whole run; its first frame at once. What can not be sent is counted.
    fn play(&mut self, mut run: Run, speed: Speed, injector: &mut Injector) {
        let mut pacer = match speed {
            Speed::Paced(pace) => Some(Pacer::new(pace)),
            Speed::Max => None,
        };
        while let Some(record) = run.next_frame() {
            if let Some(pacer) = &mut pacer {
                pacer.wait(record.timestamp);
            }
            match injector.send(record.data) {
                Ok(()) => {
                    self.frames += 1;
                    self.bytes += record.data.len() as u64;
                }
                Err(error) => {
                    self.failed += 1;
                    self.first_failure.get_or_insert_with(|| error.to_string());
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speeds_are_real_max_or_factors() {
        assert_eq!("max".parse(), Ok(Speed::Max));
        assert_eq!("real".parse::<Speed>(), Ok(Speed::Paced("1".parse().unwrap())));
        for wrong in ["", "0", "-1", "fast"] {
            assert!(wrong.parse::<Speed>().unwrap_err().contains("max"), "{wrong}");
        }
    }
}
