//! Imports the configuration of another gateway into a folder, which is written completely or not at all.

use std::env;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Component, Path, PathBuf};
use std::process;

use kong::{Import, InputFile, OutputFile};
use serde_json::{Value, json};

use crate::arguments::ImportArguments;
use crate::file;
use crate::interruption::RunningCommand;
use crate::report::{Colour, CommandError, Exit, Report, coloured};

/// The report of an import. A folder that contains it may be replaced.
const REPORT: &str = "report.json";

/// The most lines of one kind on the terminal.
const MAX_LINES: usize = 20;

/// Imports a configuration of Kong Gateway.
pub(crate) fn kong(arguments: &ImportArguments, running: &RunningCommand) -> Result<Report, CommandError> {
    let out = OutputFolder::new(&arguments.out, arguments.force)?;
    let mut files = Vec::new();
    for path in &arguments.files {
        files.push(InputFile { name: path.display().to_string(), text: file::large_text(path)? });
    }
    let front = arguments.front.imported();
    match kong::import_for(front, files, |name| env::var(name).ok(), &|at| running.progress(at)) {
        Ok(import) => {
            running.writes()?;
            out.write(&import.files)?;
            Ok(imported(&arguments.out, &import))
        }
        Err(faults) => Ok(refused(&faults)),
    }
}

fn imported(out: &Path, import: &Import) -> Report {
    let Import { applications, report, files } = import;
    let first = report.first.iter().map(|line| format!("{} {line}", coloured(Colour::Yellow, "read first")));
    let mut lines = asked(first);
    for application in applications {
        lines.push(format!(
            "{} {}: {} in {}",
            coloured(Colour::Green, "imported  "),
            application.name,
            application.public_url,
            out.join(&application.name).display()
        ));
        lines.push(if application.callbacks.is_empty() {
            format!("           {}", kong::NOTHING_TO_REGISTER)
        } else {
            format!(
                "           register at the provider: callback {}, sign-out {}",
                application.callbacks.join(", "),
                application.signed_out
            )
        });
        lines.extend(asked(application.needs.iter().map(|need| format!("           needs you: {need}"))));
    }
    lines.push(format!("Every setting is in {}.", out.join("report.md").display()));
    let mut json: Value = serde_json::from_str(&report.json(applications)).unwrap_or_default();
    if let Some(members) = json.as_object_mut() {
        let paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
        members.insert("out".to_owned(), out.display().to_string().into());
        members.insert("files".to_owned(), paths.into());
    }
    Report { exit: Exit::Done, lines, json }
}

/// The first lines; the report has them all.
fn asked(lines: impl ExactSizeIterator<Item = String>) -> Vec<String> {
    let more = lines.len().saturating_sub(MAX_LINES);
    let rest = (more > 0).then(|| format!("           and {more} more of these in report.md"));
    lines.take(MAX_LINES).chain(rest).collect()
}

fn refused(faults: &[kong::Fault]) -> Report {
    let shown = faults.iter().map(|fault| {
        json!({ "file": fault.file, "line": fault.line, "column": fault.column, "problem": fault.problem })
    });
    let lines = faults.iter().map(|fault| format!("{} {fault}", coloured(Colour::Red, "fault  ")));
    Report {
        exit: Exit::Refused,
        lines: lines.chain(["Nothing was written.".to_owned()]).collect(),
        json: json!({ "faults": shown.collect::<Vec<_>>() }),
    }
}

/// The output folder and its temporary neighbours.
struct OutputFolder {
    folder: PathBuf,
    /// A folder beside it in which the output is assembled, so that one rename puts it into place.
    parts: PathBuf,
    /// The temporary name of the replaced folder, until it is deleted.
    before: PathBuf,
}

impl OutputFolder {
    fn new(folder: &Path, force: bool) -> Result<Self, CommandError> {
        // A link is resolved, and its target is replaced.
        let folder = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
        let Some(name) = folder.file_name().map(|name| name.to_string_lossy().into_owned()) else {
            return Err(refusal("out_unusable", &folder, "has no name; give a folder to `--out`"));
        };
        let beside = |what: &str| folder.with_file_name(format!(".{name}.{what}-{}", process::id()));
        let out = Self { parts: beside("part"), before: beside("before"), folder };
        match out.content()? {
            Content::Nothing => Ok(out),
            Content::Import if force => Ok(out),
            Content::Import => {
                let text = "has an import already; `--force` replaces it, or give another folder to `--out`";
                Err(refusal("out_not_empty", &out.folder, text))
            }
            Content::Other => {
                let text =
                    "is not a folder of an import, and is not replaced; give another folder to `--out`";
                Err(refusal("out_not_empty", &out.folder, text))
            }
        }
    }

    fn content(&self) -> Result<Content, CommandError> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Content::Nothing),
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => return Ok(Content::Other),
            Err(error) => return Err(self.unwritable(&error)),
        };
        match (self.folder.join(REPORT).is_file(), entries.count()) {
            (_, 0) => Ok(Content::Nothing),
            (true, _) => Ok(Content::Import),
            (false, _) => Ok(Content::Other),
        }
    }

    fn write(&self, files: &[OutputFile]) -> Result<(), CommandError> {
        let written = self.write_parts(files).and_then(|()| self.put_into_place());
        if written.is_err() {
            drop(fs::remove_dir_all(&self.parts));
        }
        written.map_err(|error| self.unwritable(&error))
    }

    fn write_parts(&self, files: &[OutputFile]) -> io::Result<()> {
        if let Some(parent) = self.folder.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::create_dir(&self.parts)?;
        for file in files {
            let below = Path::new(&file.path);
            let plain = below.components().all(|component| matches!(component, Component::Normal(_)));
            if !plain {
                return Err(io::Error::other("a file outside of the folder"));
            }
            let path = self.parts.join(below);
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent)?;
            }
            let mut options = fs::OpenOptions::new();
            options.write(true).create_new(true);
            #[cfg(unix)]
            if file.secret {
                std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            }
            let mut written = options.open(path)?;
            written.write_all(file.text.as_bytes())?;
            written.sync_all()?;
        }
        Ok(())
    }

    /// Renames the folders, so that a reader finds either the old folder or the new one.
    fn put_into_place(&self) -> io::Result<()> {
        match fs::rename(&self.folder, &self.before) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return fs::rename(&self.parts, &self.folder);
            }
            Err(error) => return Err(error),
        }
        if let Err(error) = fs::rename(&self.parts, &self.folder) {
            fs::rename(&self.before, &self.folder)?;
            return Err(error);
        }
        fs::remove_dir_all(&self.before)
    }

    fn unwritable(&self, error: &io::Error) -> CommandError {
        CommandError::unreachable("out_unwritable", format!("{}: {error}", self.folder.display()))
    }
}

enum Content {
    Nothing,
    Import,
    Other,
}

fn refusal(code: &'static str, folder: &Path, text: &str) -> CommandError {
    CommandError::new(code, format!("{} {text}", folder.display()))
}
