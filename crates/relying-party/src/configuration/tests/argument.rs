//! Arguments of requests to the provider.

use super::fault::{EMPTY, fault};
use super::good;

#[test]
fn more_arguments_for_the_provider() {
    let configuration = good(
        "authorization_query_args: {identity_provider: Google, lang: de}\nauthorization_query_args_client: [prompt, login_hint]",
    );
    assert_eq!(
        configuration.authorization_query_args,
        [("identity_provider".to_owned(), "Google".to_owned()), ("lang".to_owned(), "de".to_owned())]
    );
    assert_eq!(configuration.authorization_query_args_client, ["prompt", "login_hint"]);
    let configuration = good("token_post_args: {resource: 'https://api.example.com'}");
    let arguments = configuration.token_post_args.iter().map(|(name, value)| (name.as_str(), value.expose()));
    assert_eq!(arguments.collect::<Vec<_>>(), [("resource", "https://api.example.com")]);
}

#[test]
fn query_arguments_of_the_protocol() {
    for name in [
        "response_type",
        "client_id",
        "redirect_uri",
        "scope",
        "state",
        "nonce",
        "code_challenge",
        "code_challenge_method",
        "response_mode",
        "request",
        "request_uri",
        "max_age",
        "client_secret",
        "code",
        "code_verifier",
        "grant_type",
        "registration",
        "id_token_hint",
        "dpop_jkt",
        "client_assertion",
    ] {
        let problem = format!("has `{name}`, which belongs to the protocol");
        fault(&format!("authorization_query_args: {{{name}: x}}"), "authorization_query_args", &problem);
        let key = "authorization_query_args_client";
        fault(&format!("{key}: [prompt, {name}]"), key, &problem);
    }
}

#[test]
fn query_arguments() {
    let (key, client) = ("authorization_query_args", "authorization_query_args_client");
    fault(&format!("{key}: prompt"), key, "must be a mapping of names to texts");
    fault(&format!("{key}: {{a: {{b: c}}}}"), key, "must be a text");
    fault(&format!("{key}: {{a: ''}}"), key, EMPTY);
    fault(&format!("{key}: {{a: b, a: c}}"), key, "has a name twice");
    fault(
        &format!("{key}: {{'a&scope': b}}"),
        key,
        "has a name with characters other than letters, digits, `-`, `.`, `_`",
    );
    for name in ["resource", "audience", "claims", "authorization_details"] {
        fault(&format!("{client}: {name}"), client, &format!("has `{name}`, which a link must not set"));
    }
    fault(&format!("{client}: rd"), client, "has `rd`, which names the return target");
}

#[test]
fn token_arguments() {
    let key = "token_post_args";
    for name in ["grant_type", "code", "refresh_token", "client_secret", "scope", "username", "subject_token"]
    {
        fault(&format!("{key}: {{{name}: x}}"), key, &format!("has `{name}`, which belongs to the protocol"));
    }
    fault(&format!("{key}: resource"), key, "must be a mapping of names to texts");
    fault(&format!("{key}: {{a: b, a: c}}"), key, "has a name twice");
}
