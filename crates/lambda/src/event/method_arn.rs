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
    /// API Gateway accepts 512 characters in the Resource of a policy; ours has fewer.
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

    /// The Resource of a policy for the whole stage.
    pub fn policy_resource(&self) -> String {
        format!("{}/*", self.stage_arn)
    }

    /// The Resource of a policy for this request alone, so that an authorizer's cache, which must be off, opens
    /// no other path. The event's own ARN is never returned: a long path would exceed the 512 characters, and a
    /// `*` in a path would be a wildcard.
    ///
    /// `?` stands for the first letter of the method; the rest tells all methods apart. `*` stands for what API
    /// Gateway may spell otherwise when it compares: characters that can be percent-encoded, and a slash at the
    /// end. It also stands for the rest of a long path. An ARN with a route's name, such as `$default`, instead
    /// of a method names no path, so the policy is for the stage.
    pub fn request_resource(&self) -> String {
        let mut method = self.method.chars();
        let is_method = self.method.bytes().all(|byte| byte.is_ascii_uppercase());
        let (Some(_), true, true) = (method.next(), is_method, self.method.len() > 1) else {
            return self.policy_resource();
        };
        let mut resource = format!("{}/?{}/", self.stage_arn, method.as_str());
        if resource.len() + 2 >= Self::MAX_RESOURCE {
            return self.policy_resource();
        }
        let path = self.path.strip_prefix('/').unwrap_or(&self.path);
        let kept = path.strip_suffix('/').unwrap_or(path);
        let mut rest = kept.chars().chain((kept.len() < path.len()).then_some('*')).peekable();
        while let Some(character) = rest.next() {
            let is_spelled_once = character.is_ascii_alphanumeric() || "-._~/".contains(character);
            let is_last_place = resource.len() + 2 == Self::MAX_RESOURCE && rest.peek().is_some();
            match (is_spelled_once && !is_last_place, resource.ends_with('*')) {
                (true, _) => resource.push(character),
                (false, false) => resource.push('*'),
                (false, true) => {}
            }
            if character == '%' {
                for _digit in 0..2 {
                    rest.next_if(char::is_ascii_hexdigit);
                }
            }
            if is_last_place {
                break;
            }
        }
        resource
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
    fn a_request_alone_is_written_so_that_no_other_path_or_method_matches() {
        let stage = "arn:aws:execute-api:eu-central-1:123456789012:abc/prod";
        for (request, expected) in [
            ("GET/orders/7", "?ET/orders/7"),
            ("OPTIONS/a-b_c.d~e", "?PTIONS/a-b_c.d~e"),
            ("GET/", "?ET/"),
            ("GET", "?ET/"),
            ("GET/orders/", "?ET/orders*"),
            ("GET/a%20b", "?ET/a*b"),
            ("GET/a%2Fb%2fc", "?ET/a*b*c"),
            ("GET/%E2%82%AC/x", "?ET/*/x"),
            ("GET/a%2", "?ET/a*"),
            ("GET/a%zz", "?ET/a*zz"),
            ("GET/*", "?ET/*"),
            ("GET/a?b$c:d@e", "?ET/a*b*c*d*e"),
            ("GET/${aws:username}", "?ET/*aws*username*"),
            ("GET/\u{e4}", "?ET/*"),
            ("$default", "*"),
            ("ANY*/a", "*"),
            ("get/a", "*"),
            ("G/a", "*"),
            ("*", "*"),
        ] {
            let arn = MethodArn::parse(&format!("{stage}/{request}")).unwrap();
            assert_eq!(arn.request_resource(), format!("{stage}/{expected}"), "{request}");
        }
    }

    #[test]
    fn a_long_path_is_cut_below_512_characters() {
        let stage = "arn:aws:execute-api:eu-central-1:123456789012:abc/prod/?ET/";
        let room = MethodArn::MAX_RESOURCE - 1 - stage.len();
        for (length, cut) in [(room - 1, false), (room, false), (room + 1, true), (1_500, true)] {
            let path = "x".repeat(length);
            let arn = MethodArn::parse(&format!("{}{path}", stage.replace('?', "G"))).unwrap();
            let resource = arn.request_resource();
            let kept = if cut { format!("{}*", "x".repeat(room - 1)) } else { path };
            assert_eq!(resource, format!("{stage}{kept}"), "{length}");
        }
        let escapes =
            MethodArn::parse(&format!("{}{}", stage.replace('?', "G"), "a%20".repeat(400))).unwrap();
        assert_eq!(escapes.request_resource().len(), MethodArn::MAX_RESOURCE - 1);
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
    fn a_text_that_is_no_method_arn_is_refused() {
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
