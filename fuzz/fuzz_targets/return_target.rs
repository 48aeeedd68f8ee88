//! Fuzzes return targets. The first byte selects the deployment, the rest is `rd`.

#![cfg_attr(fuzzing, no_main)]

use std::sync::OnceLock;

use fuzz::path::{is_below, is_usually_below};
use fuzz::relying_party;
use http::Uri;
use relying_party::gate::front::Front;
use relying_party::http::public_url::PublicUrl;
use relying_party::relying_party::RelyingParty;
use relying_party::sign_in::attempt::MAX_RETURN_TARGET_BYTES;
use relying_party::sign_in::return_target::ReturnTarget;
use serde_json::json;
use url::Url;

const PUBLIC_URLS: [&str; 5] = [
    "https://app.example.com",
    "https://app.example.com/prod",
    "https://app.example.com:8443/a/b",
    "http://localhost:8400",
    "http://[::1]:8400/stage",
];

fn deployments() -> &'static [RelyingParty] {
    static DEPLOYMENTS: OnceLock<Vec<RelyingParty>> = OnceLock::new();
    let deployment = |url: &&str| relying_party(&json!({ "public_url": url, "auth_prefix": "/oauth2" }));
    DEPLOYMENTS.get_or_init(|| PUBLIC_URLS.iter().map(deployment).collect())
}

fuzz::fuzz_target!(|bytes: &[u8]| {
    let Some((choice, text)) = bytes.split_first() else { return };
    let Ok(text) = std::str::from_utf8(text) else { return };
    let deployment = &deployments()[usize::from(*choice) % PUBLIC_URLS.len()];
    let public_url = &deployment.configuration.public_url;

    if let Ok(target) =
        ReturnTarget::parse(&[text.to_owned()], public_url, "/oauth2", MAX_RETURN_TARGET_BYTES)
    {
        assert_below(target.as_str(), public_url);
        assert!(target.as_str().len() <= MAX_RETURN_TARGET_BYTES);
        let again = ReturnTarget::parse(
            &[target.as_str().to_owned()],
            public_url,
            "/oauth2",
            MAX_RETURN_TARGET_BYTES,
        );
        assert_eq!(again, Ok(target), "what is emitted is taken again, and is the same");
    }
    // Two of them count as none, whatever they are.
    assert!(
        ReturnTarget::parse(
            &[text.to_owned(), text.to_owned()],
            public_url,
            "/oauth2",
            MAX_RETURN_TARGET_BYTES
        )
        .is_err()
    );

    // In the query, as a client sends it.
    let request = fuzz::request(http::Method::GET, &format!("/oauth2/login?{text}"), Vec::new());
    let requested = ReturnTarget::requested(&request, Front::Proxy, &deployment.configuration);
    assert_below(&ReturnTarget::or_default(requested, &deployment.configuration), public_url);
});

fn assert_below(target: &str, public_url: &PublicUrl) {
    assert!(target.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\'), "{target:?}");

    // As browsers parse it.
    let url = Url::parse(target).expect("a URL");
    assert_eq!(url.as_str(), target, "it is serialised");
    assert_eq!(url.origin().ascii_serialization(), public_url.origin());
    assert!(url.username().is_empty() && url.password().is_none());
    assert!(is_below(url.path(), public_url.path()), "{target:?}");
    let path = &url.path()[public_url.path().len()..];
    let own = is_usually_below(path, "/oauth2") || is_usually_below(&path.to_lowercase(), "/oauth2");
    assert!(!own, "{target:?} is one of our own paths");

    // As a parser of the plain text reads it (RFC 3986 appendix B), and as the `http` crate does.
    let (scheme, rest) = target.split_once("://").expect("a scheme");
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    assert_eq!(format!("{scheme}://{}", &rest[..end]), public_url.origin());
    if let Ok(uri) = target.split('#').next().unwrap_or_default().parse::<Uri>() {
        let authority = uri.authority().map(http::uri::Authority::as_str);
        assert_eq!(authority, public_url.origin().split("://").nth(1));
    }
}
