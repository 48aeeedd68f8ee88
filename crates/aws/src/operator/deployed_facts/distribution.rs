//! Reads a CloudFront distribution.

use aws_sdk_cloudfront::Client;
use aws_sdk_cloudfront::types::{
    CustomErrorResponse, CustomErrorResponses, CustomHeaders, CustomOriginConfig, DistributionConfig, Origin,
    Origins, TrustedKeyGroups, TrustedSigners,
};

use super::{CallFault, CallResult, FactReader, answered, text, texts};

const PERMISSION: &str = "cloudfront:GetDistribution";

/// A distribution.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a setting of its own")]
pub struct DistributionFacts {
    /// Whether it serves requests.
    pub is_enabled: bool,
    /// Its alternate domain names.
    pub aliases: Vec<String>,
    /// The host name of its default behaviour's origin.
    pub origin: String,
    /// The header that proves that a request comes from the distribution.
    pub secret: OriginSecret,
    /// The methods that it allows.
    pub methods: Vec<String>,
    /// The id of its cache policy.
    pub cache_policy: String,
    /// The id of its origin request policy.
    pub origin_request_policy: String,
    /// For example `redirect-to-https`.
    pub viewer_protocol: String,
    /// The number of cache behaviours besides the default one.
    pub other_behaviours: usize,
    /// The error statuses that it does not cache (a minimum TTL of 0).
    pub errors_passed: Vec<i32>,
    /// The ARN of its certificate; `None` for CloudFront's default certificate.
    pub certificate: Option<String>,
    /// The type of its geographic restriction; `none` if every country is allowed.
    pub countries: String,
    /// Whether it requires signed URLs.
    pub wants_signature: bool,
    /// The default root object.
    pub root: String,
    /// Whether cookies are logged.
    pub logs_cookies: bool,
    /// The path that it puts before each request path.
    pub origin_path: String,
    /// Whether it runs a function on requests or responses (CloudFront Functions, Lambda@Edge).
    pub runs_code: bool,
    /// The protocol to its origin, for example `https-only`; empty for an origin in S3.
    pub origin_protocol: String,
}

/// The header by which the function recognises requests from the distribution.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OriginSecret {
    /// No header is configured.
    #[default]
    Unknown,
    /// The distribution does not send a header of that name.
    Missing,
    /// The distribution sends another value.
    Differs,
    /// The distribution sends the configured value.
    Same,
}

impl FactReader {
    /// Reads a distribution. `secrets` are the header names and values that the function accepts.
    ///
    /// # Errors
    ///
    /// [`CallFault`].
    pub async fn distribution(&self, id: &str, secrets: &[(&str, &str)]) -> CallResult<DistributionFacts> {
        let client = Client::new(self.configuration(PERMISSION).await?);
        let found = answered(PERMISSION, client.get_distribution().id(id).send()).await?;
        let absent = || CallFault::not_found(PERMISSION);
        let configuration =
            found.distribution().and_then(|one| one.distribution_config()).ok_or_else(absent)?;
        let behaviour = configuration.default_cache_behavior().ok_or_else(absent)?;
        let origins = configuration.origins().map(Origins::items).unwrap_or_default();
        let origin = origins.iter().find(|origin| origin.id() == behaviour.target_origin_id());
        Ok(DistributionFacts {
            is_enabled: configuration.enabled(),
            aliases: configuration.aliases().map(|one| one.items().to_vec()).unwrap_or_default(),
            origin: text(origin.map(Origin::domain_name)),
            secret: origin.map(|origin| secret(origin, secrets)).unwrap_or_default(),
            methods: behaviour.allowed_methods().map(|one| texts(one.items())).unwrap_or_default(),
            cache_policy: text(behaviour.cache_policy_id()),
            origin_request_policy: text(behaviour.origin_request_policy_id()),
            viewer_protocol: behaviour.viewer_protocol_policy().as_str().to_owned(),
            other_behaviours: configuration.cache_behaviors().map_or(0, |others| others.items().len()),
            errors_passed: errors_passed(configuration),
            certificate: configuration
                .viewer_certificate()
                .and_then(|one| one.acm_certificate_arn().or_else(|| one.iam_certificate_id()))
                .map(str::to_owned),
            countries: configuration
                .restrictions()
                .and_then(|one| one.geo_restriction())
                .map_or("none", |one| one.restriction_type().as_str())
                .to_owned(),
            wants_signature: behaviour.trusted_key_groups().is_some_and(TrustedKeyGroups::enabled)
                || behaviour.trusted_signers().is_some_and(TrustedSigners::enabled),
            root: text(configuration.default_root_object()),
            logs_cookies: configuration.logging().is_some_and(|one| one.enabled() && one.include_cookies()),
            origin_path: text(origin.and_then(Origin::origin_path)),
            runs_code: behaviour.function_associations().is_some_and(|one| !one.items().is_empty())
                || behaviour.lambda_function_associations().is_some_and(|one| !one.items().is_empty()),
            origin_protocol: text(
                origin.and_then(Origin::custom_origin_config).map(CustomOriginConfig::origin_protocol_policy),
            ),
        })
    }
}

fn errors_passed(configuration: &DistributionConfig) -> Vec<i32> {
    let errors = configuration.custom_error_responses().map(CustomErrorResponses::items).unwrap_or_default();
    let is_passed = |page: Option<&str>| page.is_none_or(str::is_empty);
    let passed = errors
        .iter()
        .filter(|one| one.error_caching_min_ttl() == Some(0) && is_passed(one.response_page_path()));
    passed.map(CustomErrorResponse::error_code).collect()
}

fn secret(origin: &Origin, secrets: &[(&str, &str)]) -> OriginSecret {
    if secrets.is_empty() {
        return OriginSecret::Unknown;
    }
    let sent = origin.custom_headers().map(CustomHeaders::items).unwrap_or_default();
    let mut found = OriginSecret::Missing;
    for header in sent {
        let named = secrets.iter().filter(|(name, _)| name.eq_ignore_ascii_case(header.header_name()));
        for (_, value) in named {
            if *value == header.header_value() {
                return OriginSecret::Same;
            }
            found = OriginSecret::Differs;
        }
    }
    found
}
