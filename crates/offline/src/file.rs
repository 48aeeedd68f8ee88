//! Reads the files that the user names.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::report::CommandError;

/// The largest document, in bytes. A secret in Secrets Manager, which may hold one, has 64 KiB.
const MAX_BYTES: u64 = 1024 * 1024;

/// The depth of folders that are searched.
const MAX_DEPTH: usize = 16;

/// The names of documents that are found below a folder.
const NAMES: [&str; 3] = ["vestibule.json", "vestibule.yaml", "vestibule.yml"];

/// The largest file of another gateway, in bytes: enough for several services with all their routes. Each
/// importer has limits of its own.
const MAX_LARGE_BYTES: u64 = 16 * MAX_BYTES;

/// Reads a document.
///
/// # Errors
///
/// Fails if the file does not exist, is too large or is not text.
pub fn text(path: &Path) -> Result<String, CommandError> {
    text_of(path, MAX_BYTES)
}

/// Reads a file of another gateway.
pub(crate) fn large_text(path: &Path) -> Result<String, CommandError> {
    text_of(path, MAX_LARGE_BYTES)
}

fn text_of(path: &Path, most: u64) -> Result<String, CommandError> {
    let unreadable =
        |why: &str| CommandError::unreachable("file_unreadable", format!("{}: {why}", path.display()));
    let file = File::open(path).map_err(|error| unreadable(&error.to_string()))?;
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes).map_err(|error| unreadable(&error.to_string()))?;
    if bytes.len() as u64 > most {
        return Err(unreadable(&format!("is longer than {} MiB", most / MAX_BYTES)));
    }
    String::from_utf8(bytes).map_err(|error| {
        let before = String::from_utf8_lossy(
            error.as_bytes().get(..error.utf8_error().valid_up_to()).unwrap_or_default(),
        );
        let line = before.rsplit('\n').next().unwrap_or_default();
        let (line, column) = (before.matches('\n').count() + 1, line.chars().count() + 1);
        let text = format!("{}:{line}:{column}: is not UTF-8 text from here on", path.display());
        CommandError::unreachable("file_unreadable", text)
    })
}

/// Returns the documents that `path` names: the file itself, or those below a folder, sorted by name. Links
/// are not followed.
///
/// # Errors
///
/// Fails if a folder cannot be read, or holds no document.
pub fn documents(path: &Path) -> Result<Vec<PathBuf>, CommandError> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    look_into(path, 0, &mut found)?;
    if found.is_empty() {
        let text = format!("{}: has no file called {}", path.display(), NAMES.join(", "));
        return Err(CommandError::unreachable("no_document", text));
    }
    found.sort();
    Ok(found)
}

fn look_into(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) -> Result<(), CommandError> {
    if depth > MAX_DEPTH {
        return Ok(());
    }
    let unreadable = |error: std::io::Error| {
        CommandError::unreachable("file_unreadable", format!("{}: {error}", folder.display()))
    };
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let kind = entry.file_type().map_err(unreadable)?;
        if kind.is_dir() {
            look_into(&entry.path(), depth + 1, found)?;
        } else if kind.is_file() && NAMES.iter().any(|name| entry.file_name() == *name) {
            found.push(entry.path());
        }
    }
    Ok(())
}
