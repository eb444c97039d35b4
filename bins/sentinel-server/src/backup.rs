//! A copy of the database.

use std::io::{Write as _, stdout};
use std::path::Path;

use anyhow::Result;
use netsentinel_cli::name;

use crate::setup::Setup;

/// Writes a copy of the database to `file`, which must not exist.
pub(crate) fn backup(setup: &Setup, file: &Path) -> Result<()> {
    let database = setup.database()?;
    let bytes = netsentinel_server::backup(&database, file)?;
    writeln!(stdout(), "{}: {bytes} bytes", name(file))?;
    Ok(())
}
