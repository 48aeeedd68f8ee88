//! Reads the fronts of the deployed templates.

use super::{StartFault, fault};
use crate::alb::Rules;
use crate::api_gateway::{Behaviour, DOMAIN_NAME, Endpoint, RestApi};
use crate::http_api::Deployed;
use crate::template::Inputs;

/// The deployed templates, as they were at build time.
const TEMPLATE: &str = include_str!("../../../../infra/template.yaml");
const HTTP_API: &str = include_str!("../../../../infra/http-api.yaml");
const FUNCTION_URL: &str = include_str!("../../../../infra/function-url.yaml");
const ALB: &str = include_str!("../../../../infra/alb.yaml");

/// The REST API of the deployed template with `upstream`.
///
/// # Errors
///
/// Every fault of the template with its line.
pub fn rest_api(upstream: &str, behaviour: Behaviour) -> Result<RestApi, StartFault> {
    let mut inputs = Inputs::default();
    let mut set = |name: &str, value: &str| inputs.parameters.insert(name.to_owned(), value.to_owned());
    set("UpstreamUrl", upstream);
    set("Domain", "local");
    if behaviour.endpoint == Endpoint::CustomDomain {
        set("CustomDomainName", DOMAIN_NAME);
        set("CertificateArn", "arn:aws:acm:eu-central-1:123456789012:certificate/local");
    }
    let rest_api = RestApi::from_template(TEMPLATE, &inputs, behaviour).map_err(fault)?;
    if let Some(secure) = rest_api.secure_upstreams().first() {
        return Err(StartFault(format!(
            "{secure}: the local API Gateway reaches an upstream over http only"
        )));
    }
    Ok(rest_api)
}

/// The HTTP API of the deployed template with `upstream`; if `url` is true, the function URL of the other
/// template.
///
/// # Errors
///
/// The fault in the template, with its line.
pub fn http_api(upstream: &str, url: bool) -> Result<Deployed, StartFault> {
    let inputs = front_inputs(upstream);
    let deployed = if url {
        Deployed::function_url(FUNCTION_URL, &inputs)
    } else {
        Deployed::http_api(HTTP_API, &inputs)
    };
    deployed.map_err(fault)
}

/// The rules of the deployed load balancer with `upstream`.
///
/// # Errors
///
/// Every fault of the template with its line.
pub fn load_balancer_rules(upstream: &str) -> Result<Rules, StartFault> {
    let mut inputs = front_inputs(upstream);
    inputs.parameters.insert("CustomDomainName".to_owned(), "app.example.com".to_owned());
    Rules::from_template(ALB, &inputs).map_err(fault)
}

fn front_inputs(upstream: &str) -> Inputs {
    let mut inputs = Inputs::default();
    inputs.parameters.insert("UpstreamUrl".to_owned(), upstream.to_owned());
    inputs.parameters.insert("Domain".to_owned(), "local".to_owned());
    inputs
}
