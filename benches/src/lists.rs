//! Lists of indicators, the same in every run.

use std::io::{self, Write};
use std::net::Ipv4Addr;

use ipnet::IpNet;
use netsentinel_synth::Rng;
use netsentinel_vt::feeds::Load;

/// Of so many lines one is a network.
const LINES_A_NETWORK: u64 = 500;

const TLDS: [&str; 8] = ["com", "net", "org", "info", "top", "xyz", "ru", "de"];

/// The line of a list with this number: of five about three addresses and two domains, and some networks.
pub fn indicator(line: u64) -> String {
    let mut rng = Rng::new(line);
    if line.is_multiple_of(LINES_A_NETWORK) {
        let prefix = 16 + rng.below(9);
        return format!("{}/{prefix}", Ipv4Addr::from(rng.below_u32(u32::MAX)));
    }
    if line % 5 < 3 {
        return Ipv4Addr::from(rng.below_u32(u32::MAX)).to_string();
    }
    let sub = if rng.below(3) == 0 { label(&mut rng, 3, 8) + "." } else { String::new() };
    let name = label(&mut rng, 5, 18);
    format!("{sub}{name}.{}", rng.pick(&TLDS).unwrap_or(&"com"))
}

fn label(rng: &mut Rng, least: u64, most: u64) -> String {
    let len = least + rng.below(most - least + 1);
    (0..len).map(|_| char::from(b'a' + rng.below(26) as u8)).collect()
}

/// Writes these lines of a list.
///
/// # Errors
///
/// When they can not be written.
pub fn write_list(to: &mut impl Write, lines: impl Iterator<Item = u64>) -> io::Result<()> {
    for line in lines {
        writeln!(to, "{}", indicator(line))?;
    }
    to.flush()
}

/// Adds a line of a list.
pub fn put(load: &mut Load<'_>, line: &str) {
    if let Ok(address) = line.parse::<Ipv4Addr>() {
        load.network(IpNet::V4(address.into()));
    } else if let Ok(network) = line.parse() {
        load.network(network);
    } else {
        load.domain(line);
    }
}
