//! Network namespaces of a test's own, and pairs of interfaces in them.

use std::io::Write as _;
use std::process::Command;

/// Set where the test runs inside of its namespace.
const INSIDE: &str = "NETSENTINEL_TEST_NAMESPACE";

/// Runs the test `name` (with its module) in a network namespace of its own: by running this very
/// program again inside, so that the system's own view of the interfaces is that of the namespace.
pub(crate) fn inside(name: &str, test: impl FnOnce()) {
    if std::env::var_os(INSIDE).is_some() {
        return test();
    }
    let Some(namespace) = Namespace::new(name) else { return };
    let output = Command::new("ip")
        .args(["netns", "exec", &namespace.0])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture", "--test-threads=1"])
        .env(INSIDE, "1")
        .output()
        .unwrap();
    let (out, err) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    std::io::stderr().write_all(&output.stderr).unwrap();
    assert!(output.status.success(), "{name}: {out}{err}");
    assert!(out.contains("1 passed"), "{name} is not the name of a test: {out}");
}

/// A namespace that is removed at the end, and all its interfaces with it.
struct Namespace(String);

impl Namespace {
    /// Makes one; where that is not possible, says what is skipped.
    fn new(test: &str) -> Option<Self> {
        let test = test.rsplit(':').next().unwrap();
        let name = format!("netsentinel-{}-{test}", std::process::id());
        let made = Command::new("ip").args(["netns", "add", &name]).output();
        let problem = match made {
            Ok(output) if output.status.success() => return Some(Self(name)),
            Ok(output) => String::from_utf8_lossy(&output.stderr).trim().to_owned(),
            Err(error) => error.to_string(),
        };
        // Unlike what `eprintln!` says, this is seen when the test passes.
        let _ = writeln!(std::io::stderr(), "skipped: no network namespace for {test}: {problem}");
        None
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        let _ = Command::new("ip").args(["netns", "del", &self.0]).output();
    }
}

/// Runs `ip` with these words.
pub(crate) fn ip(words: &str) {
    let output = Command::new("ip").args(words.split_whitespace()).output().unwrap();
    assert!(output.status.success(), "ip {words}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Makes a pair of interfaces that lead to each other, up and without addresses, so that nobody but
/// the test speaks on them.
pub(crate) fn pair(one: &str, other: &str) {
    ip(&format!("link add name {one} type veth peer name {other}"));
    for name in [one, other] {
        ip(&format!("link set dev {name} addrgenmode none"));
        ip(&format!("link set dev {name} up"));
    }
}

/// Removes those of these interfaces that there are, and the others of their pairs.
pub(crate) fn remove(names: &[&str]) {
    for name in names {
        let _ = Command::new("ip").args(["link", "del", "dev", name]).output();
    }
}
