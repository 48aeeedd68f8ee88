//! Runs the subcommands on files, as a user does.
#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails when it cannot be set up"
)]

mod check;
mod explain;
mod import;
mod schema;

use std::path::{Path, PathBuf};
use std::{fs, thread};

use clap::Parser;
use offline::Offline;
use offline::report::{Exit, write_outcome};
use serde_json::Value;

/// A document with all required keys, without secrets.
const MINIMAL: &str = "\
issuer: https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI
client_id: 1example23456789
public_url: https://app.example.com
";

#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Offline,
}

/// The output of a command.
struct CommandOutput {
    exit: Exit,
    out: String,
    err: String,
}

impl CommandOutput {
    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}{}", self.out, self.err))
    }
}

fn run(arguments: &[&str], as_json: bool) -> CommandOutput {
    let arguments = Arguments::try_parse_from(["vestibule"].iter().chain(arguments)).unwrap();
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let exit = write_outcome(arguments.command.run(), as_json, &mut out, &mut err);
    let [out, err] = [out, err].map(|bytes| String::from_utf8(bytes).unwrap());
    CommandOutput { exit, out, err }
}

/// An empty folder of this name, below the running test's own folder: tests run side by side.
fn folder(name: &str) -> PathBuf {
    let test = thread::current().name().unwrap().replace("::", "-");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test).join(name);
    drop(fs::remove_dir_all(&folder));
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// A file with this text, in a folder of its own; its path.
fn file(name: &str, text: &str) -> String {
    let path = folder(name).join("vestibule.yaml");
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}
