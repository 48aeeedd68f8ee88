//! Makes the credentials in the samples from the public development keys and the documented session secret.
//!
//! RS256 signs the same claims to the same token every time (RFC 8017 section 8.2), and the nonces here are fixed, so
//! the committed credentials can be compared with new ones.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use local::cognito::{AppClient, MintKey, NewUser, StandIn, TokenUse};
use relying_party::configuration::{Configuration, Role, Sources};
use relying_party::relying_party::RelyingParty;
use relying_party::secret::Secret;
use relying_party::session::Session;
use relying_party::sign_in::attempt::Attempt;
use relying_party::time::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::environment;
use super::provider::{FAR, SIGNED_IN_AT, stand_in};

/// One credential: its name in `events/credentials.json` and its text.
pub type Credential = (&'static str, String);

pub fn all() -> Result<Vec<Credential>, String> {
    let mut all = tokens(&stand_in()?)?;
    all.extend(cookies(&relying_party()?, &all)?);
    all.sort();
    Ok(all)
}

/// The session of the samples as a table holds it, for `benchmark/stored_session.env`: the cookie that presents it, its
/// key, and the item in the form of DynamoDB's response.
pub fn stored_session() -> Result<String, String> {
    let relying_party = relying_party()?;
    let tokens = tokens(&stand_in()?)?;
    let access_token = tokens.into_iter().find(|(name, _)| *name == "access_token");
    let session = session(access_token.ok_or("no access token")?.1);
    let id = [9; 32];
    let key = relying_party::hex::lowercase(&Sha256::digest(id));
    let content = relying_party.ring.seal_stored(&id, &session.encode(), [7; 24]);
    let number = |at: Timestamp| json!({ "N": at.unix().to_string() });
    let item = json!({
        "session": { "S": key },
        "format": { "N": "1" },
        "content": { "S": content },
        "generation": { "N": "0" },
        "seen_at": number(session.seen_at),
        "renewed_at": number(session.renewed_at),
        "ttl": number(session.signed_in_at.plus(86_400)),
    });
    let cookie = format!("{}={}", relying_party.cookie_names.session(), URL_SAFE_NO_PAD.encode(id));
    Ok(format!("COOKIE={cookie}\nKEY={key}\nITEM={item}\n"))
}

/// The public keys that verify the tokens: `events/jwks.json`.
pub fn key_set() -> Result<Value, String> {
    Ok(stand_in()?.key_set())
}

/// Inserts credentials into an event's text: for `{{name}}`, and in place of the text that `earlier` has
/// under that name.
pub fn put_into(text: &str, credentials: &[Credential], earlier: &Value) -> String {
    let mut text = text.to_owned();
    for (name, credential) in credentials {
        text = text.replace(&format!("{{{{{name}}}}}"), credential);
        if let Some(earlier) = earlier.get(name).and_then(Value::as_str).filter(|earlier| !earlier.is_empty())
        {
            text = text.replace(earlier, credential);
        }
    }
    text
}

/// The texts in `event` that begin like a token or a sealed text; each must be one of the credentials.
pub fn found_in(event: &str) -> Vec<&str> {
    event
        .split(|character: char| !(character.is_ascii_alphanumeric() || "-_.".contains(character)))
        .filter(|word| word.starts_with("eyJ") && word.contains('.'))
        .collect()
}

fn relying_party() -> Result<RelyingParty, String> {
    let variables = environment::documented()?;
    let sources = Sources { environment: &variables, ..Sources::default() };
    let configuration =
        Configuration::from_sources(&sources, Role::Callback).map_err(|fault| fault.to_string())?;
    RelyingParty::new(configuration).map_err(|fault| fault.to_string())
}

fn tokens(stand_in: &StandIn) -> Result<Vec<Credential>, String> {
    let access = |user: &NewUser| claims(stand_in, user, TokenUse::Access);
    let (admin, guest) = (access(&NewUser::local_admin())?, access(&NewUser::local_guest())?);
    let id = claims(stand_in, &NewUser::local_admin(), TokenUse::Id)?;
    let mint = |claims: &Value, header: &Value, key| mint(stand_in, claims, header, key);
    let bent = |name: &str, value: Value| mint(&with(&admin, name, value), &json!({}), MintKey::Access);
    let signed = |key| mint(&admin, &json!({}), key);
    let twice = sorted(&admin).replacen('{', "{\"exp\":1,", 1);
    let groups: Vec<String> = (0..260).map(|number| format!("department-{number:03}")).collect();
    Ok(vec![
        ("access_token", signed(MintKey::Access)?),
        ("access_token_algorithm_none", signed(MintKey::None)?),
        ("access_token_critical_header", mint(&admin, &json!({"crit": ["exp"]}), MintKey::Access)?),
        (
            "access_token_duplicate_claim",
            stand_in
                .mint_raw(&header_of(&signed(MintKey::Access)?)?, &twice, MintKey::Access)
                .map_err(text)?,
        ),
        ("access_token_expired", bent("exp", json!(SIGNED_IN_AT - 3_600))?),
        ("access_token_from_the_future", bent("iat", json!(FAR - 1))?),
        ("access_token_hs256", signed(MintKey::HmacOfAccessKey)?),
        ("access_token_many_groups", bent("cognito:groups", json!(groups))?),
        ("access_token_not_yet_valid", bent("nbf", json!(FAR - 1))?),
        ("access_token_of_another_client", bent("client_id", json!("another0client0of0the0pool"))?),
        ("access_token_of_another_pool", bent("iss", json!("http://127.0.0.1:8410/us-east-1_AnotherPool"))?),
        ("access_token_of_guest", mint(&guest, &json!({}), MintKey::Access)?),
        ("access_token_text_as_expiry", bent("exp", json!(FAR.to_string()))?),
        ("access_token_unknown_key", signed(MintKey::Stranger)?),
        ("access_token_wrong_signature", signed(MintKey::StrangerAsAccess)?),
        ("id_token", mint(&id, &json!({}), MintKey::Id)?),
    ])
}

/// A token with its members in a fixed order. The order that `serde_json` keeps depends on the features of the
/// whole build.
fn mint(stand_in: &StandIn, claims: &Value, header: &Value, key: MintKey) -> Result<String, String> {
    let usual = stand_in.mint(&json!({}), header, key).map_err(text)?;
    let header: Value = serde_json::from_str(&header_of(&usual)?).map_err(text)?;
    stand_in.mint_raw(&sorted(&header), &sorted(claims), key).map_err(text)
}

/// The JSON of an object with its members sorted by name.
fn sorted(object: &Value) -> String {
    let members: BTreeMap<&String, &Value> = object.as_object().into_iter().flatten().collect();
    let members: Vec<String> =
        members.iter().map(|(name, value)| format!("{}:{value}", json!(name))).collect();
    format!("{{{}}}", members.join(","))
}

fn claims(stand_in: &StandIn, user: &NewUser, token_use: TokenUse) -> Result<Value, String> {
    let claims = stand_in.claims(&AppClient::local().client_id, &user.email, token_use);
    Ok(with(&claims.ok_or("no such user")?, "exp", json!(FAR)))
}

fn cookies(relying_party: &RelyingParty, tokens: &[Credential]) -> Result<Vec<Credential>, String> {
    let access_token =
        tokens.iter().find(|(name, _)| *name == "access_token").map(|(_, token)| token.clone());
    let session = session(access_token.ok_or("no access token")?);
    let sealed = |session: &Session| session.seal(&relying_party.cookie_names, &relying_party.ring, [7; 24]);
    let ended = Timestamp::from_unix(SIGNED_IN_AT - 400 * 86_400);
    let old = Session { signed_in_at: ended, renewed_at: ended, ..session.clone() };
    let attempt = |started_at: i64| {
        let target = "http://localhost:8400/orders/7?view=full".to_owned();
        Attempt::begin([9; 32], Timestamp::from_unix(started_at), target)
    };
    let state = attempt(FAR).state(0, &relying_party.ring);
    let restarted = attempt(FAR).state(1, &relying_party.ring);
    let attempt_cookie = |started_at: i64| {
        let cookie = attempt(started_at).set_cookie(&state, &relying_party.ring, [8; 24], 600);
        cookie.set_cookies.concat().split(';').next().unwrap_or_default().to_owned()
    };
    let name = relying_party.cookie_names.session();
    let whole = sealed(&session);
    let (start, end) = whole.split_at(whole.len() / 2);
    let tampered =
        format!("{start}{}", end.replacen(|_: char| true, if end.starts_with('A') { "B" } else { "A" }, 1));
    Ok(vec![
        ("attempt_cookie", attempt_cookie(FAR)),
        ("attempt_cookie_expired", attempt_cookie(SIGNED_IN_AT)),
        ("session_cookie", format!("{name}={}", sealed(&session))),
        ("session_cookie_expired", format!("{name}={}", sealed(&old))),
        ("session_cookie_tampered", format!("{name}={tampered}")),
        ("state", state.text().to_owned()),
        ("state_restarted", restarted.text().to_owned()),
    ])
}

/// A long-lived session of the seeded user: it begins in 2100, so no real clock gets past it.
fn session(access_token: String) -> Session {
    let user = NewUser::local_admin();
    let subject = user.sub.unwrap_or_default();
    Session {
        username: Some(subject.clone()),
        email: Some(user.email),
        groups: user.groups,
        scope: Some("openid email profile".to_owned()),
        claims: [("cognito:groups".to_owned(), json!(["admins"]))].into_iter().collect(),
        access_token: Some(Secret::new(access_token)),
        access_token_expires_at: Some(Timestamp::from_unix(FAR)),
        auth_time: Some(Timestamp::from_unix(SIGNED_IN_AT)),
        ..Session::bare("http://127.0.0.1:8410/us-east-1_LocalPool", &subject, Timestamp::from_unix(FAR))
    }
}

fn with(claims: &Value, name: &str, value: Value) -> Value {
    let mut claims = claims.clone();
    if let Some(members) = claims.as_object_mut() {
        members.insert(name.to_owned(), value);
    }
    claims
}

fn header_of(token: &str) -> Result<String, String> {
    use base64::Engine as _;
    let header = token.split('.').next().unwrap_or_default();
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(header).map_err(text)?;
    String::from_utf8(bytes).map_err(text)
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}
