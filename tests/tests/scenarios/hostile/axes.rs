//! Lists odd values, one table for each part of a request.

mod credentials;
mod fields;
mod target;

use local::cognito::{MintKey, NewUser, TokenUse};
use serde_json::json;
use tests::world::World;

pub(super) use credentials::{load_balancer_headers, load_balancer_key};

use super::Live;
use super::event::{NO_UTF_8, Request};
use crate::credentials::minted;

/// The load balancer whose JWTs are accepted.
pub(super) const LOAD_BALANCER: &str =
    "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/front/50dc6c495c0c9188";

/// One change to a request.
pub(super) struct Change {
    pub(super) what: String,
    pub(super) apply: Box<dyn Fn(&mut Request)>,
}

fn change(what: impl Into<String>, apply: impl Fn(&mut Request) + 'static) -> Change {
    Change { what: what.into(), apply: Box::new(apply) }
}

/// Every table, for an endpoint at `path`.
pub(super) fn all(world: &World, live: &Live, path: &str) -> Vec<Vec<Change>> {
    vec![
        target::methods(),
        target::paths(path),
        target::queries(live, path),
        fields::cookies(world, live),
        credentials::all(world),
        bodies(world),
        fields::headers(world),
        credentials::of_load_balancers(world),
    ]
}

fn bodies(world: &World) -> Vec<Change> {
    const FORM: &str = "application/x-www-form-urlencoded";
    const JSON: &str = "application/json";
    let good = world.access_token(&NewUser::local_admin());
    let deep = format!("{}{}", "[".repeat(20_000), "]".repeat(20_000));
    let fields: Vec<String> = (0..10_000).map(|number| format!("f{number}=v")).collect();
    let logout = |claims| minted(world, TokenUse::Id, &claims, MintKey::Id);
    let event = json!({"http://schemas.openid.net/event/backchannel-logout": {}});
    let tokens = [
        String::new(),
        "garbage".to_owned(),
        "a.b.c".to_owned(),
        "a.b.c.d.e".to_owned(),
        "%ff".to_owned(),
        "A".repeat(100_000),
        good,
        logout(json!({"events": event, "jti": "a", "nonce": null})),
        logout(json!({"events": event, "jti": ["a"], "nonce": null, "iat": i64::MAX, "sid": "\r\n"})),
        logout(json!({"events": deep, "jti": "\0", "sub": null, "nonce": null})),
        logout(json!({"iss": "https://evil.example"})),
        logout(json!({"events": null, "jti": "d", "nonce": null})),
        logout(json!({"events": [], "jti": "e", "nonce": null})),
        logout(json!({"events": {}, "jti": "f", "nonce": null})),
        logout(
            json!({"events": {"http://schemas.openid.net/event/backchannel-logout": []}, "jti": "g", "nonce": null}),
        ),
        logout(json!({"events": event, "jti": null, "nonce": null})),
        logout(json!({"events": event, "jti": "h".repeat(60_000), "nonce": null})),
        logout(json!({"events": event, "jti": "i", "nonce": null, "sub": null, "sid": null})),
        logout(json!({"events": event, "jti": "j", "nonce": null, "sub": 7, "sid": {}})),
        logout(json!({"events": event, "jti": "k", "nonce": null, "sub": "", "sid": ""})),
        logout(json!({"events": event, "jti": "l", "nonce": null, "aud": []})),
        logout(json!({"events": event, "jti": "m", "nonce": null, "aud": {"a": 1}})),
        logout(json!({"events": event, "jti": "n", "nonce": null, "iat": 1e308, "exp": "x"})),
        logout(json!({"events": event, "jti": "o", "nonce": null, "iat": -1, "exp": 0})),
        minted(world, TokenUse::Id, &json!({"events": event, "jti": "b"}), MintKey::Stranger),
        minted(world, TokenUse::Id, &json!({"events": event, "jti": "c"}), MintKey::None),
    ];
    let mut bodies: Vec<(&str, String, bool)> = vec![
        (JSON, "{".to_owned(), false),
        (JSON, deep, false),
        (JSON, "{\"a\":".repeat(20_000), false),
        (JSON, "\u{feff}null".to_owned(), false),
        (JSON, format!("[{}1]", "1,".repeat(50_000)), false),
        (JSON, "1e999999999".to_owned(), false),
        ("text/html", "{}".to_owned(), false),
        ("application/json, text/html", "{}".to_owned(), false),
        ("", "{}".to_owned(), false),
        ("multipart/form-data", "--\r\n".to_owned(), false),
        (FORM, fields.join("&"), false),
        (FORM, "&".repeat(20_000), false),
        (FORM, "%".repeat(20_000), false),
        (FORM, "a".repeat(1_048_576), false),
        (FORM, "no base64!".to_owned(), true),
        (FORM, "//79".to_owned(), true),
        (FORM, NO_UTF_8.to_string(), false),
        ("application/octet-stream", "AAEC/w==".to_owned(), true),
        ("application/octet-stream", "\0\u{1}".to_owned(), false),
        (FORM, "everywhere=true&everywhere=false".to_owned(), false),
        (FORM, "everywhere=true".to_owned(), false),
        ("application/x-www-form-urlencoded; charset=utf-16", "everywhere=true".to_owned(), false),
        ("APPLICATION/X-WWW-FORM-URLENCODED;;", "everywhere=true&logout_token=a.b.c".to_owned(), false),
        ("text/plain", "logout_token=a.b.c".to_owned(), false),
        (
            "multipart/form-data; boundary=a",
            "--a\r\nContent-Disposition: form-data; name=\"logout_token\"\r\n\r\na\r\n--a--".to_owned(),
            false,
        ),
        ("application/jwt", "a.b.c".to_owned(), false),
        ("application/logout+jwt", "a.b.c".to_owned(), false),
        ("application/json", "{\"logout_token\":[\"a.b.c\"],\"Logout_Token\":1e400}".to_owned(), false),
        ("application/json; charset=\"\u{e9}", "{\"a\":18446744073709551616}".to_owned(), false),
    ];
    bodies.extend(tokens.iter().map(|token| (FORM, format!("logout_token={token}"), false)));
    bodies.push((FORM, format!("logout_token={0}&logout_token={0}", tokens[7]), false));
    let set = |(kind, body, is_base64): (&'static str, String, bool)| {
        change(format!("body {kind} {}", short(&body)), move |request| {
            if request.method == "GET" {
                "POST".clone_into(&mut request.method);
            }
            request.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("content-type"));
            request.headers.push(("Content-Type".to_owned(), kind.to_owned()));
            request.body.clone_from(&body);
            request.is_base64 = is_base64;
        })
    };
    bodies.into_iter().map(set).collect()
}

/// Shortens a value to fit a line.
fn short(text: &str) -> String {
    let start: String = text.chars().take(60).collect();
    let dots = if start.len() < text.len() { format!("... ({})", text.len()) } else { String::new() };
    format!("{start:?}{dots}")
}
