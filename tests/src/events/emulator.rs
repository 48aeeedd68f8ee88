//! Runs a release binary under AWS's Runtime Interface Emulator.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// The time that the emulator has to listen, and to answer.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);

/// The number of times that a function may be started because it was ready before the emulator's Runtime API.
const STARTS: usize = 5;

/// One function under one emulator. Dropping this ends both.
pub struct Emulator {
    child: Child,
    address: SocketAddr,
    log: PathBuf,
}

/// The path of a deployed binary, as cargo-lambda writes it: `target/lambda/<function>/bootstrap`.
pub fn binary(function: &str) -> Result<PathBuf, String> {
    let root = root();
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let path = root.join(target).join("lambda").join(function).join("bootstrap");
    if path.is_file() { Ok(path) } else { Err(format!("{} is missing: run tests/release", path.display())) }
}

impl Emulator {
    /// Starts `function` with exactly this `environment`, without the caller's own.
    pub fn start(function: &str, environment: &[(String, String)]) -> Result<Self, String> {
        let emulator = root().join(".tools/aws-lambda-rie");
        if !emulator.is_file() {
            return Err(format!("{} is missing: run tests/tools", emulator.display()));
        }
        let binary = binary(function)?;
        let (address, runtime_api) = (free_address()?, free_address()?);
        let log = std::env::temp_dir().join(format!("vestibule-{function}-{}.log", address.port()));
        let output = File::create(&log).map_err(text)?;
        let child = Command::new(emulator)
            .args(["--runtime-interface-emulator-address", &address.to_string()])
            .args(["--runtime-api-address", &runtime_api.to_string()])
            .arg(&binary)
            .env_clear()
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .env("AWS_LAMBDA_FUNCTION_NAME", function)
            .env("AWS_LAMBDA_FUNCTION_TIMEOUT", "10")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
            .stdin(Stdio::null())
            .stdout(output.try_clone().map_err(text)?)
            .stderr(output)
            .spawn()
            .map_err(text)?;
        let emulator = Self { child, address, log };
        emulator.wait_until_it_listens()?;
        Ok(emulator)
    }

    /// Sends an event and returns the response.
    pub fn invoke(&self, event: &[u8]) -> Result<Value, String> {
        let body = self.invoke_for_bytes(event)?;
        serde_json::from_slice(&body).map_err(|error| format!("{error}: {}", String::from_utf8_lossy(&body)))
    }

    /// Sends an event and returns the bytes of the response, whatever they are.
    pub fn invoke_for_bytes(&self, event: &[u8]) -> Result<Vec<u8>, String> {
        self.started_in_time(|| self.exchange(event))
    }

    /// The response that `ask` gets from a function that found its Runtime API. The emulator starts the function beside
    /// its own server, so the function can be ready first; then it exits, and the emulator gives an empty answer and
    /// restarts it with the next event. Lambda listens before it starts a function.
    fn started_in_time<T>(&self, ask: impl Fn() -> Result<T, String>) -> Result<T, String> {
        let too_early = || Ok::<_, String>(self.log()?.matches(r#""reason":"runtime_api_failed""#).count());
        for _ in 1..STARTS {
            let before = too_early()?;
            let answer = ask();
            if too_early()? == before {
                return answer;
            }
        }
        ask()
    }

    fn exchange(&self, event: &[u8]) -> Result<Vec<u8>, String> {
        let mut stream = TcpStream::connect(self.address).map_err(text)?;
        stream.set_read_timeout(Some(DEFAULT_TIMEOUT)).map_err(text)?;
        write!(
            stream,
            "POST /2015-03-31/functions/function/invocations HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n",
            self.address,
            event.len()
        )
        .map_err(text)?;
        stream.write_all(event).map_err(text)?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).map_err(text)?;
        body(&answer)
    }

    /// The same with `cargo lambda invoke`, which reads the event from the sample's file.
    pub fn invoke_with_cargo_lambda(&self, sample: &str) -> Result<Value, String> {
        let cargo_lambda = root().join(".tools/venv/bin/cargo-lambda");
        if !cargo_lambda.is_file() {
            return Err(format!("{} is missing: run tests/tools", cargo_lambda.display()));
        }
        let invoke = || {
            Command::new(&cargo_lambda)
                .args(["lambda", "invoke", "function", "--invoke-address", "127.0.0.1"])
                .args(["--invoke-port", &self.address.port().to_string(), "--data-file"])
                .arg(root().join("events").join(format!("{sample}.json")))
                .output()
                .map_err(text)
        };
        let output = self.started_in_time(invoke)?;
        serde_json::from_slice(&output.stdout).map_err(|error| {
            format!(
                "{error}: {}{}",
                String::from_utf8_lossy(&output.stdout),
                String::from_utf8_lossy(&output.stderr)
            )
        })
    }

    /// The output of emulator and function so far.
    pub fn log(&self) -> Result<String, String> {
        fs::read(&self.log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).map_err(text)
    }

    fn wait_until_it_listens(&self) -> Result<(), String> {
        let since = Instant::now();
        while since.elapsed() < DEFAULT_TIMEOUT {
            if TcpStream::connect(self.address).is_ok() {
                return Ok(());
            }
            std::thread::yield_now();
        }
        Err(format!("the emulator does not listen:\n{}", self.log()?))
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // The emulator ends its function when it is terminated, but leaves it running when it is killed.
        let asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        if asked.is_err() {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
        let _ = fs::remove_file(&self.log);
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn free_address() -> Result<SocketAddr, String> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr()).map_err(text)
}

/// The body of an HTTP answer, chunked or not.
fn body(answer: &[u8]) -> Result<Vec<u8>, String> {
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n");
    let (head, body) = end.and_then(|end| answer.split_at_checked(end + 4)).ok_or("no HTTP answer")?;
    if String::from_utf8_lossy(head).to_ascii_lowercase().contains("transfer-encoding: chunked") {
        return unchunked(body);
    }
    Ok(body.to_vec())
}

fn unchunked(mut body: &[u8]) -> Result<Vec<u8>, String> {
    let mut whole = Vec::new();
    loop {
        let end = body.windows(2).position(|two| two == b"\r\n").ok_or("a chunk without size")?;
        let (size, rest) = body.split_at(end);
        let size = std::str::from_utf8(size).map_err(text)?;
        let size =
            usize::from_str_radix(size.split(';').next().unwrap_or_default().trim(), 16).map_err(text)?;
        if size == 0 {
            return Ok(whole);
        }
        let chunk = rest.get(2..2 + size).ok_or("a chunk that is cut off")?;
        whole.extend_from_slice(chunk);
        body = rest.get(2 + size + 2..).ok_or("a chunk without end")?;
    }
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}
