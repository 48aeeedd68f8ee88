//! Checks whether API Gateway may invoke the functions of its routes. AWS answers 500 if the permission is
//! missing, so a missing one is a fault at start.
//!
//! API Gateway developer guide, "Resource-based policy for Lambda functions". SAM itself adds the permission for the
//! function of an authorizer in `Auth`.

use crate::pattern::matches_pattern;
use crate::template::{Fault, Template};

use super::integration::{METHODS, function_of_arn};
use super::{Integration, Resource};

/// The calls that an `AWS::Lambda::Permission` allows.
struct Permission {
    function: String,
    /// `None` lets every API invoke the function.
    source: Option<String>,
}

/// Adds a fault for each route whose function API Gateway may not invoke.
pub(super) fn check(
    template: &Template,
    api: &str,
    stage: &str,
    resources: &[Resource],
    faults: &mut Vec<Fault>,
) -> Result<(), Fault> {
    let permissions = permissions(template)?;
    for resource in resources {
        for (name, method) in &resource.methods {
            let Integration::AwsProxy { function, .. } = &method.integration else { continue };
            let methods: Vec<&str> = if name == "ANY" { METHODS.to_vec() } else { vec![name.as_str()] };
            let path = resource.path.strip_prefix('/').unwrap_or(&resource.path);
            let allowed = methods.iter().all(|method| {
                let source = template.execute_api_arn(api, &format!("{stage}/{method}/{path}"));
                permissions.iter().any(|permission| permission.allows(function, &source))
            });
            if !allowed {
                let message =
                    format!("{} {name}: API Gateway has no permission to invoke {function}", resource.path);
                faults.push(Fault::new(method.line, message));
            }
        }
    }
    Ok(())
}

impl Permission {
    fn allows(&self, function: &str, source: &str) -> bool {
        self.function == function
            && self.source.as_ref().is_none_or(|pattern| matches_pattern(pattern, source))
    }
}

fn permissions(template: &Template) -> Result<Vec<Permission>, Fault> {
    let mut permissions = Vec::new();
    for name in template.resources_of("AWS::Lambda::Permission")? {
        let principal = template.property(&name, "Principal")?;
        let is_ours = principal
            .is_some_and(|principal| principal.text("`Principal`") == Ok("apigateway.amazonaws.com"));
        if !is_ours {
            continue;
        }
        let action = template.property(&name, "Action")?;
        if !action
            .is_some_and(|action| matches!(action.text("`Action`"), Ok("lambda:InvokeFunction" | "lambda:*")))
        {
            continue;
        }
        let Some(function) = template.property(&name, "FunctionName")? else { continue };
        let function = function.text("`FunctionName`")?;
        let source = template.property(&name, "SourceArn")?;
        permissions.push(Permission {
            function: function_of_arn(function).unwrap_or_else(|| function.to_owned()),
            source: source.map(|source| source.text("`SourceArn`").map(str::to_owned)).transpose()?,
        });
    }
    Ok(permissions)
}
