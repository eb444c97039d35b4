//! What the repository promises of itself and no compiler checks: sizes, crate docs, the direction of
//! dependencies, that nothing is unused, and that nothing is left lying about.
#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of a test may fail it")]

mod workspace;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use cargo_metadata::DependencyKind;
use workspace::{external_dependencies, is_of, members, source_files, text};

use netsentinel_tests::shared::{root, skip};

const FILE_LINES_MAX: usize = 600;
const FILE_LINES_MEDIAN: usize = 150;
const MAIN_LINES_MAX: usize = 80;

/// This file, which must name what it forbids.
const SELF: &str = "tests/tests/tidy.rs";

#[test]
fn files_are_short() {
    let files = source_files();
    let mut lengths: Vec<_> =
        files.iter().map(|file| (text(file).lines().count(), file.display().to_string())).collect();
    lengths.sort();
    let (longest, file) = lengths.last().unwrap();
    assert!(*longest <= FILE_LINES_MAX, "{file} has {longest} lines");
    let (median, _) = lengths[lengths.len() / 2];
    assert!(median <= FILE_LINES_MEDIAN, "the median file has {median} lines");
    for (lines, file) in &lengths {
        assert!(!file.ends_with("main.rs") || *lines <= MAIN_LINES_MAX, "{file} has {lines} lines");
    }
}

#[test]
fn crates_are_documented_and_forbid_unsafe_code() {
    let mut seen = 0;
    for package in members() {
        let targets = package.targets.iter().filter(|target| target.is_lib() || target.is_bin());
        for target in targets {
            seen += 1;
            let (file, text) = (&target.src_path, text(target.src_path.as_std_path()));
            assert!(text.starts_with("//! "), "{file} does not begin with crate docs");
            // One file there sets a socket option, and says so.
            let may = is_of(&package, "tests")
                || is_of(&package, "benches")
                || (file.ends_with("netsentinel-capture/src/lib.rs")
                    && text.contains("#![deny(unsafe_code)]"));
            assert!(
                may || text.contains("#![forbid(unsafe_code)]"),
                "{file} does not forbid unsafe"
            );
        }
        assert!(package.description.is_some(), "{} has no description", package.name);
    }
    assert!(seen >= 7);
}

#[test]
fn unsafe_code_is_where_it_was_reviewed() {
    let attribute = concat!("allow(unsafe", "_code");
    let files = source_files();
    let is_source = |file: &Path| file.components().any(|part| part.as_os_str() == "src");
    let allowed: Vec<_> =
        files.iter().filter(|file| is_source(file) && text(file).contains(attribute)).collect();
    let reviewed =
        ["netsentinel-capture/src/live/fanout_option.rs", "benches/src/table/capture.rs"];
    for file in &allowed {
        assert!(reviewed.iter().any(|place| file.ends_with(place)), "{}", file.display());
        assert!(text(file).contains("// SAFETY: "), "{}", file.display());
    }
    assert_eq!(allowed.len(), reviewed.len());
}

#[test]
fn dependencies_point_one_way() {
    let packages = members();
    let names: BTreeSet<_> = packages.iter().map(|package| package.name.to_string()).collect();
    for package in &packages {
        let normal = package.dependencies.iter().filter(|d| d.kind == DependencyKind::Normal);
        let normal: BTreeSet<_> = normal.map(|dependency| &*dependency.name).collect();
        let joins = ["bins", "tests", "benches"].iter().any(|folder| is_of(package, folder));
        let allowed: &[&str] = match &*package.name.to_string() {
            _ if joins => continue,
            "netsentinel-core" => &[],
            "netsentinel-detectors"
            | "netsentinel-capture"
            | "netsentinel-synth"
            | "netsentinel-vt"
            | "netsentinel-transport" => &["netsentinel-core"],
            "netsentinel-quality" => &["netsentinel-capture", "netsentinel-core"],
            "netsentinel-server" => {
                &["netsentinel-core", "netsentinel-transport", "netsentinel-vt"]
            }
            other => panic!("{other}: say here what it may depend on"),
        };
        let ours = normal.iter().filter(|name| names.contains(**name));
        for dependency in ours {
            assert!(allowed.contains(dependency), "{} depends on {dependency}", package.name);
        }
        assert!(!normal.contains("anyhow"), "{}: libraries have errors of their own", package.name);
    }
}

#[test]
fn stricter_bans_repeat_the_roots() {
    let bans = text(&root().join("clippy.toml"));
    for strict in ["netsentinel-core", "netsentinel-detectors"] {
        let own = text(&root().join(strict).join("clippy.toml"));
        for line in bans.lines() {
            assert!(own.contains(line), "{strict}/clippy.toml lacks {line}");
        }
        for banned in ["Instant::now", "SystemTime::now", "fs::File::open", "TcpStream::connect"] {
            assert!(own.contains(banned), "{strict}/clippy.toml does not ban {banned}");
        }
    }
}

#[test]
fn every_dependency_is_used_and_accounted_for() {
    let packages = members();
    let used: BTreeSet<_> =
        packages.iter().flat_map(|package| &package.dependencies).map(|d| d.name.clone()).collect();
    let declared = external_dependencies();
    assert!(declared.len() > 10);
    let unused: Vec<_> = declared.iter().filter(|name| !used.contains(*name)).collect();
    assert!(unused.is_empty(), "no member uses {unused:?}: take them out of Cargo.toml");
    let page = text(&root().join("docs/dependencies.md"));
    let (crates, packages) = page.split_once("\n## The dashboard\n").unwrap();
    assert_eq!(accounted_for(crates), declared.into_iter().collect::<Vec<_>>());

    let manifest = text(&root().join("dashboard/package.json"));
    let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    let names = |key: &str| manifest[key].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let declared: BTreeSet<_> =
        ["dependencies", "devDependencies"].into_iter().flat_map(names).collect();
    assert_eq!(accounted_for(packages), declared.into_iter().collect::<Vec<_>>());
}

/// The names in a part of `docs/dependencies.md`, each with its reason.
fn accounted_for(part: &str) -> Vec<String> {
    let told = part.lines().filter_map(|line| line.strip_prefix("- `")?.split_once("`: "));
    let told = told.map(|(name, reason)| {
        assert!(reason.ends_with('.'), "docs/dependencies.md: {name}");
        name.to_owned()
    });
    told.collect()
}

#[test]
fn members_name_what_they_depend_on() {
    let files = source_files();
    for package in members() {
        let folder = package.manifest_path.parent().unwrap().as_std_path();
        let own = files.iter().filter(|file| root().join(file).starts_with(folder));
        let code: String = own.map(|file| text(file)).collect();
        for dependency in &package.dependencies {
            let name = dependency.name.replace('-', "_");
            assert!(code.contains(&name), "{} does not use {name}", package.name);
        }
    }
}

#[test]
fn nothing_is_left_undone_or_silenced_without_a_reason() {
    for file in source_files().iter().filter(|file| *file != Path::new(SELF)) {
        let (name, text) = (file.display(), text(file));
        for unfinished in ["todo!(", "unimplemented!(", "#[ignore", "dbg!("] {
            assert!(!text.contains(unfinished), "{name} has {unfinished}");
        }
        for attribute in ["#[allow(", "#![allow("] {
            for (at, _) in text.match_indices(attribute) {
                let allowed = text[at..].split(")]").next().unwrap();
                assert!(
                    allowed.contains("reason = \""),
                    "{name} allows without a reason: {allowed}"
                );
            }
        }
    }
}

/// Files that are, or would be, part of the repository; `None` outside of a git checkout.
fn tracked() -> Option<Vec<String>> {
    let listed = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    let names = String::from_utf8(listed.stdout).unwrap();
    Some(names.split_terminator('\0').map(str::to_owned).collect())
}

/// Where captures are that are in the repository on purpose: recordings that no test could make again.
const FIXTURES: &str = "tests/captures/";
/// None of them is larger, in bytes.
const FIXTURE_LEN_MAX: u64 = 200_000;

#[test]
fn nothing_strange_is_in_the_repository() {
    const ENDINGS: [&str; 8] = [".pcap", ".pcapng", ".cap", ".gz", ".zst", ".lz4", ".key", ".pem"];
    // In two pieces, so that a search for them finds only what is wrong.
    let machines = ["/ho|me/", "/Us|ers/", "/ro|ot/", "/tm|p/h/", "/wo|rk/", r"C:\Us|ers"];
    let machines = machines.map(|path| path.replace('|', ""));
    let Some(files) = tracked() else {
        skip("this is not a git checkout");
        return;
    };
    assert!(files.len() > 50);
    let (fixtures, others): (Vec<_>, Vec<_>) =
        files.iter().partition(|file| file.starts_with(FIXTURES) && file.ends_with(".pcap.gz"));
    for file in fixtures {
        let len = std::fs::metadata(root().join(file)).map_or(0, |data| data.len());
        assert!(len <= FIXTURE_LEN_MAX, "{file} is too large: {len} bytes");
    }
    for file in others {
        let strange = ENDINGS.iter().any(|ending| file.to_lowercase().contains(ending));
        assert!(!strange, "{file} does not belong here: make it when it is needed");
        let Ok(text) = std::fs::read_to_string(root().join(file)) else { continue };
        for path in &machines {
            assert!(!text.contains(path.as_str()), "{file} names a path of one machine: {path}");
        }
    }
}
