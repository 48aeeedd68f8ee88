use proptest::prelude::*;

use super::*;
use crate::configuration::UpstreamHeader;
use crate::token::claims::ClaimPath;

const FRONTS: [Front; 2] = [Front::Rest, Front::Other];

/// Each line has a spelling and the canonical form for the log.
#[test]
fn every_spelling_of_an_identity_header() {
    for (name, form) in [
        ("x-vestibule-sub", "x-vestibule-sub"),
        ("X-Vestibule-Sub", "x-vestibule-sub"),
        ("X-VESTIBULE-SUB", "x-vestibule-sub"),
        ("x-VESTIBULE-sUB", "x-vestibule-sub"),
        ("x_vestibule_sub", "x-vestibule-sub"),
        ("X_VESTIBULE_SUB", "x-vestibule-sub"),
        ("x-vestibule_sub", "x-vestibule-sub"),
        ("x_vestibule-sub", "x-vestibule-sub"),
        ("x-vestibule.sub", "x-vestibule-sub"),
        ("x.vestibule.sub", "x-vestibule-sub"),
        ("x!vestibule~sub", "x-vestibule-sub"),
        ("x-vestibule sub", "x-vestibule-sub"),
        ("x-vestibule-sub ", "x-vestibule-sub-"),
        ("x-vestibule-sub\t", "x-vestibule-sub-"),
        ("x-vestibule-sub\0", "x-vestibule-sub-"),
        ("x-vestibule-sub:", "x-vestibule-sub-"),
        ("x-vestibule-", "x-vestibule-"),
        ("x-vestibule", "x-vestibule"),
        ("x-vestibule-anything", "x-vestibule-anything"),
        ("x-vestibule-\u{fc}", "x-vestibule---"),
        ("HTTP_X_VESTIBULE_SUB", "http-x-vestibule-sub"),
        ("http-x-vestibule", "http-x-vestibule"),
    ] {
        for front in FRONTS {
            let refused = reserved().check(&headers(&[(name, "forged")]), front);
            let expected = ReservedHeaderRefusal::Reserved { name: form.to_owned() };
            assert_eq!(refused, Err(expected), "{name:?} {front:?}");
        }
        let is_reserved = ["accept", name, "b"].map(|name| reserved().contains(name));
        assert_eq!(is_reserved, [false, true, false], "{name:?}");
    }
}

/// A text that is not a field name cannot be compared by name.
#[test]
fn names_that_are_no_tokens() {
    for name in [
        "",
        " ",
        " x-vestibule-sub",
        "x\u{2010}vestibule\u{2010}sub",
        "\u{ff38}-vestibule-sub",
        "x-ve\u{17f}tibule-sub",
        "accept ",
        "a:b",
        "a\r\nb",
        "a(b)",
        "\u{fc}",
    ] {
        for front in FRONTS {
            let refused = reserved().check(&headers(&[(name, "x")]), front);
            assert_eq!(refused, Err(ambiguous(name)), "{name:?} {front:?}");
        }
    }
}

#[test]
fn names_that_only_look_alike() {
    for name in
        ["xvestibule-sub", "x-vestibulesub", "vestibule-sub", "x--vestibule-sub", "y-vestibule-sub", "x-vest"]
    {
        for front in FRONTS {
            assert_eq!(reserved().check(&headers(&[(name, "x")]), front), Ok(()), "{name:?}");
        }
    }
}

#[test]
fn configured_names() {
    let upstream = UpstreamConfiguration {
        access_token_header: AccessTokenHeader::Named { name: "x-access-token".to_owned(), bearer: false },
        headers: vec![UpstreamHeader { name: "tenant_id".to_owned(), path: ClaimPath::of("tenant") }],
        id_token_header: Some("x-id-token".to_owned()),
        user_info_header: Some("x-userinfo".to_owned()),
        ..upstream(HeaderStyle::Vestibule)
    };
    let reserved = ReservedHeaders::of(&upstream);
    for name in [
        "X-Access-Token",
        "x_access_token",
        "Tenant-Id",
        "tenant_id",
        "TENANT.ID",
        "HTTP_TENANT_ID",
        "x_id_token",
        "X-UserInfo",
    ] {
        assert!(reserved.contains(name), "{name}");
    }
    assert!(!reserved.contains("authorization") && !reserved.contains("x-access-token-2"));
}

#[test]
fn names_of_each_style() {
    for (style, name) in [
        (HeaderStyle::Alb, "X-Amzn-Oidc-Data"),
        (HeaderStyle::Kong, "x_consumer_username"),
        (HeaderStyle::OAuth2Proxy, "X-Forwarded-Email"),
    ] {
        assert!(ReservedHeaders::of(&upstream(style)).contains(name), "{name}");
        assert!(!reserved().contains(name), "{name}");
    }
}

#[test]
fn authorization_is_never_reserved() {
    for front in FRONTS {
        let fields =
            headers(&[("Authorization", "Bearer x"), ("Cookie", "a=b"), ("accept", "a"), ("accept", "b")]);
        assert_eq!(reserved().check(&fields, front), Ok(()));
    }
}

#[test]
fn method_and_address_overrides() {
    for (name, form) in [
        ("X-HTTP-Method-Override", "x-http-method-override"),
        ("x_http_method_override", "x-http-method-override"),
        ("X-HTTP-Method", "x-http-method"),
        ("X-Method-Override", "x-method-override"),
        ("X-Original-URL", "x-original-url"),
        ("x_original_url", "x-original-url"),
        ("X-Rewrite-Url", "x-rewrite-url"),
        ("HTTP_X_HTTP_METHOD_OVERRIDE", "http-x-http-method-override"),
    ] {
        for front in FRONTS {
            let refused = reserved().check(&headers(&[(name, "x")]), front);
            assert_eq!(refused, Err(ReservedHeaderRefusal::Reserved { name: form.to_owned() }), "{name}");
            assert_eq!(check_ambiguous(&headers(&[(name, "x")]), front), refused, "{name}");
        }
    }
}

/// Every entry, in every spelling that an upstream could take for it.
#[test]
fn claims_of_a_client_are_refused_where_they_cannot_be_taken_out() {
    for name in trusted_header::CLAIMS {
        let name = name.replace('*', "any");
        for spelling in spellings(&name) {
            for front in FRONTS {
                let refused = reserved().check(&headers(&[(&spelling, "x")]), front);
                let expected = ReservedHeaderRefusal::Reserved { name: name.clone() };
                assert_eq!(refused, Err(expected), "{spelling} {front:?}");
            }
            for front in [Front::Proxy, Front::LoadBalancer] {
                assert_eq!(reserved().check(&headers(&[(&spelling, "x")]), front), Ok(()), "{spelling}");
            }
        }
    }
}

/// Headers that a proxy adds on the way are allowed, and so are names that only begin like one of the list.
#[test]
fn fields_of_ordinary_clients_pass() {
    let added = trusted_header::ADDED_ON_THE_WAY.map(|name| name.replace('*', "port"));
    let ordinary = [
        "authorization-info",
        "cf-access-client-id",
        "cf-access-client-secret",
        "cf-ray",
        "cloudfront-viewer-address",
        "cloudfront-viewer-country",
        "dnt",
        "proxy-authorization",
        "sec-websocket-protocol",
        "ssl-clients",
        "upgrade-insecure-requests",
        "x-access-token",
        "x-amz-date",
        "x-amz-security-token",
        "x-amzn-trace-id",
        "x-api-key",
        "x-auth-key",
        "x-auth-token",
        "x-csrf-token",
        "x-forwarded-by",
        "x-forwarded-for",
        "x-forwarded-server",
        "x-hosts",
        "x-nextjs-data",
        "x-original-filename",
        "x-remote",
        "x-requested-with",
        "x-user-id",
        "x-webauthn-challenge",
    ];
    for name in added.iter().map(String::as_str).chain(ordinary) {
        for front in FRONTS {
            assert_eq!(reserved().check(&headers(&[(name, "x")]), front), Ok(()), "{name} {front:?}");
        }
    }
    for name in ordinary.iter().filter(|name| !name.starts_with("x-forwarded-")) {
        assert!(!trusted_header::applications_trust(name), "{name}");
    }
}

#[test]
fn a_header_of_a_gateway_about_the_user_is_a_claim() {
    for name in [
        "X-Endpoint-API-UserInfo",
        "X-Apigateway-Api-Userinfo",
        "x-apigateway-event",
        "x-apigateway-context",
        "x-amzn-request-context",
        "x-amzn-lambda-context",
        "X-Auth-User",
        "x-jwt-payload",
        "X-Forwarded-Roles",
        "X-ID-Token",
        "OAM_REMOTE_USER",
        "Osso-User-Dn",
        "Osso-User-Guid",
        "Proxy-Remote-User",
    ] {
        assert!(reserved().check(&headers(&[(name, "x")]), Front::Rest).is_err(), "{name}");
        assert!(trusted_header::applications_trust(&canonical(name)), "{name}");
    }
}

/// Code that reads the CGI variable finds the client's field.
#[test]
fn a_field_that_is_called_as_a_variable_of_cgi_is_believed_too() {
    for (name, claims) in [
        ("HTTP_CLIENT_IP", false),
        ("HTTP_X_FORWARDED_FOR", false),
        ("http-x-real-ip", false),
        ("HTTP_REMOTE_USER", true),
        ("http_x_webauth_user", true),
    ] {
        assert!(trusted_header::applications_trust(&canonical(name)), "{name}");
        assert_eq!(reserved().check(&headers(&[(name, "x")]), Front::Rest).is_err(), claims, "{name}");
    }
    for name in ["http-referer", "http2-settings", "http-accept", "http", "http-"] {
        assert!(!trusted_header::applications_trust(name), "{name}");
        assert_eq!(reserved().check(&headers(&[(name, "x")]), Front::Rest), Ok(()), "{name}");
    }
}

#[test]
fn an_entry_of_the_list_is_written_in_canonical_form_and_once() {
    let mut names: Vec<&str> =
        trusted_header::ADDED_ON_THE_WAY.into_iter().chain(trusted_header::CLAIMS).collect();
    assert!(names.iter().all(|name| canonical(&name.replace('*', "")) == name.replace('*', "")));
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all);
}

/// Each line has two fields, and whether both are allowed.
#[test]
fn copies_of_one_header() {
    for (first, second, fine) in [
        (("authorization", "Bearer a"), ("authorization", "Bearer a"), false),
        (("authorization", "Bearer a"), ("Authorization", "Basic b"), false),
        (("x-requested-with", "a"), ("x-requested-with", "b"), false),
        (("x-requested-with", "a"), ("x-requested-with", "a"), true),
        (("sec-fetch-site", "none"), ("Sec-Fetch-Site", "cross-site"), false),
        (("origin", "https://a.example"), ("origin", "https://b.example"), false),
        (("content-type", "text/html"), ("content-type", "application/json"), false),
        (("host", "a"), ("host", "b"), false),
        (("accept", "a"), ("accept", "b"), true),
        (("accept", "a"), ("Accept", "b"), false),
        (("accept", "a"), ("Accept", "a"), true),
        (("tenant-id", "a"), ("tenant_id", "b"), false),
        (("cookie", "a=b"), ("cookie", "c=d"), true),
        (("cookie", "a=b"), ("Cookie", "c=d"), false),
        (("via", "a"), ("via", "b"), true),
        (("tenant-id", "a"), ("tenant-ids", "b"), true),
    ] {
        for front in FRONTS {
            let outcome = reserved().check(&headers(&[first, ("between", "x"), second]), front);
            let expected = if fine { Ok(()) } else { Err(ambiguous(first.0)) };
            assert_eq!(outcome, expected, "{first:?} {second:?} {front:?}");
        }
    }
}

/// A REST API overwrites `Authorization` and `authorization`; `AUTHORIZATION` could reach the upstream as
/// well.
#[test]
fn spellings_that_a_rest_mapping_leaves_alone() {
    for (name, fine) in [
        ("Authorization", true),
        ("authorization", true),
        ("AUTHORIZATION", false),
        ("aUTHORIZATION", false),
        ("Cookie", true),
        ("cookie", true),
        ("COOKIE", false),
        ("cOOKIE", false),
        ("X-Forwarded-For", true),
        ("x-forwarded-for", true),
        ("X-FORWARDED-FOR", false),
        ("X_Forwarded_For", false),
        ("x_forwarded_for", false),
        ("X-Forwarded-Host", true),
        ("x-Forwarded-Host", false),
        ("x.forwarded.host", false),
        ("X-Forwarded-Proto", true),
        ("X-Forwarded_Proto", false),
        ("X-Forwarded-Port", true),
        ("Cf-Access-Authenticated-User-Email", true),
        ("cf-access-authenticated-user-email", true),
        ("CF-Access-Authenticated-User-Email", false),
        ("cf_access_authenticated_user_email", false),
        ("HTTP_CF_ACCESS_AUTHENTICATED_USER_EMAIL", false),
        ("ACCEPT", true),
    ] {
        let fields = headers(&[(name, "x")]);
        let expected = if fine { Ok(()) } else { Err(ambiguous(name)) };
        assert_eq!(reserved().check(&fields, Front::Rest), expected, "{name}");
        assert_eq!(reserved().check(&fields, Front::Other), Ok(()), "{name}");
    }
}

proptest! {
    #[test]
    fn no_headers_panic(fields in prop::collection::vec((any::<String>(), any::<String>()), 0..6)) {
        let fields = Headers::new(fields);
        for front in FRONTS {
            let _ = reserved().check(&fields, front);
        }
    }

    /// Varies the case and every separator that a token may have.
    #[test]
    fn no_spelling_gets_through(
        separators in "[-_.!#$%&'*+^`|~]{2}",
        upper in prop::collection::vec(any::<bool>(), 15),
    ) {
        let mut marks = separators.chars();
        let name: String = "x-vestibule-sub"
            .chars()
            .zip(upper)
            .map(|(letter, upper)| match letter {
                '-' => marks.next().unwrap_or('-'),
                letter if upper => letter.to_ascii_uppercase(),
                letter => letter,
            })
            .collect();
        prop_assert!(reserved().check(&headers(&[(&name, "forged")]), Front::Rest).is_err());
    }
}

/// Spellings that CGI and similar interfaces treat as one.
fn spellings(name: &str) -> [String; 4] {
    let upper = name.to_ascii_uppercase();
    [name.to_owned(), upper.clone(), name.replace('-', "_"), upper.replace('-', "_")]
}

fn ambiguous(name: &str) -> ReservedHeaderRefusal {
    ReservedHeaderRefusal::Ambiguous { name: canonical(name) }
}

fn reserved() -> ReservedHeaders {
    ReservedHeaders::of(&upstream(HeaderStyle::Vestibule))
}

fn upstream(header_style: HeaderStyle) -> UpstreamConfiguration {
    UpstreamConfiguration { header_style, ..UpstreamConfiguration::plain() }
}

fn headers(fields: &[(&str, &str)]) -> Headers {
    Headers::new(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
}
