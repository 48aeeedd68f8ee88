//! Tests a profile with single sign-on: its token is read from the cache of the AWS CLI and exchanged for
//! credentials.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};

use crate::deployment::{Deployment, OLD, id};

const CONFIG: &str = "[profile operations]
region = us-east-1
sso_session = company
sso_account_id = 123456789012
sso_role_name = Operator
[sso-session company]
sso_region = us-east-1
sso_start_url = https://company.example.com/start
sso_registration_scopes = sso:account:access
";

/// The SHA-1 of the session's name, by which the AWS CLI names the file of its token.
const CACHED: &str = "71b21161ffa1e6516bcc072aaf5ef38cbe85b511";

/// A fake AWS IAM Identity Center that issues credentials and records its requests.
fn identity_center() -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let kept = Arc::clone(&asked);
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut head = Vec::new();
            let mut byte = [0];
            while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or_default() == 1 {
                head.extend_from_slice(&byte);
            }
            kept.lock().unwrap().push(String::from_utf8_lossy(&head).into_owned());
            let body = r#"{"roleCredentials": {"accessKeyId": "AKIDEXAMPLE", "secretAccessKey": "not-a-key", "sessionToken": "token", "expiration": 32503680000000}}"#;
            let length = body.len();
            let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n";
            drop(write!(stream, "{head}content-length: {length}\r\n\r\n{body}"));
        }
    });
    (url, asked)
}

#[tokio::test]
async fn a_profile_with_single_sign_on_is_read_and_its_end_is_told() {
    let deployment = Deployment::new("by-single-sign-on").await;
    let folder = concat!(env!("CARGO_TARGET_TMPDIR"), "/by-single-sign-on");
    let cache = format!("{folder}/.aws/sso/cache");
    drop(fs::remove_dir_all(folder));
    fs::create_dir_all(&cache).unwrap();
    fs::write(format!("{folder}/.aws/config"), CONFIG).unwrap();
    let (identity_center, asked) = identity_center();
    let run = || -> Output {
        Command::new(env!("CARGO_BIN_EXE_vestibule"))
            .args(["keys", "show", "--profile", "operations"])
            .env_clear()
            .envs(deployment.environment.iter().map(|(name, value)| (name, value)))
            .env("HOME", folder)
            .env("AWS_ENDPOINT_URL", &deployment.endpoint)
            .env("AWS_ENDPOINT_URL_SSO", &identity_center)
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .output()
            .unwrap()
    };
    let token = |ends: &str| {
        let text = format!(
            r#"{{"startUrl": "https://company.example.com/start", "region": "us-east-1", "accessToken": "a-token", "expiresAt": "{ends}"}}"#
        );
        fs::write(format!("{cache}/{CACHED}.json"), text).unwrap();
    };
    let told = |output: &Output| {
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(3) && text.contains("aws sso login"), "{text}");
    };
    told(&run());
    token("2020-01-01T00:00:00Z");
    told(&run());
    token("2999-01-01T00:00:00Z");
    let shown = run();
    let text = String::from_utf8([shown.stdout, shown.stderr].concat()).unwrap();
    assert!(shown.status.code() == Some(0) && text.contains(&id(OLD)), "{text}");
    let asked = asked.lock().unwrap();
    assert!(
        asked.iter().any(|head| head.contains("role_name=Operator") && head.contains("a-token")),
        "{asked:?}"
    );
}
