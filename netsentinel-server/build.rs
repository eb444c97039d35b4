//! Embeds the built dashboard, `dashboard/dist`, where it is there. Without it the server is built all
//! the same, and tells whoever opens it how to build the dashboard.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let built = root.join("../dashboard/dist");
    let mut files = Vec::new();
    let there = built.join("index.html").is_file();
    // Where there is none yet, its coming is noticed by the folder around it; else only it counts, since tools
    // write to that folder all the time.
    let watched = if there { &built } else { &root.join("../dashboard") };
    println!("cargo:rerun-if-changed={}", watched.display());
    if there {
        collect(&built, &built.canonicalize()?, "", &mut files)?;
        files.sort();
    }
    let mut table = String::from("&[\n");
    for (path, file) in &files {
        println!("cargo:rerun-if-changed={}", file.display());
        // A debug format of a path is a literal of the language.
        let _ = writeln!(table, "    (\"/{path}\", include_bytes!({file:?})),");
    }
    table.push(']');
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    fs::write(out.join("dashboard.rs"), table)
}

/// All files below `folder`, with their paths from the top.
fn collect(
    folder: &Path,
    absolute: &Path,
    above: &str,
    files: &mut Vec<(String, PathBuf)>,
) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let Some(name) = name.to_str() else { continue };
        let path = format!("{above}{name}");
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), &absolute.join(name), &format!("{path}/"), files)?;
        } else {
            files.push((path, absolute.join(name)));
        }
    }
    Ok(())
}
