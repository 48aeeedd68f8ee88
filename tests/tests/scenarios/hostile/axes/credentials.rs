//! Lists values of `Authorization` and of load balancers' headers.

use std::sync::LazyLock;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use local::cognito::{MintKey, NewUser, TokenUse};
use serde_json::{Value, json};
use tests::world::World;

use super::{Change, change, short};
use crate::credentials::minted;
use crate::hostile::event::NO_UTF_8;

pub(super) fn all(world: &World) -> Vec<Change> {
    let good = world.access_token(&NewUser::local_admin());
    let now = world.clock.unix();
    let access = |changes, key| minted(world, TokenUse::Access, &changes, key);
    let raw = |header: &str, claims: &str| world.stand_in.mint_raw(header, claims, MintKey::Access).unwrap();
    let issuer = "\"iss\":\"http://127.0.0.1:8410/us-east-1_LocalPool\"";
    let deep = format!("{}{}", "[".repeat(5_000), "]".repeat(5_000));
    let bearers = [
        String::new(),
        "garbage".to_owned(),
        ".".to_owned(),
        "..".to_owned(),
        "....".to_owned(),
        ".".repeat(9_000),
        "A".repeat(100_000),
        "\u{e9}.\u{e9}.\u{e9}".to_owned(),
        format!("{NO_UTF_8}.a.b"),
        good.clone(),
        format!("{good}.a.b"),
        format!("{good},{good}"),
        access(json!({"exp": now - 9_999}), MintKey::Access),
        access(json!({"exp": -1}), MintKey::Access),
        access(json!({"exp": 1e300, "iat": -1e300}), MintKey::Access),
        access(json!({"exp": i64::MAX, "iat": i64::MIN, "nbf": i64::MIN}), MintKey::Access),
        access(json!({"iss": "https://evil.example"}), MintKey::Access),
        access(
            json!({"iss": ["x"], "sub": {}, "scope": 1, "cognito:groups": "x", "client_id": []}),
            MintKey::Access,
        ),
        access(json!({"cognito:groups": vec!["\u{e9}\r\n"; 500], "sub": "\r\n\0"}), MintKey::Access),
        access(json!({}), MintKey::None),
        access(json!({}), MintKey::Stranger),
        access(json!({}), MintKey::StrangerAsAccess),
        access(json!({}), MintKey::HmacOfAccessKey),
        raw("{\"alg\":\"none\"}", &format!("{{{issuer}}}")),
        raw(
            "{\"alg\":\"RS256\",\"kid\":\"../../x\",\"jku\":\"https://evil.example\",\"typ\":\"logout+jwt\"}",
            &format!("{{{issuer}}}"),
        ),
        raw("{\"alg\":\"RS256\",\"crit\":[\"b64\"],\"b64\":false}", &format!("{{{issuer}}}")),
        raw("{\"alg\":\"dir\",\"enc\":\"A128GCM\",\"zip\":\"DEF\"}", &format!("{{{issuer}}}")),
        raw("{\"alg\":null,\"kid\":7}", &format!("{{{issuer},\"x\":{deep}}}")),
        raw("[]", "[]"),
        raw("\u{feff}{}", "{"),
        raw(&deep, &deep),
    ];
    let others = [
        "Basic dXNlcjpwYXNz",
        "Basic",
        "Basic \u{e9}",
        "Bearer",
        "bearer",
        "Digest a=b",
        "Negotiate YII=",
        "DPoP a.b.c",
        "HOBA result=\"a.b.c.d\"",
        "Mutual sid=a",
        "SCRAM-SHA-256 data=a",
        "vapid t=a.b.c, k=d",
        "PrivateToken token=a",
        "GNAP a",
        "OAuth realm=\"x\", oauth_token=\"y\"",
        "AWS4-HMAC-SHA256 Credential=a/20261128/x/execute-api/aws4_request, SignedHeaders=host, Signature=b",
        "Bearer a.b.c, Basic dTpw",
        "Bearer realm=\"x\"",
        "BEARER  a.b.c",
        "Bearer \"a.b.c\"",
        "Bearer a.b.c;",
        "Bearer\u{a0}a.b.c",
        "Bearer\ta.b.c",
        ",",
        "=",
        "",
        "\u{f8ff}",
    ];
    let texts = bearers.map(|token| format!("Bearer {token}")).into_iter().chain(others.map(str::to_owned));
    let set = |text: String| {
        change(format!("authorization {}", short(&text)), move |request| {
            request.headers.push(("Authorization".to_owned(), text.clone()));
        })
    };
    let mut changes: Vec<Change> = texts.map(set).collect();
    changes.push(change("two authorizations", move |request| {
        for text in ["Bearer a.b.c", "Basic dXNlcjpwYXNz"] {
            request.headers.push(("Authorization".to_owned(), text.to_owned()));
        }
    }));
    changes
}

/// The load balancer's key.
static KEY: LazyLock<EcdsaKeyPair> =
    LazyLock::new(|| EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap());

/// RFC 5480: the bytes before the point of a P-256 key.
const BEFORE_POINT: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86,
    0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// The public part of the key, in PEM.
pub(in crate::hostile) fn load_balancer_key() -> String {
    let der = [BEFORE_POINT.as_slice(), KEY.public_key().as_ref()].concat();
    format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(der))
}

/// The header of `x-amzn-oidc-data`, with these members changed.
fn header(world: &World, changes: &Value) -> Value {
    let mut header = json!({
        "typ": "JWT", "kid": "12345678-1234-1234-1234-123456789012", "alg": "ES256",
        "signer": super::LOAD_BALANCER, "exp": tests::world::START + 120,
        "iss": world.site().relying_party.configuration.issuer, "client": world.client_id(),
    });
    header.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    header
}

fn claims(world: &World) -> Value {
    let issuer = &world.site().relying_party.configuration.issuer;
    json!({"sub": "a", "username": "a", "exp": tests::world::START + 120, "iss": issuer})
}

fn message(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE.encode(value.to_string());
    format!("{}.{}", part(header), part(claims))
}

/// `x-amzn-oidc-data` signed by the load balancer.
fn signed(header: &Value, claims: &Value) -> String {
    let message = message(header, claims);
    let signature = KEY.sign(&SystemRandom::new(), message.as_bytes()).unwrap();
    format!("{message}.{}", URL_SAFE.encode(signature.as_ref()))
}

/// The load balancer's `x-amzn-oidc-data`, and the same with a signature by another key.
pub(in crate::hostile) fn load_balancer_headers(world: &World) -> (String, String) {
    let (header, claims) = (header(world, &json!({})), claims(world));
    let forged = format!("{}.{}", message(&header, &claims), URL_SAFE.encode([1; 64]));
    (signed(&header, &claims), forged)
}

/// Headers from a load balancer, or from a client if the listener's rule does not authenticate users.
pub(super) fn of_load_balancers(world: &World) -> Vec<Change> {
    let now = tests::world::START;
    let header = |changes: Value| header(world, &changes);
    let claims = claims(world);
    let of = |header: &Value, claims: &Value, signature: &[u8]| {
        format!("{}.{}", message(header, claims), URL_SAFE.encode(signature))
    };
    let (valid, good) = load_balancer_headers(world);
    let mut data: Vec<String> = [
        json!({"kid": null}),
        json!({"kid": 7}),
        json!({"kid": ""}),
        json!({"kid": "../../../keys"}),
        json!({"kid": "a?b#c"}),
        json!({"kid": "\r\nHost: evil.example"}),
        json!({"kid": "a".repeat(10_000)}),
        json!({"signer": "arn:aws:elasticloadbalancing:us-east-1:999999999999:loadbalancer/app/x/50dc6c495c0c9188"}),
        json!({"signer": "arn"}),
        json!({"signer": [super::LOAD_BALANCER]}),
        json!({"signer": null}),
        json!({"alg": "none"}),
        json!({"alg": "HS256"}),
        json!({"alg": "RS256"}),
        json!({"client": "another"}),
        json!({"client": null}),
        json!({"iss": "https://evil.example"}),
        json!({"exp": 1e300}),
        json!({"exp": -1}),
        json!({"exp": now - 1}),
        json!({"exp": now - 9_999}),
        json!({"exp": "x"}),
        json!({"exp": u64::MAX}),
        json!({"crit": ["exp"]}),
        json!({"b64": false, "crit": ["b64"]}),
    ]
    .into_iter()
    .flat_map(|changes| [of(&header(changes.clone()), &claims, &[1; 64]), signed(&header(changes), &claims)])
    .collect();
    data.extend(
        [&[][..], &[0; 64], &[255; 64], &[1; 63], &[1; 65], &[1; 5_000]]
            .map(|signature| of(&header(json!({})), &claims, signature)),
    );
    data.extend([
        String::new(),
        "garbage".to_owned(),
        "a.b.c".to_owned(),
        "....".to_owned(),
        "=.=.=".to_owned(),
        format!("{good}="),
        good.replace('=', ""),
        good.replace('.', "="),
        format!("{good},{good}"),
        format!("{good}.a"),
        "\u{e9}.\u{e9}.\u{e9}".to_owned(),
        format!("{NO_UTF_8}.a.b"),
        "A".repeat(60_000),
        of(&json!([]), &claims, &[1; 64]),
        of(&header(json!({})), &json!([]), &[1; 64]),
        of(&header(json!({})), &json!({"sub": null, "exp": []}), &[1; 64]),
        valid.clone(),
        valid.replace('=', ""),
        format!("{valid},{good}"),
        signed(&json!([]), &claims),
        signed(&header(json!({})), &json!([])),
        signed(&header(json!({})), &json!({"sub": null, "exp": []})),
        signed(
            &header(json!({})),
            &json!({"sub": "\r\n\0", "username": "\u{e9}", "email": [], "exp": now + 120}),
        ),
    ]);
    let set = |(data, beside): (String, Option<String>)| {
        change(format!("load balancer {} {}", short(&data), beside.is_some()), move |request| {
            request.headers.push(("X-Amzn-Oidc-Data".to_owned(), data.clone()));
            let beside = beside.iter().map(|token| ("X-Amzn-Oidc-AccessToken".to_owned(), token.clone()));
            request.headers.extend(beside);
        })
    };
    let access = world.access_token(&NewUser::local_admin());
    let beside = [None, Some(access), Some("a.b.c".to_owned()), Some("\u{e9}".to_owned())];
    let with_one =
        beside.into_iter().flat_map(|beside| [(good.clone(), beside.clone()), (valid.clone(), beside)]);
    data.into_iter().map(|data| (data, None)).chain(with_one).map(set).collect()
}
