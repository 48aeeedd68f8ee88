use super::{
    super::ReturnTargetRefusal::{
        AmbiguousPath, Backslash, ControlCharacter, Credentials, Duplicate, Empty, Missing, NotAUrl,
        OtherOrigin, OutsidePath, OwnPath, TooLong,
    },
    *,
};

#[test]
fn another_host() {
    for public_url in [PLAIN, STAGED] {
        refuses(
            public_url,
            OtherOrigin,
            &[
                "//evil.example",
                "//evil.example/prod/x",
                "https://evil.example",
                "HTTPS://EVIL.EXAMPLE/",
                "https:///evil.example",
                "https:////evil.example/prod",
                "https://app.example.com.evil.example/",
                "https://app.example.comevil.example/",
                "https://evil.example/app.example.com",
                "https://evil.example#app.example.com",
                "https://evil.example?app.example.com",
                "https://example.com/",
                "https://other.app.example.com/",
                "https://app.example.com./",
                "https://app.example.com%2eevil.example/",
                "https://app.example.com。evil.example/",
                "https://аpp.example.com/",
                "https://127.0.0.1/",
                "https://2130706433/",
                "https://[::1]/",
                "//localhost/",
            ],
        );
    }
}

#[test]
fn another_host_behind_a_user_name_that_looks_like_ours() {
    refuses(
        PLAIN,
        OtherOrigin,
        &[
            "https://app.example.com@evil.example/",
            "https://app.example.com:443@evil.example/",
            "https://app.example.com%40evil@evil.example/",
            "//app.example.com@evil.example/",
            "https://evil.example#@app.example.com/",
            "https://evil.example?@app.example.com/",
            "https://evil.example/@app.example.com/",
        ],
    );
}

#[test]
fn another_port() {
    refuses(
        PLAIN,
        OtherOrigin,
        &[
            "https://app.example.com:444/",
            "https://app.example.com:80/",
            "https://app.example.com:0/",
            "//app.example.com:8443/",
        ],
    );
}

#[test]
fn another_scheme() {
    refuses(
        PLAIN,
        OtherOrigin,
        &[
            "http://app.example.com/",
            "http://app.example.com:443/",
            "http:evil.example",
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            "javascript://app.example.com/%0aalert(1)",
            "data:text/html,<script>alert(1)</script>",
            "data:text/html;base64,PHNjcmlwdD4=",
            "vbscript:msgbox(1)",
            "file:///etc/passwd",
            "ftp://app.example.com/",
            "ws://app.example.com/",
            "wss://app.example.com/",
            "blob:https://app.example.com/0b1c",
            "filesystem:https://app.example.com/temporary/x",
            "view-source:https://app.example.com/",
            "about:blank",
            "mailto:a@app.example.com",
            "intent://app.example.com/#Intent;end",
            "app.example.com:443/x",
        ],
    );
}

#[test]
fn a_backslash() {
    for public_url in [PLAIN, STAGED] {
        refuses(
            public_url,
            Backslash,
            &[
                r"/\evil.example",
                r"\/evil.example",
                r"\\evil.example",
                r"https:\\evil.example",
                r"https:/\evil.example",
                r"https://evil.example\@app.example.com/",
                r"https://app.example.com\.evil.example/",
                r"/prod\..\x",
                r"/prod/x?a=\b",
                r"/prod/x#\b",
                "\\\t/evil.example",
            ],
        );
    }
}

#[test]
fn a_control_character() {
    refuses(
        PLAIN,
        ControlCharacter,
        &[
            "/\t/evil.example",
            "/\n/evil.example",
            "/\r/evil.example",
            "/\r\nSet-Cookie: a=b",
            "\t//evil.example",
            "//evil.example\n",
            "ht\ntps://evil.example",
            "java\tscript:alert(1)",
            "java\nscript:alert(1)",
            "\u{1}javascript:alert(1)",
            "/\0",
            "\0/x",
            "/x\0.example",
            "/\u{b}x",
            "/\u{c}x",
            "/\u{1b}x",
            "/\u{7f}x",
            "/\u{85}x",
            "/x?a=\n",
            "/x#\r",
            "/.\t./oauth2/logout",
        ],
    );
}

#[test]
fn a_blank_at_an_end() {
    refuses(
        PLAIN,
        ControlCharacter,
        &[
            " ",
            " /x",
            "/x ",
            " //evil.example",
            " javascript:alert(1)",
            "\u{a0}/x",
            "\u{3000}//evil.example",
            "/x\u{2028}",
        ],
    );
}

#[test]
fn credentials() {
    refuses(
        PLAIN,
        Credentials,
        &[
            "https://user@app.example.com/",
            "https://user:password@app.example.com/",
            "https://:password@app.example.com/",
            "https://evil.example@app.example.com/",
            "https://evil.example%2f@app.example.com/",
            "//user@app.example.com/",
            "https://a@b@app.example.com/",
        ],
    );
}

#[test]
fn no_url() {
    refuses(
        PLAIN,
        NotAUrl,
        &[
            "//",
            "///evil.example",
            "////evil.example",
            "https://",
            "https://:443/",
            "https://user@/",
            "https://[::1",
            "https://app.example.com:99999/",
            "https://app.example.com:a/",
            "https://app.example.com%00.evil.example/",
            "https://app.example.com%2f.evil.example/",
            "https://app.example.com%5cevil.example/",
            "https://app.example.com%40evil.example/",
            "https://app.example.com／evil.example/",
            "https://app.example.com evil.example/",
            "https://app.example.com^evil.example/",
            "https://a|b/",
            "https://256.256.256.256/",
        ],
    );
}

#[test]
fn an_ambiguous_path() {
    refuses(
        PLAIN,
        AmbiguousPath,
        &[
            "https://app.example.com//evil.example",
            "/.//evil.example",
            "/..//evil.example",
            "/%2e//evil.example",
            "/%2e%2e//evil.example",
            "/x/..//evil.example",
            "/x//y",
            "/%2fevil.example",
            "/%2Fevil.example",
            "/%5cevil.example",
            "/%5Cevil.example",
            "%2f%2fevil.example",
            "/%252fevil.example",
            "/%255cevil.example",
            "/%252e%252e/x",
            "/%2541",
            "/%25u0041",
            "/%",
            "/%2",
            "/%zz",
            "/x%00",
            "/x%09y",
            "/x%0d%0aSet-Cookie:a=b",
            "/%7f",
            "/%c2%85",
            "/%ff",
            "/%c0%af",
            "/%c0%ae%c0%ae/x",
            "/%e0%80%af",
            "/%ed%a0%80",
            "/oauth2%2flogout",
            "/x/..%2foauth2/logout",
            "/%6fauth2%5clogout",
        ],
    );
}

#[test]
fn a_stage_path_that_is_not_ours() {
    refuses(
        STAGED,
        OutsidePath,
        &[
            "/",
            "/x",
            "/pro",
            "/production",
            "/prod2/x",
            "/prod;a/x",
            "/prod.evil",
            "/PROD/x",
            "/%70rod/x",
            "/prod%2fx",
            "https://app.example.com",
            "https://app.example.com/",
            "https://app.example.com//prod/x",
            "/oauth2/logout",
        ],
    );
}

#[test]
fn dot_segments_that_leave_the_stage_path() {
    refuses(
        STAGED,
        OutsidePath,
        &[
            "..",
            "../",
            "../x",
            "../test/x",
            "x/../../x",
            "/prod/..",
            "/prod/../x",
            "/prod/./../x",
            "/prod/x/../../x",
            "/prod/%2e%2e/x",
            "/prod/%2E%2e/x",
            "/prod/.%2e/x",
            "/prod/%2e./x",
            "/prod/../../prod2/x",
            "/prod/../production",
            "https://app.example.com/prod/../test",
        ],
    );
}

#[test]
fn one_of_our_own_paths() {
    refuses(
        PLAIN,
        OwnPath,
        &[
            "/oauth2",
            "/oauth2/",
            "/oauth2/login",
            "/oauth2/logout?rd=/",
            "oauth2/logout",
            "/OAUTH2/logout",
            "/oAuth2/logout",
            "/%6fauth2/logout",
            "/%6Fauth2/logout",
            "/%4fAUTH2/logout",
            "/oauth%32/logout",
            "/%6f%61%75%74%68%32",
            "/x/../oauth2/logout",
            "/x/%2e%2e/oauth2/logout",
            "/./oauth2/logout",
            "/oauth2?x",
            "/oauth2#x",
            "https://app.example.com/oauth2/callback",
        ],
    );
    refuses(
        STAGED,
        OwnPath,
        &[
            "/prod/oauth2",
            "/prod/oauth2/logout",
            "/prod/x/../oauth2/logout",
            "/prod/../prod/oauth2/logout",
            "/prod/%6fauth2/logout",
            "/prod/OAuth2/logout",
            "oauth2/logout",
        ],
    );
}

#[test]
fn one_byte_more_than_fits_as_it_came() {
    let longest = format!("{PLAIN}/{}", "a".repeat(MAX_RETURN_TARGET_BYTES - PLAIN.len() - 1));
    assert_eq!(longest.len(), MAX_RETURN_TARGET_BYTES);
    assert_eq!(parse(&longest, PLAIN), Ok(longest.clone()));
    assert_eq!(parse(&format!("{longest}a"), PLAIN), Err(TooLong));
}

#[test]
fn too_long_as_it_came_though_it_would_be_sent_short() {
    let dots = "/.".repeat(MAX_RETURN_TARGET_BYTES / 2);
    assert_eq!(parse(&dots, PLAIN).as_deref(), Ok("https://app.example.com/"));
    assert_eq!(parse(&format!("{dots}/"), PLAIN), Err(TooLong));
}

#[test]
fn one_byte_more_than_fits_as_it_would_be_sent() {
    let path = format!("/{}", "a".repeat(MAX_RETURN_TARGET_BYTES - PLAIN.len() - 1));
    assert_eq!(parse(&path, PLAIN).unwrap().len(), MAX_RETURN_TARGET_BYTES);
    assert_eq!(parse(&format!("{path}a"), PLAIN), Err(TooLong));
}

#[test]
fn one_character_more_than_fits_once_it_is_encoded() {
    let room = MAX_RETURN_TARGET_BYTES - PLAIN.len() - 1;
    let fits = format!("/{}{}", "a".repeat(room % 6), "é".repeat(room / 6));
    assert_eq!(parse(&fits, PLAIN).unwrap().len(), MAX_RETURN_TARGET_BYTES);
    assert_eq!(parse(&format!("{fits}a"), PLAIN), Err(TooLong));
}

#[test]
fn none_at_all() {
    assert_eq!(parse_values(&[], PLAIN), Err(Missing));
}

#[test]
fn an_empty_one() {
    assert_eq!(parse_values(&[""], PLAIN), Err(Empty));
}

#[test]
fn two_of_them_even_when_they_are_equal() {
    for values in [["/x", "/x"], ["/x", "//evil.example"], ["//evil.example", "/x"], ["", ""], ["/x", ""]] {
        assert_eq!(parse_values(&values, PLAIN), Err(Duplicate), "{values:?}");
    }
}
