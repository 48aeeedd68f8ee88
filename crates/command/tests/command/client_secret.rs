//! Tests the rotation of the app client's secret. moto lacks the three calls, so a fake Cognito answers them.

use std::sync::{Arc, Mutex};

use command::Exit;
use flow::ports::Clock as _;
use flow::system_ports::SystemClock;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;

use crate::answering::{answer, refusal};
use crate::deployment::{Deployment, administer};
use crate::faulty::{forwarded, read_message};

const BEFORE: &str = "the-secret-that-the-client-had";
const MADE: &str = "the-secret-that-cognito-makes";

/// The secrets of one client by id, and other events.
#[derive(Default)]
struct Client {
    active: Vec<(String, i64)>,
    /// Another process writes this document while Cognito creates a secret.
    written_meanwhile: Option<String>,
    denied: Option<&'static str>,
    down: Option<&'static str>,
}

/// A fake Cognito for one client; moto answers everything else.
struct Pool(Arc<Mutex<Client>>);

impl Pool {
    async fn before(deployment: &mut Deployment) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        deployment.endpoint = format!("http://{}", listener.local_addr().unwrap());
        let active = vec![("first".to_owned(), 1_700_000_000)];
        let client = Arc::new(Mutex::new(Client { active, ..Client::default() }));
        let shared = Arc::clone(&client);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let shared = Arc::clone(&shared);
                tokio::spawn(async move {
                    let Some(request) = read_message(&mut stream).await else { return };
                    let said = match own(&request, &shared).await {
                        Some(said) => said.into_bytes(),
                        None => forwarded(&request).await,
                    };
                    drop(stream.write_all(&said).await);
                });
            }
        });
        Self(client)
    }

    fn ids(&self) -> Vec<String> {
        self.0.lock().unwrap().active.iter().map(|(id, _)| id.clone()).collect()
    }
}

async fn own(request: &[u8], client: &Mutex<Client>) -> Option<String> {
    let text = String::from_utf8_lossy(request);
    let denied = client.lock().unwrap().denied;
    if denied.is_some_and(|denied| text.contains(&format!("secretsmanager.{denied}\r\n"))) {
        return Some(refusal(400, "AccessDeniedException"));
    }
    let operation = ["ListUserPoolClientSecrets", "AddUserPoolClientSecret", "DeleteUserPoolClientSecret"]
        .into_iter()
        .find(|operation| text.contains(&format!(".{operation}\r\n")))?;
    let (_, body) = text.split_once("\r\n\r\n").unwrap();
    let body: Value = serde_json::from_str(body).unwrap();
    assert_eq!((&body["UserPoolId"], &body["ClientId"]), (&json!("us-east-1_Example"), &json!("app")));
    if client.lock().unwrap().denied == Some(operation) {
        return Some(refusal(400, "AccessDeniedException"));
    }
    if client.lock().unwrap().down == Some(operation) {
        return Some(refusal(500, "InternalErrorException"));
    }
    let written = client.lock().unwrap().written_meanwhile.take();
    match (operation, written) {
        ("AddUserPoolClientSecret", Some(name)) => write(&name, "somebody-elses").await,
        (_, written) => client.lock().unwrap().written_meanwhile = written,
    }
    let mut client = client.lock().unwrap();
    let said = match operation {
        "ListUserPoolClientSecrets" => {
            let secrets = client.active.iter().rev();
            let secrets =
                secrets.map(|(id, at)| json!({ "ClientSecretId": id, "ClientSecretCreateDate": at }));
            json!({ "ClientSecrets": secrets.collect::<Vec<Value>>() })
        }
        "AddUserPoolClientSecret" => {
            let now = SystemClock.now().unix();
            client.active.push(("second".to_owned(), now));
            let made = json!({ "ClientSecretId": "second", "ClientSecretValue": MADE, "ClientSecretCreateDate": now });
            json!({ "ClientSecretDescriptor": made })
        }
        _ => {
            client.active.retain(|(id, _)| *id != body["ClientSecretId"]);
            json!({})
        }
    };
    Some(answer(200, &said.to_string()))
}

fn document(client_secret: &str) -> String {
    json!({
        "provider": "cognito",
        "issuer": "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Example",
        "client_id": "app",
        "client_secret": client_secret,
        "user_pool_id": "us-east-1_Example",
        "user_pool_domain": "sign-in",
        "public_url": "https://app.example.com",
    })
    .to_string()
}

async fn write(name: &str, client_secret: &str) {
    let value = json!({ "SecretId": name, "SecretString": document(client_secret) });
    administer("secretsmanager.PutSecretValue", value).await;
}

/// Returns the document with the client secret in force.
async fn in_force(name: &str) -> Value {
    let found = json!({ "SecretId": name, "VersionStage": "AWSCURRENT" });
    let found = administer("secretsmanager.GetSecretValue", found).await;
    let mut found: Value = serde_json::from_str(found["SecretString"].as_str().unwrap()).unwrap();
    assert_eq!(found["user_pool_domain"], "sign-in", "the rest stays");
    found["client_secret"].take()
}

/// A deployment whose functions read their document from this secret, and its pool.
async fn deployed(name: &'static str) -> (Deployment, Pool, String) {
    let mut deployment = Deployment::in_cookies(name).await;
    let document_id = format!("{name}/vestibule/client");
    let made = json!({ "Name": document_id, "SecretString": document(BEFORE) });
    administer("secretsmanager.CreateSecret", made).await;
    deployment.environment =
        [("VESTIBULE_CONFIG", format!("secret:{document_id}")), ("VESTIBULE_SECRET_ID", name.to_owned())]
            .map(|(name, value)| (name.to_owned(), value))
            .into();
    let pool = Pool::before(&mut deployment).await;
    (deployment, pool, document_id)
}

#[tokio::test]
async fn a_new_secret_is_in_force_beside_the_old_one_until_every_function_has_read_it() {
    let (deployment, pool, document_id) = deployed("client-secret").await;
    assert_eq!(deployment.refuses(&["client-secret", "drop"]).await, "one_secret");
    let rotated = deployment.does(&["client-secret", "rotate"]).await;
    assert_eq!((&rotated["next"], &rotated["secrets"][1]["id"]), (&json!("drop"), &json!("second")));
    assert_eq!(
        (in_force(&document_id).await, pool.ids()),
        (json!(MADE), vec!["first".to_owned(), "second".to_owned()])
    );
    assert_eq!(deployment.refuses(&["client-secret", "rotate"]).await, "two_secrets");
    assert_eq!(deployment.refuses(&["client-secret", "drop"]).await, "too_early");
    assert_eq!(pool.ids().len(), 2);
    deployment.advance(361);
    let dropped = deployment.does(&["client-secret", "drop"]).await;
    assert_eq!((&dropped["next"], pool.ids()), (&json!("rotate"), vec!["second".to_owned()]));
    assert_eq!(in_force(&document_id).await, MADE);
    let shown = deployment.run(&["client-secret", "show"]).await;
    assert!(shown.done && shown.out.contains("second"), "{}", shown.out);
    for secret in [BEFORE, MADE] {
        assert!(!shown.out.contains(secret) && !rotated.to_string().contains(secret), "a secret is printed");
    }
}

#[tokio::test]
async fn a_secret_that_was_not_put_into_force_is_taken_away_again() {
    let (deployment, pool, document_id) = deployed("client-secret-lost").await;
    pool.0.lock().unwrap().written_meanwhile = Some(document_id.clone());
    assert_eq!(deployment.refuses(&["client-secret", "rotate"]).await, "changed_meanwhile");
    assert_eq!(
        (in_force(&document_id).await, pool.ids()),
        (json!("somebody-elses"), vec!["first".to_owned()])
    );
}

#[tokio::test]
async fn the_secret_in_force_is_not_dropped_where_the_newer_one_was_not_written() {
    let (deployment, pool, document_id) = deployed("client-secret-by-hand").await;
    let made_at = SystemClock.now().plus(60).unix();
    pool.0.lock().unwrap().active.push(("by-hand".to_owned(), made_at));
    deployment.advance(3600);
    for now in [&["client-secret", "drop"][..], &["client-secret", "drop", "--now"]] {
        assert_eq!(deployment.refuses(now).await, "not_in_force");
    }
    assert_eq!((in_force(&document_id).await, pool.ids().len()), (json!(BEFORE), 2));
}

#[tokio::test]
async fn the_functions_without_the_clients_secret_lead_to_the_document_with_it() {
    let (mut deployment, pool, document_id) = deployed("client-secret-beside").await;
    let beside = "client-secret-beside/vestibule/configuration";
    let text = document("x").replace("\"client_secret\":\"x\",", "");
    administer("secretsmanager.CreateSecret", json!({ "Name": beside, "SecretString": text })).await;
    deployment.environment[0].1 = format!("secret:{beside}");
    deployment.does(&["client-secret", "rotate"]).await;
    assert_eq!((in_force(&document_id).await, pool.ids().len()), (json!(MADE), 2));
}

/// A command that has only read changed nothing, so its failure reports no unknown change.
#[tokio::test]
async fn only_a_failed_change_tells_what_it_may_have_made() {
    let (deployment, pool, _) = deployed("client-secret-down").await;
    for (operation, is_change) in [("ListUserPoolClientSecrets", false), ("AddUserPoolClientSecret", true)] {
        pool.0.lock().unwrap().down = Some(operation);
        let said = deployment.run(&["client-secret", "rotate"]).await;
        assert_eq!(said.exit, Exit::Unreachable);
        assert!(said.err.contains("did not answer"), "{}", said.err);
        assert_eq!(said.err.contains("may have been made"), is_change, "{}", said.err);
    }
}

#[tokio::test]
async fn a_secret_that_cannot_be_rotated_is_told_and_stays() {
    let (mut deployment, pool, document_id) = deployed("client-secret-refused").await;
    for (operation, command) in [("ListUserPoolClientSecrets", "show"), ("AddUserPoolClientSecret", "rotate")]
    {
        pool.0.lock().unwrap().denied = Some(operation);
        let said = deployment.run(&["client-secret", command]).await;
        assert!(said.exit == Exit::Unreachable && said.err.contains(operation), "{}", said.err);
    }
    for operation in ["PutSecretValue", "UpdateSecretVersionStage"] {
        pool.0.lock().unwrap().denied = Some(operation);
        assert_eq!(deployment.refuses(&["client-secret", "rotate"]).await, "secret_access_denied");
        assert_eq!((in_force(&document_id).await, pool.ids()), (json!(BEFORE), vec!["first".to_owned()]));
    }
    pool.0.lock().unwrap().denied = None;
    let without = document("x").replace("\"client_secret\":\"x\",", "");
    administer("secretsmanager.PutSecretValue", json!({ "SecretId": document_id, "SecretString": without }))
        .await;
    assert_eq!(deployment.refuses(&["client-secret", "rotate"]).await, "no_client_secret");
    deployment.environment[0].1 = document(BEFORE);
    assert_eq!(deployment.refuses(&["client-secret", "rotate"]).await, "no_document");
    deployment.environment[0].1 =
        json!({ "issuer": "https://id.example.com", "client_id": "app", "public_url": "https://app.example.com" })
            .to_string();
    assert_eq!(deployment.refuses(&["client-secret", "rotate"]).await, "no_user_pool");
    assert_eq!(pool.ids(), ["first"]);
}
