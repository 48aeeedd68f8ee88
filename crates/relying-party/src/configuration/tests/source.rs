use super::super::*;
use super::{MINIMAL, read, with};

fn variables(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn document_fault(document: &str, problem: &str) {
    let faults = read(document, Role::Login).unwrap_err();
    assert_eq!(
        faults.0,
        [Fault { key: "VESTIBULE_CONFIG".to_owned(), problem: problem.to_owned() }],
        "{document}"
    );
}

#[test]
fn config_location() {
    for (text, location) in [
        ("config.yaml", ConfigLocation::Path("config.yaml")),
        ("/etc/vestibule.json", ConfigLocation::Path("/etc/vestibule.json")),
        ("secret:prod/vestibule", ConfigLocation::Secret("prod/vestibule")),
        (
            "secret:arn:aws:secretsmanager:eu-west-1:1:secret:x",
            ConfigLocation::Secret("arn:aws:secretsmanager:eu-west-1:1:secret:x"),
        ),
        ("{\"issuer\": \"x\"}", ConfigLocation::Inline("{\"issuer\": \"x\"}")),
        ("  {}", ConfigLocation::Inline("  {}")),
        ("issuer: x\n", ConfigLocation::Inline("issuer: x\n")),
        ("secret:\nissuer: x", ConfigLocation::Inline("secret:\nissuer: x")),
        ("", ConfigLocation::Path("")),
    ] {
        assert_eq!(ConfigLocation::parse(text), location);
    }
}

#[test]
fn later_sources_win() {
    let document = with("leeway: 1\nrefresh_lead: 1\nmax_age: 1");
    let environment =
        variables(&[("VESTIBULE_LEEWAY", "3"), ("VESTIBULE_CONFIG", "x"), ("VESTIBULE_SECRET_ID", "y")]);
    let sources = Sources {
        document: Some(&document),
        secret_document: Some(r#"{"leeway": 2, "refresh_lead": 2, "client_secret": "s3cret"}"#),
        environment: &environment,
        ..Sources::default()
    };
    let configuration = Configuration::from_sources(&sources, Role::Callback).unwrap();
    assert_eq!((configuration.leeway, configuration.refresh_lead, configuration.max_age), (3, 2, Some(1)));
    assert_eq!(configuration.session.cache_seconds, 5);
    assert_eq!(configuration.client.secret.unwrap().expose(), "s3cret");
}

#[test]
fn variables_alone() {
    let environment = variables(&[
        ("VESTIBULE_ISSUER", "https://id.example.com"),
        ("VESTIBULE_CLIENT_ID", "client"),
        ("VESTIBULE_PUBLIC_URL", "https://app.example.com"),
        ("VESTIBULE_SESSION_SECRET", "0123456789abcdef0123456789abcdef"),
        ("VESTIBULE_SCOPES", "openid,email"),
        ("VESTIBULE_GROUPS_REQUIRED", "[\"admin\", \"a,b\"]"),
        ("VESTIBULE_ROUTES", r#"[{"paths": ["/public/*"], "auth": "none"}]"#),
        ("VESTIBULE_AUTHORIZATION_QUERY_ARGS", r#"{"lang": "de"}"#),
        (
            "VESTIBULE_BEARER_ISSUERS",
            r#"{"issuer": "https://id.example.com", "audiences": "https://api.example.com"}"#,
        ),
        ("PATH", "/usr/bin"),
    ]);
    let sources = Sources { environment: &environment, ..Sources::default() };
    let configuration = Configuration::from_sources(&sources, Role::Login).unwrap();
    assert_eq!(configuration.scopes, ["openid", "email"]);
    let groups = configuration.requirements.groups.unwrap();
    assert_eq!(groups.requirement.alternatives(), [["admin"], ["a,b"]]);
    assert_eq!(configuration.routes.rules().len(), 1);
    assert_eq!(configuration.bearer_issuers.len(), 1);
}

#[test]
fn unknown_and_repeated_variables() {
    let environment = variables(&[
        ("VESTIBULE_COLOUR", "blue"),
        ("VESTIBULE_issuer", "x"),
        ("VESTIBULE_", "x"),
        ("VESTIBULE_LEEWAY", "1"),
        ("VESTIBULE_LEEWAY", "2"),
    ]);
    let sources = Sources { document: Some(MINIMAL), environment: &environment, ..Sources::default() };
    let Faults(faults) = Configuration::from_sources(&sources, Role::Login).unwrap_err();
    let found: Vec<(&str, &str)> =
        faults.iter().map(|fault| (fault.key.as_str(), fault.problem.as_str())).collect();
    assert_eq!(
        found,
        [
            ("VESTIBULE_", "is not a known variable"),
            ("VESTIBULE_COLOUR", "is not a known variable"),
            ("VESTIBULE_LEEWAY", "is given twice"),
            ("VESTIBULE_issuer", "is not a known variable; did you mean `VESTIBULE_ISSUER`?"),
        ]
    );
}

#[test]
fn repeated_keys() {
    for document in
        [format!("{MINIMAL}client_id: other\n"), MINIMAL_JSON.replace('}', ", \"client_id\": \"other\"}")]
    {
        let Faults(faults) = read(&document, Role::Login).unwrap_err();
        assert_eq!(faults, [Fault { key: "client_id".to_owned(), problem: "is given twice".to_owned() }]);
    }
    let Faults(faults) =
        read(&with("routes: '[{\"paths\": \"/a\", \"paths\": \"/b\"}]'"), Role::Login).unwrap_err();
    assert_eq!(faults, [Fault { key: "routes[0].paths".to_owned(), problem: "is given twice".to_owned() }]);
}

#[test]
fn json_and_yaml_say_the_same() {
    assert_eq!(
        format!("{:?}", read(MINIMAL, Role::Login).unwrap()),
        format!("{:?}", read(MINIMAL_JSON, Role::Login).unwrap())
    );
}

#[test]
fn json_numbers_and_truths_are_texts() {
    let document = MINIMAL_JSON.replace('}', ", \"leeway\": 5, \"hide_credentials\": false}");
    let configuration = read(&document, Role::Login).unwrap();
    assert_eq!((configuration.leeway, configuration.upstream.hide_credentials), (5, false));
}

#[test]
fn documents_that_cannot_be_read() {
    document_fault("- a\n- b\n", "is not a mapping of keys to values");
    document_fault("just text\nmore\n", "is not a mapping of keys to values");
    document_fault("issuer: [a\n", "is not readable as YAML at line 2, column 0");
    document_fault("a: b: c\n", "is not readable as YAML at line 1, column 4");
    document_fault("{\"issuer\": \"x\"", "is not readable as JSON at line 1, column 14");
    document_fault("{\"leeway\": 1.5}", "is not readable as JSON at line 1, column 14");
    document_fault(
        "{\"client_id\": 123456789012345678901234567890}",
        "is not readable as JSON at line 1, column 44",
    );
    document_fault("{} {}", "is not readable as JSON at line 1, column 4");
    document_fault("issuer: a\n---\nissuer: b\n", "contains several YAML documents");
    document_fault("? [a]\n: b\n", "has a key that is not a text in line 1");
}

#[test]
fn anchors_aliases_merge_keys_and_tags() {
    document_fault(
        "issuer: &a https://id.example.com\n",
        "uses a YAML anchor in line 1; write the value out",
    );
    document_fault("a: &a [b]\nc: *a\n", "uses a YAML anchor in line 1; write the value out");
    document_fault("issuer: !Ref Issuer\n", "uses a YAML tag in line 1");
    document_fault("leeway: !!int 60\n", "uses a YAML tag in line 1");
    let Faults(faults) = read(&with("<<: {leeway: 5}"), Role::Login).unwrap_err();
    assert_eq!(faults, [Fault { key: "<<".to_owned(), problem: "is not a known key".to_owned() }]);
}

#[test]
fn an_empty_document_has_no_keys() {
    for document in ["", "# nothing yet\n", "---\n", "{}"] {
        let Faults(faults) = read(document, Role::Login).unwrap_err();
        assert_eq!(faults.len(), 4, "{document:?}");
        assert!(faults.iter().all(|fault| fault.problem == "is required"), "{document:?}");
    }
}

#[test]
fn a_secret_that_is_no_json_object() {
    for text in ["just-a-password", "\"text\"", "[]", "client_secret: x"] {
        let sources = Sources { document: Some(MINIMAL), secret_document: Some(text), ..Sources::default() };
        let Faults(faults) = Configuration::from_sources(&sources, Role::Login).unwrap_err();
        assert_eq!(faults.len(), 1);
        assert!(
            faults
                .iter()
                .all(|fault| fault.key == "VESTIBULE_SECRET_ID" && !fault.problem.contains("password"))
        );
    }
}

const MINIMAL_JSON: &str = r#"{
    "issuer": "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI",
    "client_id": "1example23456789",
    "public_url": "https://app.example.com/prod",
    "session_secret": ["0123456789abcdef0123456789abcdef"]
}"#;

fn own(document: &str, configuration_secret: Option<&str>) -> Result<Configuration, Faults> {
    let environment = variables(&[("VESTIBULE_LOG_LEVEL", "info")]);
    let secret_document = Some(r#"{"session_secret": "0123456789abcdef0123456789abcdef"}"#);
    let document = MINIMAL_JSON.replace(
        "\"session_secret\": [\"0123456789abcdef0123456789abcdef\"]",
        &format!("\"configuration\": {document}"),
    );
    assert!(document.contains("configuration"), "{document}");
    let sources = Sources {
        document: Some(&document),
        secret_document,
        configuration_secret,
        environment: &environment,
    };
    Configuration::from_sources(&sources, Role::Login)
}

#[test]
fn the_deployers_own_keys_count_beside_those_of_the_deployment() {
    let configuration = own(r#"{"leeway": 7}"#, Some(r#"{"max_age": "8"}"#)).unwrap();
    assert_eq!((configuration.leeway, configuration.max_age), (7, Some(8)));
    assert!(own("{}", None).is_ok());
}

#[test]
fn a_key_has_one_source() {
    const ELSEWHERE: &str = "is given elsewhere too; a key has one source";
    for (document, secret, expected) in [
        (r#"{"client_id": "other"}"#, None, ("client_id", ELSEWHERE)),
        (r#"{"session_secret": "0123456789abcdef0123456789abcdef"}"#, None, ("session_secret", ELSEWHERE)),
        (r#"{"log_level": "debug"}"#, None, ("log_level", ELSEWHERE)),
        ("{}", Some(r#"{"public_url": "https://other.example.com"}"#), ("public_url", ELSEWHERE)),
        (r#"{"leeway": 1}"#, Some(r#"{"leeway": 1}"#), ("leeway", ELSEWHERE)),
        (r#"{"leeway": 1, "leeway": 1}"#, None, ("leeway", "is given twice")),
        (r#"{"leway": 1}"#, None, ("leway", "is not a known key; did you mean `leeway`?")),
        ("{}", Some(r#"{"leway": 1}"#), ("leway", "is not a known key; did you mean `leeway`?")),
        (r#"{"configuration": {"leeway": 1}}"#, None, ("configuration", "is not a known key")),
        ("[]", None, ("configuration", "is not a mapping of keys to values")),
        ("null", None, ("configuration", "is not a mapping of keys to values")),
        (r#""{}""#, None, ("configuration", "is not a mapping of keys to values")),
        (
            "{}",
            Some("leeway: 1"),
            ("VESTIBULE_CONFIGURATION_SECRET", "is not readable as JSON at line 1, column 1"),
        ),
        ("{}", Some("[]"), ("VESTIBULE_CONFIGURATION_SECRET", "is not a mapping of keys to values")),
    ] {
        let Faults(faults) = own(document, secret).unwrap_err();
        let found: Vec<(&str, &str)> =
            faults.iter().map(|fault| (fault.key.as_str(), fault.problem.as_str())).collect();
        assert_eq!(found, [expected], "{document} {secret:?}");
    }
}

#[test]
fn a_client_secret_has_one_source() {
    for (lines, problem) in [
        (
            "client_secret_source: secret:kept\nclient_secret: x",
            "is not `configuration`, but `client_secret` is given too",
        ),
        ("client_secret_source: 'secret:'", "must be one of configuration, cognito, secret:<id>"),
        ("client_secret_source: 'secret:a b'", "must be one of configuration, cognito, secret:<id>"),
    ] {
        let Faults(faults) = read(&with(lines), Role::Login).unwrap_err();
        assert_eq!(
            faults,
            [Fault { key: "client_secret_source".to_owned(), problem: problem.to_owned() }],
            "{lines}"
        );
    }
}

#[test]
fn a_kept_client_secret_is_a_text_or_a_member() {
    for (text, expected) in [
        ("s3cret", Some("s3cret")),
        ("s3cret\n", Some("s3cret")),
        (r#"{"client_secret": "s3cret", "client_id": "app"}"#, Some("s3cret")),
        ("", None),
        ("two\nlines", None),
        (r#"{"client_secret": ""}"#, None),
        (r#"{"client_secret": " s3cret"}"#, None),
        (r#"{"client_secret": "one", "client_secret": "two"}"#, None),
        (r#"{"clientSecret": "s3cret"}"#, None),
        (r#"{"client_secret": {"a": "b"}}"#, None),
        (r#"{"client_secret": "s3cret""#, None),
    ] {
        assert_eq!(read_client_secret(text).as_ref().map(Secret::expose), expected, "{text}");
    }
}
