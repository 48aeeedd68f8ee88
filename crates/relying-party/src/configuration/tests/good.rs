use http::Method;

use super::super::*;
use super::{good, good_for};
use crate::gate::route::Auth;
use crate::token::access_token::IssuerKind;

/// A declarative Kong configuration with one service, one route and one plugin.
#[test]
fn kong_declarative_plugin() {
    let configuration = good_for(
        "\
auth_methods:
- authorization_code
public_url: https://data-plane.example.com
redirect_uri:
- https://data-plane.example.com/oidc-route/get
client_id:
- 1example23456789
client_secret:
- a-secret-of-the-client
issuer: https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI
upstream_url: http://httpbin.kong.svc.cluster.local:8000",
        Role::Proxy,
    );
    assert_eq!(configuration.client.id, "1example23456789");
    assert_eq!(configuration.client.authentication, ClientAuthentication::Basic);
    assert_eq!(configuration.redirect_uri, "https://data-plane.example.com/oidc-route/get");
    assert_eq!(configuration.callback_paths, ["/oidc-route/get"]);
    assert_eq!(
        configuration.auth_methods,
        AuthMethods { alb: false, authorization_code: true, bearer: false, session: true }
    );
    assert!(configuration.bearer_issuers.is_empty());
    assert_eq!(configuration.upstream.url.as_deref(), Some("http://httpbin.kong.svc.cluster.local:8000"));
}

/// The plugin's settings of a developer portal, as far as they have a counterpart here.
#[test]
fn kong_developer_portal() {
    let document = r#"{
        "leeway": 100,
        "scopes": ["openid", "profile", "email"],
        "client_id": ["1pf00c5or942c2hm37mgv0u509"],
        "logout_redirect_uri": ["https://kong-ee:8446/default"],
        "login_redirect_uri": ["https://kong-ee:8446/default"],
        "issuer": "https://cognito-idp.ap-southeast-1.amazonaws.com/ap-southeast-1_ie577myCv/.well-known/openid-configuration",
        "user_pool_domain": "kongdemo",
        "redirect_uri": ["https://kong-ee:8447/default/auth"],
        "public_url": "https://kong-ee:8447/default",
        "session_secret": "0123456789abcdef0123456789abcdef"
    }"#;
    let configuration = super::read(document, Role::Login).unwrap();
    assert_eq!(
        configuration.issuer,
        "https://cognito-idp.ap-southeast-1.amazonaws.com/ap-southeast-1_ie577myCv"
    );
    assert_eq!(configuration.leeway, 100);
    assert_eq!(configuration.scopes, ["openid", "profile", "email"]);
    assert_eq!(configuration.callback_paths, ["/auth"]);
    assert_eq!(configuration.login_redirect_uri, "https://kong-ee:8446/default");
    let domain = "https://kongdemo.auth.ap-southeast-1.amazoncognito.com";
    let endpoints = &configuration.endpoints;
    assert_eq!(endpoints.authorization, Some(format!("{domain}/oauth2/authorize")));
    assert_eq!(endpoints.token, Some(format!("{domain}/oauth2/token")));
    assert_eq!(endpoints.userinfo, Some(format!("{domain}/oauth2/userInfo")));
    assert_eq!(endpoints.revocation, Some(format!("{domain}/oauth2/revoke")));
    assert_eq!(endpoints.end_session, Some(format!("{domain}/logout")));
    assert_eq!(endpoints.jwks, Some(format!("{}/.well-known/jwks.json", configuration.issuer)));
    assert!(endpoints.is_complete());
}

#[test]
fn a_stand_in_on_loopback() {
    let configuration = good(
        "\
issuer: http://127.0.0.1:8410/us-east-1_LocalPool
provider: cognito
user_pool_domain: http://127.0.0.1:8410
public_url: http://localhost:8400",
    );
    let ProviderKind::Cognito(pool) = &configuration.provider else { panic!("not a pool") };
    assert_eq!(pool.user_pool_id, "us-east-1_LocalPool");
    assert_eq!(pool.region, "us-east-1");
    assert_eq!(pool.domain.as_deref(), Some("http://127.0.0.1:8410"));
    assert!(configuration.endpoints.is_complete());
    let [row] = configuration.bearer_issuers.as_slice() else { panic!("one row") };
    assert_eq!(row.issuer, "http://127.0.0.1:8410/us-east-1_LocalPool");
    assert_eq!(
        row.jwks_endpoint.as_deref(),
        Some("http://127.0.0.1:8410/us-east-1_LocalPool/.well-known/jwks.json")
    );
}

#[test]
fn a_pool_answers_to_both_of_its_issuers() {
    let original = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI";
    let updated = "https://issuer-cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI";
    for (issuer, other) in [(original, updated), (updated, original)] {
        let configuration = good(&format!("issuer: {issuer}"));
        let [row, second] = configuration.bearer_issuers.as_slice() else { panic!("two rows") };
        assert_eq!((row.issuer.as_str(), second.issuer.as_str()), (issuer, other));
        assert_eq!(second.jwks_endpoint, Some(format!("{other}/.well-known/jwks.json")));
        assert_eq!(second.client_ids, ["1example23456789"]);
        assert_eq!(second.kind, IssuerKind::Cognito);
    }
}

#[test]
fn another_provider() {
    let configuration = good("issuer: https://id.example.com/");
    assert_eq!(configuration.provider, ProviderKind::Oidc);
    assert_eq!(configuration.issuer, "https://id.example.com/");
    assert_eq!(configuration.endpoints, ConfiguredEndpoints::default());
    let [row] = configuration.bearer_issuers.as_slice() else { panic!("one row") };
    assert_eq!(row.kind, IssuerKind::Other);
    // The client is listed as well, because its ID tokens have the same audience and must not pass.
    assert_eq!(
        (row.audiences.as_slice(), row.client_ids.as_slice()),
        (&["1example23456789".to_owned()][..], &["1example23456789".to_owned()][..])
    );
}

#[test]
fn endpoints_given_win_over_derived_ones() {
    let configuration =
        good("user_pool_domain: login.example.com\ntoken_endpoint: https://proxy.example.com/token?a=b");
    assert_eq!(
        configuration.endpoints.authorization.as_deref(),
        Some("https://login.example.com/oauth2/authorize")
    );
    assert_eq!(configuration.endpoints.token.as_deref(), Some("https://proxy.example.com/token?a=b"));
}

#[test]
fn a_text_with_digits_and_a_no_stay_texts() {
    let configuration = good("client_id: 0123456789\nsession_cookie_name: no\ngroups_required: [1.50, yes]");
    assert_eq!(configuration.client.id, "0123456789");
    assert_eq!(configuration.session.cookie_name.as_deref(), Some("no"));
    let groups = configuration.requirements.groups.unwrap();
    assert_eq!(groups.requirement.alternatives(), [["1.50"], ["yes"]]);
}

#[test]
fn a_list_and_a_single_value() {
    for lines in ["groups_required: admin", "groups_required: [admin]", "groups_required:\n- admin"] {
        let configuration = good(lines);
        let groups = configuration.requirements.groups.unwrap();
        assert_eq!(groups.requirement.alternatives(), [["admin"]], "{lines}");
        assert_eq!(groups.claim.names(), ["cognito:groups"], "{lines}");
    }
}

#[test]
fn entries_are_alternatives_and_words_go_together() {
    let configuration = good("scopes_required: [read write, admin]\nscopes_claim: [outer, scp]");
    let scopes = configuration.requirements.scopes.unwrap();
    assert_eq!(scopes.requirement.alternatives(), [vec!["read", "write"], vec!["admin"]]);
    assert_eq!(scopes.claim.names(), ["outer", "scp"]);
}

#[test]
fn the_groups_claim_by_provider() {
    let pool = good("groups_required: admin").requirements.groups.unwrap();
    assert_eq!(pool.claim.names(), ["cognito:groups"]);
    let other = good("issuer: https://id.example.com\ngroups_required: admin").requirements.groups.unwrap();
    assert_eq!(other.claim.names(), ["groups"]);
    let own = good("groups_claim: https://example.com/groups,all");
    assert_eq!(own.groups_claim().names(), ["https://example.com/groups,all"]);
}

#[test]
fn limits_by_storage() {
    let limits = |lines: &str| {
        let session = good_for(lines, Role::Login).session;
        (session.idling, session.rolling, session.absolute)
    };
    assert_eq!(limits("session_storage: cookie"), (None, 86_400, 86_400));
    assert_eq!(limits("session_storage: memory"), (Some(3_600), 3_600, 86_400));
    assert_eq!(limits("session_storage: dynamodb\nsession_table: sessions"), (Some(3_600), 3_600, 86_400));
    assert_eq!(limits("session_storage: memory\nsession_absolute_timeout: 600"), (Some(600), 600, 600));
    assert_eq!(limits("session_storage: memory\nsession_idling_timeout: 900"), (Some(900), 3_600, 86_400));
}

#[test]
fn each_choice_of_remembering_is_read() {
    for (lines, remember, rolling, absolute) in [
        ("", Remember::Nobody, 604_800, 2_592_000),
        ("session_remember: true", Remember::Everybody, 604_800, 2_592_000),
        ("session_remember: ask", Remember::WhoAsks, 604_800, 2_592_000),
        ("session_remember_absolute_timeout: 600", Remember::Nobody, 600, 600),
    ] {
        let session = good(lines).session;
        let read = (session.remember, session.remember_rolling, session.remember_absolute);
        assert_eq!(read, (remember, rolling, absolute), "{lines}");
    }
}

#[test]
fn claims_that_are_kept() {
    let kept = |lines: &str| {
        let claims = good_for(lines, Role::Proxy).session.claims;
        claims.map(|claims| claims.into_iter().collect::<Vec<_>>().join(" "))
    };
    let upstream = "upstream_url: https://internal.example.com\n";
    assert_eq!(kept(upstream), None);
    let kept = |lines: &str| kept(&format!("{upstream}{lines}")).unwrap();
    assert_eq!(kept("session_claims: none"), "aud cognito:groups roles scope");
    assert_eq!(kept("session_claims: [email, locale]"), "aud cognito:groups email locale roles scope");
    let needed = "session_claims: none\nroles_required: x\nroles_claim: [realm, roles]\ngroups_claim: teams\n\
                  upstream_headers: [{header: x-cost, path: [cost, center]}]\n\
                  routes: [{paths: [/a], scopes_required: [s], scopes_claim: permissions}]";
    assert_eq!(kept(needed), "aud cost permissions realm scope teams");
}

#[test]
fn refresh_tokens_by_what_becomes_of_them() {
    for (lines, rotation, repeatable) in [
        ("", RefreshTokenRotation::Unknown, false),
        ("rotation_grace: none", RefreshTokenRotation::Off, true),
        ("rotation_grace: 0", RefreshTokenRotation::On { grace: 0 }, false),
        ("rotation_grace: 29", RefreshTokenRotation::On { grace: 29 }, false),
        ("rotation_grace: 30", RefreshTokenRotation::On { grace: 30 }, true),
        ("rotation_grace: '60'", RefreshTokenRotation::On { grace: 60 }, true),
    ] {
        let read = good(lines).rotation;
        assert_eq!((read, read.is_repeatable()), (rotation, repeatable), "{lines}");
    }
}

#[test]
fn several_session_secrets() {
    let [new, old] = ["0123456789abcdef0123456789abcdef", "a text of forty bytes that nobody guesses"];
    let texts = |configuration: Configuration| -> Vec<String> {
        configuration.session.secrets.iter().map(|secret| secret.expose().to_owned()).collect()
    };
    assert_eq!(texts(good(&format!("session_secret: [{new}, {old}]"))), [new, old]);
    for value in [format!("{new},{old}"), format!("[\"{new}\", \"{old}\"]")] {
        assert_eq!(texts(with_variable("VESTIBULE_SESSION_SECRET", &value)), [new, old], "{value}");
    }
}

/// A generated secret may have any character, and a document has its own syntax for lists.
#[test]
fn a_text_of_a_document_is_one_text() {
    for text in [
        "[\"0123456789abcdef\",\"0123456789abcdef\"]",
        "{0123456789abcdef,0123456789abcdef}",
        ",[a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p",
    ] {
        let configuration =
            good(&format!("session_secret: '{text}'\ngroups_required: 'a,b'\nroles_required: '[c]'"));
        let secrets: Vec<&str> = configuration.session.secrets.iter().map(Secret::expose).collect();
        assert_eq!(secrets, [text]);
        let Requirements { groups, roles, .. } = configuration.requirements;
        let (groups, roles) = (groups.unwrap().requirement, roles.unwrap().requirement);
        assert!(groups.is_met(&["a,b"]) && !groups.is_met(&["a", "b"]));
        assert!(roles.is_met(&["[c]"]) && !roles.is_met(&["c"]));
    }
}

fn with_variable(name: &str, value: &str) -> Configuration {
    let (document, environment) = (super::with(""), [(name.to_owned(), value.to_owned())]);
    let sources = Sources { document: Some(&document), environment: &environment, ..Sources::default() };
    Configuration::from_sources(&sources, Role::Login).unwrap()
}

#[test]
fn the_client_and_its_secret() {
    let client = |lines: &str| {
        let client = good_for(lines, Role::Callback).client;
        (client.authentication, client.secret.is_some(), client.secret_source)
    };
    let cognito = SecretSource::Cognito;
    assert_eq!(client(""), (ClientAuthentication::None, false, SecretSource::Configuration));
    assert_eq!(
        client("client_secret: s3cret"),
        (ClientAuthentication::Basic, true, SecretSource::Configuration)
    );
    assert_eq!(
        client("client_secret: s3cret\nclient_auth: client_secret_post"),
        (ClientAuthentication::Post, true, SecretSource::Configuration)
    );
    let kept = SecretSource::Secret("prod/client".to_owned());
    assert_eq!(
        client("client_secret_source: secret:prod/client"),
        (ClientAuthentication::Basic, false, kept)
    );
    assert_eq!(client("client_secret_source: cognito"), (ClientAuthentication::Basic, false, cognito));
}

#[test]
fn functions_that_never_show_the_secret_need_none() {
    let lines = "client_auth: client_secret_basic";
    for role in [Role::Authorizer, Role::Login] {
        assert!(good_for(lines, role).client.secret.is_none(), "{role:?}");
    }
}

#[test]
fn routes_merge_requirements_key_by_key() {
    let configuration = good(
        "\
scopes_required: openid
groups_required: staff
routes:
- paths: /admin/*
  groups_required: [admin]
- paths: [/public/*, /favicon.ico]
  methods: GET
  auth: none
- paths: /maybe
  auth: optional
  preflight: pass",
    );
    let groups = |path: &str| {
        let rule = configuration.routes.decide(&Method::GET, path).unwrap().rule;
        let groups =
            rule.requirements.groups.as_ref().map(|groups| groups.requirement.alternatives().to_vec());
        (rule.auth, groups, rule.requirements.scopes.is_some())
    };
    let group = |name: &str| Some(vec![vec![name.to_owned()]]);
    assert_eq!(groups("/admin/x"), (Auth::Required, group("admin"), true));
    assert_eq!(groups("/public/x"), (Auth::None, None, false));
    assert_eq!(groups("/maybe"), (Auth::Optional, group("staff"), true));
    assert_eq!(groups("/else"), (Auth::Required, group("staff"), true));
}

#[test]
fn bearer_issuers_of_several_kinds() {
    let configuration = good(
        "\
bearer_issuers:
- issuer: https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Other
  client_ids: [one, two]
- issuer: https://id.example.com
  audiences: https://api.example.com
  jwks_endpoint: https://id.example.com/keys",
    );
    let rows: Vec<(&str, IssuerKind)> =
        configuration.bearer_issuers.iter().map(|row| (row.issuer.as_str(), row.kind)).collect();
    assert_eq!(
        rows,
        [
            ("https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Other", IssuerKind::Cognito),
            ("https://id.example.com", IssuerKind::Other),
            ("https://issuer-cognito-idp.us-east-1.amazonaws.com/us-east-1_Other", IssuerKind::Cognito),
        ]
    );
}

#[test]
fn headers_and_styles_in_the_proxy() {
    let configuration = good_for(
        "\
upstream_url: http://10.0.0.7:8080/app/
upstream_access_token_header: X-Access-Token:bearer
upstream_header_style: oauth2-proxy
upstream_headers:
- header: X-Tenant
  path: [custom, tenant]",
        Role::Proxy,
    );
    let upstream = configuration.upstream;
    assert_eq!(upstream.url.as_deref(), Some("http://10.0.0.7:8080/app"));
    assert_eq!(
        upstream.access_token_header,
        AccessTokenHeader::Named { name: "x-access-token".to_owned(), bearer: true }
    );
    assert_eq!(upstream.header_style, HeaderStyle::OAuth2Proxy);
    let [header] = upstream.headers.as_slice() else { panic!("one header") };
    assert_eq!(
        (header.name.as_str(), header.path.names()),
        ("x-tenant", &["custom".to_owned(), "tenant".to_owned()][..])
    );
}

#[test]
fn targets_below_the_public_url_or_absolute() {
    let configuration =
        good("login_redirect_uri: /start?a=b\nlogout_redirect_uri: https://www.example.com/bye");
    assert_eq!(configuration.login_redirect_uri, "https://app.example.com/prod/start?a=b");
    assert_eq!(configuration.logout_redirect_uri, "https://www.example.com/bye");
}

#[test]
fn a_cookie_domain() {
    for (domain, expected) in [("app.example.com", "app.example.com"), (".Example.com", "example.com")] {
        let configuration = good(&format!("session_cookie_domain: {domain}"));
        assert_eq!(configuration.session.cookie_domain.as_deref(), Some(expected));
    }
}

/// For these keys, an empty list can only mean that there are no rules, headers or names.
#[test]
fn lists_that_may_be_empty() {
    let configuration = good_for(
        "upstream_url: http://10.0.0.7\nroutes: []\nupstream_headers: []\nauthorization_query_args: {}\nauthorization_query_args_client: []",
        Role::Proxy,
    );
    assert!(configuration.routes.rules().is_empty());
    assert!(configuration.upstream.headers.is_empty());
    assert!(configuration.authorization_query_args.is_empty());
    assert!(configuration.authorization_query_args_client.is_empty());
}

/// The configuration and the session key are two separate secrets of a deployment.
#[test]
fn a_document_beside_a_secret() {
    let document = r#"{"provider":"cognito",
        "issuer":"https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI", "client_id":"1example23456789",
        "user_pool_id":"eu-west-1_AbCdEfGhI", "user_pool_domain":"https://app.auth.eu-west-1.amazoncognito.com",
        "public_url":"https://abc.execute-api.eu-west-1.amazonaws.com/prod",
        "redirect_uri":"https://abc.execute-api.eu-west-1.amazonaws.com/prod/oauth2/callback",
        "session_storage":"cookie"}"#;
    let secret = format!("{{\"session_secret\": \"{}\"}}", "0123456789abcdef".repeat(2));
    let sources = Sources { document: Some(document), secret_document: Some(&secret), ..Sources::default() };
    for role in [Role::Authorizer, Role::Login] {
        let configuration = Configuration::from_sources(&sources, role).unwrap();
        assert!(configuration.endpoints.is_complete());
        assert_eq!(configuration.callback_paths, ["/oauth2/callback"]);
        assert_eq!(configuration.session.secrets.len(), 1);
    }
}

#[test]
fn debug_shows_no_secret() {
    let configuration = good("client_secret: my-very-own-client-secret");
    let text = format!("{configuration:?}");
    assert!(!text.contains("my-very-own-client-secret") && !text.contains("0123456789abcdef"));
}

#[test]
fn a_discovery_url_names_the_issuer_with_and_without_a_slash() {
    let url = "https://id.example.com/.well-known/openid-configuration";
    let (without, with) = ("https://id.example.com", "https://id.example.com/");
    let configuration = good(&format!("issuer: {url}"));
    assert_eq!(good(&format!("issuer: {url}/")).issuers, configuration.issuers);
    assert_eq!(
        (configuration.issuer.as_str(), configuration.issuers.as_slice()),
        (without, &[without.to_owned(), with.to_owned()][..])
    );
    let rows: Vec<&str> = configuration.bearer_issuers.iter().map(|row| row.issuer.as_str()).collect();
    assert_eq!(rows, [without, with]);
    assert_eq!(
        (configuration.one_form(with), configuration.one_form(without)),
        (without.into(), without.into())
    );
    assert_eq!(configuration.one_form("https://id.example.com//"), "https://id.example.com//");
    // A configuration with the issuer itself names it exactly.
    for issuer in [without, with] {
        assert_eq!(good(&format!("issuer: {issuer}")).issuers, [issuer]);
    }
}

/// Kong's entries are split at spaces; a nested list keeps those of its members, in every source.
#[test]
fn values_with_spaces() {
    let of = |lists: &[&[&str]]| -> Vec<Vec<String>> {
        lists.iter().map(|all| all.iter().map(|value| (*value).to_owned()).collect()).collect()
    };
    for (value, expected) in [
        ("Domain Users", of(&[&["Domain", "Users"]])),
        ("[Domain Users, staff]", of(&[&["Domain", "Users"], &["staff"]])),
        ("[[Domain Users]]", of(&[&["Domain Users"]])),
        ("[[Domain Users, VPN]]", of(&[&["Domain Users", "VPN"]])),
        ("[staff, [Domain Users, VPN], a b]", of(&[&["staff"], &["Domain Users", "VPN"], &["a", "b"]])),
        ("[['*']]", of(&[&["*"]])),
    ] {
        for key in ["groups_required", "roles_required", "audience_required"] {
            let global = good(&format!("{key}: {value}")).requirements;
            let routed = good(&format!("routes: [{{paths: /a, {key}: {value}}}]"));
            let routed = routed.routes.rules().first().map(|rule| rule.requirements.clone()).unwrap();
            for Requirements { groups, roles, audience, .. } in [global, routed] {
                let required = groups.or(roles).or(audience).unwrap();
                assert_eq!(required.requirement.alternatives(), expected, "{key}: {value}");
            }
        }
    }
    let groups = |value: &str| {
        with_variable("VESTIBULE_GROUPS_REQUIRED", value).requirements.groups.unwrap().requirement
    };
    assert!(groups(r#"[["Domain Users"]]"#).is_met(&["Domain Users"]));
    assert!(!groups(r#"[["Domain Users"]]"#).is_met(&["Domain", "Users"]));
    assert_eq!(groups(r#"[["Domain Users"], "a b"]"#).alternatives(), of(&[&["Domain Users"], &["a", "b"]]));
    let scopes = good("scopes_required: [[read, write]]").requirements.scopes.unwrap();
    assert_eq!(scopes.requirement.alternatives(), of(&[&["read", "write"]]));
}
