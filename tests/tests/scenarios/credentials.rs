//! Lists every kind of credential that a request can contain, valid and invalid.

use local::cognito::{MintKey, NewUser, TokenUse};
use serde_json::{Value, json};
use tests::world::{Setup, World};

/// A credential: its name in tables, and its header fields.
pub(crate) struct Credential {
    pub(crate) name: &'static str,
    pub(crate) headers: Vec<(&'static str, String)>,
}

/// The value of the session cookie after a sign-in, and that of the attempt cookie before it.
pub(crate) async fn session_and_attempt(world: &World) -> (String, String) {
    let browser = world.browser();
    let form = browser.open(&world.url("/get")).await;
    let attempt = browser.cookies("localhost").pop().unwrap().value;
    world.fill_in(&browser, &form, &NewUser::local_admin()).await;
    let name = world.session_cookie();
    let session = browser.cookies("localhost").into_iter().find(|cookie| cookie.name == name).unwrap().value;
    (session, attempt)
}

/// A token of the administrator with some claims changed; null removes a claim.
pub(crate) fn minted(world: &World, token_use: TokenUse, changes: &Value, key: MintKey) -> String {
    let email = NewUser::local_admin().email;
    let mut claims = world.stand_in.claims(&world.client_id(), &email, token_use).unwrap();
    for (name, value) in changes.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    world.stand_in.mint(&claims, &json!({}), key).unwrap()
}

/// All credentials, for a world whose clock may be advanced.
pub(crate) async fn all(world: &World) -> Vec<Credential> {
    let (ended, _) = session_and_attempt(world).await;
    world.advance(100_000);
    let (session, attempt) = session_and_attempt(world).await;
    let (foreign, _) = session_and_attempt(&another_client()).await;
    let mut bearers = bad_bearers(world);
    let good = world.access_token(&NewUser::local_admin());
    let bad = bearers[0].1.clone();
    bearers.push(("good bearer", good.clone()));
    let mut credentials = vec![Credential { name: "none", headers: Vec::new() }];
    credentials.extend(bearers.into_iter().map(|(name, token)| Credential {
        name,
        headers: vec![("authorization", format!("Bearer {token}"))],
    }));
    let cookie = |value: &str| format!("{}={value}", world.session_cookie());
    let cookies = [
        ("garbage cookie", cookie("garbage")),
        ("ended session", cookie(&ended)),
        ("tampered session", cookie(&tampered(&session))),
        ("another client's session", cookie(&foreign)),
        ("attempt as session", cookie(&attempt)),
        ("access token as session", cookie(&good)),
        ("session twice", format!("{}; {}", cookie(&session), cookie(&session))),
        ("session under another name", format!("__Host-session={session}")),
        ("good session", cookie(&session)),
    ];
    credentials.extend(
        cookies.into_iter().map(|(name, cookie)| Credential { name, headers: vec![("cookie", cookie)] }),
    );
    let both = |name, token: &str, value: &str| Credential {
        name,
        headers: vec![("authorization", format!("Bearer {token}")), ("cookie", cookie(value))],
    };
    credentials.push(both("good bearer and bad session", &good, "garbage"));
    credentials.push(both("bad bearer and good session", &bad, &session));
    let other = |name, authorization: &str| Credential {
        name,
        headers: vec![("authorization", authorization.to_owned())],
    };
    credentials.push(other("basic", "Basic dXNlcjpwYXNz"));
    credentials.push(other("bearer without a token", "Bearer"));
    credentials.push(other("two tokens", &format!("Bearer {good} {good}")));
    credentials
}

fn bad_bearers(world: &World) -> Vec<(&'static str, String)> {
    let email = NewUser::local_admin().email;
    let now = world.clock.unix();
    let access = |changes: Value, key| minted(world, TokenUse::Access, &changes, key);
    let pool = "http://127.0.0.1:8410/us-east-1_OtherPool";
    vec![
        ("garbage bearer", "garbage".to_owned()),
        ("expired", access(json!({"exp": now - 61, "iat": now - 3_661}), MintKey::Access)),
        ("forged", access(json!({}), MintKey::StrangerAsAccess)),
        ("unknown kid", access(json!({}), MintKey::Stranger)),
        ("alg none", access(json!({}), MintKey::None)),
        ("HS256 with the public key", access(json!({}), MintKey::HmacOfAccessKey)),
        ("wrong pool", access(json!({"iss": pool}), MintKey::Access)),
        ("wrong client", access(json!({"client_id": "another"}), MintKey::Access)),
        ("no client", access(json!({"client_id": null}), MintKey::Access)),
        ("no exp", access(json!({"exp": null}), MintKey::Access)),
        ("exp as text", access(json!({"exp": (now + 3_600).to_string()}), MintKey::Access)),
        ("from the future", access(json!({"iat": now + 600, "exp": now + 3_600}), MintKey::Access)),
        ("ID token", world.stand_in.issue(&world.client_id(), &email).unwrap().id_token),
        ("refresh token", world.stand_in.issue(&world.client_id(), &email).unwrap().refresh_token),
    ]
}

fn another_client() -> World {
    Setup::default()
        .provider(|options| "another0client0of0the0pool".clone_into(&mut options.clients[0].client_id))
        .build()
}

fn tampered(session: &str) -> String {
    let (rest, last) = session.split_at(session.len() - 8);
    let turned: String = last.chars().rev().collect();
    assert_ne!(last, turned);
    format!("{rest}{turned}")
}
