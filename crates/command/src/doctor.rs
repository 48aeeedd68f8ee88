//! Checks a whole deployment: gathers the facts once and reports the faults, their consequences, and the
//! commands that repair them. On request it makes the repairs that interrupt nobody, and checks again.

mod check;
mod facts;
mod gather;
mod policy;
#[cfg(test)]
mod tests;

use std::io::{self, BufRead as _, IsTerminal as _, Write};
use std::sync::Arc;
use std::thread;

use aws::operator::deployed_facts::Cause;
use aws::operator::deployed_repairs::{Repair, Repairs};
use check::{Check, Finding, checks};
use facts::Facts;
use offline::report::{Colour, coloured};
use serde_json::{Value, json};
use tokio::sync::oneshot;

use crate::Operator;
use crate::arguments::DoctorOptions;
use crate::command_error::{CommandError, Exit, Report};

impl Operator {
    /// Checks the deployment of a stack, and repairs it if requested.
    pub(crate) async fn doctor(
        &self,
        options: &DoctorOptions,
        as_json: bool,
        err: &mut dyn Write,
    ) -> Result<Report, CommandError> {
        let facts = Box::pin(self.facts(&options.stack)).await?;
        if !options.fix {
            return Ok(report(&facts, &options.stack, &[]));
        }
        let planned = planned(&facts, &options.stack);
        if planned.is_empty() {
            return Ok(report(&facts, &options.stack, &[]));
        }
        if !options.yes {
            self.work.hide();
            agreed(&planned, as_json, err).await?;
        }
        let repairs = Repairs::new(Arc::clone(&self.sdk));
        let mut done = Vec::new();
        for one in planned {
            let applied =
                self.work.change(&format!("{} repaired", one.name), repairs.make(&one.repair)).await;
            let outcome = applied.map_err(|fault| match fault.cause {
                Cause::Denied => format!("needs {}", fault.permission),
                Cause::NotFound => format!("{} found nothing, or refused", fault.permission),
                Cause::Unavailable => format!("{} had no answer, or is to be tried later", fault.permission),
            });
            done.push(Repaired { name: one.name, command: one.command, outcome });
        }
        let facts = Box::pin(self.facts(&options.stack)).await?;
        Ok(report(&facts, &options.stack, &done))
    }
}

/// A repair that will be made.
struct Planned {
    name: &'static str,
    command: String,
    repair: Repair,
}

/// A repair with its outcome.
struct Repaired {
    name: &'static str,
    command: String,
    outcome: Result<(), String>,
}

/// Returns the repairs that interrupt nobody, without duplicates.
fn planned(facts: &Facts, stack: &str) -> Vec<Planned> {
    let mut planned: Vec<Planned> = Vec::new();
    for check in checks() {
        let Some(fix) = check.fix else { continue };
        for finding in (check.find)(facts) {
            let Some(repair) = fix(facts, &finding.name) else { continue };
            if !planned.iter().any(|one| one.repair == repair) {
                planned.push(Planned {
                    name: check.name,
                    command: filled_in(check.repair, facts, stack, &finding),
                    repair,
                });
            }
        }
    }
    planned
}

/// Asks whether to make the repairs. A program cannot be asked, so it has to agree by an option.
async fn agreed(planned: &[Planned], as_json: bool, err: &mut dyn Write) -> Result<(), CommandError> {
    let unasked = |text: &str| CommandError::new("not_agreed", text.to_owned());
    if as_json || !io::stdin().is_terminal() {
        return Err(unasked("--fix changes the deployment: give --yes if nobody can confirm"));
    }
    let commands: Vec<String> =
        planned.iter().map(|one| format!("  {}: {}", one.name, one.command)).collect();
    let commands = commands.join("\n");
    let written = write!(err, "This will be done:\n{commands}\nGo on? [y/N] ").and_then(|()| err.flush());
    if written.is_err() || !matches!(answer().await.trim(), "y" | "yes") {
        return Err(unasked("nothing was changed"));
    }
    Ok(())
}

/// Reads a line of standard input, in a thread of its own so that an interruption does not wait for it. Empty
/// if none can be read.
async fn answer() -> String {
    let (sender, line) = oneshot::channel();
    let read = move || {
        let mut line = String::new();
        // An answer that cannot be read counts as a no.
        drop(
            io::stdin().lock().read_line(&mut line).and_then(|_| sender.send(line).map_err(io::Error::other)),
        );
    };
    drop(thread::Builder::new().spawn(read));
    line.await.unwrap_or_default()
}

/// Reports every finding in one table, after the repairs that were made before.
fn report(facts: &Facts, stack: &str, repaired: &[Repaired]) -> Report {
    let mut lines: Vec<String> = repaired.iter().map(repair_line).collect();
    let mut findings = Vec::new();
    let mut is_known = true;
    let mut is_well = true;
    for check in checks() {
        let is_unknown = matches!(check.name, "cannot_see" | "no_answer" | "document_unseen");
        for finding in (check.find)(facts) {
            is_known &= !is_unknown;
            is_well &= is_unknown;
            write_finding(check, &finding, facts, stack, &mut lines, &mut findings);
        }
    }
    if findings.is_empty() {
        lines.push(format!("nothing found by {} checks", checks().count()));
    }
    let exit = match (is_well, is_known) {
        (false, _) => Exit::Refused,
        (true, false) => Exit::Unreachable,
        (true, true) => Exit::Done,
    };
    let repaired: Vec<Value> = repaired
        .iter()
        .map(|one| json!({ "name": one.name, "command": one.command, "failed": one.outcome.as_ref().err() }))
        .collect();
    let json =
        json!({ "stack": stack, "checks": checks().count(), "mended": repaired, "findings": findings });
    Report { exit, lines, json }
}

fn repair_line(repaired: &Repaired) -> String {
    match &repaired.outcome {
        Ok(()) => format!("repaired {}: {}", repaired.name, repaired.command),
        Err(why) => format!("FAILED to repair {}: {why}", repaired.name),
    }
}

fn write_finding(
    check: &Check,
    finding: &Finding,
    facts: &Facts,
    stack: &str,
    lines: &mut Vec<String>,
    findings: &mut Vec<Value>,
) {
    let repair = filled_in(check.repair, facts, stack, finding);
    let is_safe = check.fix.is_some_and(|fix| fix(facts, &finding.name).is_some());
    lines.push(format!("{}  {}", coloured(Colour::Red, check.name), finding.wrong));
    lines.push(format!("    leads to  {}", check.leads_to));
    lines.push(format!("    repair    {repair}{}", if is_safe { "  (or --fix)" } else { "" }));
    findings.push(json!({
        "name": check.name,
        "wrong": finding.wrong,
        "leads_to": check.leads_to,
        "mend": repair,
        "safe": is_safe,
    }));
}

/// Fills the names into the repair. A name that is unknown stays as a word in capitals.
fn filled_in(repair: &str, facts: &Facts, stack: &str, finding: &Finding) -> String {
    let reference = facts.reference();
    let domain =
        facts::known(&facts.pool).and_then(|pool| pool.custom_domain.as_deref().or(pool.domain.as_deref()));
    let target = facts.target_groups.iter().find(|one| one.arn == finding.name);
    let function = target.and_then(|one| facts.function(&one.id.replace("TargetGroup", "Function")));
    let parameter = |name| facts.stack.parameter(name);
    let pool_arn = reference.and_then(|one| one.pool.as_deref()).map(|pool| facts.pool_arn(pool));
    let mut filled = repair.to_owned();
    for (place, value) in [
        ("{stack}", Some(stack)),
        ("{name}", Some(finding.name.as_str()).filter(|name| !name.is_empty())),
        ("{pool}", reference.and_then(|one| one.pool.as_deref())),
        ("{pool_arn}", pool_arn.as_deref()),
        ("{client}", reference.map(|one| one.client_id.as_str())),
        ("{table}", reference.and_then(|one| one.table.as_deref())),
        ("{issuer}", reference.map(|one| one.issuer.as_str())),
        ("{domain}", domain),
        ("{api}", facts.api().map(|api| api.physical.as_str())),
        ("{proxy}", facts.stack.physical("ProxyFunction")),
        ("{function}", function.map(|(_, function)| function.arn.as_str())),
        ("{host}", parameter("CustomDomainName")),
        ("{retention}", parameter("LogRetentionDays")),
        ("{memory}", parameter("MemorySize")),
        ("{reserved}", parameter("ReservedConcurrency")),
        ("{mfa}", parameter("Mfa")),
    ] {
        let unknown = || place.trim_matches(['{', '}']).to_uppercase();
        filled = filled.replace(place, &value.map_or_else(unknown, str::to_owned));
    }
    filled
}
