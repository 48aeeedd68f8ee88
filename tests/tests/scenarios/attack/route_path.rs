//! Tests paths that two parsers could read differently: only `/anything/public/*` is open.

use fronts::fronts;
use local::api_gateway::{PathParameters, RouteMatching, TrailingSlash};
use percent::decoded;
use serde_json::json;
use tests::world::{Setup, StoryFront, World};

const PATHS: [&str; 62] = [
    "/anything/public/../secret",
    "/anything/public/..",
    "/anything/public/.",
    "/anything/public/./../secret",
    "/anything/public/%2e%2e/secret",
    "/anything/public/%2E%2E/secret",
    "/anything/public/.%2e/secret",
    "/anything/public/%2e./secret",
    "/anything/public/..%2fsecret",
    "/anything/public/..%2Fsecret",
    "/anything/public/%2e%2e%2fsecret",
    "/anything/public%2f..%2fsecret",
    "/anything/public%2f../secret",
    "/anything/public/..%5csecret",
    "/anything/public/..\\secret",
    "/anything/public\\..\\secret",
    "/anything/public/%252e%252e/secret",
    "/anything/public/%25%32%65%25%32%65/secret",
    "/anything/public/..%252fsecret",
    "/anything/public/..;/secret",
    "/anything/public/..;a=b/secret",
    "/anything/public/%2e%2e%3b/secret",
    "/anything/public;/../secret",
    "/anything/secret;/anything/public/a",
    "/anything/secret%3f/anything/public/a",
    "/anything/secret%23/anything/public/a",
    "/anything/secret#/anything/public/a",
    "/anything/secret?/anything/public/a",
    "/anything/secret?x=/anything/public/",
    "/anything/secret%00/anything/public/a",
    "/anything/public/%00/../secret",
    "/anything/public/%0a",
    "/anything/public/%0d%0a",
    "/anything/public/\u{7f}",
    "/anything//public/a",
    "//anything/public/a",
    "/anything/public//a",
    "/anything/public/a//",
    "/anything/./public/a",
    "/anything/x/../public/a",
    "/anything/publicsecret",
    "/anything/public.secret",
    "/anything/public-secret",
    "/anything/public%20",
    "/anything/public%20/a",
    "/anything/Public/a",
    "/anything/PUBLIC/a",
    "/ANYTHING/public/a",
    "/anything/publi%63/../secret",
    "/anything/%70ublic/..%2fsecret",
    "/anything/public/%c0%ae%c0%ae/secret",
    "/anything/public/%c0%afsecret",
    "/anything/public/%ff",
    "/anything/public/%e0%80%af",
    "/anything/public/%u002e%u002e/secret",
    "/anything/public/%",
    "/anything/public/%2",
    "/anything/public/%zz",
    "/anything/public/\u{ff0e}\u{ff0e}/secret",
    "/anything/public/\u{2025}/secret",
    "/anything/public/a/../../secret",
    "/anything/secret/..%2f..%2fpublic",
];

fn open() -> Setup {
    Setup::default().set("routes", json!([{"paths": ["/anything/public/*"], "auth": "none"}]))
}

/// One world for every way in which a REST API may read a path; other fronts pass it on unchanged.
fn worlds(setup: fn() -> Setup) -> Vec<World> {
    if StoryFront::current().is_proxy() {
        return vec![setup().build()];
    }
    let mut worlds = Vec::new();
    for parameters in [PathParameters::Decoded, PathParameters::AsSent] {
        for matching in [RouteMatching::AsSent, RouteMatching::Decoded] {
            for slash in [TrailingSlash::Kept, TrailingSlash::Dropped] {
                let world = setup().behaviour(|behaviour| {
                    behaviour.path_parameters = parameters;
                    behaviour.route_matching = matching;
                    behaviour.trailing_slash = slash;
                });
                worlds.push(world.build());
            }
        }
    }
    worlds
}

#[fronts(every_front)]
async fn a_path_that_reaches_the_upstream_is_public_however_it_is_read() {
    for world in worlds(open) {
        for path in PATHS {
            world.upstream.forget();
            let reply = world.send("GET", path, &[]).await;
            for received in world.received() {
                let target = received.target.split('?').next().unwrap().to_owned();
                assert!(is_public(&target), "{path} came as {target}: {}", reply.status);
            }
            assert!(reply.status < 500, "{path}: {}", reply.status);
        }
    }
}

/// An upstream that decodes paths or ignores case would serve pages there that users mistake for vestibule's.
#[fronts(every_front)]
async fn no_spelling_of_our_prefix_reaches_the_upstream() {
    let open = || Setup::default().set("routes", json!([{"paths": ["/*"], "auth": "none"}]));
    for world in worlds(open) {
        for path in
            ["/%6fauth2/x", "/%6Fauth2/login", "/OAUTH2/x", "/Oauth2/login", "/OAUTH2", "/oauth%32/health"]
        {
            let reply = world.send("GET", path, &[]).await;
            assert!(world.received().is_empty(), "{path}");
            // An HTTP API has decoded the path, which is then one of vestibule's.
            let served = world.front == StoryFront::HttpApi && path.contains('%');
            assert!(served || [302, 400, 404].contains(&reply.status), "{path}: {}", reply.status);
        }
        assert_eq!(world.send("GET", "/anything/oauth2", &[]).await.status, 200);
        world.upstream.forget();
    }
}

/// The application would get the code, and could be tricked into accepting it as its own.
#[fronts(every_front, alb_single_value)]
async fn no_spelling_of_the_callback_reaches_the_upstream() {
    let open = || {
        let routes = json!([{"paths": ["/*"], "auth": "none"}]);
        Setup::default().set("routes", routes).set("redirect_uri", "http://localhost:8400/anything/oidc")
    };
    for world in worlds(open) {
        for path in
            ["/anything/OIDC", "/ANYTHING/oidc", "/anything/%6fIDC", "/anything/oidc/", "/anything/oid%63/"]
        {
            // A REST API may drop the slash, which leaves exactly the callback path.
            if world.front == StoryFront::Rest && path.ends_with('/') {
                continue;
            }
            for headers in [&super::PAGE[..], &[]] {
                let reply = world.send("GET", &format!("{path}?code=a&state=b"), headers).await;
                assert!(world.received().is_empty(), "{path} {headers:?}");
                assert!([302, 400, 404].contains(&reply.status), "{path}: {}", reply.status);
            }
        }
        // Without a state the request is not a callback, and the path belongs to the application.
        for path in ["/anything/oidc", "/anything/oidc/", "/anything/oidc2", "/anything/oidc/x", "/anything"]
        {
            assert_eq!(world.send("GET", path, &[]).await.status, 200, "{path}");
        }
        world.upstream.forget();
    }
}

#[fronts(every_front, alb_single_value)]
async fn an_ambiguous_path_is_refused_even_with_a_good_credential() {
    let world = World::new();
    let bearer = format!("Bearer {}", world.access_token(&local::cognito::NewUser::local_admin()));
    let ambiguous = [
        "/anything/a/../b",
        "/anything/%2e%2e/b",
        "/anything/a%2fb",
        "/anything/a%5cb",
        "/anything/a%252fb",
        "/anything/a;b",
        "/anything/a%3bb",
        "/anything/a//b",
        "/anything/%00",
        "/anything/%ff",
        "/anything/%c0%ae%c0%ae/b",
        "/anything/%ef%bf%bd",
    ];
    // An HTTP API has decoded this path, so it can be read in only one way.
    let decided = |path: &str| world.front == StoryFront::HttpApi && path == "/anything/a%2fb";
    for path in ambiguous.into_iter().filter(|path| !decided(path)) {
        let reply = world.send("GET", path, &[("authorization", &bearer)]).await;
        let reason = reply.reason().unwrap_or_default();
        assert!(["ambiguous_path", "path_mismatch"].contains(&reason.as_str()), "{path}: {reply:?}");
        assert!(world.received().is_empty());
    }
}

/// The application decodes once, so `#`, `?` and `%` can be part of a name. A REST API decodes the path itself.
#[fronts(every_proxy, alb_single_value)]
async fn a_rule_whose_application_decodes_once_takes_such_names_and_opens_nothing_closed() {
    let routes = json!([
        {"paths": ["/anything/admin/*"], "groups_required": ["nobody"]},
        {"paths": ["/anything/open/*"], "auth": "none"},
        {"paths": ["/anything/*"], "path_decoding": "once"},
    ]);
    let world = Setup::default().set("routes", routes).build();
    // An HTTP API has decoded the path, so `50%` cannot be distinguished from a broken escape.
    let is_http_api = world.front == StoryFront::HttpApi;
    for (path, passes) in [
        ("/anything/C%23", true),
        ("/anything/C%23/talk?a=%23", true),
        ("/anything/Who%3F", true),
        ("/anything/50%25.pdf", !is_http_api),
        ("/anything/admin%23", false),
        ("/anything/admin%3F/x", false),
        ("/anything/open/C%23", false),
        ("/anything/open%23", false),
        ("/anything%23", false),
        ("/oauth2%23/login", false),
        ("/anything/..%23/x", false),
        ("/anything/a%252fb", false),
    ] {
        world.upstream.forget();
        if !passes {
            assert!([400, 404].contains(&world.send("GET", path, &[]).await.status), "{path}");
            assert!(world.received().is_empty(), "{path}");
            continue;
        }
        assert_eq!(world.send("GET", path, &[]).await.status, 401, "{path}");
        assert!(world.received().is_empty(), "{path}");
        let page = world.sign_in(&world.browser(), path).await;
        assert_eq!(page.stops().last(), Some(&world.url(path).as_str()), "sign-in leads back");
        assert_eq!(world.last_received().target, path);
    }
}

#[fronts(every_front)]
async fn public_paths_are_public() {
    for world in worlds(open) {
        for path in
            ["/anything/public", "/anything/public/", "/anything/public/a", "/anything/public/a/b?c=../d"]
        {
            assert_eq!(world.send("GET", path, &[]).await.status, 200, "{path}");
        }
    }
}

/// Most applications treat both spellings as one, and a REST API may drop the slash.
#[fronts(every_front, alb_single_value)]
async fn a_closed_path_is_closed_with_a_slash_at_its_end_too() {
    let closed = || {
        let routes = json!([{"paths": ["/anything/closed"]}, {"paths": ["/*"], "auth": "none"}]);
        Setup::default().set("routes", routes)
    };
    for world in worlds(closed) {
        for path in ["/anything/closed", "/anything/closed/", "/anything/close%64/", "/anything/closed/?a=b"]
        {
            let reply = world.send("GET", path, &[]).await;
            assert_eq!(reply.status, 401, "{path}");
            assert!(world.received().is_empty(), "{path}");
        }
        assert_eq!(world.send("GET", "/anything/open", &[]).await.status, 200);
    }
}

/// Many applications serve `/Anything/Closed` as `/anything/closed`.
#[fronts(every_front)]
async fn a_closed_path_is_closed_in_another_case_too() {
    let closed = || {
        let routes = json!([{"paths": ["/anything/closed/*"]}, {"paths": ["/*"], "auth": "none"}]);
        Setup::default().set("routes", routes)
    };
    for world in worlds(closed) {
        for path in
            ["/anything/closed/a", "/anything/Closed/a", "/ANYTHING/CLOSED", "/anything/%43losed/a?b=c"]
        {
            let reply = world.send("GET", path, &[]).await;
            assert_eq!(reply.status, 401, "{path}");
            assert!(world.received().is_empty(), "{path}");
        }
        assert_eq!(world.send("GET", "/anything/Open", &[]).await.status, 200);
    }
}

#[fronts(every_front)]
async fn our_prefix_in_another_spelling_is_the_upstream_s_and_closed() {
    for world in worlds(open) {
        for path in ["/OAUTH2/login", "/oauth2x", "/%6fauth2/login", "/oauth2%2flogin", "/./oauth2/login"] {
            let reply = world.send("GET", path, &[]).await;
            assert!([302, 400, 401, 404].contains(&reply.status), "{path}: {}", reply.status);
            assert!(world.received().is_empty(), "{path}");
        }
    }
}

/// Raw, decoded, decoded twice, with backslashes as slashes, without path parameters: each is below the open path.
fn is_public(target: &str) -> bool {
    let once = decoded(target);
    let readings = [target.to_owned(), once.clone(), decoded(&once), once.replace('\\', "/")];
    readings.iter().all(|reading| {
        let plain: String =
            reading.split('/').map(|part| part.split(';').next().unwrap()).collect::<Vec<_>>().join("/");
        let mut segments: Vec<&str> = Vec::new();
        for segment in plain.split('/') {
            match segment {
                "" | "." => {}
                ".." => drop(segments.pop()),
                other => segments.push(other),
            }
        }
        segments.starts_with(&["anything", "public"])
    })
}

mod percent {
    /// Percent-decodes all valid escapes.
    pub(super) fn decoded(text: &str) -> String {
        let bytes = text.as_bytes();
        let mut out = Vec::new();
        let mut index = 0;
        while index < bytes.len() {
            let escape = bytes.get(index + 1..index + 3).and_then(|digits| std::str::from_utf8(digits).ok());
            match escape.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
                Some(byte) if bytes[index] == b'%' => {
                    out.push(byte);
                    index += 3;
                }
                _ => {
                    out.push(bytes[index]);
                    index += 1;
                }
            }
        }
        String::from_utf8_lossy(&out).into_owned()
    }
}
