//! Tests user pools: one change to a good configuration, and the host of a prefix in each partition of AWS.

use super::super::ProviderKind;
use super::fault::{HTTPS, fault};
use super::good;

#[test]
fn a_prefix_is_a_host_of_the_pools_partition() {
    for (host, region, domain) in [
        ("amazonaws.com", "eu-west-1", "https://app.auth.eu-west-1.amazoncognito.com"),
        ("amazonaws.com", "us-gov-west-1", "https://app.auth-fips.us-gov-west-1.amazoncognito.com"),
        ("amazonaws.com", "us-gov-east-1", "https://app.auth-fips.us-gov-east-1.amazoncognito.com"),
    ] {
        let issuer = format!("https://cognito-idp.{region}.{host}/{region}_AbCdEfGhI");
        let configuration = good(&format!("issuer: {issuer}\nuser_pool_domain: app"));
        let ProviderKind::Cognito(pool) = &configuration.provider else { panic!("not a pool") };
        assert_eq!((pool.region.as_str(), pool.domain.as_deref()), (region, Some(domain)));
    }
    let sovereign = "https://cognito-idp.eusc-de-east-1.amazonaws.eu/eusc-de-east-1_AbCdEfGhI";
    let whole = good(&format!("issuer: {sovereign}\nuser_pool_domain: login.example.com"));
    let ProviderKind::Cognito(pool) = &whole.provider else { panic!("not a pool") };
    assert_eq!(pool.domain.as_deref(), Some("https://login.example.com"));
}

#[test]
fn a_prefix_is_no_host_where_aws_documents_none() {
    for issuer in [
        "https://cognito-idp.eusc-de-east-1.amazonaws.eu/eusc-de-east-1_AbCdEfGhI",
        "https://pool.example.com/cn-north-1_AbCdEfGhI",
    ] {
        fault(
            &format!("issuer: {issuer}\nprovider: cognito\nuser_pool_domain: app"),
            "user_pool_domain",
            "must be the whole host name in this region: AWS documents no form of it",
        );
    }
}

#[test]
fn a_faulty_pool_is_refused() {
    let (id, domain) = ("user_pool_id", "user_pool_domain");
    fault("provider: okta", "provider", "must be one of cognito, oidc");
    fault("user_pool_id: eu-west-1_Another", id, "is not the pool that `issuer` names");
    fault("user_pool_id: nonsense", id, "must be a user pool id such as `eu-west-1_AbCdEfGhI`");
    fault(
        "issuer: https://id.example.com\nuser_pool_id: eu-west-1_A",
        id,
        "has an effect only with `provider: cognito`",
    );
    fault(
        "issuer: https://id.example.com\nuser_pool_domain: app",
        domain,
        "has an effect only with `provider: cognito`",
    );
    fault(
        "issuer: https://id.example.com\nprovider: cognito",
        id,
        "is required, because `issuer` does not end with a user pool id",
    );
    fault(
        "issuer: https://cognito-idp.eu-west-1.amazonaws.com/us-east-1_AbCdEfGhI",
        "issuer",
        "names a pool of another region",
    );
    fault("user_pool_domain: http://login.example.com", domain, HTTPS);
    fault("user_pool_domain: https://login.example.com/login", domain, "must be a domain without a path");
    fault("user_pool_domain: https://login.example.com?a", domain, "must be an address without a query");
}
