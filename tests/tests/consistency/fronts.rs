//! The templates of the fronts have most of their resources in common. `infra/template.yaml` has them first; the others must
//! have the same, and `BLESS=1` copies them.

use crate::project::{root, text};

const FIRST: &str = "infra/template.yaml";

/// What is in every template as in the first one.
const EVERYWHERE: [(&str, &str); 13] = [
    ("Outputs", "AddUserCommand"),
    ("Outputs", "CallbackUrl"),
    ("Outputs", "ClientId"),
    ("Outputs", "Issuer"),
    ("Outputs", "LogoutUrl"),
    ("Outputs", "ReadLogCommand"),
    ("Outputs", "UserPoolId"),
    ("Resources", "Branding"),
    ("Resources", "Client"),
    ("Resources", "ClientSecret"),
    ("Resources", "SessionKey"),
    ("Resources", "Sessions"),
    ("Resources", "UserPoolStack"),
];

/// What is besides in the template whose endpoints have functions of their own.
const WITH_FUNCTIONS: [(&str, &str); 9] = [
    ("Resources", "CallbackFunction"),
    ("Resources", "CallbackRole"),
    ("Resources", "Configuration"),
    ("Resources", "LoginFunction"),
    ("Resources", "LoginRole"),
    ("Resources", "LogoutFunction"),
    ("Resources", "LogoutRole"),
    ("Resources", "SessionFunction"),
    ("Resources", "SessionRole"),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Front {
    Alb,
    FunctionUrl,
    HttpApi,
}

const FRONTS: [Front; 3] = [Front::Alb, Front::FunctionUrl, Front::HttpApi];

impl Front {
    const fn file(self) -> &'static str {
        match self {
            Self::Alb => "infra/alb.yaml",
            Self::FunctionUrl => "infra/function-url.yaml",
            Self::HttpApi => "infra/http-api.yaml",
        }
    }

    fn shared(self) -> Vec<(&'static str, &'static str)> {
        let mut shared = EVERYWHERE.to_vec();
        shared.extend([("Resources", "LogGroup"), ("Outputs", "Url")]);
        if self == Self::Alb {
            shared.extend(WITH_FUNCTIONS);
        }
        shared
    }

    /// A block of the first template as it must be in this one: with the address that this front has, and in the client's
    /// secret with what only the proxy reads.
    fn adapted(self, name: &str, block: &str) -> String {
        let mut adapted = String::new();
        let lines: Vec<&str> = block.lines().collect();
        let mut at = 0;
        while let Some(line) = lines.get(at) {
            let custom = lines.get(at + 2).and_then(|line| line.split_once("${CustomDomainName}"));
            let is_address = line.ends_with("!If")
                && lines.get(at + 1).is_some_and(|line| line.trim() == "- HasCustomDomain");
            if let (true, Some((_, rest))) = (is_address, custom) {
                adapted.push_str(&self.address(&lines[at..at + 4], rest));
                at += 4;
            } else {
                adapted.push_str(line);
                adapted.push('\n');
                at += 1;
            }
        }
        if name == "ClientSecret" { self.with_keys_of_the_proxy(&adapted) } else { adapted }
    }

    fn address(self, lines: &[&str], rest: &str) -> String {
        let own = lines[3];
        let indentation = " ".repeat(own.len() - own.trim_start().len());
        match self {
            // There is always a name.
            Self::Alb => {
                let key = lines[0].strip_suffix("!If").unwrap();
                format!("{key}!Sub https://${{CustomDomainName}}{rest}\n")
            }
            Self::FunctionUrl => format!(
                "{}\n{indentation}- !Sub ['https://${{Host}}{rest}', {{Host: !If [HasDistribution, !GetAtt Distribution.DomainName, \
                 !Select [2, !Split [/, !GetAtt FunctionUrl.FunctionUrl]]]}}]\n",
                lines[..3].join("\n")
            ),
            // The stage has no name in the path.
            Self::HttpApi => format!("{}\n", lines.join("\n").replace("/${StageName}", "")),
        }
    }

    fn with_keys_of_the_proxy(self, block: &str) -> String {
        const UPSTREAM: &str = "!If [HasUpstreamSecretHeader, !Sub '\"upstream_secret_header\":\"${UpstreamSecretHeader}\",', '']";
        const CLOUDFRONT: &str = "\"front_secret_header\":\"x-origin-secret: {{resolve:secretsmanager:${FrontSecret}:SecretString:secret}}\",";
        let more = match self {
            Self::FunctionUrl => format!(
                "!Join\n            - ''\n            - - {UPSTREAM}\n              - !If\n                - HasDistribution\n                \
                 - !Sub '{CLOUDFRONT}'\n                - ''"
            ),
            Self::Alb | Self::HttpApi => UPSTREAM.to_owned(),
        };
        let block = block.replacen("{\"provider\":\"cognito\",", "{\"provider\":\"cognito\",${More}", 1);
        if block.contains("        - PoolId:") {
            block.replacen("        - PoolId:", &format!("        - More: {more}\n          PoolId:"), 1)
        } else {
            block.replacen("          PoolId:", &format!("          More: {more}\n          PoolId:"), 1)
        }
    }
}

#[test]
fn what_the_templates_have_in_common_is_the_same() {
    for front in FRONTS {
        for (section, name) in front.shared() {
            let expected = front.adapted(name, &block(FIRST, section, name));
            let found = block(front.file(), section, name);
            if found == expected {
                continue;
            }
            let file = front.file();
            assert!(
                std::env::var_os("BLESS").is_some(),
                "{file}: {name} is not as in {FIRST}: BLESS=1 cargo test -p tests --test consistency copies it\n{found}\n{expected}"
            );
            std::fs::write(root().join(file), text(file).replacen(&found, &expected, 1)).unwrap();
        }
        let globals = |file| part(&text(file), "Globals");
        assert_eq!(globals(front.file()), globals(FIRST), "{}", front.file());
    }
}

#[test]
fn a_parameter_of_one_name_is_the_same_everywhere() {
    let first = names(FIRST, "Parameters");
    for front in FRONTS {
        let file = front.file();
        let mut common = 0;
        for name in names(file, "Parameters") {
            // A load balancer has no name of its own that a certificate could be for.
            if !first.contains(&name) || (front, name.as_str()) == (Front::Alb, "CustomDomainName") {
                continue;
            }
            let facts = |file| without_description(&block(file, "Parameters", &name));
            assert_eq!(facts(file), facts(FIRST), "{file}: {name}");
            common += 1;
        }
        assert!(common >= 14, "{file} has {common} parameters of {FIRST}");
    }
}

#[test]
fn the_fronts_parameters_are_the_same_among_them() {
    for (one, other) in [(Front::Alb, Front::HttpApi), (Front::FunctionUrl, Front::HttpApi)] {
        for name in ["SecurityGroupIds", "SubnetIds", "UpstreamSecretHeader", "UpstreamUrl"] {
            let facts = |front: Front| without_description(&block(front.file(), "Parameters", name));
            assert_eq!(facts(one), facts(other), "{name}");
        }
    }
}

#[test]
fn the_proxy_is_the_same_everywhere() {
    let differs = ["Description:", "Timeout:", "VESTIBULE_RESPONSE_STREAMING:"];
    let function = |front: Front| {
        let block = block(front.file(), "Resources", "ProxyFunction");
        let kept = block.lines().filter(|line| !differs.iter().any(|start| line.trim().starts_with(start)));
        kept.map(str::to_owned).collect::<Vec<_>>()
    };
    let role = |front: Front| block(front.file(), "Resources", "ProxyRole");
    let whole = role(Front::HttpApi);
    assert_eq!(function(Front::FunctionUrl), function(Front::HttpApi));
    assert_eq!(function(Front::Alb), function(Front::HttpApi));
    assert_eq!(role(Front::FunctionUrl), whole);
    // Behind a load balancer other functions open sessions and end all of a user's.
    assert!(whole.contains("dynamodb:PutItem, "));
    let (before, ending) = whole.split_once("              # Signing out everywhere.\n").unwrap();
    let after = ending.find("              # Lambda makes").unwrap();
    let part = format!("{before}{}", ending.split_at(after).1);
    assert_eq!(role(Front::Alb), part.replace("dynamodb:PutItem, ", ""));
}

#[test]
fn sam_knows_every_front() {
    let configuration = text("samconfig.toml");
    for front in FRONTS {
        let file = front.file();
        let name = file.strip_prefix("infra/").and_then(|file| file.strip_suffix(".yaml")).unwrap();
        for wanted in [
            format!("[{name}.validate.parameters]\ntemplate_file = \"{file}\"\n"),
            format!(
                "[{name}.build.parameters]\ntemplate_file = \"{file}\"\nbuild_dir = \".aws-sam/{name}\"\n"
            ),
            format!("[{name}.deploy.parameters]\ntemplate_file = \".aws-sam/{name}/template.yaml\"\n"),
        ] {
            assert!(configuration.contains(&wanted), "samconfig.toml lacks\n{wanted}");
        }
    }
}

/// A section with its entries. CloudFormation's sections are at the left, their entries at two spaces.
fn part(template: &str, section: &str) -> String {
    let start = format!("{section}:");
    let body = template.lines().skip_while(|line| *line != start).skip(1);
    let lines: Vec<&str> = body.take_while(|line| line.is_empty() || line.starts_with([' ', '#'])).collect();
    assert!(!lines.is_empty(), "there is no {section}");
    lines.join("\n").trim_end().to_owned()
}

fn names(file: &str, section: &str) -> Vec<String> {
    part(&text(file), section).lines().filter_map(name_of).map(str::to_owned).collect()
}

fn name_of(line: &str) -> Option<&str> {
    line.strip_prefix("  ").filter(|rest| !rest.starts_with([' ', '#']))?.strip_suffix(':')
}

/// One entry, from its name to the next entry, comment or empty line at its level.
fn block(file: &str, section: &str, name: &str) -> String {
    let part = part(&text(file), section);
    let mut lines = part.lines().skip_while(|line| name_of(line) != Some(name));
    let first = lines.next().unwrap_or_else(|| panic!("{file} has no {name}"));
    let rest = lines.take_while(|line| line.starts_with("   "));
    std::iter::once(first).chain(rest).fold(String::new(), |block, line| block + line + "\n")
}

fn without_description(block: &str) -> Vec<String> {
    let mut kept = Vec::new();
    let mut described = false;
    for line in block.lines() {
        if line.starts_with("    ") && !line.starts_with("     ") {
            described = line.trim_start().starts_with("Description:");
        }
        if !described {
            kept.push(line.to_owned());
        }
    }
    kept
}
