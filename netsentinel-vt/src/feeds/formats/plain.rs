//! Lists as people write them: an address, a network, a range or a domain a line; hosts files.

use std::io::BufRead;
use std::net::IpAddr;

use ipnet::{IpNet, IpSubnets, Ipv4Subnets, Ipv6Subnets};

use super::intake::Intake;
use super::lines::{each_line, without_comment};
use super::screen::{PREFIX_MIN_V4, PREFIX_MIN_V6};
use super::{FormatError, Skip};

/// Reads such a list. Of a line with several fields the first counts; in a hosts file, whose first fields
/// are no places to go, all others do.
pub(super) fn read(input: impl BufRead, intake: &mut Intake<'_>) -> Result<(), FormatError> {
    each_line(input, intake, line)
}

pub(super) fn line(line: &str, intake: &mut Intake<'_>) -> Result<(), FormatError> {
    let mut fields = without_comment(line).split([' ', '\t', ',']).filter(|f| !f.is_empty());
    let Some(first) = fields.next() else { return Ok(()) };
    let mut rest = fields.peekable();
    if is_sink(first) && rest.peek().is_some() {
        return rest.try_for_each(|name| intake.name(name));
    }
    if let (Some(&"-"), Ok(start)) = (rest.peek(), first.parse()) {
        rest.next();
        let end = rest.next().and_then(|end| end.parse().ok());
        return range(start, end, intake);
    }
    if let Some((start, end)) = first.split_once('-')
        && let (Ok(start), Ok(end)) = (start.parse(), end.parse())
    {
        return range(start, Some(end), intake);
    }
    // A list of names may say by itself that it means all below them too.
    intake.any(first.strip_prefix("*.").unwrap_or(first))
}

/// Whether an entry of a hosts file with that address leads nowhere.
fn is_sink(field: &str) -> bool {
    field.parse::<IpAddr>().is_ok_and(|ip| ip.is_unspecified() || ip.is_loopback())
}

/// All addresses from `start` to `end`, as networks.
fn range(start: IpAddr, end: Option<IpAddr>, intake: &mut Intake<'_>) -> Result<(), FormatError> {
    let (subnets, wide) = match (start, end) {
        (IpAddr::V4(start), Some(IpAddr::V4(end))) if start <= end => {
            let wide = end.to_bits() - start.to_bits() >= 1 << (32 - PREFIX_MIN_V4);
            (IpSubnets::V4(Ipv4Subnets::new(start, end, PREFIX_MIN_V4)), wide)
        }
        (IpAddr::V6(start), Some(IpAddr::V6(end))) if start <= end => {
            let wide = end.to_bits() - start.to_bits() >= 1 << (128 - PREFIX_MIN_V6);
            (IpSubnets::V6(Ipv6Subnets::new(start, end, PREFIX_MIN_V6)), wide)
        }
        _ => {
            intake.skip(Skip::Malformed);
            return Ok(());
        }
    };
    if wide {
        intake.skip(Skip::TooWide);
        return Ok(());
    }
    let mut subnets = subnets;
    subnets.try_for_each(|network: IpNet| intake.network(network))
}
