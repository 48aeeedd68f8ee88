#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod cache;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::*;
use crate::provider::call::ProviderResponse;
use crate::refusal::log_detail::any_detail;
use crate::token::test_tokens::{CLIENT_ID, ISSUER, NOW, TestKey, merge, p256_key, rsa_key};

const ARN: &str =
    "arn:aws:elasticloadbalancing:eu-central-1:123456789012:loadbalancer/app/fronts/50dc6c495c0c9188";
const KID: &str = "12345678-1234-1234-1234-123456789012";
const LEEWAY: i64 = 60;
const TIME: TimeWithLeeway = TimeWithLeeway { now: NOW, leeway: LEEWAY };

fn trusted() -> TrustedLoadBalancers {
    TrustedLoadBalancers {
        arns: vec![LoadBalancerArn::parse(ARN).unwrap()],
        issuers: vec![ISSUER.to_owned()],
        access_tokens: Vec::new(),
        key_endpoint: None,
        session_cookie: "AWSELBAuthSessionCookie".to_owned(),
    }
}

fn header() -> Value {
    json!({
        "typ": "JWT", "kid": KID, "alg": "ES256", "iss": ISSUER, "client": CLIENT_ID, "signer": ARN,
        "exp": NOW.unix() + 120,
    })
}

fn claims() -> Value {
    json!({
        "sub": "3f0c", "email_verified": "true", "email": "ada@example.com", "username": "ada",
        "exp": NOW.unix() + 120, "iss": ISSUER,
    })
}

/// A JWT as a load balancer builds it, with padding.
fn signed(header: &Value, claims: &Value, key: &TestKey) -> String {
    let part = |value: &Value| URL_SAFE.encode(value.to_string());
    let message = format!("{}.{}", part(header), part(claims));
    let signature = key.sign("ES256", message.as_bytes());
    format!("{message}.{}", URL_SAFE.encode(signature))
}

fn with_header(members: Value) -> String {
    let mut header = header();
    merge(&mut header, members);
    signed(&header, &claims(), p256_key())
}

fn with_claims(members: Value) -> String {
    let mut claims = claims();
    merge(&mut claims, members);
    signed(&header(), &claims, p256_key())
}

fn without_header(name: &str) -> String {
    let mut header = header();
    header.as_object_mut().unwrap().remove(name);
    signed(&header, &claims(), p256_key())
}

pub(super) fn pem(key: &TestKey) -> String {
    let der = [super::key::BEFORE_POINT.as_slice(), &key.public_bytes()].concat();
    let body = STANDARD.encode(der);
    let (one, other) = body.split_at(64);
    format!("-----BEGIN PUBLIC KEY-----\n{one}\n{other}\n-----END PUBLIC KEY-----\n")
}

fn key() -> LoadBalancerKey {
    LoadBalancerKey::from_pem(&pem(p256_key())).unwrap()
}

fn verified(text: &str) -> Result<LoadBalancerUser, LoadBalancerRefusal> {
    UnverifiedUser::parse(text, &trusted(), CLIENT_ID, TIME)?.verify(&key())
}

fn refusal(text: &str) -> LoadBalancerRefusal {
    match verified(text).unwrap_err() {
        LoadBalancerRefusal::Claim(refusal) => LoadBalancerRefusal::Claim(refusal.untyped()),
        other => other,
    }
}

#[test]
fn a_token_that_a_load_balancer_signs_is_accepted() {
    let text = signed(&header(), &claims(), p256_key());
    assert!(text.contains("=."), "the sample has padding: {text}");
    let user = verified(&text).unwrap();
    assert_eq!(user.subject, "3f0c");
    assert_eq!(user.username().as_deref(), Some("ada"));
    assert_eq!(user.email().as_deref(), Some("ada@example.com"));
}

#[test]
fn padding_may_be_left_out() {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", part(&header()), part(&claims()));
    let signature = URL_SAFE_NO_PAD.encode(p256_key().sign("ES256", message.as_bytes()));
    assert!(verified(&format!("{message}.{signature}")).is_ok());
}

#[test]
fn another_load_balancer_is_not_believed_whatever_it_signs() {
    for signer in [
        "arn:aws:elasticloadbalancing:eu-central-1:210987654321:loadbalancer/app/front/50dc6c495c0c9188",
        "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/front/50dc6c495c0c9188",
        "arn:aws:elasticloadbalancing:eu-central-1:123456789012:loadbalancer/app/front/50dc6c495c0c9189",
        &ARN.to_ascii_uppercase(),
        &format!("{ARN} "),
        "x",
    ] {
        assert_eq!(
            refusal(&with_header(json!({ "signer": signer }))),
            LoadBalancerRefusal::Signer(any_detail()),
            "{signer}"
        );
    }
}

#[test]
fn one_of_several_load_balancers() {
    let other = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/other/0000000000000000";
    let mut trusted = trusted();
    trusted.arns.push(LoadBalancerArn::parse(other).unwrap());
    let text = with_header(json!({ "signer": other }));
    let user = UnverifiedUser::parse(&text, &trusted, CLIENT_ID, TIME).unwrap();
    assert_eq!(user.key_url(&trusted), format!("https://public-keys.auth.elb.eu-west-1.amazonaws.com/{KID}"));
    assert!(user.verify(&key()).is_ok());
}

#[test]
fn another_provider() {
    for text in [
        with_header(json!({ "iss": "https://id.example.com" })),
        with_header(json!({ "iss": format!("{ISSUER}/") })),
        with_claims(json!({ "iss": "https://id.example.com" })),
    ] {
        assert!(matches!(refusal(&text), LoadBalancerRefusal::Issuer(_)));
    }
}

#[test]
fn another_client() {
    assert_eq!(
        refusal(&with_header(json!({ "client": "another" }))),
        LoadBalancerRefusal::Client(any_detail())
    );
}

#[test]
fn an_end_that_has_passed() {
    let at = |seconds: i64| NOW.unix() - LEEWAY + seconds;
    for text in [with_header(json!({ "exp": at(0) })), with_claims(json!({ "exp": at(0) }))] {
        assert_eq!(refusal(&text), LoadBalancerRefusal::Expired);
    }
    assert!(verified(&with_header(json!({ "exp": at(1) }))).is_ok());
}

#[test]
fn any_other_algorithm() {
    for algorithm in
        [json!("none"), json!("ES384"), json!("HS256"), json!("RS256"), json!("es256"), json!("")]
    {
        assert_eq!(
            refusal(&with_header(json!({ "alg": algorithm }))),
            LoadBalancerRefusal::Algorithm(any_detail())
        );
    }
    assert_eq!(refusal(&without_header("alg")), LoadBalancerRefusal::Algorithm(any_detail()));
    assert_eq!(
        refusal(&with_header(json!({ "alg": ["ES256"] }))),
        LoadBalancerRefusal::Claim(ClaimRefusal::untyped_wrong("alg"))
    );
}

#[test]
fn a_key_id_that_must_not_enter_an_address() {
    for kid in [
        "../../evil.example",
        "12345678-1234-1234-1234-12345678901",
        "12345678-1234-1234-1234-1234567890123",
        "12345678123412341234123456789012",
        "12345678-1234-1234-1234-12345678901g",
        "12345678-1234-1234-1234-123456789012/..",
        "12345678-1234-1234-1234-12345678901?",
        "{2345678-1234-1234-1234-12345678901}",
        "12345678-1234-1234-123４-123456789012",
        " 12345678-1234-1234-1234-123456789012",
    ] {
        assert_eq!(
            refusal(&with_header(json!({ "kid": kid }))),
            LoadBalancerRefusal::KeyId(any_detail()),
            "{kid}"
        );
    }
}

#[test]
fn a_missing_claim_or_one_of_a_wrong_type_is_refused() {
    for name in ["client", "exp", "iss", "kid", "signer"] {
        let missing = refusal(&without_header(name));
        assert_eq!(missing, LoadBalancerRefusal::Claim(ClaimRefusal::Missing(name)));
        let wrong = refusal(&with_header(json!({ name: { "a": 1 } })));
        assert_eq!(wrong, LoadBalancerRefusal::Claim(ClaimRefusal::untyped_wrong(name)));
    }
    assert_eq!(
        refusal(&with_header(json!({ "exp": "1900000000" }))),
        LoadBalancerRefusal::Claim(ClaimRefusal::untyped_wrong("exp"))
    );
    for (subject, problem) in
        [(json!(7), ClaimRefusal::untyped_wrong("sub")), (json!(""), ClaimRefusal::Missing("sub"))]
    {
        assert_eq!(refusal(&with_claims(json!({ "sub": subject }))), LoadBalancerRefusal::Claim(problem));
    }
}

#[test]
fn a_text_that_is_no_jwt_of_a_load_balancer_is_refused() {
    let good = signed(&header(), &claims(), p256_key());
    let parts: Vec<&str> = good.split('.').collect();
    let [header, claims, signature] = parts.as_slice() else { unreachable!("three parts") };
    let twice = URL_SAFE.encode(r#"{"alg":"ES256","alg":"none"}"#);
    for text in [
        String::new(),
        "..".to_owned(),
        "a.b".to_owned(),
        format!("{header}.{claims}"),
        format!("{good}.x"),
        format!("{header}.{claims}.{signature}="),
        format!("{header} .{claims}.{signature}"),
        format!("{twice}.{claims}.{signature}"),
        format!("{}.{claims}.{signature}", URL_SAFE.encode("[]")),
        format!("{header}.{}.{signature}", URL_SAFE.encode("7")),
        format!("{header}.{claims}.+/+/"),
        "x".repeat(MAX_BYTES + 1),
        with_header(json!({ "crit": ["exp"] })),
        with_header(json!({ "b64": false })),
    ] {
        let shown = text.get(..80).unwrap_or(&text);
        assert_eq!(refusal(&text), LoadBalancerRefusal::Malformed(any_detail()), "{shown}");
    }
}

#[test]
fn a_signature_that_is_another() {
    let good = signed(&header(), &claims(), p256_key());
    let (message, signature) = good.rsplit_once('.').unwrap();
    let mut bytes = URL_SAFE.decode(signature).unwrap();
    bytes.reverse();
    let other = format!("{message}.{}", URL_SAFE.encode(&bytes));
    let cut = format!("{message}.{}", URL_SAFE.encode(bytes.get(..63).unwrap()));
    let none = format!("{message}.");
    let changed = {
        let mut claims = claims();
        merge(&mut claims, json!({ "sub": "root" }));
        let (header, _) = message.split_once('.').unwrap();
        format!("{header}.{}.{signature}", URL_SAFE.encode(claims.to_string()))
    };
    let by_rsa = signed(&header(), &claims(), rsa_key());
    for text in [other, cut, none, changed, by_rsa] {
        assert_eq!(refusal(&text), LoadBalancerRefusal::Signature, "{text}");
    }
}

/// "The signature is over the padding too": the received text is what is signed.
#[test]
fn other_padding_is_another_message() {
    let good = signed(&header(), &claims(), p256_key());
    let (header, rest) = good.split_once('.').unwrap();
    let bare = header.trim_end_matches('=');
    assert_ne!(bare, header, "the sample's header has padding");
    assert_eq!(refusal(&format!("{bare}.{rest}")), LoadBalancerRefusal::Signature);
}

#[test]
fn where_keys_are() {
    for (arn, url) in [
        (ARN, "https://public-keys.auth.elb.eu-central-1.amazonaws.com/"),
        (
            "arn:aws-us-gov:elasticloadbalancing:us-gov-west-1:123456789012:loadbalancer/app/a/1",
            "https://s3-us-gov-west-1.amazonaws.com/aws-elb-public-keys-prod-us-gov-west-1/",
        ),
        (
            "arn:aws-us-gov:elasticloadbalancing:us-gov-east-1:123456789012:loadbalancer/app/a/1",
            "https://s3-us-gov-east-1.amazonaws.com/aws-elb-public-keys-prod-us-gov-east-1/",
        ),
    ] {
        let trusted = TrustedLoadBalancers { arns: vec![LoadBalancerArn::parse(arn).unwrap()], ..trusted() };
        let text = with_header(json!({ "signer": arn }));
        let user = UnverifiedUser::parse(&text, &trusted, CLIENT_ID, TIME).unwrap();
        assert_eq!(user.key_url(&trusted), format!("{url}{KID}"));
    }
    let trusted =
        TrustedLoadBalancers { key_endpoint: Some("http://127.0.0.1:9/keys".to_owned()), ..trusted() };
    let text = signed(&header(), &claims(), p256_key());
    let user = UnverifiedUser::parse(&text, &trusted, CLIENT_ID, TIME).unwrap();
    assert_eq!(user.key_url(&trusted), format!("http://127.0.0.1:9/keys/{KID}"));
}

#[test]
fn a_text_that_is_no_arn_of_a_load_balancer_is_refused() {
    for text in [
        "",
        "front",
        "arn:aws:elasticloadbalancing:eu-central-1:123456789012:loadbalancer/net/front/50dc6c495c0c9188",
        "arn:aws:elasticloadbalancing:eu-central-1:123456789012:loadbalancer/app/front",
        "arn:aws:elasticloadbalancing:eu-central-1:123456789012:loadbalancer/app/front/1/2",
        "arn:aws:elasticloadbalancing:eu-central-1:123456789012:loadbalancer/app//1",
        "arn:aws:elasticloadbalancing:eu-central-1:123456789012:listener/app/front/1/2",
        "arn:aws:elasticloadbalancing:eu-central-1:12345678901:loadbalancer/app/front/1",
        "arn:aws:elasticloadbalancing::123456789012:loadbalancer/app/front/1",
        "arn:aws:elasticloadbalancing:evil.example/:123456789012:loadbalancer/app/front/1",
        "arn:aws:ec2:eu-central-1:123456789012:loadbalancer/app/front/1",
        "arn:aws-cn:elasticloadbalancing:cn-north-1:123456789012:loadbalancer/app/front/1",
        "urn:aws:elasticloadbalancing:eu-central-1:123456789012:loadbalancer/app/front/1",
    ] {
        assert_eq!(LoadBalancerArn::parse(text), None, "{text}");
    }
}

#[test]
fn keys_that_are_none() {
    let good = pem(p256_key());
    let p384 = good.replace("MFkw", "MHYw");
    let rsa = [super::key::BEFORE_POINT.as_slice(), &rsa_key().public_bytes()].concat();
    let rsa = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----", STANDARD.encode(rsa));
    let private = good.replace("PUBLIC KEY", "PRIVATE KEY");
    for text in ["", "key", "-----BEGIN PUBLIC KEY----------END PUBLIC KEY-----", &p384, &rsa, &private] {
        assert!(LoadBalancerKey::from_pem(text).is_none(), "{text}");
    }
    for good in [good.trim(), &good.replace('\n', "\r\n"), &format!("\n{good}\n")] {
        assert!(LoadBalancerKey::from_pem(good).is_some(), "{good}");
    }
}

#[test]
fn each_response_of_the_place_of_keys_has_its_result() {
    let refusal = |status, body: &str| {
        read_key_response(&ProviderResponse { status, content_type: None, body: body.into() }).err()
    };
    assert_eq!(refusal(200, &pem(p256_key())), None);
    assert_eq!(refusal(200, "<html>"), Some(LoadBalancerRefusal::KeyMalformed));
    for status in [400, 403, 404] {
        assert_eq!(refusal(status, ""), Some(LoadBalancerRefusal::KeyUnknown), "{status}");
    }
    for status in [204, 302, 429, 500, 503] {
        assert_eq!(refusal(status, ""), Some(LoadBalancerRefusal::KeyUnavailable), "{status}");
    }
}
