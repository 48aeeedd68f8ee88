#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod client_address;
mod front_secret;
mod request;
mod response;

use serde_json::{Map, Value, json};

use crate::configuration::{Configuration, Role, Sources};
use crate::forwarding::identity_header::{Identity, IdentityKind};
use crate::gate::Permit;
use crate::http::request::{Headers, Request};
use crate::relying_party::RelyingParty;
use crate::secret::Secret;

fn relying_party(keys: &Value) -> RelyingParty {
    let mut document = json!({
        "provider": "oidc",
        "issuer": "https://id.example.com",
        "client_id": "the-client",
        "client_secret": "the-client-secret",
        "public_url": "https://app.example.com",
        "session_secret": "thirty-two bytes for a session and no less",
        "upstream_url": "http://upstream.internal:8080",
    });
    let members: &mut Map<String, Value> = document.as_object_mut().unwrap();
    members.extend(keys.as_object().unwrap().clone());
    let sources = Sources { document: Some(&document.to_string()), ..Sources::default() };
    RelyingParty::new(Configuration::from_sources(&sources, Role::Proxy).unwrap()).unwrap()
}

fn request(method: &str, target: &str, headers: &[(&str, &str)]) -> Request {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    Request {
        method: method.parse().unwrap(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers: Headers::new(
            headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        ),
        body: Vec::new(),
        source_ip: Some("192.0.2.7".to_owned()),
        request_id: "the-id".to_owned(),
        extended_request_id: String::new(),
    }
}

fn permit(kind: IdentityKind) -> Permit {
    let identity = Identity {
        kind,
        issuer: "https://id.example.com".to_owned(),
        subject: "3f0c".to_owned(),
        username: None,
        email: None,
        groups: Vec::new(),
        scope: None,
        claims: Map::new(),
        encoded_claims: None,
        access_token: Some(Secret::new("the.access.token")),
        id_token: None,
        load_balancer_data: None,
    };
    Permit { identity: Some(identity), preflight: false }
}
