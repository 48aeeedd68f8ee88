//! Checks whether API Gateway may invoke the functions of its routes. AWS answers 500 if the permission is
//! missing, so a missing one is a fault at start.
//!
//! API Gateway developer guide, "Resource-based policy for Lambda functions". SAM itself adds the permission for the
//! function of an authorizer in `Auth`.

use crate::template::{Fault, Template};

use super::integration::METHODS;
use super::{Integration, Resource};

/// Adds a fault for each route whose function API Gateway may not invoke.
pub(super) fn check(
    template: &Template,
    api: &str,
    stage: &str,
    resources: &[Resource],
    faults: &mut Vec<Fault>,
) -> Result<(), Fault> {
    let permissions = template.permissions()?;
    for resource in resources {
        for (name, method) in &resource.methods {
            let Integration::AwsProxy { function, .. } = &method.integration else { continue };
            let methods: Vec<&str> = if name == "ANY" { METHODS.to_vec() } else { vec![name.as_str()] };
            let path = resource.path.strip_prefix('/').unwrap_or(&resource.path);
            let allowed = methods.iter().all(|method| {
                let source = template.execute_api_arn(api, &format!("{stage}/{method}/{path}"));
                permissions
                    .iter()
                    .any(|permission| permission.lets("apigateway.amazonaws.com", function, &source))
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
