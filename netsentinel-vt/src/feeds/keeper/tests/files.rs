//! Lists in files.

use super::*;

/// A file with a list, with a time of its own so that each version differs.
fn write(path: &Path, text: &str, version: u64) {
    std::fs::write(path, text).unwrap();
    let time = std::time::SystemTime::UNIX_EPOCH + Duration::from_secs(version);
    std::fs::File::options().write(true).open(path).unwrap().set_modified(time).unwrap();
}

#[tokio::test]
async fn a_file_is_read_again_when_it_has_changed() {
    let lists = tempfile::tempdir().unwrap();
    let path = lists.path().join("list.txt");
    write(&path, &names(3), 1);
    let bench = Bench::new(&feed_in(&path));
    assert_eq!(bench.step().await, 1);
    assert_eq!(bench.status().indicators, 3);
    assert_eq!(bench.step_after(MINUTE).await, 0);
    write(&path, &names(4), 2);
    assert_eq!(bench.step_after(MINUTE).await, 1);
    assert_eq!(bench.status().indicators, 4);
    // Broken, it is read once, and not each minute.
    write(&path, "", 3);
    assert_eq!(bench.step_after(MINUTE).await, 0);
    assert!(bench.error().contains("empty"), "{}", bench.error());
    write(&path, &names(5), 4);
    assert_eq!(bench.step_after(MINUTE).await, 1);
    assert_eq!((bench.status().indicators, bench.error().as_str()), (5, ""));
}

#[tokio::test]
async fn a_file_that_is_gone_leaves_its_copy_across_a_restart() {
    let lists = tempfile::tempdir().unwrap();
    let path = lists.path().join("list.txt");
    write(&path, &names(3), 1);
    let deployment = deployment(&feed_in(&path));
    let bench = Bench::of(&deployment, tempfile::tempdir().unwrap());
    bench.step().await;
    std::fs::remove_file(&path).unwrap();
    pass(DAY);
    let bench = bench.restarted(&deployment);
    bench.step().await;
    let status = bench.status();
    assert!(status.active && status.indicators == 3);
    assert!(status.error.unwrap().contains("o such file"));
}

#[tokio::test]
async fn what_is_no_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::new(&feed_in(folder.path()));
    bench.step().await;
    assert!(bench.error().contains("no file"), "{}", bench.error());
}

#[cfg(unix)]
#[tokio::test]
async fn copies_are_for_their_owner_only_and_remains_are_cleared() {
    use std::os::unix::fs::PermissionsExt as _;

    let lists = tempfile::tempdir().unwrap();
    let path = lists.path().join("list.txt");
    write(&path, &names(3), 1);
    let deployment = deployment(&feed_in(&path));
    let bench = Bench::of(&deployment, tempfile::tempdir().unwrap());
    bench.step().await;
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&bench.path("")), 0o700);
    for name in ["mine.list", "mine.json"] {
        assert_eq!(mode(&bench.path(name)), 0o600, "{name}");
    }
    std::fs::write(bench.path("mine.new"), "half a li").unwrap();
    let bench = bench.restarted(&deployment);
    assert!(!bench.path("mine.new").exists() && bench.path("mine.list").exists());
    let folder = bench.path("mine.list").join("below a file");
    let set = Arc::new(FeedSet::default());
    assert!(Keeper::new(&deployment, scope(&deployment), folder, set, clock).is_err());
}
