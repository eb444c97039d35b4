//! The programs themselves, as users run them.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by a panic")]

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;

/// Where `sentinel-replay` is, once it has been built.
///
/// Cargo builds the programs of a package only for the tests of that same package, so this asks it;
/// a build that is up to date takes a moment.
fn sentinel_replay() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut build = Command::new(cargo);
        build.args([
            "build",
            "--quiet",
            "--package",
            "sentinel-replay",
            "--message-format",
            "json",
        ]);
        if !cfg!(debug_assertions) {
            build.arg("--release");
        }
        build.current_dir(crate::corpus::repository());
        let built = build.stderr(Stdio::inherit()).output().expect("cargo can be run");
        assert!(built.status.success(), "sentinel-replay can not be built");
        let messages = String::from_utf8(built.stdout).expect("cargo writes UTF-8");
        let executable = |line| {
            let message: serde_json::Value = serde_json::from_str(line).ok()?;
            Some(PathBuf::from(message["executable"].as_str()?))
        };
        messages.lines().find_map(executable).expect("cargo tells the executable")
    })
}

/// A call of `sentinel-replay`.
#[must_use]
#[derive(Debug)]
pub struct Replay(Command);

/// What a call came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// The exit status.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Replay {
    /// With these arguments, and nothing on standard input.
    pub fn new<A: AsRef<OsStr>>(args: impl IntoIterator<Item = A>) -> Self {
        let mut command = Command::new(sentinel_replay());
        command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Self(command)
    }

    /// With one argument more.
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.0.arg(arg);
        self
    }

    /// With more arguments.
    pub fn args<A: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.0.args(args);
        self
    }

    /// With so much address space in KiB and so many seconds of a processor, and killed beyond.
    #[cfg(target_os = "linux")]
    pub fn limited(self, memory: u32, seconds: u32) -> Self {
        let script = format!("ulimit -v {memory}; ulimit -t {seconds}; exec \"$0\" \"$@\"");
        let mut shell = Command::new("sh");
        shell.arg("-c").arg(script).arg(self.0.get_program()).args(self.0.get_args());
        shell.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Self(shell)
    }

    /// Runs to the end.
    pub fn run(mut self) -> Ended {
        self.0.output().map(ended).expect("the program can be run")
    }

    /// Runs to the end with `input` on standard input.
    pub fn run_with(self, input: &[u8]) -> Ended {
        Self::feed(self.start_piped(), input)
    }

    /// Starts, and waits for standard input.
    pub fn start_piped(mut self) -> Child {
        self.0.stdin(Stdio::piped()).spawn().expect("the program can be run")
    }

    /// Writes `input` to the standard input of a program, and waits for its end.
    pub fn feed(mut child: Child, input: &[u8]) -> Ended {
        let mut pipe = child.stdin.take().unwrap();
        std::thread::scope(|scope| {
            // A program that stops reading is none that the writer should fail for.
            scope.spawn(move || pipe.write_all(input));
            child.wait_with_output().map(ended).unwrap()
        })
    }
}

impl Ended {
    /// The alerts on standard output, each a JSON object.
    pub fn alerts(&self) -> Vec<serde_json::Value> {
        self.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The lines of standard error.
    pub fn told(&self) -> Vec<&str> {
        self.err.lines().collect()
    }

    /// Asserts that all went well and nothing was told.
    #[track_caller]
    pub fn assert_silent_success(&self) {
        assert_eq!((self.code, self.err.as_str()), (0, ""));
    }
}

fn ended(output: Output) -> Ended {
    Ended {
        code: output.status.code().expect("ended by itself"),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}
