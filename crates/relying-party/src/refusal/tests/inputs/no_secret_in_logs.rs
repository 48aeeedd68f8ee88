use super::*;

/// If a value is shown, a text that looks like a token is not. If it may be a secret of any form, nothing is
/// shown.
#[test]
fn no_secret_is_in_the_log() {
    for secret in SECRETS {
        let is_token = Some(&secret) != SECRETS.last();
        let id = |name: &str| id_token(&TokenBuilder::id_token().claim(name, secret));
        let other = |name: &str| access_token(&of_resource(name, json!(secret)), IssuerKind::Other);
        let shown_if_no_token = [
            id("aud"),
            id("azp"),
            id("token_use"),
            id("iss"),
            other("aud"),
            other("client_id"),
            other("typ"),
            other("iss"),
            id_token(&TokenBuilder::id_token().claim("aud", json!(["x", secret]))),
            bearer(&TokenBuilder::id_token().header("alg", secret).build()),
            bearer(&TokenBuilder::id_token().header("kid", secret).build()),
            load_balancer("alg", json!(secret)),
            load_balancer("client", json!(secret)),
            load_balancer("signer", json!(secret)),
            load_balancer("kid", json!(secret)),
            load_balancer("iss", json!(secret)),
            logout_token("aud", json!(secret)),
            logout_token("typ", json!(secret)),
            logout_token("events", json!({ secret: {} })),
            token_answer("token_type", json!(secret)),
            token_error(&json!({ "error": secret })),
            metadata("issuer", json!(secret)),
        ];
        let never_shown = [
            id("nonce"),
            id("exp"),
            id_token(&TokenBuilder::id_token().claim("sub", json!([secret]))),
            id_token(&TokenBuilder::id_token().claim("nonce", json!({ "value": secret }))),
            bearer(secret),
            load_balancer_text(secret),
            token_answer("access_token", json!(format!("{secret} "))),
            token_answer("id_token", json!([secret])),
            token_answer("refresh_token", json!({ "value": secret })),
            token_answer("expires_in", json!(secret)),
            token_error(&json!({ "error": "x", "error_description": secret })),
            metadata("token_endpoint", json!(format!("https://user:{secret}@id.example.com/"))),
            key_document(&json!({ "keys": secret })),
            about_user(&json!({ "sub": secret })),
            about_user(&json!({ "sub": [secret] })),
            Some(CallbackRefusal::of_error(secret).into()),
            Some(CallbackRefusal::of_error(&format!("{secret} of ada@example.com")).into()),
        ];
        let kept = if is_token { shown_if_no_token.as_slice() } else { &[] };
        for (number, refusal) in kept.iter().chain(&never_shown).enumerate() {
            let refusal = refusal.as_ref().unwrap_or_else(|| panic!("{number} is not refused"));
            let detail = refusal.detail();
            assert!(!detail.contains(secret), "{detail}");
        }
    }
}
