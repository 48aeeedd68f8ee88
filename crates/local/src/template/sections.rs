//! Checks the place of each function: CloudFormation refuses a template with a function in the wrong place,
//! whatever its value.
//!
//! Sources are the template reference, "Intrinsic function reference" (resources, outputs), "Condition
//! functions" and "Rule functions", each under "Supported functions", and the user guide's pages on
//! `Mappings` and `Parameters`. Linters do not check this.

use super::Fault;
use super::function_name::{CONDITIONS, RULES, VALUES};
use super::node::{Content, Node};

/// The parts of a resource that are evaluated; its type, its deletion policies and its dependencies are plain text.
const EVALUATED_ATTRIBUTES: [&str; 4] = ["CreationPolicy", "Metadata", "Properties", "UpdatePolicy"];

/// Returns every function that stands where CloudFormation does not accept it.
pub(super) fn faults(root: &Node) -> Vec<Fault> {
    let mut faults = Vec::new();
    let Content::Mapping(sections) = &root.content else { return faults };
    for (name, section) in sections {
        match name.as_str() {
            "Resources" => resources(section, &mut faults),
            "Outputs" | "Globals" => check(section, name, &VALUES, &mut faults),
            "Conditions" => check(section, name, &CONDITIONS, &mut faults),
            "Rules" => check(section, name, &RULES, &mut faults),
            _ => check(section, name, &[], &mut faults),
        }
    }
    faults
}

fn resources(section: &Node, faults: &mut Vec<Fault>) {
    let Content::Mapping(resources) = &section.content else {
        return check(section, "Resources", &[], faults);
    };
    for (_, resource) in resources {
        let Content::Mapping(attributes) = &resource.content else {
            check(resource, "Resources", &[], faults);
            continue;
        };
        for (name, attribute) in attributes {
            let evaluated = EVALUATED_ATTRIBUTES.contains(&name.as_str());
            let allowed: &[&str] = if evaluated { &VALUES } else { &[] };
            check(attribute, &format!("{name} of Resources"), allowed, faults);
        }
    }
}

fn check(node: &Node, place: &str, allowed: &[&str], faults: &mut Vec<Fault>) {
    match &node.content {
        Content::Scalar { .. } => {}
        Content::Sequence(items) => {
            for item in items {
                check(item, place, allowed, faults);
            }
        }
        Content::Mapping(entries) => {
            for (_, entry) in entries {
                check(entry, place, allowed, faults);
            }
        }
        Content::Function { name, argument } => {
            if !allowed.contains(&name.as_str()) {
                faults.push(Fault::new(node.line, format!("`{name}` is not allowed in {place}")));
            }
            let within: &[&str] = if takes_plain_text(name) { &[] } else { allowed };
            check(argument, place, within, faults);
        }
    }
}

/// "You cannot use another function within `Fn::ValueOf` and `Fn::ValueOfAll`."
fn takes_plain_text(name: &str) -> bool {
    matches!(name, "Ref" | "Condition" | "Fn::RefAll" | "Fn::ValueOf" | "Fn::ValueOfAll")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::super::node::parse;
    use super::*;

    #[test]
    fn a_function_stands_only_where_cloudformation_takes_it() {
        const REFUSED: [(&str, &str); 17] = [
            (
                "Rules: {A: {RuleCondition: !Equals [!Join ['', !Ref P], '']}}",
                "line 1: `Fn::Join` is not allowed in Rules",
            ),
            (
                "Rules:\n  A:\n    Assertions:\n      - Assert: !Not [!Equals [{'Fn::Join': ['', !Ref P]}, '']]",
                "line 4: `Fn::Join` is not allowed in Rules",
            ),
            ("Rules: {A: {RuleCondition: !Condition B}}", "line 1: `Condition` is not allowed in Rules"),
            (
                "Rules: {A: {RuleCondition: !Equals [!Sub '${P}', '']}}",
                "line 1: `Fn::Sub` is not allowed in Rules",
            ),
            ("Rules: {A: {RuleCondition: !If [B, true, false]}}", "line 1: `Fn::If` is not allowed in Rules"),
            (
                "Rules: {A: {RuleCondition: !Equals [!FindInMap [A, B, C], '']}}",
                "line 1: `Fn::FindInMap` is not allowed in Rules",
            ),
            (
                "Rules: {A: {RuleCondition: !Equals [!Select [0, !Ref P], '']}}",
                "line 1: `Fn::Select` is not allowed in Rules",
            ),
            (
                "Rules: {A: {RuleCondition: !Equals [!ValueOf [!Ref P, VpcId], '']}}",
                "line 1: `Ref` is not allowed in Rules",
            ),
            (
                "Conditions: {A: !Equals [!GetAtt B.Arn, '']}",
                "line 1: `Fn::GetAtt` is not allowed in Conditions",
            ),
            (
                "Conditions: {A: !Equals [!ImportValue B, '']}",
                "line 1: `Fn::ImportValue` is not allowed in Conditions",
            ),
            (
                "Conditions: {A: !EachMemberEquals [!Ref P, '']}",
                "line 1: `Fn::EachMemberEquals` is not allowed in Conditions",
            ),
            (
                "Resources: {A: {Properties: {B: !Equals [a, b]}}}",
                "line 1: `Fn::Equals` is not allowed in Properties of Resources",
            ),
            (
                "Resources: {A: {DeletionPolicy: !If [B, Retain, Delete]}}",
                "line 1: `Fn::If` is not allowed in DeletionPolicy of Resources",
            ),
            ("Resources: {A: {DependsOn: !Ref B}}", "line 1: `Ref` is not allowed in DependsOn of Resources"),
            ("Outputs: {A: {Value: !Contains [[a], b]}}", "line 1: `Fn::Contains` is not allowed in Outputs"),
            ("Mappings: {A: {B: {C: !Ref D}}}", "line 1: `Ref` is not allowed in Mappings"),
            (
                "Parameters: {A: {Default: !Sub '${AWS::Region}'}}",
                "line 1: `Fn::Sub` is not allowed in Parameters",
            ),
        ];
        for (text, expected) in REFUSED {
            let found: Vec<String> = faults(&parse(text).unwrap()).iter().map(Fault::to_string).collect();
            assert_eq!(found, [expected], "{text}");
        }
    }

    #[test]
    fn a_template_that_cloudformation_takes_is_taken() {
        const TAKEN: [&str; 7] = [
            "Rules: {A: {RuleCondition: !Not [!EachMemberEquals [!Ref P, '']], Assertions: [{Assert: !Contains [[a, b], !Ref P]}]}}",
            "Rules: {A: {Assertions: [{Assert: !EachMemberIn [!ValueOf [P, VpcId], !RefAll 'AWS::EC2::VPC::Id']}]}}",
            "Conditions: {A: !Not [!Equals [!Join ['', !Ref P], '']], B: !And [{Condition: A}, !Condition A]}",
            "Resources: {A: {Condition: B, DependsOn: [C], Properties: {D: !If [B, !GetAtt C.Arn, !Ref 'AWS::NoValue']}}}",
            "Outputs: {A: {Condition: B, Value: !Sub '${C.Arn}'}}",
            "Mappings: {A: {B: {C: d}}}",
            "Parameters: {A: {Type: String, Default: ''}}",
        ];
        for text in TAKEN {
            assert_eq!(faults(&parse(text).unwrap()), [], "{text}");
        }
    }
}
