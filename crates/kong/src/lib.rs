//! Reads configurations of Kong Gateway and writes equivalent ones for vestibule.
//!
//! It takes texts and returns texts: it accesses no file, no environment and no clock.

mod application;
mod client;
mod deployment;
mod document;
mod entity;
mod front;
mod json;
mod pattern;
mod placeholder;
mod progress;
mod protection;
mod reading;
mod report;
mod router;
mod sam;
mod settings;
mod target;
mod validation;
mod verdicts;
mod yaml;

use std::fmt;

use relying_party::configuration::kong::Verdict;

pub use front::Front;
pub use progress::Progress;
pub use report::{Application, NOTHING_TO_REGISTER, Placed, Report, Setting};

const REPLACED: &str = "another `openid-connect` plugin is on each of its routes";

/// A file of the input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputFile {
    /// The name of the file in messages.
    pub name: String,
    /// Its content.
    pub text: String,
}

/// A file to write.
#[derive(Clone, PartialEq, Eq)]
pub struct OutputFile {
    /// The path below the output folder.
    pub path: String,
    /// Its content.
    pub text: String,
    /// Whether only the owner may read it.
    pub secret: bool,
}

/// Something that cannot be imported, and its place. It may contain names from the input, but no values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The name of the file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
    /// The fault as text.
    pub problem: String,
}

/// The result of an import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// The applications; each has a folder and a deployment of its own.
    pub applications: Vec<Application>,
    /// The outcome of each setting.
    pub report: Report,
    /// The files to write.
    pub files: Vec<OutputFile>,
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, column, problem } = self;
        write!(formatter, "{file}:{line}:{column}: {problem}")
    }
}

/// The text may hold secrets, so it is left out.
impl fmt::Debug for OutputFile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("OutputFile").field("path", &self.path).finish_non_exhaustive()
    }
}

/// Translates all files together, for the front that suits most applications. Placeholders are filled from
/// `environment`, except in secrets.
///
/// # Errors
///
/// All faults that prevent reading the files as one configuration.
pub fn import(
    files: Vec<InputFile>,
    environment: impl Fn(&str) -> Option<String>,
) -> Result<Import, Vec<Fault>> {
    import_for(Front::default(), files, environment, &|_| {})
}

/// The same for another front; it tells `watch` how far it is.
///
/// # Errors
///
/// All faults that prevent reading the files as one configuration.
#[expect(clippy::needless_pass_by_value, reason = "the caller does not use the texts afterwards")]
pub fn import_for(
    front: Front,
    files: Vec<InputFile>,
    environment: impl Fn(&str) -> Option<String>,
    watch: &dyn Fn(Progress),
) -> Result<Import, Vec<Fault>> {
    let names: Vec<String> = files.iter().map(|file| file.name.clone()).collect();
    let mut numbers = 0;
    let mut reading = reading::Reading::new(&environment);
    let mut read = Vec::new();
    let mut count = progress::Count::new("files", files.len(), watch);
    for (index, file) in files.iter().enumerate() {
        match document::read(index, &file.text, &mut numbers) {
            Ok(documents) => {
                reading.verdicts.add_documents(&documents);
                if documents.is_empty() {
                    let place = document::Place { file: index, line: 1, column: 1 };
                    reading.fault(place, "is empty");
                }
                read.extend(documents);
            }
            Err(fault) => reading.faults.push(fault),
        }
        count.one();
    }
    for document in &read {
        reading.shared(document);
    }
    for document in &read {
        reading.document(document);
    }
    let mut reading = reading.finish();
    let mut faults = std::mem::take(&mut reading.faults);
    application::add_route_of_everything(&mut reading.entities);
    let (entities, mut verdicts) = (reading.entities, reading.verdicts);
    if !faults.is_empty() {
        return Err(located(faults, &names));
    }
    let router = router::Router::new(&entities, watch);
    let (plans, unused) = application::plans(&router, &entities, &environment, &mut verdicts);
    for plugin in unused.into_iter().filter_map(|index| entities.plugins.get(index)) {
        let is_over = |route: &entity::Route| {
            route.is_http && (plugin.service.is_none() || plugin.service == route.service)
        };
        if plugin.route.is_none() && entities.routes.iter().any(is_over) {
            // In Kong the plugin of the route, or of its service, takes its place on each of them.
            verdicts.record(&plugin.config, Verdict::Always, REPLACED);
            continue;
        }
        let problem = "is on no route; bring the files with its service and its routes too";
        faults.push(document::Located::at(plugin.place, problem));
    }
    if faults.is_empty() && plans.is_empty() {
        let others =
            entities.plugins.iter().filter(|plugin| plugin.enabled && plugin.name == reading::oidc::OIDC);
        faults.extend(others.map(|plugin| document::Located::at(plugin.place, reading::oidc::FAULT)));
    }
    if faults.is_empty() && plans.is_empty() {
        let place = document::Place { file: 0, line: 1, column: 1 };
        faults.push(document::Located::at(place, "leads to no route with an `openid-connect` plugin that is on: bring the files with services, routes and plugins together"));
    }
    if !faults.is_empty() {
        return Err(located(faults, &names));
    }
    Ok(write(front, &plans, &router, &environment, verdicts, &names, watch))
}

fn located(mut faults: Vec<document::Located>, names: &[String]) -> Vec<Fault> {
    faults.sort();
    faults.dedup();
    faults.into_iter().map(|fault| fault.named(names)).collect()
}

fn write(
    front: Front,
    plans: &[application::Plan<'_>],
    router: &router::Router<'_>,
    environment: placeholder::Environment<'_>,
    mut verdicts: verdicts::Verdicts,
    names: &[String],
    watch: &dyn Fn(Progress),
) -> Import {
    let entities = router.entities();
    let mut count = progress::Count::new("applications", plans.len(), watch);
    let (mut applications, mut files, mut first) = (Vec::new(), Vec::new(), Vec::new());
    let mut deployments = Vec::new();
    for plan in plans {
        deployments.push(deployment::make(front, plan, router, entities, environment, &mut verdicts));
        count.one();
    }
    deployment::warn_of_requests_without_application(&mut deployments);
    for (plan, deployment) in plans.iter().zip(deployments) {
        let of_application =
            |line: String| if plans.len() > 1 { format!("{}: {line}", plan.name) } else { line };
        first.extend(deployment.first.into_iter().map(of_application));
        applications.push(deployment.application);
        files.extend(deployment.files);
    }
    for plugin in entities.plugins.iter().filter(|plugin| plugin.name == reading::OPENID_CONNECT) {
        if let Some(config) = &plugin.config {
            settings::account(config, environment, &mut verdicts);
        }
    }
    let settings = verdicts
        .into_rows()
        .into_iter()
        .map(|(leaf, verdict, text)| Setting {
            file: names.get(leaf.place.file).cloned().unwrap_or_default(),
            line: leaf.place.line,
            column: leaf.place.column,
            name: leaf.name,
            verdict,
            text,
        })
        .collect();
    let report = Report { first, settings };
    let whole = |path: &str, text: String| OutputFile { path: path.to_owned(), text, secret: false };
    files.push(whole("report.md", report.markdown(&applications)));
    files.push(whole("report.json", report.json(&applications)));
    Import { applications, report, files }
}
