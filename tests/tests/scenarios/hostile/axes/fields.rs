//! Lists cookies and other header fields.

use relying_party::session::refresh_policy;
use tests::world::{APPLICATION, World};

use super::{Change, change, short};
use crate::hostile::event::NO_UTF_8;
use crate::hostile::{Kept, Live};

pub(super) fn cookies(world: &World, live: &Live) -> Vec<Change> {
    let session = world.session_cookie();
    let Kept { name: attempt, value: attempt_value } = Kept::of(&live.attempt);
    let Kept { value: session_value, .. } = Kept::of(&live.session);
    let mark = refresh_policy::mark(&format!("{APPLICATION}/"));
    let mark = mark.split(';').next().unwrap().to_owned();
    let names = [
        session.clone(),
        format!("{session}.0"),
        format!("{session}.1"),
        format!("{session}.99"),
        session.replace("__Host-", "__Secure-"),
        session.replace("__Host-", ""),
        session.to_uppercase(),
        attempt.clone(),
        "__Host-attempt-AAAAAAAA".to_owned(),
        "__Host-landed".to_owned(),
        "__Host-refreshed".to_owned(),
        "__Host-signed-out".to_owned(),
    ];
    let half = |text: &str| text.get(..text.len() / 2).unwrap().to_owned();
    let turned = |text: &str| {
        let other = if text.ends_with('A') { 'B' } else { 'A' };
        format!("{}{other}", text.get(..text.len() - 1).unwrap())
    };
    let values = [
        String::new(),
        "garbage".to_owned(),
        "%".to_owned(),
        "\u{e9}\u{1f600}".to_owned(),
        NO_UTF_8.to_string(),
        "\"x\"".to_owned(),
        "3".to_owned(),
        "255".to_owned(),
        "-1".to_owned(),
        "A".repeat(8_192),
        "=".repeat(64),
        half(&session_value),
        turned(&session_value),
        half(&attempt_value),
        turned(&attempt_value),
        attempt_value,
        session_value,
    ];
    let mut texts: Vec<String> = vec![
        mark,
        ";".repeat(9_000),
        "=;".repeat(3_000),
        "=".to_owned(),
        "a\0=b".to_owned(),
        "a=\r\nb".to_owned(),
    ];
    for name in names {
        texts.extend(values.iter().map(|value| format!("{name}={value}")));
        texts.push(vec![format!("{name}=x"); 200].join("; "));
        texts.push(name.clone());
    }
    // Chunks of a session: far more than are allowed, with gaps, in the wrong order, and with another notation of a
    // number.
    let value = "A".repeat(40);
    let pieces = |numbers: &mut dyn Iterator<Item = String>| {
        numbers.map(|number| format!("{session}.{number}={value}")).collect::<Vec<_>>().join("; ")
    };
    texts.push(pieces(&mut (0..1_000).map(|number| number.to_string())));
    texts.push(pieces(&mut (0..1_000).rev().map(|number| number.to_string())));
    texts.push(pieces(&mut (0..40).step_by(3).map(|number| number.to_string())));
    let odd = ["00", "01", "+1", "-1", "1e0", "", "4294967296", "18446744073709551616", "0.0", "\u{663}"];
    texts.push(pieces(&mut odd.map(str::to_owned).into_iter()));
    texts.extend(
        ["\"", "\"\"", "\"A", "A\"", "\"A; b=c\"", "\\\"A\\\""].map(|quoted| format!("{session}={quoted}")),
    );
    texts.push(format!("$Version=1; {session}=A; $Path=/; $Domain=\"evil.example\""));
    texts.push((0..200).map(|number| format!("__Host-attempt-{number:08}=x")).collect::<Vec<_>>().join("; "));
    let set = |text: String| {
        change(format!("cookie {}", short(&text)), move |request| {
            request.headers.push(("Cookie".to_owned(), text.clone()));
        })
    };
    texts.into_iter().map(set).collect()
}

const HEADERS: [(&str, &str); 92] = [
    ("Host", ""),
    ("Host", "evil.example"),
    ("Host", "a b"),
    ("Host", "a@b"),
    ("Host", "[::1"),
    ("Host", "localhost:99999999"),
    ("Host", "\u{e9}"),
    ("Host", "localhost:8400, evil.example"),
    ("Forwarded", "for=\"_x\";host=evil.example;proto=gopher"),
    ("Forwarded", "\"\\"),
    ("X-Forwarded-For", "\u{f8ff}"),
    ("X-Forwarded-For", ",,,"),
    ("X-Forwarded-Host", "evil.example"),
    ("X-Forwarded-Proto", "gopher"),
    ("X-Forwarded-Port", "-1"),
    ("Content-Length", "-1"),
    ("Content-Length", "99999999999999999999"),
    ("Content-Length", "1, 2"),
    ("Transfer-Encoding", "chunked"),
    ("Transfer-Encoding", "gzip, chunked"),
    ("Upgrade", "websocket"),
    ("Upgrade", "h2c"),
    ("Expect", "100-continue"),
    ("Expect", "x"),
    ("TE", "trailers"),
    ("Trailer", "cookie"),
    ("Connection", "cookie, host"),
    ("Connection", "\u{e9}"),
    ("Sec-Fetch-Site", "x"),
    ("Sec-Fetch-Site", "cross-site"),
    ("Sec-Fetch-Site", ""),
    ("Sec-Fetch-Mode", "x"),
    ("Sec-Fetch-Dest", "x"),
    ("Sec-Fetch-Dest", "image"),
    ("Sec-Purpose", "prefetch;prerender"),
    ("Purpose", "prefetch"),
    ("Origin", "null"),
    ("Origin", ""),
    ("Origin", "https://evil.example"),
    ("Origin", "http://localhost:8400"),
    ("Access-Control-Request-Method", "GET"),
    ("Referer", "https://evil.example"),
    ("Accept", "\u{f8ff}"),
    ("Accept", "*/*;q=x"),
    ("Accept", "application/json"),
    ("Accept-Language", "%"),
    ("Content-Type", "\0"),
    ("X-Requested-With", "XMLHttpRequest"),
    ("X-HTTP-Method-Override", "DELETE"),
    ("X-Original-URL", "/admin"),
    ("X-Vestibule-Sub", "admin"),
    ("x_vestibule_sub", "admin"),
    ("Remote-User", "admin"),
    ("Proxy", "http://evil.example"),
    ("X-Amzn-Oidc-Data", "a.b.c"),
    ("X-Amzn-Oidc-AccessToken", "a.b.c"),
    ("X-Amzn-Trace-Id", "\r\n"),
    ("X-Amz-Cf-Id", "x"),
    ("", "x"),
    ("a b", "x"),
    ("\u{e9}", "x"),
    ("a\0", "x"),
    ("Host", "b\u{fc}cher.example"),
    ("Host", "xn--.example"),
    ("Host", "localhost:8400."),
    ("Host", "localhost%00.evil.example"),
    ("Origin", "http://b\u{fc}cher.example"),
    ("DPoP", "a.b.c"),
    ("DPoP", "eyJ0eXAiOiJkcG9wK2p3dCJ9.e30."),
    ("Range", "bytes=0-18446744073709551615,-1,5-2"),
    ("Range", "lines=\u{e9}"),
    ("If-Range", "\"\u{e9}\""),
    ("If-Match", "*, \"\""),
    ("If-Modified-Since", "Fri, 99 Foo 99999 99:99:99 GMT"),
    ("Upgrade", "TLS/1.0, websocket, h2c"),
    ("HTTP2-Settings", "////"),
    ("TE", "trailers, deflate;q=\u{e9}"),
    ("Trailer", "authorization, x-vestibule-sub, host"),
    ("Max-Forwards", "-1"),
    ("Expect", "100-continue, x=\"\\"),
    ("Prefer", "respond-async, wait=99999999999999999999"),
    ("Early-Data", "1"),
    ("Cookie2", "$Version=1"),
    ("X-HTTP-Method", "\0"),
    ("X-Method-Override", "get"),
    ("X-Rewrite-URL", "http://evil.example/"),
    ("X-Amzn-Mtls-Clientcert", "-----BEGIN"),
    ("Access-Control-Request-Headers", ",,authorization,\u{e9}"),
    ("Access-Control-Request-Method", "get"),
    ("Content-Encoding", "gzip, br, \u{e9}"),
    ("Content-Range", "bytes */0"),
    ("Priority", "u=99999999999999999999"),
];

pub(super) fn headers(world: &World) -> Vec<Change> {
    let mut headers: Vec<(String, String)> =
        HEADERS.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    // The names of a deployment can be derived from public values.
    headers.push(("Via".to_owned(), format!("1.1 {}", world.site().relying_party.pseudonym)));
    headers.push(("X-Long".to_owned(), "x".repeat(70_000)));
    headers.push(("x".repeat(70_000), "x".to_owned()));
    headers.push(("X-Control".to_owned(), "a\u{7f}b\u{1}".to_owned()));
    let set = |(name, value): (String, String)| {
        change(format!("header {}: {}", short(&name), short(&value)), move |request| {
            request.headers.push((name.clone(), value.clone()));
        })
    };
    let mut changes: Vec<Change> = headers.into_iter().map(set).collect();
    changes.push(change("2500 headers", |request| {
        request.headers.extend((0..2_500).map(|number| (format!("X-{number}"), String::new())));
    }));
    changes.push(change("no headers", |request| request.headers.clear()));
    changes
}
