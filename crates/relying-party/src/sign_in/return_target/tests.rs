#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::{
    ReturnTargetRefusal::{OtherOrigin, OutsidePath},
    *,
};
use crate::sign_in::attempt::MAX_RETURN_TARGET_BYTES;

mod refused;

const PLAIN: &str = "https://app.example.com";
const STAGED: &str = "https://app.example.com/prod";

fn parse_values(values: &[&str], public_url: &str) -> Result<String, ReturnTargetRefusal> {
    let values: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
    let public_url = PublicUrl::parse(public_url).unwrap();
    ReturnTarget::parse(&values, &public_url, "/oauth2", MAX_RETURN_TARGET_BYTES)
        .map(ReturnTarget::into_string)
}

fn parse(text: &str, public_url: &str) -> Result<String, ReturnTargetRefusal> {
    parse_values(&[text], public_url)
}

#[track_caller]
fn refuses(public_url: &str, refusal: ReturnTargetRefusal, texts: &[&str]) {
    for text in texts {
        assert_eq!(parse(text, public_url), Err(refusal), "{text:?}");
    }
}

/// Asserts that each target is accepted and becomes exactly these bytes.
#[track_caller]
fn accepts(public_url: &str, cases: &[(&str, &str)]) {
    for (text, emitted) in cases {
        assert_eq!(parse(text, public_url).as_deref(), Ok(*emitted), "{text:?}");
    }
}

#[test]
fn accepted_without_a_stage_path() {
    accepts(
        PLAIN,
        &[
            ("/", "https://app.example.com/"),
            ("/x", "https://app.example.com/x"),
            ("/x/", "https://app.example.com/x/"),
            ("x/y", "https://app.example.com/x/y"),
            (".", "https://app.example.com/"),
            ("..", "https://app.example.com/"),
            ("/x/../y", "https://app.example.com/y"),
            ("/x/%2e%2e/y", "https://app.example.com/y"),
            ("?a=1&b=2", "https://app.example.com/?a=1&b=2"),
            ("#part", "https://app.example.com/#part"),
            ("/x?a=%0d%0a&b=//evil.example", "https://app.example.com/x?a=%0d%0a&b=//evil.example"),
            ("/x#//evil.example", "https://app.example.com/x#//evil.example"),
            ("/@evil.example", "https://app.example.com/@evil.example"),
            ("/x y", "https://app.example.com/x%20y"),
            ("/<b>\"", "https://app.example.com/%3Cb%3E%22"),
            ("/x?a=\"<'", "https://app.example.com/x?a=%22%3C%27"),
            ("/straße", "https://app.example.com/stra%C3%9Fe"),
            ("/stra%c3%9fe", "https://app.example.com/stra%c3%9fe"),
            ("/..;/x", "https://app.example.com/..;/x"),
            ("/.../x", "https://app.example.com/.../x"),
            ("/oauth", "https://app.example.com/oauth"),
            ("/oauth21/x", "https://app.example.com/oauth21/x"),
            ("/x/oauth2/logout", "https://app.example.com/x/oauth2/logout"),
            ("/x?rd=/oauth2/logout", "https://app.example.com/x?rd=/oauth2/logout"),
            ("https://app.example.com", "https://app.example.com/"),
            ("https://app.example.com/x", "https://app.example.com/x"),
            ("HTTPS://App.Example.COM/x", "https://app.example.com/x"),
            ("https://app.example.com:443/x", "https://app.example.com/x"),
            ("https://app.example.com:/x", "https://app.example.com/x"),
            ("https://@app.example.com/x", "https://app.example.com/x"),
            ("//app.example.com/x", "https://app.example.com/x"),
        ],
    );
}

#[test]
fn a_scheme_of_ours_without_slashes_is_a_relative_reference() {
    accepts(
        PLAIN,
        &[
            ("https:evil.example", "https://app.example.com/evil.example"),
            ("https:/evil.example", "https://app.example.com/evil.example"),
            ("https:x", "https://app.example.com/x"),
        ],
    );
    refuses(STAGED, OutsidePath, &["https:/evil.example"]);
}

#[test]
fn unicode_dots_and_slashes_are_no_dots_and_slashes_in_a_path() {
    accepts(
        PLAIN,
        &[
            ("／／evil.example", "https://app.example.com/%EF%BC%8F%EF%BC%8Fevil.example"),
            ("/／evil.example", "https://app.example.com/%EF%BC%8Fevil.example"),
            ("/∕evil.example", "https://app.example.com/%E2%88%95evil.example"),
            ("/．．/x", "https://app.example.com/%EF%BC%8E%EF%BC%8E/x"),
            ("/‥/x", "https://app.example.com/%E2%80%A5/x"),
            ("/＼evil.example", "https://app.example.com/%EF%BC%BCevil.example"),
        ],
    );
    accepts(STAGED, &[("/prod/．．/x", "https://app.example.com/prod/%EF%BC%8E%EF%BC%8E/x")]);
}

#[test]
fn unicode_and_encoded_dots_of_our_own_host_are_emitted_plainly() {
    accepts(
        PLAIN,
        &[
            ("https://app。example。com/x", "https://app.example.com/x"),
            ("https://app%2eexample%2ecom/x", "https://app.example.com/x"),
            ("https://ａpp.example.com/x", "https://app.example.com/x"),
        ],
    );
}

#[test]
fn accepted_with_a_stage_path() {
    accepts(
        STAGED,
        &[
            ("/prod", "https://app.example.com/prod"),
            ("/prod/", "https://app.example.com/prod/"),
            ("/prod/x", "https://app.example.com/prod/x"),
            ("x", "https://app.example.com/prod/x"),
            ("./x", "https://app.example.com/prod/x"),
            (".", "https://app.example.com/prod/"),
            ("../prod/x", "https://app.example.com/prod/x"),
            ("/prod/x/../y", "https://app.example.com/prod/y"),
            ("/x/../prod/y", "https://app.example.com/prod/y"),
            ("?a", "https://app.example.com/prod/?a"),
            ("#a", "https://app.example.com/prod/#a"),
            ("/prod?a=/../x", "https://app.example.com/prod?a=/../x"),
            ("/prod/x?a=1#b", "https://app.example.com/prod/x?a=1#b"),
            ("https://app.example.com/prod/x", "https://app.example.com/prod/x"),
            ("//app.example.com/prod/x", "https://app.example.com/prod/x"),
            ("https:x", "https://app.example.com/prod/x"),
            ("/prod/oauth", "https://app.example.com/prod/oauth"),
            ("/prod/prod/oauth2", "https://app.example.com/prod/prod/oauth2"),
        ],
    );
}

#[test]
fn an_emitted_target_is_accepted_again_as_it_is() {
    for text in ["/", "/x y?a=b#c", "/straße", "https:x", "/．．/x", "?a", "/..;/x"] {
        let emitted = parse(text, PLAIN).unwrap();
        assert_eq!(parse(&emitted, PLAIN), Ok(emitted.clone()), "{text:?}");
    }
}

#[test]
fn a_port_of_ours_is_kept_and_any_other_is_another_origin() {
    const LOCAL: &str = "http://localhost:8400";
    accepts(
        LOCAL,
        &[("/x", "http://localhost:8400/x"), ("http://localhost:8400/x", "http://localhost:8400/x")],
    );
    refuses(
        LOCAL,
        OtherOrigin,
        &[
            "http://localhost/x",
            "http://localhost:8401/",
            "https://localhost:8400/",
            "http://127.0.0.1:8400/",
        ],
    );
}
