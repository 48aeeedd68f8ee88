//! Maps inputs to log details in one table: each row changes one thing in a good token or document.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot continue should stop")]
#![expect(
    clippy::needless_pass_by_value,
    clippy::too_many_lines,
    reason = "a table is easier to read this way"
)]

use serde_json::{Value, json};

use super::*;
use crate::configuration::{Configuration, Role, Sources};
use crate::provider::call::ProviderResponse;
use crate::provider::{discovery, token_endpoint, user_info};
use crate::relying_party::RelyingParty;
use crate::sign_out::logout_token::LogoutToken;
use crate::token::access_token::{self, BearerIssuer, IssuerKind};
use crate::token::claims::ClaimPath;
use crate::token::id_token::{self, IdTokenExpectations};
use crate::token::jws::{SigningAlgorithm, UnverifiedToken};
use crate::token::leeway::TimeWithLeeway;
use crate::token::load_balancer::{LoadBalancerArn, TrustedLoadBalancers, UnverifiedUser};
use crate::token::test_tokens::{CLIENT_ID, ISSUER, NONCE, NOW, TokenBuilder, base64url, key_set};
use crate::token::{jwks, test_tokens};

const API: &str = "https://api.example.com";
const ARN: &str =
    "arn:aws:elasticloadbalancing:eu-central-1:123456789012:loadbalancer/app/fronts/50dc6c495c0c9188";
const EXPECTED_CLIENT: &str = "expected `4example4client4id4example`";
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// Texts that must not appear in a log: a signed token, an opaque one, a password.
const SECRETS: [&str; 3] = [
    "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl",
    "qVb1hDk2ZpXn0cTf7uYw3sLr9aEg5mJi8oKx4vNy6tBz1dHq2jRp3wSe7lMcUoAf0",
    "hunter2-hunter2",
];

const TIME: TimeWithLeeway = TimeWithLeeway { now: NOW, leeway: 60 };

fn id_token(token: &TokenBuilder) -> Option<Refusal> {
    let issuers = [ISSUER.to_owned()];
    let expectations = IdTokenExpectations {
        issuers: &issuers,
        client_id: CLIENT_ID,
        nonce: Some(NONCE),
        access_token: None,
        cognito: true,
        groups_claim: &ClaimPath::of("groups"),
        time: TIME,
    };
    id_token::check(token.verified(), &expectations).err().map(Refusal::from)
}

fn access_token(token: &TokenBuilder, kind: IssuerKind) -> Option<Refusal> {
    let row = BearerIssuer {
        issuer: ISSUER.to_owned(),
        jwks_endpoint: None,
        kind,
        audiences: if kind == IssuerKind::Other { vec![API.to_owned()] } else { Vec::new() },
        client_ids: vec![CLIENT_ID.to_owned()],
        groups_accepted: true,
    };
    access_token::check(token.verified(), &row, &ClaimPath::of("groups"), TIME).err().map(Refusal::from)
}

fn bearer(token: &str) -> Option<Refusal> {
    let verified =
        UnverifiedToken::parse(token).and_then(|token| token.verify(&key_set(), &[SigningAlgorithm::Rs256]));
    verified.err().map(Refusal::Bearer)
}

fn load_balancer(name: &str, value: Value) -> Option<Refusal> {
    let mut header = json!({
        "alg": "ES256", "kid": "12345678-1234-1234-1234-123456789012", "iss": ISSUER, "client": CLIENT_ID,
        "signer": ARN, "exp": NOW.unix() + 120,
    });
    test_tokens::merge(&mut header, json!({ name: value }));
    let text = format!("{}.{}.c2ln", base64url(header.to_string().as_bytes()), base64url(b"{}"));
    load_balancer_text(&text)
}

fn load_balancer_text(text: &str) -> Option<Refusal> {
    let trusted = TrustedLoadBalancers {
        arns: LoadBalancerArn::parse(ARN).into_iter().collect(),
        issuers: vec![ISSUER.to_owned()],
        access_tokens: Vec::new(),
        key_endpoint: None,
        session_cookie: "AWSELBAuthSessionCookie".to_owned(),
    };
    UnverifiedUser::parse(text, &trusted, CLIENT_ID, TIME).err().map(Refusal::from)
}

fn relying_party() -> RelyingParty {
    let document = format!(
        "issuer: {ISSUER}\nclient_id: {CLIENT_ID}\npublic_url: https://app.example.com\n\
         session_secret: 0123456789abcdef0123456789abcdef\n"
    );
    let sources = Sources { document: Some(&document), ..Sources::default() };
    RelyingParty::new(Configuration::from_sources(&sources, Role::Login).unwrap()).unwrap()
}

fn logout_token(name: &str, value: Value) -> Option<Refusal> {
    let good = TokenBuilder::new(json!({
        "iss": ISSUER, "aud": CLIENT_ID, "iat": NOW.unix(), "exp": NOW.unix() + 60, "jti": "1", "sub": "ada",
        "events": { EVENT: {} },
    }));
    let bent = if name == "typ" { good.header(name, value) } else { good.claim(name, value) };
    LogoutToken::check(&bent.verified(), &relying_party().configuration, NOW).err().map(Refusal::from)
}

fn answer(status: u16, body: &Value) -> ProviderResponse {
    ProviderResponse { status, content_type: None, body: body.to_string().into_bytes() }
}

fn token_answer(name: &str, value: Value) -> Option<Refusal> {
    let mut body = json!({ "token_type": "Bearer", "access_token": SECRETS[0], "refresh_token": SECRETS[1] });
    test_tokens::merge(&mut body, json!({ name: value }));
    token_endpoint::read_response(&answer(200, &body)).err().map(Refusal::from)
}

fn token_error(body: &Value) -> Option<Refusal> {
    token_endpoint::read_response(&answer(400, body)).err().map(Refusal::from)
}

fn metadata(name: &str, value: Value) -> Option<Refusal> {
    let mut body = json!({
        "issuer": ISSUER, "authorization_endpoint": "https://id.example.com/authorize",
        "token_endpoint": "https://id.example.com/token", "jwks_uri": "https://id.example.com/jwks",
    });
    test_tokens::merge(&mut body, json!({ name: value }));
    discovery::read_response(&answer(200, &body), &[ISSUER.to_owned()]).err().map(Refusal::from)
}

fn key_document(body: &Value) -> Option<Refusal> {
    jwks::read_response(&answer(200, body)).err().map(Refusal::from)
}

fn about_user(body: &Value) -> Option<Refusal> {
    user_info::read_response(&answer(200, body), "ada").err().map(Refusal::from)
}

fn of_resource(name: &str, value: Value) -> TokenBuilder {
    let good = TokenBuilder::new(json!({
        "iss": ISSUER, "sub": "ada", "aud": API, "client_id": CLIENT_ID, "exp": NOW.unix() + 60,
    }));
    let good = good.header("typ", "at+jwt");
    if name == "typ" { good.header(name, value) } else { good.claim(name, value) }
}

#[test]
fn a_refused_value_is_named_with_the_expected_one() {
    let id = TokenBuilder::id_token;
    let access = TokenBuilder::access_token;
    let other = |token: TokenBuilder| access_token(&token, IssuerKind::Other);
    let cognito = |token: TokenBuilder| access_token(&token, IssuerKind::Cognito);
    let callback = |error: &str| Some(Refusal::from(CallbackRefusal::of_error(error)));
    let table: Vec<(Option<Refusal>, &str, &[&str])> = vec![
        (id_token(&id().claim("aud", "spa")), "id_token_audience", &["`aud` is `spa`", EXPECTED_CLIENT]),
        (
            id_token(&id().claim("aud", json!(["a", "b"]))),
            "id_token_audience",
            &["`aud` is `a` and `b`", EXPECTED_CLIENT],
        ),
        (id_token(&id().without_claim("aud")), "id_token_audience", &["`aud` is missing", EXPECTED_CLIENT]),
        (
            id_token(&id().claim("azp", "spa")),
            "id_token_authorized_party",
            &["`azp` is `spa`", EXPECTED_CLIENT],
        ),
        (
            id_token(&id().claim("aud", json!([CLIENT_ID, "b"]))),
            "id_token_authorized_party",
            &["`azp` is missing", EXPECTED_CLIENT],
        ),
        (
            id_token(&id().claim("token_use", "access")),
            "id_token_use",
            &["`token_use` is `access`, expected `id`"],
        ),
        (id_token(&id().header("typ", "at+jwt")), "id_token_use", &["`typ` is `at+jwt`, expected `JWT`"]),
        (
            id_token(&id().claim("iss", "https://x.example")),
            "id_token_issuer",
            &["`https://x.example`", ISSUER],
        ),
        (
            cognito(access().claim("token_use", "id")),
            "not_an_access_token",
            &["`token_use` is `id`, expected `access`"],
        ),
        (
            cognito(access().claim("client_id", "spa")),
            "access_token_client",
            &["`client_id` is `spa`", EXPECTED_CLIENT],
        ),
        (
            cognito(access().claim("aud", "elsewhere")),
            "access_token_audience",
            &["`aud` is `elsewhere`", EXPECTED_CLIENT],
        ),
        (
            other(of_resource("aud", json!("elsewhere"))),
            "access_token_audience",
            &["`aud` is `elsewhere`", API],
        ),
        (
            other(of_resource("client_id", json!("spa"))),
            "access_token_client",
            &["`client_id` is `spa`", EXPECTED_CLIENT],
        ),
        (
            other(of_resource("client_id", json!("spa")).claim("azp", CLIENT_ID)),
            "access_token_client",
            &["`client_id` is `spa`"],
        ),
        (
            other(of_resource("azp", json!("spa")).without_claim("client_id")),
            "access_token_client",
            &["`azp` is `spa`", EXPECTED_CLIENT],
        ),
        (
            other(of_resource("typ", json!("logout+jwt"))),
            "not_an_access_token",
            &["`typ` is `logout+jwt`", "`at+jwt`"],
        ),
        (
            other(of_resource("typ", json!("JWT")).claim("events", json!({}))),
            "not_an_access_token",
            &["`events` is there"],
        ),
        (
            other(
                of_resource("typ", json!("JWT"))
                    .claim("nonce", "n")
                    .without_claim("client_id")
                    .claim("azp", CLIENT_ID)
                    .claim("aud", json!([API, CLIENT_ID])),
            ),
            "not_an_access_token",
            &["`nonce` is there"],
        ),
        (bearer("a.b"), "token_malformed", &["2 parts", "expected 3"]),
        (bearer("*.e30.c2ln"), "token_malformed", &["the header: no base64url"]),
        (bearer(&id().raw_header("{").build()), "token_malformed", &["the header is not JSON"]),
        (bearer(&id().raw_claims("[]").build()), "token_malformed", &["the payload is not a JSON object"]),
        (
            bearer(&id().raw_claims(r#"{"a":1,"a":2}"#).build()),
            "token_duplicate_member",
            &["the payload has a member twice"],
        ),
        (bearer(&id().without_header("alg").build()), "token_malformed", &["`alg` is missing"]),
        (
            bearer(&id().header("kid", 5).build()),
            "token_malformed",
            &["`kid` is a number, expected a string"],
        ),
        (bearer(&id().header("alg", "none").build()), "token_algorithm_not_allowed", &["`alg` is `none`"]),
        (
            bearer(&id().header("alg", "PS256").build()),
            "token_algorithm_not_allowed",
            &["`alg` is `PS256`, expected `RS256`"],
        ),
        (bearer(&id().header("crit", json!(["exp"])).build()), "token_critical_header", &["`crit` is there"]),
        (bearer(&id().header("kid", "signing-2").build()), "token_key_unknown", &["`kid` is `signing-2`"]),
        (
            Some(Refusal::IdTokenUnverified(JwsRefusal::UnknownKey { kid: Some("k2".to_owned()) })),
            "id_token_unverified",
            &["`kid` is `k2`"],
        ),
        (
            load_balancer("alg", json!("RS256")),
            "alb_algorithm_not_allowed",
            &["`alg` is `RS256`, expected `ES256`"],
        ),
        (load_balancer("client", json!("spa")), "alb_client", &["`client` is `spa`", EXPECTED_CLIENT]),
        (load_balancer("signer", json!("arn:aws:x")), "alb_signer", &["`signer` is `arn:aws:x`", ARN]),
        (load_balancer("kid", json!("../x")), "alb_key_id", &["`kid` is `../x`"]),
        (load_balancer("b64", json!(false)), "alb_data_malformed", &["`b64` is there"]),
        (load_balancer("iss", json!("https://x.example")), "alb_issuer", &["`https://x.example`", ISSUER]),
        (load_balancer_text("a.b"), "alb_data_malformed", &["2 parts"]),
        (logout_token("aud", json!("spa")), "logout_token_audience", &["`aud` is `spa`", EXPECTED_CLIENT]),
        (logout_token("typ", json!("at+jwt")), "logout_token_type", &["`typ` is `at+jwt`", "`logout+jwt`"]),
        (
            logout_token("events", json!({ "urn:x": {} })),
            "logout_token_event",
            &["`events` is `urn:x`", EVENT],
        ),
        (logout_token("events", json!("x")), "logout_token_event", &["`events` is `x`", EVENT]),
        (
            logout_token("events", json!({ EVENT: true })),
            "logout_token_event",
            &["`events` is not an object"],
        ),
        (
            token_answer("token_type", json!("DPoP")),
            "token_type_unsupported",
            &["`token_type` is `DPoP`, expected `Bearer`"],
        ),
        (token_answer("token_type", Value::Null), "token_response_malformed", &["`token_type` is missing"]),
        (
            token_answer("access_token", Value::Null),
            "token_response_malformed",
            &["`access_token` is missing"],
        ),
        (
            token_answer("access_token", json!(["a"])),
            "token_response_malformed",
            &["`access_token` is an array of strings, expected a string"],
        ),
        (token_answer("id_token", json!("a b")), "token_response_malformed", &["`id_token` has a space"]),
        (
            token_answer("refresh_token", json!(5)),
            "token_response_malformed",
            &["`refresh_token` is a number, expected a string"],
        ),
        (
            token_answer("expires_in", json!("soon")),
            "token_response_malformed",
            &["`expires_in` is a string, expected a number"],
        ),
        (
            token_answer("scope", json!(["openid", 5])),
            "token_response_malformed",
            &["`scope` is an array of other values, expected a string or an array of strings"],
        ),
        (
            token_error(&json!({ "error": "odd" })),
            "token_response_malformed",
            &["status 400", "`error` is `odd`"],
        ),
        (token_error(&json!({})), "token_response_malformed", &["`error` is missing"]),
        (token_error(&json!([])), "token_response_malformed", &["`error` is missing"]),
        (
            token_error(&json!({ "error": "unsupported_grant_type" })),
            "token_request_refused",
            &["`error` is `unsupported_grant_type`"],
        ),
        (
            token_error(&json!({ "error": "invalid_target" })),
            "invalid_scope",
            &["`error` is `invalid_target`"],
        ),
        (
            metadata("issuer", json!("https://x.example")),
            "discovery_issuer_mismatch",
            &["`https://x.example`", ISSUER],
        ),
        (metadata("issuer", json!(["x"])), "discovery_issuer_mismatch", &["an array of strings", ISSUER]),
        (metadata("jwks_uri", Value::Null), "discovery_endpoint", &["`jwks_uri` is missing"]),
        (
            metadata("token_endpoint", json!(5)),
            "discovery_endpoint",
            &["`token_endpoint` is a number, expected an https address"],
        ),
        (
            metadata("token_endpoint", json!("http://x")),
            "discovery_endpoint",
            &["`token_endpoint` is another text, expected an https address"],
        ),
        (key_document(&json!({})), "jwks_malformed", &["`keys` is missing"]),
        (key_document(&json!({ "keys": {} })), "jwks_malformed", &["`keys` is an object, expected an array"]),
        (key_document(&json!([])), "jwks_malformed", &["not a JSON object"]),
        (about_user(&json!({ "sub": 5 })), "user_info_malformed", &["`sub` is a number, expected a string"]),
        (about_user(&json!({})), "user_info_malformed", &["`sub` is missing"]),
        (about_user(&json!([])), "user_info_malformed", &["not a JSON object"]),
        (callback("invalid_scope"), "provider_rejected_request", &["`error` is `invalid_scope`"]),
        (callback("login_required"), "provider_needs_interaction", &["`error` is `login_required`"]),
        (callback("server_error"), "provider_failed", &["`error` is `server_error`"]),
    ];
    for (index, (refusal, code, words)) in table.into_iter().enumerate() {
        let refusal = refusal.unwrap_or_else(|| panic!("row {index}, {code}, is refused"));
        assert_eq!(refusal.reason().code, code, "row {index}");
        says(refusal, words);
    }
}

mod no_secret_in_logs;
