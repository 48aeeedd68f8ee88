#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::json;

use super::*;

const DOCUMENT: &str = r#"{"provider":"cognito","issuer":"https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_StandIn",
"client_id":"made-after-the-check","user_pool_domain":"reports","client_secret":"made after the check","scopes":["SCOPES"],
"public_url":"https://app.example.com","redirect_uri":"https://app.example.com/oauth2/callback",MORE"configuration":OWN}"#;

/// The faults of a deployment with these parameters, after `changes` to its other properties.
fn faults(configuration: &str, more: &str, secret: Option<&str>, changes: &Value) -> Vec<String> {
    let name = secret.map_or("", |_| "more");
    let properties = properties(configuration, more, name, changes);
    let deployment = DeploymentProperties::deserialize(&properties).unwrap();
    assert_eq!(deployment.configuration_secret().is_some(), secret.is_some());
    deployment.faults(SecretTexts { configuration: secret, ..SecretTexts::default() })
}

fn properties(configuration: &str, more: &str, secret: &str, changes: &Value) -> Value {
    let own = if configuration.is_empty() { "{}" } else { configuration };
    let document = DOCUMENT.replace("MORE", more).replace("OWN", own).replace("SCOPES", "openid");
    let mut properties = json!({
        "Roles": ["proxy"],
        "Region": "eu-west-1",
        "Domain": "reports",
        "Configuration": configuration,
        "ConfigurationSecret": secret,
        "Document": document,
        "Variables": {
            "VESTIBULE_SESSION_STORAGE": "cookie",
            "VESTIBULE_LOG_LEVEL": "info",
            "VESTIBULE_UPSTREAM_URL": "https://application.example.com",
        },
    });
    properties.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    properties
}

#[test]
fn a_good_deployment_has_no_faults() {
    for (configuration, secret) in [
        ("", None),
        ("{}", None),
        (r#"{"leeway": 30, "upstream_headers": [{"header": "x-team", "path": ["team"]}]}"#, None),
        (r#"{"leeway": 30}"#, Some(r#"{"max_age": 30}"#)),
        // Here no parameter sets the key.
        (r#"{"groups_required": ["staff"]}"#, None),
    ] {
        assert_eq!(faults(configuration, "", secret, &json!({})), [""; 0], "{configuration}");
    }
}

#[test]
fn every_fault_names_the_parameter_that_it_came_by() {
    let groups = r#""groups_required":["staff"],"#;
    for (configuration, more, secret, expected) in [
        (r#"{"leway": 1}"#, "", None, "Configuration: `leway` is not a known key; did you mean `leeway`?"),
        (
            r#"{"leeway": "1s"}"#,
            "",
            None,
            "Configuration: `leeway` must be a whole number of seconds from 0 to 300",
        ),
        (r#"{"scopes": ["openid"]}"#, "", None, "Configuration: `scopes` is set by the parameter Scopes"),
        (
            r#"{"log_level": "debug"}"#,
            "",
            None,
            "Configuration: `log_level` is set by the parameter LogLevel",
        ),
        (
            r#"{"groups_required": ["a"]}"#,
            groups,
            None,
            "Configuration: `groups_required` is set by the parameter GroupsRequired",
        ),
        (
            "",
            groups,
            Some(r#"{"groups_required": ["a"]}"#),
            "ConfigurationSecret: `groups_required` is set by the parameter GroupsRequired",
        ),
        (
            r#"{"session_secret": "a text of at least thirty-two bytes, as it has to be"}"#,
            "",
            None,
            "Configuration: `session_secret` is set by the parameter SessionKeyArn",
        ),
        (
            r#"{"leeway": 1}"#,
            "",
            Some(r#"{"leeway": 1}"#),
            "Configuration and ConfigurationSecret both set `leeway`; a key has one source",
        ),
        (r#"{"leeway": 1, "leeway": 2}"#, "", None, "Configuration: `leeway` is given twice"),
        (
            "",
            r#""routes":[{"paths":["/a"],"auth":"never"}],"#,
            None,
            "Routes: `routes[0].auth` must be one of required, optional, none",
        ),
        (
            "",
            "",
            Some(r#"{"max_age": -1}"#),
            "ConfigurationSecret: `max_age` must be a whole number of seconds from 0 to 34560000",
        ),
        (
            r#"{"session_idling_timeout": 60}"#,
            "",
            None,
            "Configuration: `session_idling_timeout` cannot be kept in cookie storage; leave it out",
        ),
        (
            r#"{"leeway": 1"#,
            "",
            None,
            "Configuration is not a JSON object: parsing failed at line 1, column 12",
        ),
        (
            r#"{"leeway": 1}, "client_id": "other""#,
            "",
            None,
            "Configuration is not a JSON object: parsing failed at line 1, column 14",
        ),
        (
            "",
            "",
            Some("leeway: 1"),
            "ConfigurationSecret is not a JSON object: parsing failed at line 1, column 1",
        ),
        ("", "", Some("[]"), "ConfigurationSecret is not a JSON object: parsing failed at line 1, column 0"),
    ] {
        assert_eq!(
            faults(configuration, more, secret, &json!({})),
            [expected],
            "{configuration} {more} {secret:?}"
        );
    }
}

#[test]
fn a_value_that_aws_refuses_later_is_refused_now() {
    for (changes, expected) in [
        (json!({"Routes": "[{"}), "Routes is not a JSON list: parsing failed at line 1, column 2"),
        (json!({"Routes": "{}"}), "Routes is not a JSON list: parsing failed at line 1, column 0"),
        (
            json!({"UserPoolId": "us-east-1_AbC"}),
            "UserPoolId is a pool of us-east-1, and a client can be made in eu-west-1 only: it needs ClientId",
        ),
        (
            json!({"Domain": "auth.example.com"}),
            "Domain is a host name: it needs SignInCertificateArn, or UserPoolId of the pool that has it",
        ),
        (
            json!({"SignInCertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/a"}),
            "SignInCertificateArn is for a host name in Domain, which has a prefix",
        ),
        (
            json!({"CertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/a"}),
            "CertificateArn is a certificate of us-east-1, and this front needs one of eu-west-1 only",
        ),
        (
            json!({"Passkeys": "true", "Domain": "a".repeat(31)}),
            "Domain: with Passkeys the host name of the sign-in domain has at most 63 characters, and this one 64",
        ),
        (
            json!({"SignInCertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/a", "Domain": host(64)}),
            "Domain: the host name of a sign-in domain has at most 63 characters, and this one 64",
        ),
        (json!({"UpstreamUrl": "https://app.example.net:99999"}), "UpstreamUrl must be an absolute address"),
        (
            json!({"ResourceServerScopes": ["a", "b", "c", "d", "e", "f"]}),
            "ResourceServerScopes must have at most 5 names",
        ),
        (
            json!({"ListenerArn": "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/web/a/b"}),
            "ListenerArn is a listener of us-east-1, and calls functions of that region only",
        ),
        (
            json!({"RulePriorities": ["101", "102", "102", "104", "105"]}),
            "CallbackRulePriority and LogoutRulePriority are both 102; a listener has each priority once",
        ),
        (
            json!({"RulePriorities": ["101", "102", "109", "104", "110"]}),
            "SessionRulePriority must be larger than LogoutRulePriority: its rule would take the requests of that one",
        ),
        (
            json!({"RulePriorities": ["101", "102", "103", "204", "203"]}),
            "ProxyRulePriority must be larger than SessionRulePriority: its rule would take the requests of that one",
        ),
        (
            json!({"Release": "99.0.0", "Roles": ["gate"]}),
            "the template is of release 99.0.0, and the function `check` was built from another: run `sam build`",
        ),
        (json!({"Roles": ["proxy", "gate"]}), "`gate` is not a function of this version"),
    ] {
        assert_eq!(faults("", "", None, &changes), [expected], "{changes}");
    }
    for changes in [
        json!({"Release": env!("CARGO_PKG_VERSION"), "CheckAgain": "a2f1c09"}),
        json!({"UserPoolId": "us-east-1_AbC", "ClientId": "given"}),
        json!({"UserPoolId": "eu-west-1_AbC", "Domain": "auth.example.com"}),
        json!({"Domain": "auth.example.com", "SignInCertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/a"}),
        json!({"Domain": ""}),
        json!({"Passkeys": "true", "Domain": "a".repeat(30)}),
        json!({"Passkeys": "false", "Domain": "a".repeat(31)}),
        json!({"Passkeys": "true", "UserPoolId": "eu-west-1_AbC", "Domain": "a".repeat(31)}),
        json!({"SignInCertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/a", "Domain": host(63)}),
        json!({"UserPoolId": "eu-west-1_AbC", "Domain": host(64)}),
        json!({"UpstreamUrl": "https://app.example.net:9999/base"}),
        json!({"ResourceServerScopes": [""]}),
        json!({"ResourceServerScopes": ["a", "b", "c", "d", "e"]}),
        json!({"ListenerArn": "arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener/app/web/a/b"}),
        json!({"RulePriorities": ["103", "102", "101", "104", "50000"]}),
        json!({"CertificateArn": ""}),
        json!({"CertificateArn": "arn:aws:acm:eu-west-1:123456789012:certificate/a"}),
        json!({"CertificateArn": "arn:aws:iam::123456789012:server-certificate/a"}),
    ] {
        assert_eq!(faults("", "", None, &changes), [""; 0], "{changes}");
    }
}

/// A host name with this number of characters.
fn host(length: usize) -> String {
    let name = ".example.com";
    "a".repeat(length - name.len()) + name
}

fn request(kind: &str, id: Option<&str>) -> CustomResourceRequest {
    let mut event = json!({
        "RequestType": kind,
        "ResponseURL": "https://answer.example.com/",
        "StackId": "stack",
        "RequestId": "request",
        "LogicalResourceId": "ConfigurationCheck",
        "ResourceProperties": {"Roles": ["proxy"], "Document": "{}"},
    });
    if let Some(id) = id {
        event["PhysicalResourceId"] = id.into();
    }
    CustomResourceRequest::parse(event.to_string().as_bytes()).unwrap()
}

#[test]
fn an_answer_fits_and_says_how_much_it_leaves_out() {
    let many: Vec<String> =
        (0..200).map(|number| format!("Configuration: `key_{number}` is \"no\" known key")).collect();
    let body = request("Create", None).response(&many).body;
    assert!(body.len() <= 4_096 && body.len() > 3_900, "{}", body.len());
    let body: Value = serde_json::from_str(&body).unwrap();
    let reason = body["Reason"].as_str().unwrap();
    let told = reason.matches("known key").count();
    assert!(reason.ends_with(&format!("; {} more faults", 200 - told)), "{reason}");
    let long = ["x".repeat(5_000)];
    let body: Value = serde_json::from_str(&request("Create", None).response(&long).body).unwrap();
    assert_eq!((&body["Status"], &body["Reason"]), (&json!("FAILED"), &json!("1 more faults")));
}

#[test]
fn secrets_that_the_deployer_gave_are_judged_in_place_of_placeholders() {
    let given = json!({"ClientSecretArn": "arn", "SessionKeyArn": "arn"});
    let key = r#"{"session_secret":"a text of at least thirty-two bytes, as it has to be"}"#;
    for (client, session_key, expected) in [
        ("the secret of the client", key, None),
        (r#"{"client_secret":"the secret of the client"}"#, key, None),
        (
            "",
            key,
            Some("ClientSecretArn: the secret is neither plain text nor a JSON object with client_secret"),
        ),
        (
            r#"{"secret":"another member"}"#,
            key,
            Some("ClientSecretArn: the secret is neither plain text nor a JSON object with client_secret"),
        ),
        (
            "secret",
            "session_secret: x",
            Some("SessionKeyArn is not a JSON object: parsing failed at line 1, column 1"),
        ),
        (
            "secret",
            r#"{"session_secret":"too short"}"#,
            Some(
                "SessionKeyArn: `session_secret` must be texts of at least 32 bytes; a variable with commas is read as several",
            ),
        ),
        ("secret", "{}", Some("SessionKeyArn: `session_secret` is required")),
    ] {
        let properties = properties("", "", "", &given);
        let deployment = DeploymentProperties::deserialize(&properties).unwrap();
        assert_eq!((deployment.client_secret(), deployment.session_key()), (Some("arn"), Some("arn")));
        let texts =
            SecretTexts { client: Some(client), session_key: Some(session_key), ..SecretTexts::default() };
        let expected: Vec<&str> = expected.into_iter().collect();
        assert_eq!(deployment.faults(texts), expected, "{client} {session_key}");
    }
}

fn id(response: &CustomResourceResponse) -> String {
    let body: Value = serde_json::from_str(&response.body).unwrap();
    body["PhysicalResourceId"].as_str().unwrap().to_owned()
}

fn is_taken(response: &CustomResourceResponse) -> bool {
    serde_json::from_str::<Value>(&response.body).unwrap()["Status"] == "SUCCESS"
}

/// An update request with this document and this physical id; the other properties stay the same.
fn update(document: &str, id: &str) -> CustomResourceRequest {
    let mut request = request("Update", Some(id));
    request.resource_properties["Document"] = document.into();
    request
}

/// The digest must not change with the release or the version of Rust.
#[test]
fn an_id_is_the_same_in_every_release() {
    let created = id(&request("Create", None).response(&[]));
    assert_eq!(created, "configuration-0a195088a32a4a1e");
    let updated = id(&update("next", &created).response(&[]));
    assert_eq!(updated, "configuration-68ffe5a50991a365-0a195088a32a4a1e");
}

/// CloudFormation deletes the previous id after an update returned a new one. The check must not prevent
/// that.
#[test]
fn an_id_of_before_goes_without_a_judgement() {
    for before in
        ["configuration-0123456789abcdef", "configuration-68ffe5a50991a365-0a195088a32a4a1e", "another-0123"]
    {
        let gone = request("Delete", Some(before));
        assert!(matches!(gone.requested_check(), RequestedCheck::Nothing), "{before}");
        let response = gone.response(&[]);
        assert_eq!((is_taken(&response), id(&response)), (true, before.to_owned()));
    }
}

#[test]
fn a_way_back_is_never_refused() {
    let faults = ["a secret became faulty meanwhile".to_owned()];
    let created = request("Create", None).response(&[]);
    let before = id(&created);
    let next = update("next", &before);
    assert!(!next.is_rollback());
    // A refused update keeps the id of the properties in force, and the rollback sends that id.
    let refused = next.response(&faults);
    assert_eq!((is_taken(&refused), id(&refused)), (false, before.clone()));
    let back = update("{}", &before).response(&faults);
    assert_eq!((is_taken(&back), id(&back)), (true, before.clone()));
    // An accepted update returns a new id. If the deployment fails later, the rollback sends the new id or
    // the previous one.
    let taken = id(&next.response(&[]));
    assert_ne!(taken, before);
    for id_of_the_way_back in [&taken, &before] {
        let back = update("{}", id_of_the_way_back);
        assert!(back.is_rollback());
        assert!(is_taken(&back.response(&faults)), "{id_of_the_way_back}");
    }
    // The same holds for an update that restored the old properties on purpose and then failed.
    let back = id(&update("{}", &taken).response(&[]));
    assert!(is_taken(&update("next", &back).response(&faults)));
    // Properties that were never in force, or not since the last two updates, are checked.
    let third = id(&update("third", &taken).response(&[]));
    for (document, id) in [("{}", &third), ("fourth", &third), ("fourth", &before), ("{}", &String::new())] {
        let judged = update(document, id);
        assert!(!judged.is_rollback() && !is_taken(&judged.response(&faults)), "{document} {id}");
    }
}

#[test]
fn a_creation_is_judged_and_a_deletion_is_not() {
    let faults = ["no".to_owned()];
    let id = id(&request("Create", None).response(&[]));
    assert!(matches!(request("Create", None).requested_check(), RequestedCheck::Deployment(_)));
    assert!(!is_taken(&request("Create", None).response(&faults)));
    assert!(matches!(request("Update", Some(&id)).requested_check(), RequestedCheck::Deployment(_)));
    assert!(matches!(request("Delete", Some(&id)).requested_check(), RequestedCheck::Nothing));
}
