//! Runs each fuzz target with each file of its corpus, so that no fault comes back. `fuzz/run` looks for new ones.
#![expect(
    unexpected_cfgs,
    unreachable_pub,
    clippy::expect_used,
    clippy::panic,
    clippy::string_slice,
    clippy::indexing_slicing,
    reason = "the targets are written for the fuzzer, and fail by panicking"
)]

use std::fs;
use std::panic;
use std::path::Path;

use request_head::api_gateway;

#[path = "../../../fuzz/fuzz_targets/configuration.rs"]
mod configuration;
#[path = "../../../fuzz/fuzz_targets/cookie.rs"]
mod cookie;
#[path = "../../../fuzz/fuzz_targets/event.rs"]
mod event;
#[path = "../../../fuzz/fuzz_targets/json.rs"]
mod json;
#[path = "../../../fuzz/fuzz_targets/jwks.rs"]
mod jwks;
#[path = "../../../fuzz/fuzz_targets/jws.rs"]
mod jws;
#[path = "../../../fuzz/fuzz_targets/kong_import.rs"]
mod kong_import;
#[path = "../../../fuzz/fuzz_targets/logout_token.rs"]
mod logout_token;
#[path = "../../../fuzz/fuzz_targets/provider_response.rs"]
mod provider_response;
#[path = "../../../fuzz/fuzz_targets/request_head.rs"]
mod request_head;
#[path = "../../../fuzz/fuzz_targets/return_target.rs"]
mod return_target;
#[path = "../../../fuzz/fuzz_targets/route.rs"]
mod route;
#[path = "../../../fuzz/fuzz_targets/seal.rs"]
mod seal;
#[path = "../../../fuzz/fuzz_targets/sign_in.rs"]
mod sign_in;
#[path = "../../../fuzz/fuzz_targets/upstream_request.rs"]
mod upstream_request;
#[path = "../../../fuzz/fuzz_targets/upstream_response.rs"]
mod upstream_response;

/// Defines a test for each target.
macro_rules! corpora {
    ($($target:ident),* $(,)?) => {
        $(
            #[test]
            fn $target() {
                replay(stringify!($target), crate::$target::target);
            }
        )*
    };
}

mod target {
    use super::replay;

    corpora!(
        configuration,
        cookie,
        event,
        json,
        jwks,
        jws,
        kong_import,
        logout_token,
        provider_response,
        request_head,
        return_target,
        route,
        seal,
        sign_in,
        upstream_response,
        upstream_request,
    );
}

fn replay(name: &str, target: fn(&[u8])) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut folders = vec![root.join("fuzz/corpus").join(name)];
    if name == "event" {
        let events = fs::read_dir(root.join("events")).expect("the sample events");
        folders.extend(events.map(|entry| entry.expect("an entry").path()).filter(|path| path.is_dir()));
    }
    for folder in folders {
        for entry in fs::read_dir(&folder).expect("a corpus") {
            let path = entry.expect("an entry").path();
            let bytes = fs::read(&path).expect("a file");
            let replayed = panic::catch_unwind(|| target(&bytes));
            assert!(replayed.is_ok(), "{name} fails with {}", path.display());
        }
    }
}
