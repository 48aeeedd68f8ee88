//! Looks at a distribution of CloudFront.

use aws_sdk_cloudfront::Client;
use aws_sdk_cloudfront::types::{
    CustomErrorResponse, CustomErrorResponses, CustomHeaders, DistributionConfig, Origin, Origins,
    TrustedKeyGroups, TrustedSigners,
};

use super::{Looking, Seen, Unseen, text, texts};

const PERMISSION: &str = "cloudfront:GetDistribution";

/// A distribution.
#[derive(Clone, Debug, Default)]
pub struct DistributionFacts {
    /// Whether it answers.
    pub is_enabled: bool,
    /// The host names that it answers to, beside its own.
    pub aliases: Vec<String>,
    /// The host that its default behaviour asks.
    pub origin: String,
    /// The header by which its requests are known.
    pub secret: OriginSecret,
    /// The methods that it passes.
    pub methods: Vec<String>,
    /// The id of its cache policy.
    pub cache_policy: String,
    /// The id of its origin request policy.
    pub origin_request_policy: String,
    /// Such as `redirect-to-https`.
    pub viewer_protocol: String,
    /// The number of behaviours beside the default one.
    pub other_behaviours: usize,
    /// The statuses of errors that it gives to others for no time.
    pub errors_passed: Vec<i32>,
    /// The ARN of its certificate; nothing where it has CloudFront's own.
    pub certificate: Option<String>,
    /// `none` where people of every country get in.
    pub countries: String,
    /// Whether addresses have to be signed.
    pub wants_signature: bool,
    /// The path that stands for `/`.
    pub root: String,
    /// Whether cookies are logged.
    pub logs_cookies: bool,
    /// The text that it puts before each path.
    pub origin_path: String,
}

/// The header by which the function tells requests of the distribution from others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OriginSecret {
    /// None is configured.
    #[default]
    Unknown,
    /// The distribution sends none of that name.
    Missing,
    /// It has another value.
    Differs,
    /// It has the configured value.
    Same,
}

impl Looking {
    /// Looks at a distribution. `secrets` are the names and values that the function takes.
    ///
    /// # Errors
    ///
    /// [`Unseen`].
    pub async fn distribution(&self, id: &str, secrets: &[(&str, &str)]) -> Seen<DistributionFacts> {
        let client = Client::new(self.configuration(PERMISSION).await?);
        let found = Box::pin(client.get_distribution().id(id).send()).await;
        let found = found.map_err(Unseen::of(PERMISSION))?;
        let absent = || Unseen::not_found(PERMISSION);
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
