//! Checks of an API, a function URL and CloudFront.

use aws::deployed_facts::{
    DistributionFacts, HttpApiFacts, MethodFacts, OriginSecret, RestApiFacts, StageFacts, UrlFacts,
};

use super::{Check, Finding, TAKE_BACK, all, check, gone, has, when};
use crate::doctor::facts::{Facts, seen};

/// The policy of CloudFront that keeps nothing (Amazon CloudFront developer guide, "Use managed cache policies": CachingDisabled).
const CACHING_DISABLED: &str = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad";

/// The policy that hands on all but `Host` ("Use managed origin request policies": AllViewerExceptHostHeader).
const ALL_BUT_HOST: &str = "b689b0a8-53d0-40ab-baf2-68738e2966ac";

/// Our paths and the functions that answer them, as the template has them.
const OUR_PATHS: &[(&str, &str)] = &[
    ("/oauth2/login", "LoginFunction"),
    ("/oauth2/callback", "CallbackFunction"),
    ("/oauth2/logout", "LogoutFunction"),
    ("/oauth2/signed-out", "LogoutFunction"),
    ("/oauth2/backchannel-logout", "LogoutFunction"),
    ("/oauth2/session", "SessionFunction"),
    ("/oauth2/refresh", "SessionFunction"),
    ("/oauth2/error", "SessionFunction"),
    ("/oauth2/health", "SessionFunction"),
    ("/oauth2", "SessionFunction"),
    ("/oauth2/{proxy+}", "SessionFunction"),
];

pub(super) const CHECKS: &[Check] = &[
    check!("api_missing", "there is no such address", TAKE_BACK, |facts| {
        let rest = gone(&facts.rest_api, "there is no such REST API");
        rest.into_iter().chain(gone(&facts.http_api, "there is no such HTTP API")).collect()
    }),
    check!("stage_missing", "every address answers 403 or 404", TAKE_BACK, |facts| gone(
        &facts.stage,
        "the API has no such stage"
    )),
    check!("stage_throttles", "every request is answered with 429", TAKE_BACK, |facts| {
        stage(facts, |stage| {
            when(
                stage.rate.is_some_and(|rate| rate <= 0.0) || stage.burst.is_some_and(|burst| burst <= 0),
                || "the stage lets no request pass".to_owned(),
            )
        })
    }),
    check!("stage_keeps_answers", "one person's answer is given to another", TAKE_BACK, |facts| {
        stage(facts, |stage| when(stage.keeps_answers, || "the stage keeps answers".to_owned()))
    }),
    check!("stage_not_deployed", "a deployment is not in force", TAKE_BACK, |facts| {
        let is_http = facts.http_api.is_some();
        stage(facts, |stage| {
            when(is_http && !stage.deploys_itself, || {
                "the stage does not deploy changes by itself".to_owned()
            })
        })
    }),
    check!(
        "endpoint_type",
        "requests come another way than the stack says, or from nowhere",
        TAKE_BACK,
        |facts| {
            rest(facts, |api| {
                when(api.endpoint_types != ["REGIONAL"], || {
                    format!("the endpoint of the API is {}, not REGIONAL", api.endpoint_types.join(", "))
                })
            })
        }
    ),
    check!(
        "endpoint_open",
        "the application has a second address, where sign-in does not work",
        TAKE_BACK,
        |facts| {
            let is_meant = facts.stack.parameter("CustomDomainName").is_none()
                || facts.stack.parameter("KeepEndpoint") == Some("true");
            let off = seen(&facts.rest_api).map(|api| api.is_endpoint_off);
            let off = off.or(seen(&facts.http_api).map(|api| api.is_endpoint_off));
            when(!is_meant && off == Some(false), || {
                "the execute-api endpoint answers beside the domain".to_owned()
            })
        }
    ),
    check!("endpoint_off", "there is no address that answers", TAKE_BACK, |facts| {
        let has_domain = facts.stack.parameter("CustomDomainName").is_some();
        let off = seen(&facts.rest_api).map(|api| api.is_endpoint_off);
        let off = off.or(seen(&facts.http_api).map(|api| api.is_endpoint_off));
        when(!has_domain && off == Some(true), || "the execute-api endpoint is off".to_owned())
    }),
    check!("binary_media_types", "pictures and uploads arrive broken", TAKE_BACK, |facts| {
        rest(facts, |api| {
            when(!has(&api.binary_media_types, "*/*"), || "*/* is no binary media type of the API".to_owned())
        })
    }),
    check!("authorizer_missing", "nothing decides who passes", TAKE_BACK, |facts| {
        rest(facts, |api| {
            when(ours(facts, api).next().is_none(), || "no authorizer calls AuthorizerFunction".to_owned())
        })
    }),
    check!(
        "authorizer_type",
        "nobody with a session gets in: the authorizer sees no cookie",
        TAKE_BACK,
        |facts| {
            rest(facts, |api| {
                let other = ours(facts, api).filter(|one| one.kind != "REQUEST");
                all(other.map(|one| format!("the authorizer {} is of type {}", one.id, one.kind)))
            })
        }
    ),
    check!(
        "authorizer_kept",
        "an answer for one request decides about others, and sign-out is late",
        TAKE_BACK,
        |facts| {
            rest(facts, |api| {
                let kept = ours(facts, api).filter(|one| one.kept != 0);
                all(kept.map(|one| format!("answers of the authorizer {} are kept {} s", one.id, one.kept)))
            })
        }
    ),
    check!(
        "authorizer_identity_source",
        "whoever is not signed in gets 401 in place of the sign-in page",
        TAKE_BACK,
        |facts| {
            rest(facts, |api| {
                let with = ours(facts, api).filter(|one| !one.identity_source.is_empty());
                all(with.map(|one| {
                    format!(
                        "the authorizer {} is asked only about requests with {}",
                        one.id, one.identity_source
                    )
                }))
            })
        }
    ),
    check!("path_open", "anybody gets to the application", TAKE_BACK, |facts| {
        rest(facts, |api| {
            let ids: Vec<&str> = ours(facts, api).map(|one| one.id.as_str()).collect();
            let is_open = |one: &&MethodFacts| {
                !is_ours(&one.path) && !one.authorizer.as_deref().is_some_and(|id| ids.contains(&id))
            };
            // Without our authorizer every path is open; that is told once.
            let open = api.methods.iter().filter(|_| !ids.is_empty()).filter(is_open);
            all(open.map(|one| format!("{} {} has not our authorizer", one.method, one.path)))
        })
    }),
    check!("path_missing", "the application, or sign-in, answers 403", TAKE_BACK, |facts| {
        rest(facts, |api| {
            let has = |path: &str| api.methods.iter().any(|one| one.path == path);
            let wanted = OUR_PATHS.iter().map(|(path, _)| *path).chain(["/", "/{proxy+}"]);
            all(wanted.filter(|path| !has(path)).map(|path| format!("the API has no path {path}")))
        })
    }),
    check!("path_guarded", "nobody can sign in: sign-in itself asks for sign-in", TAKE_BACK, |facts| {
        rest(facts, |api| {
            let guarded = api.methods.iter().filter(|one| is_ours(&one.path) && one.authorizer.is_some());
            all(guarded.map(|one| format!("{} {} has an authorizer", one.method, one.path)))
        })
    }),
    check!("path_of_another_function", "this address of sign-in answers 404 or 405", TAKE_BACK, |facts| {
        rest(facts, |api| {
            let wrong = api.methods.iter().filter_map(|one| {
                let (_, id) = OUR_PATHS.iter().find(|(path, _)| *path == one.path)?;
                let (_, function) = facts.function(id)?;
                (!one.uri.contains(&function.arn)).then(|| format!("{} does not call {id}", one.path))
            });
            all(wrong)
        })
    }),
    check!("route_missing", "every address answers 404", TAKE_BACK, |facts| {
        http(facts, |api| {
            when(!api.routes.iter().any(|route| route.key == "$default"), || {
                "the API has no route $default".to_owned()
            })
        })
    }),
    check!("route_authorizer", "nobody is sent to sign in: the API itself answers 401", TAKE_BACK, |facts| {
        http(facts, |api| {
            let guarded = api.routes.iter().filter(|one| !matches!(one.authorization.as_str(), "" | "NONE"));
            all(guarded.map(|one| format!("the route {} has an authorizer, {}", one.key, one.authorization)))
        })
    }),
    check!("route_past_vestibule", "anybody gets to what stands behind this route", TAKE_BACK, |facts| {
        let Some((_, function)) = facts.function("ProxyFunction") else { return Vec::new() };
        http(facts, |api| {
            let is_ours = |target: &str| {
                let id = target.strip_prefix("integrations/").unwrap_or(target);
                let mut integrations = api.integrations.iter();
                integrations.any(|one| one.id == id && one.uri.contains(&function.arn))
            };
            let past = api.routes.iter().filter(|one| !is_ours(&one.target));
            all(past.map(|one| format!("the route {} does not lead to ProxyFunction", one.key)))
        })
    }),
    check!(
        "payload_format",
        "every request is answered with 500",
        "aws apigatewayv2 update-integration --api-id {api} --integration-id {name} --payload-format-version 2.0",
        |facts| {
            http(facts, |api| {
                let other = api.integrations.iter().filter(|one| one.payload_format != "2.0");
                let found = other.map(|one| {
                    let wrong =
                        format!("the integration {} has the payload format {}", one.id, one.payload_format);
                    Finding::of(&one.id, wrong)
                });
                found.collect()
            })
        }
    ),
    check!("url_missing", "there is no such address", TAKE_BACK, |facts| gone(
        &facts.function_url,
        "the function has no URL"
    )),
    check!(
        "url_auth_type",
        "every request is answered with 403",
        "aws lambda update-function-url-config --function-name {proxy} --auth-type NONE",
        |facts| {
            url(facts, |url| {
                when(url.auth_type != "NONE", || format!("the function URL wants {}", url.auth_type))
            })
        }
    ),
    check!("url_invoke_mode", "answers are cut, or arrive as the JSON of Lambda", TAKE_BACK, |facts| {
        let Some(reference) = facts.reference() else { return Vec::new() };
        let wanted = if reference.streams { "RESPONSE_STREAM" } else { "BUFFERED" };
        url(facts, |url| {
            when(url.invoke_mode != wanted, || {
                format!("the function URL is {}, the function is configured for {wanted}", url.invoke_mode)
            })
        })
    }),
    check!("distribution_missing", "there is no such address", TAKE_BACK, |facts| gone(
        &facts.distribution,
        "there is no such distribution"
    )),
    check!("distribution_off", "there is no address that answers", TAKE_BACK, |facts| {
        distribution(facts, |one| when(!one.is_enabled, || "the distribution is disabled".to_owned()))
    }),
    check!("distribution_alias", "CloudFront refuses the host name of the application", TAKE_BACK, |facts| {
        let host = facts.stack.parameter("CustomDomainName");
        distribution(facts, |one| {
            let lacking = host.filter(|host| !has(&one.aliases, host));
            all(lacking.into_iter().map(|host| format!("the distribution does not answer to {host}")))
        })
    }),
    check!(
        "distribution_origin",
        "every request is answered with 502, or by something else",
        TAKE_BACK,
        |facts| {
            let Some(url) = seen(&facts.function_url) else { return Vec::new() };
            let host = url.url.trim_start_matches("https://").trim_end_matches('/');
            distribution(facts, |one| {
                when(one.origin != host, || format!("the distribution asks {}, and not {host}", one.origin))
            })
        }
    ),
    check!("origin_secret", "every request is answered with 403", TAKE_BACK, |facts| {
        distribution(facts, |one| {
            let text = match one.secret {
                OriginSecret::Missing => Some("the distribution does not send the front's secret"),
                OriginSecret::Differs => {
                    Some("the distribution sends another secret than the function takes")
                }
                OriginSecret::Unknown | OriginSecret::Same => None,
            };
            all(text.map(str::to_owned).into_iter())
        })
    }),
    check!(
        "front_secret_off",
        "the function URL opens what only CloudFront may ask for",
        TAKE_BACK,
        |facts| {
            let asks = facts.reference().is_none_or(|one| one.asks_for_front_secret);
            distribution(facts, |_| {
                when(!asks, || "the function asks for no secret of CloudFront".to_owned())
            })
        }
    ),
    check!("distribution_keeps_answers", "one person's answer is given to another", TAKE_BACK, |facts| {
        distribution(facts, |one| {
            when(one.cache_policy != CACHING_DISABLED, || {
                "the distribution has another cache policy than CachingDisabled".to_owned()
            })
        })
    }),
    check!(
        "distribution_drops",
        "the function misses cookies, queries or headers, or refuses the host",
        TAKE_BACK,
        |facts| {
            distribution(facts, |one| {
                when(one.origin_request_policy != ALL_BUT_HOST, || {
                    "the distribution has another origin request policy than AllViewerExceptHostHeader"
                        .to_owned()
                })
            })
        }
    ),
    check!("distribution_methods", "CloudFront refuses POST and others with 403", TAKE_BACK, |facts| {
        distribution(facts, |one| {
            let wanted = ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"];
            let lacking: Vec<&str> = wanted.into_iter().filter(|method| !has(&one.methods, method)).collect();
            when(!lacking.is_empty(), || format!("the distribution does not pass {}", lacking.join(", ")))
        })
    }),
    check!("distribution_plain", "somebody on the way reads cookies and tokens", TAKE_BACK, |facts| {
        distribution(facts, |one| {
            when(one.viewer_protocol == "allow-all", || "the distribution answers over plain HTTP".to_owned())
        })
    }),
    check!(
        "distribution_behaviours",
        "these paths go another way than through vestibule, or are kept",
        TAKE_BACK,
        |facts| {
            distribution(facts, |one| {
                when(one.other_behaviours > 0, || {
                    format!("the distribution has {} behaviours beside the default", one.other_behaviours)
                })
            })
        }
    ),
];

fn stage(facts: &Facts, find: impl FnOnce(&StageFacts) -> Vec<Finding>) -> Vec<Finding> {
    seen(&facts.stage).map(find).unwrap_or_default()
}

fn rest(facts: &Facts, find: impl FnOnce(&RestApiFacts) -> Vec<Finding>) -> Vec<Finding> {
    // The REST API of a stack whose function decides. The stack's other REST APIs are somebody else's.
    let is_ours = facts.functions.iter().any(|one| one.id == "AuthorizerFunction");
    seen(&facts.rest_api).filter(|_| is_ours).map(find).unwrap_or_default()
}

fn http(facts: &Facts, find: impl FnOnce(&HttpApiFacts) -> Vec<Finding>) -> Vec<Finding> {
    seen(&facts.http_api).map(find).unwrap_or_default()
}

fn url(facts: &Facts, find: impl FnOnce(&UrlFacts) -> Vec<Finding>) -> Vec<Finding> {
    seen(&facts.function_url).map(find).unwrap_or_default()
}

fn distribution(facts: &Facts, find: impl FnOnce(&DistributionFacts) -> Vec<Finding>) -> Vec<Finding> {
    seen(&facts.distribution).map(find).unwrap_or_default()
}

/// The authorizers that call our function.
fn ours<'a>(
    facts: &'a Facts,
    api: &'a RestApiFacts,
) -> impl Iterator<Item = &'a aws::deployed_facts::AuthorizerFacts> {
    let function = facts.function("AuthorizerFunction").map(|(_, function)| function.arn.as_str());
    api.authorizers.iter().filter(move |one| function.is_none_or(|arn| one.uri.contains(arn)))
}

fn is_ours(path: &str) -> bool {
    path == "/oauth2" || path.starts_with("/oauth2/")
}
