//! Tests finding a deployment by its stack, and credentials by a profile, as in the AWS CLI.

use std::fmt::Write as _;
use std::fs;
use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::deployment::{Deployment, OLD, id};
use crate::moto;

const ROLE: &str = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
    "Principal": {"Service": "lambda.amazonaws.com"}}]}"#;

/// Makes a stack of this name, with one function that has these variables.
#[expect(clippy::disallowed_methods, reason = "it talks to moto, in plain HTTP on loopback")]
pub(crate) async fn create(stack: &str, function: &str, environment: &[(String, String)]) {
    let variables: serde_json::Map<String, Value> =
        environment.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
    let role: Value = serde_json::from_str(ROLE).unwrap();
    let template = json!({ "Resources": {
        "Role": { "Type": "AWS::IAM::Role", "Properties": { "AssumeRolePolicyDocument": role } },
        function: { "Type": "AWS::Lambda::Function", "Properties": {
            "Code": { "ZipFile": "x" },
            "Handler": "bootstrap.x",
            "Runtime": "python3.13",
            "Role": { "Fn::GetAtt": ["Role", "Arn"] },
            "Environment": { "Variables": variables },
        } },
    } });
    let form = [
        ("Action", "CreateStack"),
        ("Version", "2010-05-15"),
        ("StackName", stack),
        ("TemplateBody", &template.to_string()),
    ];
    let body = form.map(|(name, value)| format!("{name}={}", escaped(value))).join("&");
    let authorization = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20200101/us-east-1/cloudformation/aws4_request, \
                         SignedHeaders=host, Signature=0";
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let response = client
        .post(moto::url())
        .header("authorization", authorization)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(body)
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 200, "{}", response.text().await.unwrap());
}

fn escaped(text: &str) -> String {
    text.bytes().fold(String::new(), |mut escaped, byte| {
        let _ = write!(escaped, "%{byte:02X}");
        escaped
    })
}

#[tokio::test]
async fn the_functions_of_a_stack_say_what_its_deployment_is() {
    let deployment = Deployment::new("by-stack").await;
    create("by-stack", "AuthorizerFunction", &deployment.environment).await;
    create("of-others", "OtherFunction", &deployment.environment).await;
    // A variable of another deployment is set in the caller's shell.
    let mut elsewhere = Deployment::around("of-the-shell", "cookie");
    elsewhere.environment.push(("VESTIBULE_LOG_LEVEL".to_owned(), "nothing".to_owned()));
    let shown = elsewhere.does(&["keys", "show", "--stack", "by-stack"]).await;
    assert_eq!(shown["keys"][0]["id"], id(OLD));
    let listed = elsewhere.does(&["sessions", "list", "--stack", "by-stack", "--sub", "ada"]).await;
    assert_eq!(listed["sessions"], json!([]));
    for (stack, code) in [("nothing", "stack_not_found"), ("of-others", "stack_without_function")] {
        assert_eq!(elsewhere.refuses(&["keys", "show", "--stack", stack]).await, code);
    }
}

/// Region and credentials come from the profile; a process provides the credentials.
#[tokio::test]
async fn a_profile_has_region_and_credentials() {
    let deployment = Deployment::new("by-profile").await;
    create("by-profile", "ProxyFunction", &deployment.environment).await;
    let folder = concat!(env!("CARGO_TARGET_TMPDIR"), "/by-profile");
    fs::create_dir_all(folder).unwrap();
    let process = format!("{folder}/credentials");
    let answer = r#"{"Version": 1, "AccessKeyId": "AKIDEXAMPLE", "SecretAccessKey": "not-a-key"}"#;
    fs::write(&process, format!("touch {folder}/asked\ncat <<'END'\n{answer}\nEND\n")).unwrap();
    let config = format!(
        "[profile operations]\nregion = us-east-1\ncredential_process = sh {process}\n[profile bare]\nregion = us-east-1\n"
    );
    fs::write(format!("{folder}/config"), config).unwrap();
    drop(fs::remove_file(format!("{folder}/asked")));
    let run = |arguments: &[&str]| -> Output {
        Command::new(env!("CARGO_BIN_EXE_vestibule"))
            .args(arguments)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("AWS_ENDPOINT_URL", &deployment.endpoint)
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_CONFIG_FILE", format!("{folder}/config"))
            .env("AWS_SHARED_CREDENTIALS_FILE", format!("{folder}/none"))
            .output()
            .unwrap()
    };
    let shown = run(&["keys", "show", "--stack", "by-profile", "--profile", "operations"]);
    let text = String::from_utf8([shown.stdout, shown.stderr].concat()).unwrap();
    assert!(shown.status.code() == Some(0) && text.contains(&id(OLD)), "{text}");
    assert!(fs::exists(format!("{folder}/asked")).unwrap(), "the profile's process gave the credentials");
    for arguments in [
        &["keys", "show", "--stack", "by-profile"][..],
        &["keys", "show", "--stack", "by-profile", "--profile", "bare"],
        &["keys", "show", "--stack", "by-profile", "--profile", "nobody", "--region", "us-east-1"],
    ] {
        let refused = run(&[arguments, &["--json"]].concat());
        let text = String::from_utf8(refused.stdout).unwrap();
        assert!(
            refused.status.code() == Some(3) && text.contains("aws_not_configured"),
            "{arguments:?}: {text}"
        );
    }
}
