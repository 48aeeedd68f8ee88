//! Reads the ARN of a method or route: `arn:aws:execute-api:{region}:{account}:{api}/{stage}/{VERB}/{path}`.

/// A method's ARN, split into the parts that a policy needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MethodArn {
    /// `arn:{partition}:execute-api:{region}:{account}:{api}/{stage}`.
    stage_arn: String,
    method: String,
    path: String,
}

impl MethodArn {
    /// The longest Resource that API Gateway accepts in a policy, in characters.
    pub const MAX_RESOURCE: usize = 512;

    /// The text that replaces method and path in the ARN of a WebSocket API: `.../{stage}/$connect`.
    const CONNECT: &str = "$connect";

    /// Splits an ARN; returns `None` if it is not the ARN of an API's method.
    pub fn parse(arn: &str) -> Option<Self> {
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        let ["arn", partition, "execute-api", region, account, resource] = parts.as_slice() else {
            return None;
        };
        let mut segments = resource.splitn(4, '/');
        let (api, stage, method) = (segments.next()?, segments.next()?, segments.next().unwrap_or("*"));
        let named = [partition, region, account, &api, &stage].iter().all(|part| is_name(part));
        let stage_arn = arn.get(..arn.len() - resource.len() + api.len() + "/".len() + stage.len())?;
        if !named || stage_arn.len() > Self::MAX_RESOURCE - "/$connect".len() {
            return None;
        }
        Some(Self {
            stage_arn: stage_arn.to_owned(),
            method: method.to_owned(),
            path: format!("/{}", segments.next().unwrap_or_default()),
        })
    }

    /// The Resource of a policy: every method of the stage. The event's own ARN is never returned: a long
    /// path would exceed the 512 characters, and a `*` in a path would be a wildcard.
    pub fn policy_resource(&self) -> String {
        format!("{}/*", self.stage_arn)
    }

    /// The Resource of a policy for a WebSocket: its `$connect` route only.
    pub fn connect_resource(&self) -> String {
        format!("{}/{}", self.stage_arn, Self::CONNECT)
    }

    /// Whether the ARN is that of a WebSocket's `$connect` route.
    pub fn is_connect(&self) -> bool {
        self.method == Self::CONNECT && self.path == "/"
    }

    /// The method in the ARN.
    pub fn method(&self) -> &str {
        &self.method
    }

    /// The path in the ARN, with its leading `/`.
    pub fn path(&self) -> &str {
        &self.path
    }
}

/// Whether the part cannot widen a policy: it has no wildcard and no variable. `$` occurs in the stage
/// `$default`.
fn is_name(part: &str) -> bool {
    !part.is_empty()
        && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'$'))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use super::MethodArn;

    const ARN: &str = "arn:aws:execute-api:eu-central-1:123456789012:abcdef1234/prod/GET/orders/7";

    #[test]
    fn a_policy_covers_the_stage_and_never_echoes_the_path() {
        let arn = MethodArn::parse(ARN).unwrap();
        let stage = "arn:aws:execute-api:eu-central-1:123456789012:abcdef1234/prod/*";
        assert_eq!(arn.policy_resource(), stage);
        assert_eq!((arn.method(), arn.path()), ("GET", "/orders/7"));
    }

    #[test]
    fn a_path_of_1500_bytes_leaves_the_resource_short() {
        let arn = MethodArn::parse(&format!("{ARN}/{}", "x".repeat(1_500))).unwrap();
        assert!(arn.policy_resource().len() < MethodArn::MAX_RESOURCE);
    }

    #[test]
    fn the_default_stage_and_the_root_path_are_read() {
        let arn =
            MethodArn::parse("arn:aws-cn:execute-api:cn-north-1:123456789012:abc/$default/GET/").unwrap();
        assert_eq!(arn.path(), "/");
        let route = "arn:aws-cn:execute-api:cn-north-1:123456789012:abc/$default/*";
        assert_eq!(arn.policy_resource(), route);
    }

    #[test]
    fn a_connection_has_a_policy_of_its_own() {
        let stage = "arn:aws:execute-api:eu-central-1:123456789012:abc/prod";
        let arn = MethodArn::parse(&format!("{stage}/$connect")).unwrap();
        assert_eq!((arn.is_connect(), arn.connect_resource()), (true, format!("{stage}/$connect")));
        for other in ["$disconnect", "$default", "$connect/a", "GET/$connect", "*", "$connect*"] {
            assert!(!MethodArn::parse(&format!("{stage}/{other}")).unwrap().is_connect(), "{other}");
        }
    }

    #[test]
    fn what_is_no_method_arn_is_refused() {
        for arn in [
            "",
            "*",
            "arn:aws:execute-api:eu-central-1:123456789012",
            "arn:aws:lambda:eu-central-1:123456789012:function:f",
            "arn:aws:execute-api:eu-central-1:123456789012:abcdef1234",
            "arn:aws:execute-api:eu-central-1:123456789012:*/prod/GET/",
            "arn:aws:execute-api:eu-central-1:123456789012:abc/*/GET/",
            "arn:aws:execute-api::123456789012:abc/prod/GET/",
        ] {
            assert_eq!(MethodArn::parse(arn), None, "{arn}");
        }
        let long = format!("arn:aws:execute-api:eu-central-1:123456789012:abc/{}/GET/", "s".repeat(500));
        assert_eq!(MethodArn::parse(&long), None);
    }
}
