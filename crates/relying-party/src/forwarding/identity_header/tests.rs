#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;
use crate::configuration::{HeaderStyle, UpstreamHeader};
use crate::token::claims::ClaimPath;

#[test]
fn every_header_in_order() {
    let headers = identity_headers(Some(&identity()), &UpstreamConfiguration::plain());
    let names: Vec<&str> = headers.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "authorization",
            "x-vestibule-authenticated",
            "x-vestibule-sub",
            "x-vestibule-issuer",
            "x-vestibule-username",
            "x-vestibule-email",
            "x-vestibule-groups",
            "x-vestibule-scope",
            "x-vestibule-claims",
        ]
    );
    assert_eq!(value(&headers, "authorization"), "Bearer the.access.token");
    assert_eq!(value(&headers, "x-vestibule-authenticated"), "true");
    assert_eq!(value(&headers, "x-vestibule-groups"), "admin,ops");
    assert_eq!(value(&headers, "x-vestibule-scope"), "openid%20email");
    let claims = URL_SAFE_NO_PAD.decode(value(&headers, "x-vestibule-claims")).unwrap();
    assert_eq!(serde_json::from_slice::<Map<String, Value>>(&claims).unwrap(), identity().claims);
}

#[test]
fn claims_that_came_encoded_go_on_as_they_came() {
    // The members in another order and with a space: the signed text is passed on, not a new encoding.
    let encoded = URL_SAFE_NO_PAD.encode(r#"{"sub":"3f0c", "email":"ada@example.com"}"#);
    let identity = Identity { encoded_claims: Some(encoded.clone()), ..identity() };
    let headers = identity_headers(Some(&identity), &UpstreamConfiguration::plain());
    assert_eq!(value(&headers, "x-vestibule-claims"), encoded);
    let nothing = Identity { claims: Map::new(), ..identity };
    let headers = identity_headers(Some(&nothing), &UpstreamConfiguration::plain());
    assert!(headers.iter().all(|(name, _)| name != "x-vestibule-claims"));
}

#[test]
fn nobody_is_told_apart_from_somebody() {
    let headers = identity_headers(None, &UpstreamConfiguration::plain());
    assert_eq!(headers, [("x-vestibule-authenticated".to_owned(), "false".to_owned())]);
}

#[test]
fn an_absent_value_sets_no_header() {
    let identity = Identity {
        username: None,
        email: Some(String::new()),
        groups: Vec::new(),
        scope: None,
        claims: Map::new(),
        access_token: None,
        ..identity()
    };
    let headers = identity_headers(Some(&identity), &UpstreamConfiguration::plain());
    let names: Vec<&str> = headers.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["x-vestibule-authenticated", "x-vestibule-sub", "x-vestibule-issuer"]);
}

#[test]
fn nothing_that_ends_or_splits_a_header_gets_through() {
    for (text, sub, group) in [
        ("plain", "plain", "plain"),
        ("a b", "a%20b", "a%20b"),
        ("a,b", "a,b", "a%2Cb"),
        ("a%2Cb", "a%252Cb", "a%252Cb"),
        ("a\r\nx-vestibule-email: b", "a%0D%0Ax-vestibule-email:%20b", "a%0D%0Ax-vestibule-email:%20b"),
        ("\u{0}", "%00", "%00"),
        ("\u{7f}", "%7F", "%7F"),
        ("ü", "%C3%BC", "%C3%BC"),
        ("!~", "!~", "!~"),
        ("\t", "%09", "%09"),
    ] {
        let identity = Identity { subject: text.to_owned(), groups: vec![text.to_owned()], ..identity() };
        let headers = identity_headers(Some(&identity), &UpstreamConfiguration::plain());
        assert_eq!(value(&headers, "x-vestibule-sub"), sub, "{text:?}");
        assert_eq!(value(&headers, "x-vestibule-groups"), group, "{text:?}");
    }
}

#[test]
fn the_access_token_header() {
    for (header, expected) in [
        (AccessTokenHeader::Authorization, Some(("authorization", "Bearer the.access.token"))),
        (
            AccessTokenHeader::Named { name: "x-token".to_owned(), bearer: true },
            Some(("x-token", "Bearer the.access.token")),
        ),
        (
            AccessTokenHeader::Named { name: "x-token".to_owned(), bearer: false },
            Some(("x-token", "the.access.token")),
        ),
        (AccessTokenHeader::None, None),
    ] {
        let upstream =
            UpstreamConfiguration { access_token_header: header, ..UpstreamConfiguration::plain() };
        let headers = identity_headers(Some(&identity()), &upstream);
        let token = headers.iter().find(|(_, value)| value.contains("the.access.token"));
        assert_eq!(token.map(|(name, value)| (name.as_str(), value.as_str())), expected);
    }
}

#[test]
fn an_id_token_and_user_info_under_names_of_their_own() {
    let upstream = UpstreamConfiguration {
        id_token_header: Some("x-id-token".to_owned()),
        user_info_header: Some("x-userinfo".to_owned()),
        ..UpstreamConfiguration::plain()
    };
    let signed_in = Identity { id_token: Some(Secret::new("the.id.token")), ..identity() };
    let headers = identity_headers(Some(&signed_in), &upstream);
    assert_eq!(value(&headers, "x-id-token"), "the.id.token");
    let user_info = STANDARD.decode(value(&headers, "x-userinfo")).unwrap();
    let user_info: Map<String, Value> = serde_json::from_slice(&user_info).unwrap();
    assert_eq!(user_info.get("sub"), Some(&Value::String(identity().subject)));
    assert!(identity().claims.iter().all(|(name, claim)| user_info.get(name) == Some(claim)));
    // A bearer token comes without an ID token, and nobody has neither.
    let names = |identity: Option<&Identity>| -> Vec<String> {
        identity_headers(identity, &upstream).into_iter().map(|(name, _)| name).collect()
    };
    assert!(!names(Some(&identity())).contains(&"x-id-token".to_owned()));
    assert_eq!(names(None), ["x-vestibule-authenticated"]);
}

#[test]
fn headers_from_claims() {
    let claims = serde_json::json!({
        "text": "a b", "number": 7, "flag": true, "list": ["a,b", "c"], "mixed": ["a", 1], "nothing": null,
        "empty": "", "outer": {"inner": "deep"},
    });
    let identity = Identity { claims: claims.as_object().unwrap().clone(), ..identity() };
    for (path, expected) in [
        (vec!["text"], Some("a%20b")),
        (vec!["number"], Some("7")),
        (vec!["flag"], Some("true")),
        (vec!["list"], Some("a%2Cb,c")),
        (vec!["mixed"], Some("WyJhIiwxXQ")),
        (vec!["nothing"], None),
        (vec!["empty"], None),
        (vec!["outer", "inner"], Some("deep")),
        (vec!["outer"], Some("eyJpbm5lciI6ImRlZXAifQ")),
        (vec!["absent"], None),
    ] {
        let path = ClaimPath::nested(path.into_iter().map(str::to_owned).collect()).unwrap();
        let upstream = UpstreamConfiguration {
            headers: vec![UpstreamHeader { name: "x-claim".to_owned(), path }],
            ..UpstreamConfiguration::plain()
        };
        let headers = identity_headers(Some(&identity), &upstream);
        let header = headers.iter().find(|(name, _)| name == "x-claim").map(|(_, value)| value.as_str());
        assert_eq!(header, expected);
    }
}

#[test]
fn the_names_that_other_systems_use() {
    for (style, expected) in [
        (HeaderStyle::Alb, vec!["x-amzn-oidc-identity", "x-amzn-oidc-data", "x-amzn-oidc-accesstoken"]),
        (
            HeaderStyle::Kong,
            vec![
                "x-consumer-custom-id",
                "x-consumer-username",
                "x-consumer-groups",
                "x-credential-identifier",
                "x-authenticated-userid",
                "x-authenticated-groups",
                "x-authenticated-scope",
            ],
        ),
        (
            HeaderStyle::OAuth2Proxy,
            vec![
                "x-forwarded-user",
                "x-forwarded-preferred-username",
                "x-forwarded-email",
                "x-forwarded-groups",
                "x-auth-request-user",
                "x-auth-request-preferred-username",
                "x-auth-request-email",
                "x-auth-request-groups",
                "x-forwarded-access-token",
                "x-auth-request-access-token",
            ],
        ),
    ] {
        let upstream = UpstreamConfiguration { header_style: style, ..UpstreamConfiguration::plain() };
        let headers = identity_headers(Some(&identity()), &upstream);
        let issuer = headers.get(2).unwrap();
        assert_eq!(*issuer, ("x-vestibule-issuer".to_owned(), "https://id.example.com".to_owned()));
        let names: Vec<&str> = headers.iter().skip(3).map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, expected);
        let reserved = crate::gate::reserved_header::ReservedHeaders::of(&upstream);
        assert!(names.iter().all(|name| reserved.contains(name)), "a client could send one of {names:?}");
    }
}

/// The bytes that the three systems send: Kong's access control joins groups with a comma and a space, and an
/// OAuth 2.0 scope has spaces; oauth2-proxy joins with a comma and uses the claim `preferred_username`.
#[test]
fn values_are_those_that_other_systems_write() {
    let claims = serde_json::json!({"sub": "3f0c", "preferred_username": "Ada L."});
    let identity = Identity {
        username: Some("ada lovelace".to_owned()),
        groups: vec!["admin".to_owned(), "staff eu".to_owned()],
        claims: claims.as_object().unwrap().clone(),
        ..identity()
    };
    let written = |style, name: &str| {
        let upstream = UpstreamConfiguration { header_style: style, ..UpstreamConfiguration::plain() };
        value(&identity_headers(Some(&identity), &upstream), name).to_owned()
    };
    for (style, name, expected) in [
        (HeaderStyle::Alb, "x-amzn-oidc-identity", "3f0c"),
        (HeaderStyle::Alb, "x-amzn-oidc-accesstoken", "the.access.token"),
        (HeaderStyle::Kong, "x-consumer-username", "ada lovelace"),
        (HeaderStyle::Kong, "x-consumer-custom-id", "3f0c"),
        (HeaderStyle::Kong, "x-credential-identifier", "3f0c"),
        (HeaderStyle::Kong, "x-consumer-groups", "admin, staff eu"),
        (HeaderStyle::Kong, "x-authenticated-groups", "admin, staff eu"),
        (HeaderStyle::Kong, "x-authenticated-scope", "openid email"),
        (HeaderStyle::Kong, "x-authenticated-userid", "3f0c"),
        (HeaderStyle::OAuth2Proxy, "x-forwarded-user", "3f0c"),
        (HeaderStyle::OAuth2Proxy, "x-forwarded-email", "ada@example.com"),
        (HeaderStyle::OAuth2Proxy, "x-forwarded-preferred-username", "Ada L."),
        (HeaderStyle::OAuth2Proxy, "x-forwarded-groups", "admin,staff eu"),
        (HeaderStyle::OAuth2Proxy, "x-forwarded-access-token", "the.access.token"),
        (HeaderStyle::OAuth2Proxy, "x-auth-request-user", "3f0c"),
        (HeaderStyle::OAuth2Proxy, "x-auth-request-email", "ada@example.com"),
        (HeaderStyle::OAuth2Proxy, "x-auth-request-preferred-username", "Ada L."),
        (HeaderStyle::OAuth2Proxy, "x-auth-request-groups", "admin,staff eu"),
        (HeaderStyle::OAuth2Proxy, "x-auth-request-access-token", "the.access.token"),
        (HeaderStyle::Vestibule, "x-vestibule-groups", "admin,staff%20eu"),
        (HeaderStyle::Vestibule, "x-vestibule-scope", "openid%20email"),
    ] {
        assert_eq!(written(style, name), expected, "{name}");
    }
}

#[test]
fn without_a_preferred_user_name_it_is_the_user_s_name() {
    let upstream =
        UpstreamConfiguration { header_style: HeaderStyle::OAuth2Proxy, ..UpstreamConfiguration::plain() };
    let headers = identity_headers(Some(&identity()), &upstream);
    assert_eq!(value(&headers, "x-forwarded-preferred-username"), "ada");
}

#[test]
fn in_no_style_a_value_ends_a_header_or_adds_an_entry() {
    for style in [HeaderStyle::Alb, HeaderStyle::Kong, HeaderStyle::OAuth2Proxy] {
        for (text, alone, entry) in [
            ("a b", "a b", "a b"),
            (" a", "%20a", "%20a"),
            ("a ", "a%20", "a%20"),
            (" ", "%20", "%20"),
            ("x,admins", "x,admins", "x%2Cadmins"),
            ("x%2Cadmins", "x%252Cadmins", "x%252Cadmins"),
            ("x\r\nx-forwarded-user: b", "x%0D%0Ax-forwarded-user: b", "x%0D%0Ax-forwarded-user: b"),
            ("\u{0}", "%00", "%00"),
            ("\t", "%09", "%09"),
            ("ü", "%C3%BC", "%C3%BC"),
        ] {
            assert_eq!((encode(text, style).as_str(), encode_entry(text, style).as_str()), (alone, entry));
        }
    }
}

#[test]
fn debug_shows_no_token() {
    assert!(!format!("{:?}", identity()).contains("the.access.token"));
}

fn identity() -> Identity {
    let claims = serde_json::json!({"sub": "3f0c", "email": "ada@example.com"});
    Identity {
        kind: IdentityKind::Session,
        issuer: "https://id.example.com".to_owned(),
        subject: "3f0c".to_owned(),
        username: Some("ada".to_owned()),
        email: Some("ada@example.com".to_owned()),
        groups: vec!["admin".to_owned(), "ops".to_owned()],
        scope: Some("openid email".to_owned()),
        claims: claims.as_object().unwrap().clone(),
        encoded_claims: None,
        access_token: Some(Secret::new("the.access.token")),
        id_token: None,
        load_balancer_data: None,
    }
}

fn value<'a>(headers: &'a [(String, String)], name: &str) -> &'a str {
    headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str()).unwrap()
}
