//! The members of the workspace, their files, and what the root manifest declares.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use cargo_metadata::{MetadataCommand, Package};
use netsentinel_tests::shared::root;

/// The packages of the workspace.
pub(crate) fn members() -> Vec<Package> {
    let mut command = MetadataCommand::new();
    command.manifest_path(root().join("Cargo.toml")).no_deps();
    command.exec().unwrap().packages
}

/// Whether a package is in this folder of the repository.
pub(crate) fn is_of(package: &Package, folder: &str) -> bool {
    package.manifest_path.as_std_path().starts_with(root().canonicalize().unwrap().join(folder))
}

/// All Rust files, relative to the root, in the order of their names.
pub(crate) fn source_files() -> Vec<PathBuf> {
    let mut files = Vec::new();
    walk(Path::new(""), &mut files);
    files.sort();
    assert!(files.len() > 100);
    files
}

fn walk(folder: &Path, into: &mut Vec<PathBuf>) {
    const NOT_OURS: [&str; 5] = ["target", ".git", "node_modules", "corpus", "artifacts"];
    for entry in std::fs::read_dir(root().join(folder)).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name();
        let path = folder.join(&name);
        if entry.file_type().unwrap().is_dir() {
            if !NOT_OURS.iter().any(|not_ours| name == **not_ours) {
                walk(&path, into);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(path);
        }
    }
}

/// The text of a file, named from the root or absolutely.
pub(crate) fn text(file: &Path) -> String {
    let path = root().join(file);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The crates of others that the root manifest declares.
pub(crate) fn external_dependencies() -> BTreeSet<String> {
    let manifest = text(Path::new("Cargo.toml"));
    let after = manifest.split_once("[workspace.dependencies]\n").unwrap().1;
    let lines = after.lines().take_while(|line| !line.starts_with('['));
    let declared = lines.filter(|line| line.starts_with(|c: char| c.is_ascii_alphanumeric()));
    let ours = |line: &&str| line.contains("path = ");
    let names = declared.filter(|line| !ours(line)).filter_map(|line| line.split_once(" = "));
    names.map(|(name, _)| name.to_owned()).collect()
}
