//! One moto server for all tests of this process.

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::LazyLock,
};

/// The address of moto. It ends with this process because the shell that runs it waits until its input
/// closes.
pub(crate) fn url() -> String {
    static MOTO: LazyLock<(Child, String)> = LazyLock::new(start);
    MOTO.1.clone()
}

fn start() -> (Child, String) {
    let python = workspace().join(".tools/venv/bin/python");
    assert!(python.exists(), "{} is not there: run tests/tools first", python.display());
    let mut child = Command::new("sh")
        .args(["-c", r#""$0" "$1" -H 127.0.0.1 -p 0 2>&1 </dev/null & read -r _; kill $!"#])
        .arg(&python)
        .arg(workspace().join("tests/moto_server.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let url = lines
        .by_ref()
        .map_while(Result::ok)
        .find_map(|line| line.split_once("Running on ").map(|(_, url)| url.trim().to_owned()))
        .unwrap();
    // The output is read to the end, because moto would block on a full pipe.
    std::thread::spawn(move || lines.for_each(drop));
    (child, url)
}

/// Returns the workspace's folder. Packages in several folders use this file.
fn workspace() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.ancestors().find(|folder| folder.join("Cargo.lock").exists()).unwrap().to_owned()
}

/// Makes one call of AWS JSON 1.1 with administrator rights. `target` is `X-Amz-Target`.
pub(crate) async fn administer(service: &str, target: &str, body: serde_json::Value) -> serde_json::Value {
    asked(service, target, body).await.unwrap_or_else(|| panic!("{target} was refused"))
}

/// Makes the same call, but returns `None` if it is refused.
#[expect(clippy::disallowed_methods, reason = "it talks to moto, in plain HTTP on loopback")]
pub(crate) async fn asked(service: &str, target: &str, body: serde_json::Value) -> Option<serde_json::Value> {
    // moto determines the service by the credential's scope and does not verify the signature.
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20200101/us-east-1/{service}/aws4_request, \
         SignedHeaders=host, Signature=0"
    );
    let response = reqwest::Client::builder()
        .no_proxy()
        .build()
        .unwrap()
        .post(url())
        .header("authorization", authorization)
        .header("content-type", "application/x-amz-json-1.1")
        .header("x-amz-target", target)
        .body(body.to_string())
        .send()
        .await
        .unwrap();
    let answered = response.status() == 200;
    let bytes = response.bytes().await.unwrap();
    answered.then(|| serde_json::from_slice(&bytes).unwrap())
}
