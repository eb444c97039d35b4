//! `sentinel-agent interfaces`.

use std::fmt::Write as _;
use std::process::ExitCode;

use anyhow::Result;
use netsentinel_capture::live;
use netsentinel_cli::print_line;

/// Lists the interfaces that can be captured on.
///
/// # Errors
///
/// When the system does not tell them.
pub(crate) fn print() -> Result<ExitCode> {
    let default = live::default_interface().ok();
    let mut text = format!("{:<16} {:<10} {}", "NAME", "STATE", "ADDRESSES");
    for interface in live::interfaces()? {
        let state = if interface.running { "up" } else { "down" };
        let addresses: Vec<_> = interface.addresses.iter().map(ToString::to_string).collect();
        let _ = write!(text, "\n{:<16} {state:<10} {}", interface.name, addresses.join(" "));
        if default.as_deref() == Some(&*interface.name) {
            text.push_str("  (the default route leaves here)");
        }
    }
    print_line(&text)?;
    Ok(ExitCode::SUCCESS)
}
