//! Writes the script by which a shell completes the command line.

use clap::{CommandFactory as _, ValueEnum as _};
use clap_complete::Shell;
use serde_json::json;

use crate::arguments::Arguments;
use crate::command_error::{Exit, Report};

/// Returns the script of a shell.
pub(crate) fn completion(shell: Shell) -> Report {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "vestibule", &mut script);
    let script = String::from_utf8_lossy(&script).trim_end().to_owned();
    let script = match shell {
        Shell::Fish => fish(&script),
        Shell::Zsh => zsh(&script),
        _ => script,
    };
    Report { exit: Exit::Done, json: json!({ "script": script }), lines: vec![script] }
}

/// In clap's script the word `help` stops the completion of the command after it, and the shells after
/// `completion` are missing.
fn fish(script: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for line in script.lines() {
        let is_of_help = line.contains("__fish_vestibule_using_subcommand help; and not ");
        lines.push(if is_of_help { line.replacen(" help\" -f -a", "\" -f -a", 1) } else { line.to_owned() });
    }
    let shells: Vec<String> = Shell::value_variants().iter().map(ToString::to_string).collect();
    lines.push(format!(
        "complete -c vestibule -n \"__fish_vestibule_using_subcommand completion\" -f -a \"{}\"",
        shells.join(" ")
    ));
    lines.join("\n")
}

/// In clap's script `check explain` takes `explain` for a file of `check`, and completes nothing after it. Here
/// the first word after `check` is a command or a file, and files follow a file.
fn zsh(script: &str) -> String {
    const FIRST: &str = "_vestibule_check_first";
    let mut lines: Vec<String> = Vec::new();
    let mut options: Vec<String> = Vec::new();
    let mut is_check = false;
    for line in script.lines().filter(|line| !line.starts_with("'::paths -- ")) {
        if line.starts_with("if [ \"$funcstack[1]\"") {
            lines.push(format!("{FIRST}() {{"));
            lines.push(
                "    _alternative 'commands:command:_vestibule__subcmd__check_commands' 'files:file:_files'"
                    .to_owned(),
            );
            lines.push("}\n".to_owned());
        }
        if line.starts_with("_arguments ") {
            options.clear();
        } else if line == "\":: :_vestibule__subcmd__check_commands\" \\" {
            is_check = true;
        } else if !is_check {
            options.push(line.to_owned());
        }
        let line = line.replace("\":: :_vestibule__subcmd__check_commands\"", &format!("\":: :{FIRST}\""));
        // With two colons zsh completes no option after a file.
        lines.push(line.replace("$line[2]", "$line[1]").replace("'*::files -- ", "'*:files -- "));
        if is_check && is_check_command(&line) {
            lines.extend(after_a_file(&options));
            is_check = false;
        }
    }
    lines.join("\n")
}

/// Whether the line prepares the completion after the first word of `check`.
fn is_check_command(line: &str) -> bool {
    line.trim_start().starts_with("curcontext=") && line.contains("vestibule-check-command-")
}

/// The lines that complete what follows a file of `check`.
fn after_a_file(options: &[String]) -> Vec<String> {
    let command = Arguments::command();
    let commands = command.find_subcommand("check").into_iter().flat_map(clap::Command::get_subcommands);
    let commands: Vec<&str> = commands.map(clap::Command::get_name).chain(["help"]).collect();
    let mut lines = vec![
        "        case $line[1] in".to_owned(),
        format!("            ({}) ;;", commands.join("|")),
        "            (*)".to_owned(),
        "_arguments \"${_arguments_options[@]}\" : \\".to_owned(),
    ];
    lines.extend(options.iter().cloned());
    lines.push("'*:file:_files' \\\n&& ret=0\n;;\n        esac".to_owned());
    lines
}

#[cfg(test)]
mod tests {
    use clap_complete::Shell;

    use super::completion;

    fn script(shell: Shell) -> String {
        completion(shell).lines.concat()
    }

    #[test]
    fn fish_completes_the_command_after_help_and_the_shells() {
        let script = script(Shell::Fish);
        let of_help = |line: &&str| line.contains("_using_subcommand help; and not ");
        assert_eq!(script.lines().filter(of_help).filter(|line| line.contains(" help\" -f")).count(), 0);
        assert!(script.lines().filter(of_help).any(|line| line.contains("-f -a \"import\"")));
        assert!(script.ends_with("completion\" -f -a \"bash elvish fish powershell zsh\""), "{script}");
    }

    #[test]
    fn zsh_completes_what_follows_a_command_of_check() {
        let script = script(Shell::Zsh);
        assert!(!script.contains("$line[2]") && !script.contains("'::paths -- "));
        assert_eq!(script.matches("_vestibule_check_first").count(), 2);
        assert!(script.contains("\":: :_vestibule_check_first\" \\\n\"*::: :->check\""), "{script}");
        let (_, after) =
            script.split_once("            (explain|schema|help) ;;\n            (*)\n").unwrap_or_default();
        let (after, _) = after.split_once("\n;;").unwrap_or_default();
        assert!(after.contains("'--strict[") && after.ends_with("'*:file:_files' \\\n&& ret=0"), "{after}");
    }
}
