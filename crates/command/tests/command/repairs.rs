//! Checks that every AWS CLI command in a finding exists, with its operation and each of its parameters.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// Reads lines `aws SERVICE OPERATION ARGUMENTS...` and compares them with the models that the AWS CLI is
/// generated from.
const PROGRAM: &str = r#"
import shlex, sys
import botocore.session
from botocore import xform_name
loader = botocore.session.get_session().get_component("data_loader")
count = 0
for line in sys.stdin:
    words = shlex.split(line.replace("(", "").replace(")", ""))
    service, operation, arguments = words[1], words[2], words[3:]
    model = loader.load_service_model({"elbv2": "elbv2"}.get(service, service), "service-2")
    names = {xform_name(name, "-"): name for name in model["operations"]}
    assert operation in names, f"{line}: no operation {operation}"
    shape = model["shapes"][model["operations"][names[operation]].get("input", {"shape": ""})["shape"]] if "input" in model["operations"][names[operation]] else {"members": {}}
    members = {"--" + xform_name(name, "-") for name in shape["members"]} | {"--cli-input-json"}
    given = {word for word in arguments if word.startswith("--")}
    assert given <= members, f"{line}: no parameters {sorted(given - members)}"
    if "--cli-input-json" not in given:
        required = {"--" + xform_name(name, "-") for name in shape.get("required", [])}
        assert required <= given, f"{line}: lacks {sorted(required - given)}"
    count += 1
assert count >= 15, count
"#;

#[test]
fn every_command_that_repairs_is_one_of_the_aws_cli() {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    let folder = root.join("crates/command/src/doctor/check");
    let mut commands = Vec::new();
    for file in std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .chain([root.join("crates/command/src/doctor/check.rs")])
    {
        let text = std::fs::read_to_string(file).unwrap();
        commands.extend(
            text.split('"').filter(|text| text.starts_with("aws ") && text.contains("--")).map(str::to_owned),
        );
    }
    let mut child = Command::new(root.join(".tools/venv/bin/python"))
        .args(["-c", PROGRAM])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The placeholders stand for values.
    let lines = commands.join("\n").replace(['{', '}'], "x");
    child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
