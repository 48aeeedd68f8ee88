//! Checks that `docs/deploy.md` lists the parameters and outputs of the templates.

use local::template::{Inputs, Template};
use relying_party::session::refresh_policy::REPEATABLE_GRACE_SECONDS;

use crate::project::text;

const DOCUMENT: &str = "docs/deploy.md";

const TEMPLATES: [&str; 4] =
    ["infra/alb.yaml", "infra/function-url.yaml", "infra/http-api.yaml", "infra/template.yaml"];

#[test]
fn every_parameter_is_documented() {
    for template in TEMPLATES {
        documented(template, "Parameters");
    }
}

#[test]
fn every_parameter_of_the_user_pool_is_documented() {
    documented("infra/user-pool.yaml", "Parameters");
}

#[test]
fn every_output_is_documented() {
    for template in TEMPLATES {
        documented(template, "Outputs");
    }
}

#[test]
fn every_template_names_the_release_that_its_functions_are_of() {
    let release = concat!("      Release: '", env!("CARGO_PKG_VERSION"), "'");
    for template in TEMPLATES {
        assert_eq!(
            text(template).lines().filter(|line| *line == release).count(),
            1,
            "{template}: run infra/generate"
        );
    }
}

#[test]
fn every_default_is_documented_as_it_is() {
    let document = text(DOCUMENT);
    let parameters = TEMPLATES.iter().flat_map(|template| entries(&text(template), "Parameters"));
    for (name, body) in parameters {
        let Some(default) = body.lines().find_map(|line| line.strip_prefix("    Default: ")) else {
            continue;
        };
        let default = default.trim_matches('\'');
        if default.is_empty() {
            continue;
        }
        let row =
            document.lines().find(|line| line.starts_with("| `") && line.contains(&format!("`{name}`")));
        let row = row.unwrap_or_else(|| panic!("{DOCUMENT} has no row for {name}"));
        assert!(row.contains(&format!("`{default}`")), "{DOCUMENT}: the default of {name} is {default}");
    }
}

#[test]
fn every_secret_of_the_stack_is_documented() {
    let document = text(DOCUMENT);
    let mut found = 0;
    let templates = TEMPLATES.map(text).join("\n");
    for rest in templates.split("Name: !Sub ${AWS::StackName}/vestibule/").skip(1) {
        let name = rest.split_whitespace().next().unwrap();
        assert!(document.contains(&format!("`<stack>/vestibule/{name}`")), "{DOCUMENT} does not know {name}");
        found += 1;
    }
    assert!(found > 0);
}

/// One resource contains the client's grace period, and the functions' variables repeat it.
#[test]
fn the_functions_are_told_the_clients_own_grace_period() {
    for template in TEMPLATES {
        let text = text(template);
        let (_, rotation) = text.split_once("      RefreshTokenRotation: !If\n").unwrap();
        let rotation: Vec<&str> = rotation.lines().take(3).map(str::trim).collect();
        let [condition, rotating, not_rotating] = rotation[..] else { panic!("{rotation:?}") };
        assert_eq!((condition, not_rotating), ("- StoresSessions", "- {Feature: DISABLED}"), "{template}");
        let period = rotating.strip_prefix("- {Feature: ENABLED, RetryGracePeriodSeconds: ").unwrap();
        let period = period.strip_suffix('}').unwrap();
        assert!(
            period.parse::<i64>().unwrap() >= REPEATABLE_GRACE_SECONDS,
            "{template}: nothing is repeated"
        );

        let told: Vec<&str> =
            text.lines().filter_map(|line| line.trim().strip_prefix("VESTIBULE_ROTATION_GRACE: ")).collect();
        // The grace period of an existing client is unknown. The check gets the same variables as the
        // functions.
        let expected =
            format!("!If [MakesClient, !If [StoresSessions, '{period}', none], !Ref AWS::NoValue]");
        assert_eq!(told, [expected.as_str(); 2], "{template}");
        assert!(
            !text.contains("rotation_grace") && !text.contains("session_storage"),
            "{template}: told twice"
        );
    }
}

/// CloudFormation refuses the whole template before it creates a resource, but neither cfn-lint nor `sam validate`
/// reports it.
#[test]
fn every_function_stands_where_cloudformation_takes_it() {
    for template in TEMPLATES.into_iter().chain(["infra/user-pool.yaml"]) {
        Template::parse(&text(template), &Inputs::default())
            .unwrap_or_else(|fault| panic!("{template}: {fault}"));
    }
}

#[test]
fn a_join_in_a_rule_is_noticed() {
    let (right, wrong) =
        ("{Fn::EachMemberEquals: [!Ref SubnetIds, '']}", "!Equals [!Join ['', !Ref SubnetIds], '']");
    for template in ["infra/alb.yaml", "infra/function-url.yaml", "infra/http-api.yaml"] {
        let text = text(template);
        assert!(text.contains(right), "{template}");
        let fault = Template::parse(&text.replace(right, wrong), &Inputs::default()).unwrap_err();
        assert!(fault.to_string().contains("`Fn::Join` is not allowed in Rules"), "{template}: {fault}");
    }
}

/// There is an environment for each front and stage, and none builds into or deploys over another.
#[test]
fn sam_knows_every_front_and_stage() {
    let configuration = text("samconfig.toml");
    let mut stacks = Vec::new();
    for file in TEMPLATES {
        let name = file.strip_prefix("infra/").and_then(|file| file.strip_suffix(".yaml")).unwrap();
        let [development, production] = match name {
            "template" => ["default".to_owned(), "rest-api-prod".to_owned()],
            front => [front.to_owned(), format!("{front}-prod")],
        };
        for environment in [development, production] {
            let directory = if environment == "default" {
                ".aws-sam/build".to_owned()
            } else {
                format!(".aws-sam/{environment}")
            };
            for wanted in [
                format!("[{environment}.validate.parameters]\ntemplate_file = \"{file}\"\n"),
                format!(
                    "[{environment}.build.parameters]\ntemplate_file = \"{file}\"\nbuild_dir = \"{directory}\"\n"
                ),
                format!(
                    "[{environment}.deploy.parameters]\ntemplate_file = \"{directory}/template.yaml\"\nresolve_s3 = true\n"
                ),
            ] {
                assert!(configuration.contains(&wanted), "samconfig.toml lacks\n{wanted}");
            }
            // Functions must be deployed for the processor that they are built for, so both commands read it
            // here.
            let both = format!("[{environment}.global.parameters]\n");
            let (_, shared) = configuration.split_once(&both).unwrap();
            let lines: Vec<&str> = shared.lines().take(2).collect();
            stacks.push(lines[0].strip_prefix("stack_name = ").unwrap());
            assert_eq!(lines[1], "parameter_overrides = \"Architecture=x86_64\"", "{environment}");
        }
    }
    stacks.sort_unstable();
    stacks.dedup();
    assert_eq!(stacks.len(), 2 * TEMPLATES.len());
}

fn documented(template: &str, section: &str) {
    let document = text(DOCUMENT);
    let entries = entries(&text(template), section);
    assert!(!entries.is_empty(), "{template} has no {section}");
    for (name, _) in entries {
        assert!(document.contains(&format!("`{name}`")), "{DOCUMENT} does not know {name} of {template}");
    }
}

/// The entries of a section and the lines below each. CloudFormation's sections are not indented, their
/// entries are by two spaces.
pub(crate) fn entries(template: &str, section: &str) -> Vec<(String, String)> {
    let start = format!("{section}:");
    let body = template.lines().skip_while(|line| *line != start).skip(1);
    let mut entries: Vec<(String, String)> = Vec::new();
    for line in body.take_while(|line| line.is_empty() || line.starts_with([' ', '#'])) {
        let name = line
            .strip_prefix("  ")
            .filter(|rest| !rest.starts_with([' ', '#']))
            .and_then(|rest| rest.strip_suffix(':'));
        match (name, entries.last_mut()) {
            (Some(name), _) => entries.push((name.to_owned(), String::new())),
            (None, Some((_, body))) => {
                body.push_str(line);
                body.push('\n');
            }
            (None, None) => {}
        }
    }
    entries
}

/// CloudFront keeps these for ten seconds by default ("Control how long CloudFront caches errors").
#[test]
fn cloudfront_keeps_no_error() {
    let template = text("infra/function-url.yaml");
    let (_, distribution) = template.split_once("      DistributionConfig:\n").unwrap();
    let (_, responses) = distribution.split_once("        CustomErrorResponses:\n").unwrap();
    let listed: Vec<&str> =
        responses.lines().take_while(|line| line.starts_with("          - ")).map(str::trim).collect();
    let expected = [400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504]
        .map(|code| format!("- {{ErrorCode: {code}, ErrorCachingMinTTL: 0}}"));
    assert_eq!(listed, expected);
    let block = template.find("CustomErrorResponses:").unwrap();
    let resource = template.find("  Distribution:\n    Type: AWS::CloudFront::Distribution\n").unwrap();
    assert!(resource < block && template.matches("DistributionConfig:").count() == 1);
}
