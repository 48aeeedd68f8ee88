//! Runs child processes that end with their test.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// The time limit of every wait. It is far longer than needed and turns a hang into a failure.
pub(crate) const DEADLINE: Duration = Duration::from_mins(1);

/// A server that runs until it is dropped, or until this process ends: the shell in between waits for its input to
/// close.
pub(crate) struct Server {
    shell: Child,
    lines: Mutex<Lines>,
}

struct Lines {
    coming: Receiver<String>,
    seen: Vec<String>,
}

impl Server {
    /// Starts a program and reads its two outputs as one.
    pub(crate) fn start(
        program: &Path,
        arguments: &[&str],
        environment: &[(&str, String)],
        folder: &Path,
    ) -> Self {
        let mut shell = Command::new("sh")
            .args(["-c", r#""$@" 2>&1 </dev/null & read -r _; kill $!; wait"#, "sh"])
            .arg(program)
            .args(arguments)
            .envs(environment.iter().map(|(name, value)| (OsStr::new(name), OsStr::new(value))))
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = Mutex::new(Lines { coming: lines_of(shell.stdout.take().unwrap()), seen: Vec::new() });
        Self { shell, lines }
    }

    /// The text after `mark` in the first line that contains it.
    pub(crate) fn after(&self, mark: &str) -> String {
        self.after_unless(mark, None).unwrap()
    }

    /// The same, or `None` if a line contains `otherwise` first.
    pub(crate) fn after_unless(&self, mark: &str, otherwise: Option<&str>) -> Option<String> {
        let until = Instant::now() + DEADLINE;
        let mut lines = self.lines.lock().unwrap();
        loop {
            let left = until.saturating_duration_since(Instant::now());
            match lines.coming.recv_timeout(left) {
                Ok(line) => {
                    lines.seen.push(line.clone());
                    if let Some((_, after)) = line.split_once(mark) {
                        return Some(after.trim().to_owned());
                    }
                    if otherwise.is_some_and(|otherwise| line.contains(otherwise)) {
                        return None;
                    }
                }
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    panic!("no line with `{mark}`:\n{}", lines.seen.join("\n"))
                }
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        let _ = self.shell.wait();
    }
}

/// The lines of an output as they arrive. It reads to the end, so that the writer never blocks.
pub(crate) fn lines_of(output: impl std::io::Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            let _ = sender.send(line);
        }
    });
    receiver
}

/// A program or file that `tests/tools` installs below `.tools/`.
pub(crate) fn tool(path: &str) -> PathBuf {
    let tool = root().join(".tools").join(path);
    assert!(tool.exists(), "{} is not there: run tests/tools first", tool.display());
    tool
}

/// A program that `tests/tools` installs for the whole machine.
pub(crate) fn program(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|program| program.is_file())
        .unwrap_or_else(|| panic!("{name} is not on PATH: run tests/tools first"))
}

/// The workspace.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// A binary of this workspace, built from the current source with this test's profile and target folder.
/// `local` is built as `cargo run` builds it: the documents show its responses, and a tool of the tests makes
/// `serde_json` keep another order of members. A function is built as a part of the workspace, so that the
/// AWS SDK is not compiled again with other features.
pub(crate) fn built(binary: &str) -> PathBuf {
    let folder = profile_folder();
    let package = if binary == "local" { "--package=local" } else { "--workspace" };
    let output = Command::new(env!("CARGO"))
        .args(["build", "--quiet", package, "--locked", "--bin", binary, "--target-dir"])
        .arg(folder.parent().unwrap())
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    folder.join(binary)
}

/// A folder for files that remain after the test.
pub(crate) fn kept_folder(name: &str) -> PathBuf {
    let folder = profile_folder().parent().unwrap().join(name);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// A new, empty folder of this process.
pub(crate) fn fresh_folder(name: &str) -> PathBuf {
    let folder = kept_folder("end_to_end").join(format!("{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// `target/debug`, because this test is in its `deps`.
fn profile_folder() -> PathBuf {
    std::env::current_exe().unwrap().ancestors().nth(2).unwrap().to_owned()
}

/// A port that is not in use at the moment, a different one each time, because the system assigns a released port
/// again.
pub(crate) fn free_port() -> u16 {
    static GIVEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());
    loop {
        let port = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
        if GIVEN.lock().unwrap().insert(port) {
            return port;
        }
    }
}

/// Asks repeatedly until there is a response.
pub(crate) async fn until<T, Asked: Future<Output = Option<T>>>(
    what: &str,
    mut ask: impl FnMut() -> Asked,
) -> T {
    let deadline = Instant::now() + DEADLINE;
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(Instant::now() < deadline, "still not: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
