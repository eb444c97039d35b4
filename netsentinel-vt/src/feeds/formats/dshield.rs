//! DShield's recommended block list: the networks that attack most, separated by tabs.

use std::io::BufRead;
use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

use super::intake::Intake;
use super::lines::each_line;
use super::{FormatError, Skip};

/// Reads it. A line tells the first and the last address and the prefix of a network; they must agree.
pub(super) fn read(input: impl BufRead, intake: &mut Intake<'_>) -> Result<(), FormatError> {
    each_line(input, intake, |line, intake| {
        // The header is not commented out.
        if line.starts_with('#') || line.starts_with("Start") {
            return Ok(());
        }
        match network(line) {
            Some(network) => intake.network(network.into()),
            None => {
                intake.skip(Skip::Malformed);
                Ok(())
            }
        }
    })
}

fn network(line: &str) -> Option<Ipv4Net> {
    let mut fields = line.split('\t').map(str::trim);
    let start: Ipv4Addr = fields.next()?.parse().ok()?;
    let end: Ipv4Addr = fields.next()?.parse().ok()?;
    let network = Ipv4Net::new(start, fields.next()?.parse().ok()?).ok()?;
    (network.network() == start && network.broadcast() == end).then_some(network)
}
