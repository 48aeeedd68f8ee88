//! Checks of CloudFront.

use aws::operator::deployed_facts::{DistributionFacts, OriginSecret};

use super::{Check, Finding, all, check, gone, has, when};
use crate::doctor::facts::{Facts, known};

/// The cache policy that caches nothing (Amazon CloudFront developer guide, "Use managed cache policies":
/// CachingDisabled).
const CACHING_DISABLED: &str = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad";

/// The origin request policy that forwards all headers but `Host` ("Use managed origin request policies":
/// AllViewerExceptHostHeader).
const ALL_BUT_HOST: &str = "b689b0a8-53d0-40ab-baf2-68738e2966ac";

/// The error statuses that CloudFront caches (Amazon CloudFront developer guide, "Control how long CloudFront
/// caches errors").
const ERRORS: [i32; 11] = [400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504];

pub(super) const CHECKS: &[Check] = &[
    check!("distribution_missing", "there is no such address", |facts| gone(
        &facts.distribution,
        "there is no such distribution"
    )),
    check!(distribution, "distribution_off", "there is no address that answers", |one| when(
        !one.is_enabled,
        "the distribution is disabled"
    )),
    check!("distribution_alias", "CloudFront refuses the host name of the application", |facts| {
        let host = facts.stack.parameter("CustomDomainName");
        distribution(facts, |one| {
            let lacking = host.filter(|host| !has(&one.aliases, host));
            all(lacking.map(|host| format!("the distribution does not answer to {host}")))
        })
    }),
    check!("distribution_origin", "every request is answered with 502, or by something else", |facts| {
        let Some(url) = known(&facts.function_url) else { return Vec::new() };
        let host = url.url.trim_start_matches("https://").trim_end_matches('/');
        distribution(facts, |one| {
            let other =
                when(one.origin != host, format!("the distribution asks {}, and not {host}", one.origin));
            let plain = when(
                one.origin_protocol != "https-only",
                format!("the distribution asks the function URL over {}", one.origin_protocol),
            );
            other.into_iter().chain(plain).collect()
        })
    }),
    check!(distribution, "origin_secret", "every request is answered with 403", |one| {
        let text = match one.secret {
            OriginSecret::Missing => Some("the distribution does not send the front's secret"),
            OriginSecret::Differs => {
                Some("the distribution sends a secret that the function does not accept")
            }
            OriginSecret::Unknown | OriginSecret::Same => None,
        };
        all(text)
    }),
    check!("front_secret_off", "the function URL can be used without CloudFront", |facts| {
        let asks = facts.reference().is_none_or(|one| one.asks_for_front_secret);
        distribution(facts, |_| when(!asks, "the function does not require CloudFront's secret"))
    }),
    check!(distribution, "distribution_keeps_answers", "one person's answer is given to another", |one| {
        when(
            one.cache_policy != CACHING_DISABLED,
            "the distribution has another cache policy than CachingDisabled",
        )
    }),
    check!(
        distribution,
        "distribution_drops",
        "the function misses cookies, queries or headers, or refuses the host",
        |one| {
            when(
                one.origin_request_policy != ALL_BUT_HOST,
                "the distribution has another origin request policy than AllViewerExceptHostHeader",
            )
        }
    ),
    check!(distribution, "distribution_methods", "CloudFront refuses POST and others with 403", |one| {
        let wanted = ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"];
        let lacking: Vec<&str> = wanted.into_iter().filter(|method| !has(&one.methods, method)).collect();
        when(!lacking.is_empty(), format!("the distribution does not pass {}", lacking.join(", ")))
    }),
    check!(distribution, "distribution_plain", "cookies and tokens can be read in transit", |one| {
        when(one.viewer_protocol == "allow-all", "the distribution answers over plain HTTP")
    }),
    check!(
        distribution,
        "distribution_keeps_errors",
        "one person's error, or another page, is given to others",
        |one| {
            let kept = ERRORS.iter().filter(|code| !one.errors_passed.contains(code));
            let kept: Vec<String> = kept.map(ToString::to_string).collect();
            when(
                !kept.is_empty(),
                format!("the distribution keeps or replaces the errors {}", kept.join(", ")),
            )
        }
    ),
    check!("distribution_certificate", "browsers refuse the connection", |facts| {
        let wanted = facts.stack.parameter("CertificateArn");
        distribution(facts, |one| {
            when(
                wanted.is_some() && one.certificate.as_deref() != wanted,
                "the distribution has another certificate than the stack says",
            )
        })
    }),
    check!(distribution, "distribution_countries", "people of some countries get 403", |one| {
        when(one.countries != "none", format!("the distribution has a {} of countries", one.countries))
    }),
    check!(distribution, "distribution_signed", "everybody gets 403: addresses have to be signed", |one| {
        when(one.wants_signature, "the distribution wants signed addresses")
    }),
    check!(distribution, "distribution_code", "other code changes requests, answers or cookies", |one| {
        when(one.runs_code, "the distribution runs a function on requests or answers")
    }),
    check!(distribution, "distribution_root", "the first page of the application is another", |one| when(
        !one.root.is_empty(),
        format!("{} stands for /", one.root)
    )),
    check!(
        distribution,
        "distribution_logs_cookies",
        "anybody who can read the log can take over sessions",
        |one| when(one.logs_cookies, "the distribution logs cookies")
    ),
    check!(
        distribution,
        "distribution_origin_path",
        "every address differs from the one that the browser requests",
        |one| {
            when(
                !one.origin_path.is_empty(),
                format!("the distribution puts {} before each path", one.origin_path),
            )
        }
    ),
    check!(
        distribution,
        "distribution_behaviours",
        "these paths go another way than through vestibule, or are kept",
        |one| {
            when(
                one.other_behaviours > 0,
                format!("the distribution has {} behaviours beside the default", one.other_behaviours),
            )
        }
    ),
];

fn distribution(facts: &Facts, find: impl FnOnce(&DistributionFacts) -> Vec<Finding>) -> Vec<Finding> {
    known(&facts.distribution).map(find).unwrap_or_default()
}
