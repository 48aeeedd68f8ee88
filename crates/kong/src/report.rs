//! Reports the outcome of every setting.

use std::collections::{BTreeSet, HashSet};
use std::fmt::Write as _;
use std::sync::Arc;

use relying_party::configuration::kong::{PARAMETERS, Parameter, Verdict};
use serde_json::{Value as Json, json};

use crate::client;

/// The report of an import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Warnings to be read first: weaknesses in Kong, and requests that are less protected, closed or missing
    /// here.
    pub first: Vec<String>,
    /// A line for each setting of the input, in its order.
    pub settings: Vec<Setting>,
}

/// The outcome of one setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The name of the file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
    /// The path to the setting, such as `services[0].routes[1].paths[0]`. Its value is omitted because it may
    /// be a secret.
    pub name: String,
    /// The outcome.
    pub verdict: Verdict,
    /// The reason or the replacement, as a sentence without a full stop.
    pub text: String,
}

/// An application, which has a folder and a deployment of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Application {
    /// The name of its folder.
    pub name: String,
    /// The address that browsers use.
    pub public_url: String,
    /// The provider and its client, if the input has both.
    pub client: Option<(String, String)>,
    /// The names of the settings in which the plugins of its client differ, so that it is not one application.
    /// All applications of the client share them.
    pub differing: Arc<[String]>,
    /// The redirect URIs to register at the provider for sign-in; none if nobody signs in.
    pub callbacks: Vec<String>,
    /// The address to register at the provider for sign-out.
    pub signed_out: String,
    /// The rules: the paths, their requirements and the address behind them.
    pub routes: Vec<Placed>,
    /// The steps that the user has to take before it works.
    pub needs: Vec<String>,
    /// Keys of secrets that the input lacks; the client's belongs in the secret that `ClientSecretArn` names.
    pub absent_secrets: Vec<&'static str>,
    /// Kept parameters that the input leaves out and whose default differs here: the name, Kong's default,
    /// vestibule's default.
    pub defaults: Vec<(&'static str, &'static str, String)>,
}

/// The sentence on an application where nobody signs in.
pub const NOTHING_TO_REGISTER: &str =
    "Nobody signs in here, so there is no address to register at the provider";

/// A rule as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// The paths and methods.
    pub requests: String,
    /// The requirement.
    pub needs: String,
    /// The Kong route that it comes from, and the address behind it.
    pub target: String,
}

impl Report {
    /// The report in Markdown.
    pub fn markdown(&self, applications: &[Application]) -> String {
        let mut text = String::from("# From Kong to vestibule\n\n");
        if self.first.is_empty() {
            text.push_str("Nothing in the input weakens sign-in, and no route is weaker or closed here.\n");
        } else {
            text.push_str(
                "Read this first. These settings were weak in Kong, or are closed, stricter or weaker here.\n\n",
            );
            for line in &self.first {
                _ = writeln!(text, "- {}", cell(line));
            }
        }
        let open = self.settings.iter().filter(|setting| setting.verdict == Verdict::NeedsYou).count();
        if open > 0 {
            _ = writeln!(
                text,
                "\n{open} of {} settings are marked *needs you* in the [last table](#every-setting). Look at each, and at the list *Needs you* of each application.",
                self.settings.len()
            );
        }
        text.push_str("\n## Applications\n\nEach is a folder, and a deployment of its own.\n\n");
        text.push_str("| application | address | paths |\n|---|---|---|\n");
        for application in applications {
            let paths: Vec<&str> = application.routes.iter().map(|placed| placed.requests.as_str()).collect();
            _ = writeln!(
                text,
                "| `{}` | {} | {} |",
                application.name,
                cell(&application.public_url),
                cell(&paths.join("; "))
            );
        }
        let shared = client::shared(applications);
        client::add_to(&mut text, &shared);
        let with_others: HashSet<&str> =
            client::with_addresses(&shared).map(|application| application.name.as_str()).collect();
        for application in applications {
            application.add_to(&mut text, with_others.contains(application.name.as_str()));
        }
        text.push_str("\n## Every setting\n\nValues are not shown: some are secrets.\n\n");
        text.push_str("| place | setting | | |\n|---|---|---|---|\n");
        for setting in &self.settings {
            let Setting { file, line, column, name, verdict, text: explanation } = setting;
            _ = writeln!(
                text,
                "| {}:{line}:{column} | `{}` | {} | {} |",
                cell(file),
                cell(name),
                verdict.word(),
                cell(explanation)
            );
        }
        text
    }

    /// The report as JSON.
    pub fn json(&self, applications: &[Application]) -> String {
        let settings: Vec<Json> = self
            .settings
            .iter()
            .map(|Setting { file, line, column, name, verdict, text }| {
                json!({ "file": file, "line": line, "column": column, "setting": name, "verdict": verdict.word(), "text": text })
            })
            .collect();
        let clients = client::json(&client::shared(applications));
        let applications: Vec<Json> = applications.iter().map(Application::json).collect();
        let report = json!({ "first": self.first, "clients": clients, "applications": applications, "settings": settings });
        crate::json::text(&report)
    }
}

impl Application {
    /// The addresses to register at the provider, one per line.
    pub(crate) fn to_register(&self) -> String {
        if self.callbacks.is_empty() {
            return format!("# {NOTHING_TO_REGISTER}.\n");
        }
        let callbacks = self.callbacks.iter().map(|callback| format!("callback {callback}\n"));
        callbacks.chain([format!("sign-out {}\n", self.signed_out)]).collect()
    }

    fn add_to(&self, text: &mut String, shares_client: bool) {
        _ = writeln!(text, "\n## {}\n", self.name);
        if self.callbacks.is_empty() {
            _ = writeln!(text, "{NOTHING_TO_REGISTER}.\n");
        } else {
            _ = writeln!(
                text,
                "Register at the provider the callback URL {}, and the sign-out URL `{}`.\n",
                self.callbacks
                    .iter()
                    .map(|callback| format!("`{callback}`"))
                    .collect::<Vec<_>>()
                    .join(" and "),
                self.signed_out
            );
        }
        if shares_client {
            text.push_str("[The same client](#clients-of-several-applications) serves other applications too: add these addresses to those that it has, and remove none of theirs.\n\n");
        }
        if self.absent_secrets.contains(&"client_secret") {
            text.push_str("The secret that `ClientSecretArn` names needs `client_secret`.\n\n");
        }
        if self.absent_secrets.contains(&"session_secret") {
            text.push_str("The templates make a `session_secret` themselves. A deployment without them needs it in the secret that `VESTIBULE_SECRET_ID` names.\n\n");
        }
        if !self.needs.is_empty() {
            text.push_str("Needs you:\n\n");
            for need in &self.needs {
                _ = writeln!(text, "- {}", cell(need));
            }
            text.push('\n');
        }
        text.push_str("| requests | need | go to |\n|---|---|---|\n");
        for Placed { requests, needs, target } in &self.routes {
            _ = writeln!(text, "| {} | {} | {} |", cell(requests), cell(needs), cell(target));
        }
        if self.defaults.is_empty() {
            return;
        }
        text.push_str("\nThe input leaves these out, and their defaults differ:\n\n| key | Kong | here |\n|---|---|---|\n");
        for (name, kong, ours) in &self.defaults {
            _ = writeln!(text, "| `{name}` | `{kong}` | {ours} |");
        }
    }

    fn json(&self) -> Json {
        let routes: Vec<Json> = self
            .routes
            .iter()
            .map(|Placed { requests, needs, target }| json!({ "requests": requests, "needs": needs, "target": target }))
            .collect();
        let defaults: Vec<Json> = self
            .defaults
            .iter()
            .map(|(name, kong, ours)| json!({ "key": name, "kong": kong, "here": ours }))
            .collect();
        json!({
            "name": self.name,
            "public_url": self.public_url,
            "callbacks": self.callbacks,
            "signed_out": self.signed_out,
            "needs": self.needs,
            "absent_secrets": self.absent_secrets,
            "routes": routes,
            "defaults": defaults,
        })
    }
}

/// Kept parameters that the input leaves out, with both defaults if they differ.
pub(crate) fn differing_defaults(
    is_given: impl Fn(&str) -> bool,
) -> Vec<(&'static str, &'static str, String)> {
    let differs = |parameter: &Parameter| {
        let ours = parameter.our_default()?;
        let differs = !parameter.default.is_empty()
            && values(parameter.default) != values(&ours)
            && !is_given(parameter.name);
        differs.then_some((parameter.name, parameter.default, ours))
    };
    PARAMETERS.iter().filter(|parameter| parameter.verdict == Verdict::Kept).filter_map(differs).collect()
}

/// The values of a default as Kong or vestibule's table writes it, in any order.
pub(crate) fn values(default: &str) -> BTreeSet<&str> {
    default
        .trim_matches(['[', ']', '`'])
        .split(',')
        .map(|value| value.trim_matches([' ', '"']))
        .filter(|value| !value.is_empty())
        .collect()
}

/// Formats a text of the input for a table: on one line, within one cell.
pub(crate) fn cell(text: &str) -> String {
    let line: String = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    line.replace('|', "\\|").replace('<', "&lt;")
}
