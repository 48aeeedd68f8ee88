use super::*;

fn form(request: &ProviderRequest) -> String {
    request.form.as_ref().unwrap().expose().to_owned()
}

fn arguments() -> [(String, Secret); 1] {
    [("resource".to_owned(), Secret::new("https://api.example.com"))]
}

#[test]
fn a_code_is_exchanged_with_its_redirect_uri_and_verifier() {
    let request = code_request(
        "https://auth.example.com/oauth2/token",
        &client(),
        &arguments(),
        "c&d",
        "https://app.example.com/oauth2/callback",
        "verifier",
    );
    assert_eq!(request.method, http::Method::POST);
    assert_eq!(request.url, "https://auth.example.com/oauth2/token");
    assert_eq!(request.kind, CallKind::Token { grant: Grant::AuthorizationCode });
    assert_eq!(
        form(&request),
        "grant_type=authorization_code&code=c%26d\
         &redirect_uri=https%3A%2F%2Fapp.example.com%2Foauth2%2Fcallback&code_verifier=verifier\
         &resource=https%3A%2F%2Fapi.example.com&client_id=web&client_secret=s3cret"
    );
}

#[test]
fn a_refresh_names_neither_scope_nor_redirect_uri() {
    let refresh_token = Secret::new("r+1");
    let request =
        refresh_request("https://auth.example.com/token", &client(), &refresh_token, &arguments(), true);
    assert_eq!(request.kind, CallKind::Token { grant: Grant::RefreshToken { repeatable: true } });
    assert_eq!(
        form(&request),
        "grant_type=refresh_token&refresh_token=r%2B1&resource=https%3A%2F%2Fapi.example.com&client_id=web&client_secret=s3cret"
    );
}

#[test]
fn a_revocation_names_the_refresh_token() {
    let request = revocation_request("https://auth.example.com/revoke", &client(), &Secret::new("r1"));
    assert_eq!(request.kind, CallKind::Revocation);
    assert_eq!(form(&request), "token=r1&token_type_hint=refresh_token&client_id=web&client_secret=s3cret");
}

#[test]
fn a_form_says_so_and_asks_for_json() {
    let request =
        refresh_request("https://auth.example.com/token", &client(), &Secret::new("r1"), &[], false);
    let headers: Vec<_> = request.headers.iter().map(|(name, value)| (*name, value.expose())).collect();
    assert_eq!(
        headers,
        [("accept", "application/json"), ("content-type", "application/x-www-form-urlencoded")]
    );
}

#[test]
fn debug_shows_neither_code_nor_token() {
    let arguments = [("key".to_owned(), Secret::new("argum3nt"))];
    let code =
        code_request("https://example.com/t", &client(), &arguments, "c0de", "https://app", "ver1fier");
    let refresh =
        refresh_request("https://example.com/t", &client(), &Secret::new("refr3sh"), &arguments, false);
    let shown = format!("{code:?} {refresh:?}");
    for secret in ["c0de", "ver1fier", "refr3sh", "s3cret", "argum3nt"] {
        assert!(!shown.contains(secret), "{secret}");
    }
}
