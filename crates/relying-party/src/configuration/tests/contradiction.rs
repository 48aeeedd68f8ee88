//! Tests configurations that look safe but are not, each next to a correct one.

use super::super::*;
use super::fault::{fault, fault_for};
use super::{faults_of, good, good_for, with};

const UPSTREAM: &str = "upstream_url: https://10.0.0.7\n";

#[test]
fn a_rule_that_no_request_gets_to() {
    for (rules, place, path, answering) in [
        ("{paths: /*}, {paths: /admin/*, groups_required: admins}", 1, "/admin/*", 0),
        ("{paths: /*}, {paths: /}", 1, "/", 0),
        ("{paths: /*}, {paths: /*, methods: POST}", 1, "/*", 0),
        ("{paths: /a/*, auth: none}, {paths: /a}", 1, "/a", 0),
        ("{paths: /a/*, auth: none}, {paths: [/b, /a/b/c]}", 1, "/a/b/c", 0),
        ("{paths: /a/*}, {paths: /b}, {paths: /a/b/*}", 2, "/a/b/*", 0),
        ("{paths: /a}, {paths: /a, auth: none}", 1, "/a", 0),
        ("{paths: /a, methods: [GET, POST]}, {paths: /a, methods: POST}", 1, "/a", 0),
        ("{paths: /a, methods: GET}, {paths: /a, methods: HEAD}", 1, "/a", 0),
        (
            "{paths: /a, methods: GET}, {paths: /a, methods: POST}, {paths: /a, methods: [POST, GET]}",
            2,
            "/a",
            0,
        ),
        ("{paths: /a, methods: GET}, {paths: /*}, {paths: /a}", 2, "/a", 1),
        ("{paths: [/x, /y/*]}, {paths: /y/z, methods: DELETE}", 1, "/y/z", 0),
    ] {
        let problem = format!(
            "has `{path}`, which `routes[{answering}]` answers first; put this rule before it or leave the path out"
        );
        fault(&format!("routes: [{rules}]"), &format!("routes[{place}].paths"), &problem);
    }
    for path in ["/a", "/a/*"] {
        let problem = format!("has `{path}` twice; write it once");
        fault(&format!("routes: [{{paths: [/b, {path}, {path}]}}]"), "routes[0].paths", &problem);
    }
}

#[test]
fn it_is_reported_beside_a_rule_that_cannot_be_read() {
    let rules =
        "{paths: /a, auth: none, groups_required: x}, {paths: /b/*}, {paths: /oauth2/*}, {paths: /b/c}";
    let faults = faults_of(&format!("routes: [{rules}]"), Role::Authorizer);
    let keys: Vec<&str> = faults.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(keys, ["routes[0].auth", "routes[2].paths", "routes[3].paths"]);
    assert!(faults.iter().any(|(_, problem)| problem.contains("`routes[1]` answers first")), "{faults:?}");
}

#[test]
fn rules_that_some_request_gets_to() {
    for rules in [
        "{paths: /admin/*}, {paths: /*, auth: none}",
        "{paths: [/a, /a/*], auth: none}",
        "{paths: /a, methods: GET, auth: none}, {paths: /a}",
        "{paths: /a, methods: HEAD}, {paths: /a, methods: GET}",
        "{paths: /a, methods: [GET, POST]}, {paths: /a, methods: [GET, DELETE]}",
        "{paths: /a, methods: GET}, {paths: /a, methods: POST}, {paths: /a}",
        "{paths: /a}, {paths: /a/}",
        "{paths: /a}, {paths: /a/*}",
        "{paths: /a/b/*}, {paths: /a/*}",
        "{paths: /a/*}, {paths: /ab/*}",
        "{paths: /A/*}, {paths: /a/*}",
        "{paths: /*, methods: GET}, {paths: /*}",
    ] {
        good(&format!("routes: [{rules}]"));
    }
}

#[test]
fn rules_about_paths_that_vestibule_answers_itself() {
    for path in ["/oauth2", "/oauth2/*", "/oauth2/health", "/oauth2/a/*"] {
        let problem = format!(
            "has `{path}`, which is below `auth_prefix`, where route rules do not apply; leave the path out"
        );
        fault(&format!("routes: [{{paths: [/x, {path}]}}]"), "routes[0].paths", &problem);
    }
    for path in ["/oauth2-proxy/*", "/oauth", "/*", "/"] {
        good(&format!("routes: [{{paths: {path}}}]"));
    }
    good("auth_prefix: /auth\nroutes: [{paths: /oauth2/*}]");
}

#[test]
fn addresses_of_vestibule_s_own() {
    let problem = "is the path of another endpoint of vestibule";
    for path in [
        "",
        "/backchannel-logout",
        "/error",
        "/health",
        "/login",
        "/logout",
        "/refresh",
        "/session",
        "/signed-out",
    ] {
        let lines = format!("redirect_uri: https://app.example.com/prod/oauth2{path}");
        fault(&lines, "redirect_uri", problem);
    }
    for path in ["/oauth2/callback", "/oauth2/idpresponse", "/cb", "/oauth2x"] {
        good(&format!("redirect_uri: https://app.example.com/prod{path}"));
    }
    let problem = "is below `auth_prefix`, which has no such page; use a page of the application";
    for path in ["", "/callback", "/error", "/health", "/logout", "/refresh", "/session", "/nothing"] {
        for key in ["login_redirect_uri", "logout_redirect_uri"] {
            fault(&format!("{key}: /oauth2{path}"), key, problem);
            fault(&format!("{key}: https://app.example.com/prod/oauth2{path}"), key, problem);
        }
    }
    for path in ["/login", "/login?rd=%2Fa", "/signed-out"] {
        good(&format!("logout_redirect_uri: /oauth2{path}"));
        let lines = format!("login_redirect_uri: /oauth2{path}");
        fault(&lines, "login_redirect_uri", problem);
    }
    good("login_redirect_uri: https://app.example.com/oauth2/callback");
    good("login_redirect_uri: https://other.example.com/prod/oauth2/callback\nlogout_redirect_uri: /oauth2s");

    let problem =
        "is below `auth_prefix` of `public_url`, where vestibule answers; write the provider's address";
    for key in [
        "authorization_endpoint",
        "token_endpoint",
        "jwks_endpoint",
        "userinfo_endpoint",
        "revocation_endpoint",
        "end_session_endpoint",
    ] {
        fault(&format!("{key}: https://app.example.com/prod/oauth2/authorize"), key, problem);
        good(&format!("{key}: https://app.example.com/oauth2/authorize"));
        good(&format!("{key}: https://another.example.org/prod/oauth2/authorize"));
    }
}

#[test]
fn headers_that_two_keys_name() {
    let secret = "upstream_secret_header: 'X-Secret: sixteen-or-more-bytes'";
    for (lines, key, owner) in [
        (
            format!("{secret}\nupstream_headers: [{{header: x_secret, path: a}}]"),
            "upstream_headers[0].header",
            "upstream_secret_header",
        ),
        (
            "upstream_access_token_header: x-token\nupstream_headers: [{header: x-a, path: a}, {header: X-Token, path: a}]"
                .to_owned(),
            "upstream_headers[1].header",
            "upstream_access_token_header",
        ),
        (
            "upstream_header_style: kong\nupstream_headers: [{header: x-consumer-id, path: a}]".to_owned(),
            "upstream_headers[0].header",
            "upstream_header_style",
        ),
        (
            format!("{secret}\nupstream_access_token_header: x-secret:bearer"),
            "upstream_access_token_header",
            "upstream_secret_header",
        ),
        (
            "upstream_header_style: oauth2-proxy\nupstream_access_token_header: x-forwarded-access-token".to_owned(),
            "upstream_access_token_header",
            "upstream_header_style",
        ),
        (
            "upstream_header_style: alb\nupstream_secret_header: 'x-amzn-oidc-data: sixteen-or-more-bytes'".to_owned(),
            "upstream_secret_header",
            "upstream_header_style",
        ),
        (
            "front_secret_header: 'x-front: sixteen-or-more-bytes'\nupstream_headers: [{header: x-front, path: a}]"
                .to_owned(),
            "front_secret_header",
            "upstream_headers",
        ),
        (
            "front_secret_header: 'x-front: sixteen-or-more-bytes'\nupstream_access_token_header: x-front".to_owned(),
            "front_secret_header",
            "upstream_access_token_header",
        ),
        (
            "upstream_id_token_header: x-token\nupstream_access_token_header: X-Token".to_owned(),
            "upstream_access_token_header",
            "upstream_id_token_header",
        ),
        (
            "upstream_id_token_header: x-token\nupstream_user_info_header: x_token".to_owned(),
            "upstream_id_token_header",
            "upstream_user_info_header",
        ),
        (
            format!("{secret}\nupstream_user_info_header: x-secret"),
            "upstream_user_info_header",
            "upstream_secret_header",
        ),
        (
            "upstream_header_style: kong\nupstream_id_token_header: x-consumer-id".to_owned(),
            "upstream_id_token_header",
            "upstream_header_style",
        ),
        (
            "upstream_user_info_header: x-userinfo\nupstream_headers: [{header: x-userinfo, path: a}]".to_owned(),
            "upstream_headers[0].header",
            "upstream_user_info_header",
        ),
        (
            "front_secret_header: 'x-front: sixteen-or-more-bytes'\nupstream_id_token_header: x-front".to_owned(),
            "front_secret_header",
            "upstream_id_token_header",
        ),
    ] {
        let problem = format!("is a header that `{owner}` sets; choose another name");
        fault_for(Role::Proxy, &format!("{UPSTREAM}{lines}"), key, &problem);
    }
    for lines in [
        format!(
            "{secret}\nupstream_headers: [{{header: x-secrets, path: a}}]\nupstream_access_token_header: x-token"
        ),
        format!("{secret}\nfront_secret_header: 'x-secret: another-secret-of-the-front'"),
        "upstream_headers: [{header: x-consumer-id, path: a}, {header: x-forwarded-access-token, path: b}]"
            .to_owned(),
        "upstream_header_style: kong\nupstream_headers: [{header: x-forwarded-user, path: a}]".to_owned(),
    ] {
        good_for(&format!("{UPSTREAM}{lines}"), Role::Proxy);
    }
}

#[test]
fn headers_that_belong_to_others() {
    let problem = "is a header that cannot be set here";
    for name in [
        "host",
        "Cookie",
        "content-length",
        "transfer-encoding",
        "te",
        "x-http-method-override",
        "X_Original_URL",
        "x-request-id",
        "user-agent",
        "x-forwarded-for",
    ] {
        let lines = format!("{UPSTREAM}upstream_headers: [{{header: {name}, path: a}}]");
        fault_for(Role::Proxy, &lines, "upstream_headers[0].header", problem);
        for key in ["front_secret_header", "upstream_secret_header"] {
            let lines = format!("{UPSTREAM}{key}: '{name}: sixteen-or-more-bytes'");
            fault_for(Role::Proxy, &lines, key, problem);
        }
    }
    let only = "has an effect only in `proxy`: API Gateway maps a fixed set of headers";
    fault("upstream_secret_header: 'x-secret: sixteen-or-more-bytes'", "upstream_secret_header", only);
    good_for("upstream_secret_header: 'x-secret: sixteen-or-more-bytes'", Role::Callback);
}

#[test]
fn certificates_that_nobody_looks_at() {
    let bundle = "upstream_ca_bundle: /opt/ca.pem\nupstream_url: ";
    let problem = "needs an upstream with `https://`; write `https://` or leave the key out";
    fault_for(Role::Proxy, &format!("{bundle}http://10.0.0.7"), "upstream_ca_bundle", problem);
    good_for(&format!("{bundle}https://10.0.0.7"), Role::Proxy);
    let routed = "http://10.0.0.7\nroutes: [{paths: /a, upstream_url: HTTPS://10.0.0.8}]";
    good_for(&format!("{bundle}{routed}"), Role::Proxy);
}

#[test]
fn secrets_that_can_be_guessed() {
    let problem = "repeats itself or has few different characters, so it can be guessed; use a random text, as `openssl rand -base64 48` makes";
    for text in
        ["k".repeat(64), "ab".repeat(16), "abcd1234".repeat(4), "changeme".repeat(5), "0110".repeat(9)]
    {
        fault(&format!("session_secret: '{text}'"), "session_secret", problem);
        let ring = format!("session_secret: [0123456789abcdef0123456789abcdef, '{text}']");
        fault(&ring, "session_secret", problem);
        for key in ["front_secret_header", "upstream_secret_header"] {
            fault_for(Role::Proxy, &format!("{UPSTREAM}{key}: 'x-secret: {text}'"), key, problem);
        }
    }
    for text in [
        "f3a1f3a1c07be9d2f3a1f3a1c07be9d2",
        "a sentence of thirty-two bytes, or more",
        "4fT0mRkqXn2hJ8cLw7ZsVb1yEoGdPu5A",
    ] {
        good(&format!("session_secret: ['{text}']"));
    }
}

#[test]
fn secrets_that_nobody_has_put_there() {
    let problem = "is a placeholder, not a secret; use a random text, as `openssl rand -base64 48` makes";
    for text in [
        "${SESSION_SECRET_OF_THE_APPLICATION_IN_PRODUCTION}",
        "$(aws secretsmanager get-secret-value --secret-id a)",
        "{{resolve:secretsmanager:vestibule/session:SecretString}}",
        "{{ .Values.vestibule.session.secret | quote }}",
        "<a random text of at least thirty-two bytes>",
        "%SESSION_SECRET_OF_THE_APPLICATION%",
        "arn:aws:secretsmanager:eu-central-1:123456789012:secret:ring",
        "arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:ring",
        "secret:vestibule/production/session-ring",
        "ChangeMe-before-you-go-to-production-please",
        "please_change_me_to_something_else_soon",
        "your-secret-of-at-least-thirty-two-bytes",
    ] {
        fault(&format!("session_secret: '{text}'"), "session_secret", problem);
        fault(
            &format!("session_secret: ['4fT0mRkqXn2hJ8cLw7ZsVb1yEoGdPu5A', '{text}']"),
            "session_secret",
            problem,
        );
    }
    for text in [
        "4fT0mRkqXn2hJ8cLw7Zs${b1yEoGdPu5A",
        "4fT0mRkqXn2hJ8cLw7ZsVb1yEoGdPu5A}",
        "we change the mecca of secrets every day",
    ] {
        good(&format!("session_secret: '{text}'"));
    }
}

/// The fault of a key that is not a text or a list of texts names the required type and never shows the
/// value.
#[test]
fn secrets_of_another_kind() {
    let short = "must be texts of at least 32 bytes; a variable with commas is read as several";
    for value in ["12345", "[a, b, c]", "[1, 2, 3]", "true", "[4fT0mRkqXn2hJ8cL, w7ZsVb1yEoGdPu5A]"] {
        fault(&format!("session_secret: {value}"), "session_secret", short);
    }
    let digits = "94827361509283746152039485762910";
    good(&format!("session_secret: {digits}"));
    good(&format!("session_secret: [{digits}, 4fT0mRkqXn2hJ8cLw7ZsVb1yEoGdPu5A]"));
}

#[test]
fn secrets_that_others_know() {
    let sample = "is a sample that everybody can read; use a random text, as `openssl rand -base64 48` makes";
    for text in [
        "an example of at least 32 bytes that is in public and seals nothing",
        "for the local stack on loopback and nothing else",
    ] {
        fault(&format!("session_secret: {text}"), "session_secret", sample);
        good(&format!("session_secret: {text}\npublic_url: http://localhost:8400"));
    }
    let text = "4fT0mRkqXn2hJ8cLw7ZsVb1yEoGdPu5A";
    for (key, line) in [
        ("client_secret", format!("client_secret: {text}")),
        ("front_secret_header", format!("front_secret_header: 'x-front: {text}'")),
        ("upstream_secret_header", format!("upstream_secret_header: 'x-secret: {text}'")),
    ] {
        let problem = format!("is also the value of `{key}`, which others know; use a separate text");
        let lines = format!("{UPSTREAM}session_secret: [0123456789abcdef0123456789abcdef, {text}]\n{line}");
        fault_for(Role::Proxy, &lines, "session_secret", &problem);
        good_for(&format!("{UPSTREAM}{line}"), Role::Proxy);
    }
}

#[test]
fn sessions_in_the_memory_of_lambda() {
    let on = |lines: &str, platform| {
        let Err(Faults(faults)) = good(lines).on(platform) else { return None };
        faults.into_iter().next().map(|fault| (fault.key, fault.problem))
    };
    let problem = "is `memory`, which processes of Lambda do not share; write `dynamodb` or `cookie`";
    let memory = "session_storage: memory";
    assert_eq!(on(memory, Platform::Lambda), Some(("session_storage".to_owned(), problem.to_owned())));
    assert_eq!(on(memory, Platform::Process), None);
    assert_eq!(on(&format!("{memory}\npublic_url: http://localhost:8400"), Platform::Lambda), None);
    for lines in ["session_storage: cookie", "session_storage: dynamodb\nsession_table: t"] {
        assert_eq!(on(lines, Platform::Lambda), None, "{lines}");
    }
}

#[test]
fn cookies_for_domains_that_others_share() {
    let problem = "is a domain that other customers share; use the host of `public_url`";
    for (host, domain) in [
        ("abc.execute-api.eu-west-1.amazonaws.com", "execute-api.eu-west-1.amazonaws.com"),
        ("abc.execute-api.eu-west-1.amazonaws.com", "amazonaws.com"),
        ("d123.cloudfront.net", "cloudfront.net"),
        ("abc.lambda-url.eu-west-1.on.aws", "lambda-url.eu-west-1.on.aws"),
        ("front-1.eu-west-1.elb.amazonaws.com", "eu-west-1.elb.amazonaws.com"),
        ("app.example.co.uk", "co.uk"),
        ("example.com.au", "com.au"),
    ] {
        let lines = format!("public_url: https://{host}\nsession_cookie_domain: {domain}");
        fault(&lines, "session_cookie_domain", problem);
    }
    for (host, domain) in [
        ("abc.execute-api.eu-west-1.amazonaws.com", "abc.execute-api.eu-west-1.amazonaws.com"),
        ("app.example.co.uk", "example.co.uk"),
        ("app.example.uk", "example.uk"),
        ("app.notcloudfront.net", "notcloudfront.net"),
    ] {
        good(&format!("public_url: https://{host}\nsession_cookie_domain: {domain}"));
    }
}

#[test]
fn times_that_contradict_each_other() {
    let problem = "is longer than a session may be idle; write less than the shortest `session_` timeout";
    for limit in ["session_idling_timeout: 60", "session_rolling_timeout: 60", "session_absolute_timeout: 60"]
    {
        let lines = format!("session_storage: memory\n{limit}\nsession_cache_seconds: ");
        fault(&format!("{lines}61"), "session_cache_seconds", problem);
        good(&format!("{lines}60"));
    }
    // With cookie storage nothing is cached.
    good("session_rolling_timeout: 60\nsession_cache_seconds: 61");
}

#[test]
fn a_provider_that_cannot_do_it() {
    fault("signing_algorithms: ES256", "signing_algorithms", "needs `RS256`, with which user pools sign");
    good("signing_algorithms: [ES256, RS256]");
    good("signing_algorithms: ES256\nissuer: https://id.example.com");
    let everywhere = "logout_everywhere_at_provider";
    let problem = "has an effect only with `provider: cognito`";
    fault(&format!("{everywhere}: true\nissuer: https://id.example.com"), everywhere, problem);
    good(&format!("{everywhere}: true"));
    good(&format!("{everywhere}: false\nissuer: https://id.example.com"));
}

#[test]
fn identifiers_are_no_patterns() {
    let problem = "has `*`; patterns are not supported, list each identifier";
    fault("client_id: '*'", "client_id", problem);
    for key in ["audiences", "client_ids"] {
        let row = |value: &str| {
            format!("bearer_issuers: [{{issuer: 'https://id.example.com', audiences: b, {key}: {value}}}]")
        };
        let row = |value: &str| {
            if key == "audiences" { row(value).replace("audiences: b, ", "") } else { row(value) }
        };
        fault(&row("[a, '*']"), &format!("bearer_issuers[0].{key}"), problem);
        good(&row("['a*', 'https://*']"));
    }
}

#[test]
fn keys_of_one_issuer_at_two_addresses() {
    let row = |keys: &str| {
        format!(
            "issuer: https://id.example.com\njwks_endpoint: https://id.example.com/keys\nbearer_issuers: [{{issuer: 'https://id.example.com', audiences: api, jwks_endpoint: '{keys}'}}]"
        )
    };
    let problem = "differs from the one configured for `issuer`; leave it out here";
    fault(&row("https://elsewhere.example/keys"), "bearer_issuers[0].jwks_endpoint", problem);
    good(&row("https://id.example.com/keys"));
}

#[test]
fn arguments_that_end_or_weaken_sign_in() {
    let (key, client) = ("authorization_query_args", "authorization_query_args_client");
    let problem = "has `prompt: none`, with which no user can sign in; leave it out";
    for prompt in ["none", "login none"] {
        fault(&format!("{key}: {{prompt: {prompt}}}"), key, problem);
    }
    for (name, value) in [("prompt", "login"), ("acr_values", "mfa")] {
        let problem = format!("has `{name}`, so a link could override `authorization_query_args`");
        fault(&format!("{key}: {{{name}: {value}}}\n{client}: [lang, {name}]"), client, &problem);
        good(&format!("{key}: {{{name}: {value}}}\n{client}: [lang]"));
        good(&format!("{client}: [{name}]"));
    }
    good(&format!("{key}: {{identity_provider: Google}}\n{client}: identity_provider"));
    let problem = "has `remember`, which `session_remember` decides about";
    fault(&format!("{client}: remember"), client, problem);
}

/// The minimal configuration is still accepted.
#[test]
fn the_minimal_document_is_none_of_these() {
    assert!(super::read(&with(""), Role::Authorizer).is_ok());
}
