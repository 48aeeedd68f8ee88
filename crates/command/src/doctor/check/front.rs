//! Checks of an API and of a function URL.

use aws::operator::deployed_facts::{HttpApiFacts, MethodFacts, RestApiFacts, StageFacts, UrlFacts};

use super::{Check, Finding, all, check, gone, has, when};
use crate::doctor::facts::{Facts, known};

/// The paths of vestibule and the functions that answer them, as in the template.
pub(crate) const OUR_PATHS: &[(&str, &str)] = &[
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
    check!("api_missing", "there is no such address", |facts| {
        let rest = gone(&facts.rest_api, "there is no such REST API");
        rest.into_iter().chain(gone(&facts.http_api, "there is no such HTTP API")).collect()
    }),
    check!("stage_missing", "every address answers 403 or 404", |facts| gone(
        &facts.stage,
        "the API has no such stage"
    )),
    check!(stage, "stage_throttles", "every request is answered with 429", |stage| {
        when(
            stage.rate.is_some_and(|rate| rate <= 0.0) || stage.burst.is_some_and(|burst| burst <= 0),
            "the stage lets no request pass",
        )
    }),
    check!(stage, "stage_stops_paths", "these addresses answer 429", |stage| {
        all(stage.stopped.iter().map(|one| format!("the stage lets nothing pass on {one}")))
    }),
    check!(
        "stage_old_deployment",
        "a deployment is not in force: older paths and authorizers answer",
        |facts| {
            let Some(wanted) = facts.stack.of_kind("AWS::ApiGateway::Deployment").next() else {
                return Vec::new();
            };
            stage(facts, |stage| {
                when(
                    !stage.deployment.is_empty() && stage.deployment != wanted.physical,
                    format!(
                        "the stage has the deployment {}, the stack made {}",
                        stage.deployment, wanted.physical
                    ),
                )
            })
        }
    ),
    check!(
        "stage_other_snapshot",
        "the deployed API differs from its definition: a path that looks protected may be open",
        |facts| {
            rest(facts, |api| {
                stage(facts, |stage| {
                    let differing = stage.snapshot.iter().filter(|one| {
                        !api.methods.iter().any(|method| {
                            (&method.path, &method.method) == (&one.path, &one.method)
                                && (one.authorization.is_empty() || method.authorization == one.authorization)
                        })
                    });
                    all(differing.map(|one| {
                        format!("{} {} is in force with {}", one.method, one.path, one.authorization)
                    }))
                })
            })
        }
    ),
    check!(stage, "stage_canary", "a part of the requests is answered by another deployment", |stage| {
        when(stage.other_share > 0.0, format!("another deployment gets {} %", stage.other_share))
    }),
    check!(rest, "api_key_required", "everybody gets 403: a browser has no API key", |api| {
        let wanting = api.methods.iter().filter(|one| one.needs_key);
        all(wanting.map(|one| format!("{} {} wants an API key", one.method, one.path)))
    }),
    check!("api_policy", "people whom the policy leaves out get 403", |facts| {
        // The templates give the API no resource policy.
        rest(facts, |api| {
            when(
                api.policy.as_ref().is_some_and(|policy| !policy.is_empty()),
                "the API has a resource policy",
            )
        })
    }),
    check!(
        rest,
        "redirect_missing",
        "users who are not signed in get 403 instead of the sign-in page",
        |api| {
            let has = api.gateway_responses.iter().any(|one| one.kind == "ACCESS_DENIED");
            when(!has, "the gateway response ACCESS_DENIED is API Gateway's default")
        }
    ),
    check!("function_version_pinned", "an old version answers, whatever is deployed", |facts| {
        let methods =
            known(&facts.rest_api).into_iter().flat_map(|api| api.methods.iter().map(|one| &one.uri));
        let deciding =
            known(&facts.rest_api).into_iter().flat_map(|api| api.authorizers.iter().map(|one| &one.uri));
        let integrations =
            known(&facts.http_api).into_iter().flat_map(|api| api.integrations.iter().map(|one| &one.uri));
        let called: Vec<&String> = methods.chain(deciding).chain(integrations).collect();
        let pinned = facts.deployed().filter(|(_, function)| {
            let qualified = format!("{}:", function.arn);
            !function.arn.is_empty() && called.iter().any(|uri| uri.contains(&qualified))
        });
        all(pinned.map(|(one, _)| format!("the API calls a version or an alias of {}", one.id)))
    }),
    check!(http, "api_answers_preflights", "preflights (CORS) do not reach the application", |api| when(
        api.answers_preflights,
        "the API has a CORS configuration"
    )),
    check!(stage, "stage_keeps_answers", "one person's answer is given to another", |stage| when(
        stage.keeps_answers,
        "the stage keeps answers"
    )),
    check!(stage, "stage_logs_cookies", "anybody who can read the log can take over sessions", |stage| {
        when(stage.logs_cookies, "the stage logs whole requests, cookies or access tokens")
    }),
    check!("stage_not_deployed", "a deployment is not in force", |facts| {
        let is_http = facts.http_api.is_some();
        stage(facts, |stage| {
            when(is_http && !stage.deploys_itself, "the stage does not deploy changes by itself")
        })
    }),
    check!(rest, "endpoint_type", "requests come another way than the stack says, or from nowhere", |api| {
        when(
            api.endpoint_types != ["REGIONAL"],
            format!("the endpoint of the API is {}, not REGIONAL", api.endpoint_types.join(", ")),
        )
    }),
    check!("endpoint_open", "the application has a second address, where sign-in does not work", |facts| {
        let is_meant = facts.stack.parameter("CustomDomainName").is_none()
            || facts.stack.parameter("KeepEndpoint") == Some("true");
        when(
            !is_meant && is_endpoint_off(facts) == Some(false),
            "the execute-api endpoint answers beside the domain",
        )
    }),
    check!("endpoint_off", "there is no address that answers", |facts| {
        let has_domain = facts.stack.parameter("CustomDomainName").is_some();
        when(!has_domain && is_endpoint_off(facts) == Some(true), "the execute-api endpoint is off")
    }),
    check!(rest, "binary_media_types", "pictures and uploads arrive broken", |api| {
        when(!has(&api.binary_media_types, "*/*"), "the API lacks the binary media type */*")
    }),
    check!("authorizer_missing", "nothing decides who passes", |facts| {
        rest(facts, |api| when(ours(facts, api).next().is_none(), "no authorizer calls AuthorizerFunction"))
    }),
    check!("authorizer_type", "nobody with a session gets in: the authorizer sees no cookie", |facts| {
        rest(facts, |api| {
            let other = ours(facts, api).filter(|one| one.kind != "REQUEST");
            all(other.map(|one| format!("the authorizer {} is of type {}", one.id, one.kind)))
        })
    }),
    check!(
        "authorizer_kept",
        "an answer for one request decides about others, and sign-out is late",
        |facts| {
            rest(facts, |api| {
                let kept = ours(facts, api).filter(|one| one.kept != 0);
                all(kept.map(|one| format!("answers of the authorizer {} are kept {} s", one.id, one.kept)))
            })
        }
    ),
    check!(
        "authorizer_identity_source",
        "users who are not signed in get 401 instead of the sign-in page",
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
    check!("path_open", "anybody gets to the application", |facts| {
        rest(facts, |api| {
            let ids: Vec<&str> = ours(facts, api).map(|one| one.id.as_str()).collect();
            // If the method has no authorization, API Gateway does not call an authorizer that it still
            // names.
            let is_asked = |one: &MethodFacts| {
                one.authorization != "NONE" && one.authorizer.as_deref().is_some_and(|id| ids.contains(&id))
            };
            let is_open = |one: &&MethodFacts| !is_ours(&one.path) && !is_asked(one);
            // If the authorizer is missing, every path is open, which another check reports once.
            let open = api.methods.iter().filter(|_| !ids.is_empty()).filter(is_open);
            all(open.map(|one| format!("{} {} does not use vestibule's authorizer", one.method, one.path)))
        })
    }),
    check!(rest, "path_missing", "the application, or sign-in, answers 403", |api| {
        let has = |path: &str| api.methods.iter().any(|one| one.path == path);
        let wanted = OUR_PATHS.iter().map(|(path, _)| *path).chain(["/", "/{proxy+}"]);
        all(wanted.filter(|path| !has(path)).map(|path| format!("the API has no path {path}")))
    }),
    check!(rest, "path_guarded", "nobody can sign in: sign-in itself asks for sign-in", |api| {
        let guarded = api.methods.iter().filter(|one| is_ours(&one.path) && one.authorizer.is_some());
        all(guarded.map(|one| format!("{} {} has an authorizer", one.method, one.path)))
    }),
    check!("path_of_another_function", "this address of sign-in answers 404 or 405", |facts| {
        rest(facts, |api| {
            let wrong = api.methods.iter().filter_map(|one| {
                let (_, id) = OUR_PATHS.iter().find(|(path, _)| *path == one.path)?;
                let (_, function) = facts.function(id)?;
                (!one.uri.contains(&function.arn)).then(|| format!("{} does not call {id}", one.path))
            });
            all(wrong)
        })
    }),
    check!(
        rest,
        "path_integration",
        "API Gateway hands over something else than the request, or answers by itself",
        |api| {
            let wrong = api.methods.iter().filter(|one| {
                let wanted = if is_ours(&one.path) { "AWS_PROXY" } else { "HTTP_PROXY" };
                !one.integration.is_empty() && !one.integration.eq_ignore_ascii_case(wanted)
            });
            all(wrong.map(|one| {
                format!("{} {} has an integration of type {}", one.method, one.path, one.integration)
            }))
        }
    ),
    check!(http, "route_missing", "every address answers 404", |api| {
        when(!api.routes.iter().any(|route| route.key == "$default"), "the API has no route $default")
    }),
    check!(http, "route_authorizer", "nobody is sent to sign in: the API itself answers 401", |api| {
        let guarded = api.routes.iter().filter(|one| !matches!(one.authorization.as_str(), "" | "NONE"));
        all(guarded.map(|one| format!("the route {} has an authorizer, {}", one.key, one.authorization)))
    }),
    check!("route_past_vestibule", "the target of this route is open to everybody", |facts| {
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
        http,
        "payload_format",
        "every request is answered with 500",
        "aws apigatewayv2 update-integration --api-id {api} --integration-id {name} --payload-format-version 2.0",
        |api| {
            let other = api.integrations.iter().filter(|one| one.payload_format != "2.0");
            all(other.map(|one| {
                let wrong =
                    format!("the integration {} has the payload format {}", one.id, one.payload_format);
                Finding::of(&one.id, wrong)
            }))
        }
    ),
    check!("url_missing", "there is no such address", |facts| gone(
        &facts.function_url,
        "the function has no URL"
    )),
    check!(
        url,
        "url_auth_type",
        "every request is answered with 403",
        "aws lambda update-function-url-config --function-name {proxy} --auth-type NONE",
        |url| { when(url.auth_type != "NONE", format!("the function URL wants {}", url.auth_type)) }
    ),
    check!(
        url,
        "url_answers_preflights",
        "preflights (CORS) do not reach the application, and its CORS headers are replaced",
        |url| { when(url.answers_preflights, "the function URL has a CORS configuration") }
    ),
    check!("url_invoke_mode", "answers are cut, or arrive as the JSON of Lambda", |facts| {
        let Some(reference) = facts.reference() else { return Vec::new() };
        let wanted = if reference.streams { "RESPONSE_STREAM" } else { "BUFFERED" };
        url(facts, |url| {
            when(
                url.invoke_mode != wanted,
                format!("the function URL is {}, the function is configured for {wanted}", url.invoke_mode),
            )
        })
    }),
];

fn stage(facts: &Facts, find: impl FnOnce(&StageFacts) -> Vec<Finding>) -> Vec<Finding> {
    known(&facts.stage).map(find).unwrap_or_default()
}

pub(super) fn rest(facts: &Facts, find: impl FnOnce(&RestApiFacts) -> Vec<Finding>) -> Vec<Finding> {
    // The REST API belongs to the stack if the stack has the authorizer function. Other REST APIs are not
    // checked.
    let is_ours = facts.functions.iter().any(|one| one.id == "AuthorizerFunction");
    known(&facts.rest_api).filter(|_| is_ours).map(find).unwrap_or_default()
}

fn http(facts: &Facts, find: impl FnOnce(&HttpApiFacts) -> Vec<Finding>) -> Vec<Finding> {
    known(&facts.http_api).map(find).unwrap_or_default()
}

fn url(facts: &Facts, find: impl FnOnce(&UrlFacts) -> Vec<Finding>) -> Vec<Finding> {
    known(&facts.function_url).map(find).unwrap_or_default()
}

fn is_endpoint_off(facts: &Facts) -> Option<bool> {
    let rest = known(&facts.rest_api).map(|api| api.is_endpoint_off);
    rest.or(known(&facts.http_api).map(|api| api.is_endpoint_off))
}

/// Returns the authorizers that call vestibule's function.
fn ours<'a>(
    facts: &'a Facts,
    api: &'a RestApiFacts,
) -> impl Iterator<Item = &'a aws::operator::deployed_facts::AuthorizerFacts> {
    let function = facts.function("AuthorizerFunction").map(|(_, function)| function.arn.as_str());
    api.authorizers.iter().filter(move |one| function.is_none_or(|arn| one.uri.contains(arn)))
}

fn is_ours(path: &str) -> bool {
    path == "/oauth2" || path.starts_with("/oauth2/")
}
