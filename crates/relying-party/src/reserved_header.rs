//! Header names that clients must not send, in whatever spelling an upstream would take for the real one.

use http::HeaderName;

use crate::configuration::{AccessTokenHeader, HeaderStyle, UpstreamConfiguration};
use crate::request::Headers;

/// The names that only vestibule sets, for one deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReservedHeaders(Vec<String>);

/// What came before us, and so what it does to headers that we set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Front {
    /// A REST API maps what we return over the client's headers, but only over the spelling that its mapping has
    /// (API Gateway, "Known issues": header names are processed in a case-sensitive way).
    Rest,
    /// Anything else: we set or API Gateway replaces a header in all spellings.
    Other,
}

/// Why a request's header fields are refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReservedHeaderRefusal {
    /// Two fields of one name say different things, or `Authorization` comes twice, or a name is no name, or it is
    /// spelled so that a REST API would leave it beside ours. The upstream might read the other one.
    ///
    /// `ambiguous_header` client 400
    Ambiguous {
        /// The name in canonical form.
        name: String,
    },
    /// A header that only vestibule sets, or one that makes an upstream see another method or path than was checked.
    ///
    /// `reserved_header` client 400
    Reserved {
        /// The name in canonical form.
        name: String,
    },
}

/// The form in which names are compared: CGI and many frameworks take `_` and other bytes for `-`.
pub fn canonical(name: &str) -> String {
    name.bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte.to_ascii_lowercase()) } else { '-' })
        .collect()
}

/// Checks what no front may let through, whether it strips reserved names or refuses them: method and address
/// overrides, two `Authorization`, conflicting copies, on REST odd spellings.
///
/// # Errors
/// The first field that could be read in two ways.
pub fn check_ambiguous(headers: &Headers, front: Front) -> Result<(), ReservedHeaderRefusal> {
    let mut seen: Vec<(String, &str, &str)> = Vec::new();
    for (name, value) in headers.iter() {
        let canonical = canonical(name);
        // RFC 9110 section 5.1: a field name is a token. `HeaderName` takes no other.
        if HeaderName::from_bytes(name.as_bytes()).is_err() {
            return Err(ReservedHeaderRefusal::Ambiguous { name: canonical });
        }
        if OVERRIDES.contains(&canonical.as_str()) {
            return Err(ReservedHeaderRefusal::Reserved { name: canonical });
        }
        let conflict = seen.iter().any(|(other, spelling, earlier)| {
            *other == canonical && conflicts(&canonical, (spelling, earlier), (name, value))
        });
        if conflict || front == Front::Rest && is_misspelled(&canonical, name) {
            return Err(ReservedHeaderRefusal::Ambiguous { name: canonical });
        }
        seen.push((canonical, name, value));
    }
    Ok(())
}

impl ReservedHeaders {
    /// The names that `upstream` sets, besides `x-vestibule-*`. `authorization` is none of them: clients send it.
    pub fn of(upstream: &UpstreamConfiguration) -> Self {
        let styled: &[&str] = match upstream.header_style {
            HeaderStyle::Alb => &["x-amzn-oidc-accesstoken", "x-amzn-oidc-data", "x-amzn-oidc-identity"],
            HeaderStyle::Kong => &[
                "x-anonymous-consumer",
                "x-authenticated-groups",
                "x-authenticated-scope",
                "x-authenticated-userid",
                "x-consumer-custom-id",
                "x-consumer-groups",
                "x-consumer-id",
                "x-consumer-username",
                "x-credential-identifier",
            ],
            HeaderStyle::OAuth2Proxy => &[
                "x-auth-request-access-token",
                "x-auth-request-email",
                "x-auth-request-groups",
                "x-auth-request-preferred-username",
                "x-auth-request-user",
                "x-forwarded-access-token",
                "x-forwarded-email",
                "x-forwarded-groups",
                "x-forwarded-preferred-username",
                "x-forwarded-user",
            ],
            HeaderStyle::Vestibule => &[],
        };
        let mut names: Vec<String> = styled.iter().map(|name| (*name).to_owned()).collect();
        names.extend(upstream.headers.iter().map(|header| canonical(&header.name)));
        if let AccessTokenHeader::Named { name, .. } = &upstream.access_token_header {
            names.push(canonical(name));
        }
        Self(names)
    }

    /// Whether `name`, in any spelling, is one that only vestibule sets.
    pub fn contains(&self, name: &str) -> bool {
        let name = canonical(name);
        name == "x-vestibule" || name.starts_with("x-vestibule-") || self.0.contains(&name)
    }

    /// Everything that the authorizer refuses: it cannot take a header out of a request.
    ///
    /// # Errors
    /// The first field that is reserved or could be read in two ways.
    pub fn check(&self, headers: &Headers, front: Front) -> Result<(), ReservedHeaderRefusal> {
        match headers.iter().find(|(name, _)| self.contains(name)) {
            Some((name, _)) => Err(ReservedHeaderRefusal::Reserved { name: canonical(name) }),
            None => check_ambiguous(headers, front),
        }
    }

    /// The fields without reserved ones, for a front that forwards by itself.
    #[must_use]
    pub fn strip(&self, headers: &Headers) -> Headers {
        let kept = headers.iter().filter(|(name, _)| !self.contains(name));
        Headers::new(kept.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }
}

/// Names that make a framework see another method, or another path, than the one that was decided about.
const OVERRIDES: [&str; 5] =
    ["x-http-method", "x-http-method-override", "x-method-override", "x-original-url", "x-rewrite-url"];

/// Fields that have one value, so that two of them leave open which one counts (RFC 9110 section 5.3).
const SINGLE: [&str; 15] = [
    "access-control-request-method",
    "content-length",
    "content-type",
    "host",
    "if-modified-since",
    "if-unmodified-since",
    "origin",
    "range",
    "referer",
    "sec-fetch-dest",
    "sec-fetch-mode",
    "sec-fetch-site",
    "user-agent",
    "x-forwarded-host",
    "x-requested-with",
];

/// What a REST API's mappings overwrite: exactly this spelling, or all of it in lower case.
const MAPPED: [&str; 5] =
    ["Authorization", "Cookie", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto"];

fn is_misspelled(canonical: &str, name: &str) -> bool {
    MAPPED.iter().any(|mapped| {
        mapped.eq_ignore_ascii_case(canonical) && name != *mapped && name != mapped.to_ascii_lowercase()
    })
}

/// Several fields of one name are one list (RFC 9110 section 5.3), `Cookie` too over HTTP/2, unless the name has a
/// single value or the spellings differ, which no client does by itself.
fn conflicts(canonical: &str, one: (&str, &str), other: (&str, &str)) -> bool {
    if canonical == "authorization" {
        return true;
    }
    one.1 != other.1 && (one.0 != other.0 || SINGLE.contains(&canonical))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::claims::ClaimPath;
    use crate::configuration::UpstreamHeader;

    const FRONTS: [Front; 2] = [Front::Rest, Front::Other];

    /// One line a spelling, with the canonical form that the log gets.
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
        ] {
            for front in FRONTS {
                let refused = reserved().check(&headers(&[(name, "forged")]), front);
                let expected = ReservedHeaderRefusal::Reserved { name: form.to_owned() };
                assert_eq!(refused, Err(expected), "{name:?} {front:?}");
            }
            let stripped = reserved().strip(&headers(&[("accept", "a"), (name, "forged"), ("b", "c")]));
            assert_eq!(stripped, headers(&[("accept", "a"), ("b", "c")]), "{name:?}");
        }
    }

    /// What is no field name cannot be compared by name at all.
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
        for name in [
            "xvestibule-sub",
            "x-vestibulesub",
            "vestibule-sub",
            "x--vestibule-sub",
            "y-vestibule-sub",
            "x-vest",
        ] {
            for front in FRONTS {
                assert_eq!(reserved().check(&headers(&[(name, "x")]), front), Ok(()), "{name:?}");
            }
        }
    }

    #[test]
    fn configured_names() {
        let upstream = UpstreamConfiguration {
            access_token_header: AccessTokenHeader::Named {
                name: "x-access-token".to_owned(),
                bearer: false,
            },
            headers: vec![UpstreamHeader { name: "tenant_id".to_owned(), path: ClaimPath::of("tenant") }],
            ..upstream(HeaderStyle::Vestibule)
        };
        let reserved = ReservedHeaders::of(&upstream);
        for name in ["X-Access-Token", "x_access_token", "Tenant-Id", "tenant_id", "TENANT.ID"] {
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
            let fields = headers(&[
                ("Authorization", "Bearer x"),
                ("Cookie", "a=b"),
                ("accept", "a"),
                ("accept", "b"),
            ]);
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
        ] {
            for front in FRONTS {
                let refused = reserved().check(&headers(&[(name, "x")]), front);
                assert_eq!(refused, Err(ReservedHeaderRefusal::Reserved { name: form.to_owned() }), "{name}");
                assert_eq!(check_ambiguous(&headers(&[(name, "x")]), front), refused, "{name}");
            }
        }
    }

    /// One line a case: two fields, and whether both may stand.
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

    /// A REST API overwrites `Authorization` and `authorization`; `AUTHORIZATION` could reach the upstream beside ours.
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
            prop_assert!(reserved().strip(&fields).iter().all(|(name, _)| !reserved().contains(name)));
        }

        /// Case and every separator that a token may have.
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

    fn ambiguous(name: &str) -> ReservedHeaderRefusal {
        ReservedHeaderRefusal::Ambiguous { name: canonical(name) }
    }

    fn reserved() -> ReservedHeaders {
        ReservedHeaders::of(&upstream(HeaderStyle::Vestibule))
    }

    fn upstream(header_style: HeaderStyle) -> UpstreamConfiguration {
        UpstreamConfiguration {
            url: None,
            access_token_header: AccessTokenHeader::Authorization,
            hide_credentials: true,
            headers: Vec::new(),
            header_style,
        }
    }

    fn headers(fields: &[(&str, &str)]) -> Headers {
        Headers::new(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }
}
