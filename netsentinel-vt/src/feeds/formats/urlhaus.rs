//! abuse.ch URLhaus: addresses of web pages that spread malware, as CSV; or its hosts file.
//!
//! Only the host of an address can be seen on the wire. So it counts with its full name, never with the
//! domain above it, and not at all where anybody may publish ([`hosting`](super::hosting)): that the one
//! file on `github.com` is bad says nothing of the others.

use std::io::BufRead;
use std::net::IpAddr;

use reqwest::Url;

use super::columns::{Columns, fields};
use super::hosting::is_hosting;
use super::intake::Intake;
use super::lines::each_line;
use super::{FormatError, Skip, plain};

/// Reads either. Addresses that are offline are left out: whoever had the site may have cleaned it.
pub(super) fn read(input: impl BufRead, intake: &mut Intake<'_>) -> Result<(), FormatError> {
    let mut columns: Option<Columns<2>> = None;
    each_line(input, intake, |line, intake| {
        if let Some(header) = Columns::in_header(line, ["url", "url_status"]) {
            columns = Some(header);
            return Ok(());
        }
        if line.starts_with('#') {
            return Ok(());
        }
        let Some(columns) = &columns else { return host_line(line, intake) };
        let fields = fields(line);
        match columns.of(&fields) {
            [_, "offline"] => Ok(()),
            [url, _] => host_of(url, intake),
        }
    })
}

/// The host of `url` counts, an address or a full name, unless anybody may publish there.
pub(super) fn host_of(url: &str, intake: &mut Intake<'_>) -> Result<(), FormatError> {
    let parsed = Url::parse(url).ok();
    match parsed.as_ref().and_then(Url::host_str) {
        None => {
            intake.skip(Skip::Malformed);
            Ok(())
        }
        Some(host) => host_in(host, intake),
    }
}

/// A host: an address, also in brackets, or a name.
pub(super) fn host_in(host: &str, intake: &mut Intake<'_>) -> Result<(), FormatError> {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    if is_hosting(&host) {
        intake.skip(Skip::Hosting);
        return Ok(());
    }
    intake.any(&host)
}

/// A line of the hosts file: `127.0.0.1`, a tab, a name.
fn host_line(line: &str, intake: &mut Intake<'_>) -> Result<(), FormatError> {
    let mut fields = line.split_ascii_whitespace();
    let sink = fields.next().and_then(|first| first.parse::<IpAddr>().ok());
    match (sink, fields.next()) {
        (Some(ip), Some(name)) if ip.is_loopback() || ip.is_unspecified() => host_in(name, intake),
        _ => plain::line(line, intake),
    }
}
