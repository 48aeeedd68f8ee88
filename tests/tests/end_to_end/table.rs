//! Provides a moto table with sessions, and the authorizer that uses it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use local::cognito::{NewUser, StandIn};
use relying_party::http::cookie::{CookieNames, Cookies};
use relying_party::http::request::Headers;
use relying_party::sealing::Ring;
use relying_party::secret::Secret;
use relying_party::session::Session;
use relying_party::time::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::deployment::{self, Deployment, Ground};
use crate::moto::{Moto, administer};
use crate::process::root;

const TABLE: &str = "sessions";
const SECRET: &str = "for the tests on loopback and nothing else";

/// The table in moto, and the ring that opens its rows.
pub(crate) struct Table<'a> {
    moto: &'a Moto,
    ring: Ring,
    names: CookieNames,
}

impl Table<'_> {
    pub(crate) async fn create<'a>(moto: &'a Moto, client_id: &str) -> Table<'a> {
        let key = json!([{ "AttributeName": "session", "KeyType": "HASH" }]);
        let attributes = json!([{ "AttributeName": "session", "AttributeType": "S" }]);
        let table = json!({
            "TableName": TABLE, "BillingMode": "PAY_PER_REQUEST", "KeySchema": key,
            "AttributeDefinitions": attributes,
        });
        administer(&moto.url, "DynamoDB_20120810.CreateTable", table).await;
        let ring = Ring::new(&[Secret::new(SECRET)], client_id).unwrap();
        Table { moto, ring, names: CookieNames::new(client_id, None, None).unwrap() }
    }

    /// Stores `session` under `id`, as a sign-in does.
    pub(crate) async fn plant(&self, id: [u8; 32], session: &Session) {
        self.plant_item(self.item(id, session)).await;
    }

    pub(crate) async fn plant_item(&self, item: Value) {
        let body = json!({ "TableName": TABLE, "Item": item });
        administer(&self.moto.url, "DynamoDB_20120810.PutItem", body).await;
    }

    pub(crate) fn item(&self, id: [u8; 32], session: &Session) -> Value {
        let number = |time: Timestamp| json!({ "N": time.unix().to_string() });
        json!({
            "session": { "S": row_key(id) },
            "format": { "N": "1" },
            "content": { "S": self.ring.seal_stored(&id, &session.encode(), [7; 24]) },
            "generation": { "N": "0" },
            "seen_at": number(session.seen_at),
            "renewed_at": number(session.renewed_at),
            "ttl": number(session.signed_in_at.plus(86_400)),
        })
    }

    /// A script's request with the cookie of `id`, as a REST API passes it on.
    pub(crate) fn event(&self, id: [u8; 32]) -> String {
        let cookie = format!("{}={}", self.names.session(), URL_SAFE_NO_PAD.encode(id));
        let sample = std::fs::read_to_string(root().join("events/authorizer/rest-session.json")).unwrap();
        let mut event: Value = serde_json::from_str(&sample).unwrap();
        for (name, value) in [
            ("Cookie", cookie.as_str()),
            ("Accept", "*/*"),
            ("Sec-Fetch-Mode", "cors"),
            ("Sec-Fetch-Dest", "empty"),
        ] {
            event["headers"][name] = value.into();
            event["multiValueHeaders"][name] = json!([value]);
        }
        event.to_string()
    }

    /// The current session of `id`, and the number of its refreshes. A missing session fails the test.
    pub(crate) async fn session(&self, id: [u8; 32]) -> (Session, String) {
        let key = json!({ "session": { "S": row_key(id) } });
        let body = json!({ "TableName": TABLE, "Key": key, "ConsistentRead": true });
        let item = administer(&self.moto.url, "DynamoDB_20120810.GetItem", body).await["Item"].take();
        assert!(item["lease_owner"].is_null(), "a lease is left");
        let content = item["content"]["S"].as_str().unwrap_or_else(|| panic!("the session is lost"));
        let content = self.ring.open_stored(&id, content).unwrap();
        (Session::decode(&content).unwrap(), item["generation"]["N"].as_str().unwrap().to_owned())
    }

    /// The session of a user who has just signed in at a deployment that keeps sessions in cookies. No browser keeps
    /// that cookie.
    pub(crate) async fn signed_in(&self, deployment: &Deployment) -> Session {
        let browser = deployment.browser();
        let page = browser.open(&deployment.at("/get")).await;
        let user = NewUser::local_admin();
        let fields = [("username", user.email.as_str()), ("password", user.password.as_str())];
        browser.submit(&page, "/login", &fields).await;
        let cookies = browser.cookies("localhost");
        let pairs: Vec<String> =
            cookies.iter().map(|cookie| format!("{}={}", cookie.name, cookie.value)).collect();
        let headers = Headers::new(vec![("cookie".to_owned(), pairs.join("; "))]);
        let found = Session::from_cookies(&Cookies::parse(&headers), &self.names, &self.ring).unwrap();
        found.unwrap_or_else(|| panic!("nobody is signed in at {}", deployment.url))
    }
}

/// A deployment with `stand_in` that keeps sessions in cookies, which the table's ring can open.
pub(crate) fn in_cookies(ground: Ground, stand_in: &StandIn) -> Deployment {
    let mut settings = deployment::before(stand_in, &ground.url);
    settings["session_secret"] = SECRET.into();
    ground.serve(settings)
}

fn row_key(id: [u8; 32]) -> String {
    relying_party::hex::lowercase(&Sha256::digest(id))
}

/// The environment of an authorizer with `stand_in` and sessions in the table.
pub(crate) fn environment(
    stand_in: &StandIn,
    moto: &Moto,
    public_url: &str,
    grace: i64,
) -> Vec<(String, String)> {
    let mut document = deployment::before(stand_in, public_url);
    document["session_secret"] = SECRET.into();
    document["session_storage"] = "dynamodb".into();
    document["session_table"] = TABLE.into();
    document["rotation_grace"] = grace.to_string().into();
    [
        ("VESTIBULE_CONFIG", document.to_string()),
        ("AWS_ENDPOINT_URL", moto.url.clone()),
        ("AWS_REGION", "us-east-1".to_owned()),
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "not-a-key".to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}
