//! Sends events that are odd as JSON.

use std::time::Duration;

use lambda::FunctionResponse;
use tests::world::{Setup, StoryFront, World};
use tokio::time::Instant;

use super::{ClientResponse, good, say, targets};

/// Writes JSON into an event that no client's request can cause: huge numbers, repeated members, members in
/// other letter case, 6 MB.
pub(super) async fn walk(world: &World, faults: &mut Vec<String>) {
    for target in targets(world).iter().chain(&targets(&Setup::default().front(StoryFront::Rest).build())) {
        for shape in target.shapes.iter().copied() {
            let event = String::from_utf8(shape.event(&good("GET", "/app"))).unwrap();
            let beside = |member: &str| event.replacen('{', &format!("{{{member},"), 1);
            let mut large = good("POST", "/app");
            (large.body, large.is_base64) = ("QUJD".repeat(1_500_000), true);
            for (what, event) in [
                (
                    "a number with a thousand digits",
                    beside(&format!("\"x\":{}", "9".repeat(1_000))).into_bytes(),
                ),
                (
                    "a number beyond every type",
                    beside("\"x\":[1e308,-1e308,4.9e-324,1E+400,-0.0]").into_bytes(),
                ),
                (
                    "members in other letters",
                    beside("\"HttpMethod\":\"PUT\",\"RawPath\":\"/b\",\"PATH\":7,\"Headers\":{}")
                        .into_bytes(),
                ),
                ("headers twice", beside("\"headers\":{\"Cookie\":\"a=b\"}").into_bytes()),
                ("a context twice", beside("\"requestContext\":{}").into_bytes()),
                (
                    "a time of a thousand digits",
                    event
                        .replacen(
                            "\"requestContext\":{",
                            &format!("\"requestContext\":{{\"timeEpoch\":{},", "9".repeat(1_000)),
                            1,
                        )
                        .into_bytes(),
                ),
                ("a body of 6 MB in base64", shape.event(&large)),
            ] {
                let what = format!("{} {shape:?}: {what}", target.name);
                say(&what);
                let until = Instant::now() + Duration::from_secs(20);
                let status = match target.function.call(&event, until).await {
                    Ok(FunctionResponse::Whole(bytes)) => {
                        ClientResponse::of(shape, &serde_json::from_slice(&bytes).unwrap()).status
                    }
                    Ok(FunctionResponse::Streamed(reply)) => reply.status.as_u16(),
                    Err(error) => ClientResponse::of_error(&error).status,
                };
                faults.extend((status >= 500).then(|| format!("{what}: {status}")));
            }
        }
    }
}
