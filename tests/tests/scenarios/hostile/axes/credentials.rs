//! `Authorization`.

use local::cognito::{MintKey, NewUser, TokenUse};
use serde_json::json;
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
