//! Makes each repair twice: the second one changes nothing and is no failure.

use aws::operator::deployed_facts::Cause;
use aws::operator::deployed_repairs::{Repair, Repairs};

use crate::answering::{Answering, answer, refusal};
use crate::deployment::sdk;

const ON: &str = r#"{"TimeToLiveDescription": {"TimeToLiveStatus": "ENABLED", "AttributeName": "ttl"}}"#;
const OTHER: &str = r#"{"TimeToLiveDescription": {"TimeToLiveStatus": "ENABLED", "AttributeName": "ends"}}"#;
const UPDATED: &str = r#"{"LastUpdateStatus": "Successful"}"#;
const MODIFIED: &str = "<ModifyTargetGroupAttributesResponse><ModifyTargetGroupAttributesResult/></ModifyTargetGroupAttributesResponse>";
const BALANCED: &str = "<ModifyLoadBalancerAttributesResponse><ModifyLoadBalancerAttributesResult/></ModifyLoadBalancerAttributesResponse>";

fn branding() -> Repair {
    Repair::Branding { pool: "eu-west-1_AbCdEfGhI".to_owned(), client: "app".to_owned() }
}

fn time_to_live() -> Repair {
    Repair::TimeToLive { table: "sessions".to_owned() }
}

#[tokio::test]
async fn each_repair_can_be_made_twice() {
    let function = || "app-ProxyFunction".to_owned();
    let group = Repair::MultiValueHeaders { target_group: "arn:group".to_owned() };
    let balancer = Repair::LoadBalancer {
        arn: "arn:balancer".to_owned(),
        key: "routing.http.drop_invalid_header_fields.enabled",
        value: "true",
    };
    let updated = || vec![answer(200, "{}"), answer(200, UPDATED)];
    let rows = [
        (branding(), vec![answer(200, "{}")], vec![refusal(400, "ManagedLoginBrandingExistsException")]),
        (time_to_live(), vec![answer(200, "{}")], vec![refusal(400, "ValidationException"), answer(200, ON)]),
        (Repair::Timeout { function: function(), seconds: 10 }, updated(), updated()),
        (Repair::Memory { function: function(), megabytes: 256 }, updated(), updated()),
        (group, vec![answer(200, MODIFIED)], vec![answer(200, MODIFIED)]),
        (balancer, vec![answer(200, BALANCED)], vec![answer(200, BALANCED)]),
    ];
    for (repair, first, second) in rows {
        let aws = Answering::start([first, second].concat()).await;
        let repairs = Repairs::new(sdk(&aws.url));
        assert_eq!(repairs.make(&repair).await, Ok(()), "{repair:?}");
        assert_eq!(repairs.make(&repair).await, Ok(()), "{repair:?}");
    }
}

/// A refusal for another reason stays a failure, which names the permission.
#[tokio::test]
async fn a_repair_that_is_refused_is_a_failure() {
    for (repair, answers, permission, cause) in [
        (
            branding(),
            vec![refusal(400, "AccessDeniedException")],
            "cognito-idp:CreateManagedLoginBranding",
            Cause::Denied,
        ),
        (
            time_to_live(),
            vec![refusal(400, "AccessDeniedException")],
            "dynamodb:UpdateTimeToLive",
            Cause::Denied,
        ),
        (
            time_to_live(),
            vec![refusal(400, "ValidationException"), answer(200, OTHER)],
            "dynamodb:UpdateTimeToLive",
            Cause::NotFound,
        ),
    ] {
        let aws = Answering::start(answers).await;
        let fault = Repairs::new(sdk(&aws.url)).make(&repair).await.unwrap_err();
        assert_eq!((fault.permission, fault.cause), (permission, cause), "{repair:?}");
    }
}
