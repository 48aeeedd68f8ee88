//! Denies permissions to the operator: the command prints the code and the missing permission, and changes
//! nothing.

use crate::answering::refusal;
use crate::deployment::{CommandOutput, Deployment};
use crate::faulty::{Faulty, Mode};
use crate::pool;

/// Returns the messages when requests for `operation` are denied.
async fn denied(
    deployment: &mut Deployment,
    operation: &'static str,
    arguments: &[&str],
) -> (String, CommandOutput) {
    let faulty = Faulty::start().await;
    faulty.set(Mode::AnswerTo(operation, refusal(400, "AccessDeniedException")));
    deployment.endpoint.clone_from(&faulty.url);
    let code = deployment.refuses(arguments).await;
    (code, deployment.run(arguments).await)
}

#[tokio::test]
async fn a_secret_that_may_not_be_read_is_told() {
    let mut deployment = Deployment::new("denied-read").await;
    for operation in ["GetSecretValue", "DescribeSecret"] {
        for command in ["show", "append"] {
            let (code, said) = denied(&mut deployment, operation, &["keys", command]).await;
            assert_eq!(code, "secret_access_denied", "{operation}");
            assert!(said.out.is_empty() && said.err.contains(operation), "{}", said.err);
        }
    }
}

#[tokio::test]
async fn a_secret_that_may_not_be_written_is_told_and_stays() {
    let mut deployment = Deployment::new("denied-write").await;
    for operation in ["PutSecretValue", "UpdateSecretVersionStage"] {
        let (code, said) = denied(&mut deployment, operation, &["keys", "append"]).await;
        assert_eq!(code, "secret_access_denied", "{operation}");
        assert!(said.err.contains(operation), "{}", said.err);
    }
}

#[tokio::test]
async fn users_who_may_not_be_looked_up_are_told() {
    let (mut deployment, _) = pool::with_ada("denied-look-up").await;
    for (operation, name) in [("AdminGetUser", "ada"), ("ListUsers", "nobody@example.com")] {
        let look_up = ["sessions", "list", "--username", name];
        let (code, said) = denied(&mut deployment, operation, &look_up).await;
        assert_eq!(code, "user_pool_access_denied", "{operation}");
        assert!(said.err.contains(operation), "{}", said.err);
    }
}

#[tokio::test]
async fn a_table_that_may_not_be_used_is_told() {
    let mut deployment = Deployment::new("denied-table").await;
    deployment.does(&["keys", "append"]).await;
    deployment.does(&["keys", "promote", "--now"]).await;
    for (operation, arguments) in [
        ("Scan", &["keys", "drop", "--now"][..]),
        ("Query", &["sessions", "list", "--sub", "ada"]),
        ("BatchGetItem", &["sessions", "revocation", "--sub", "ada"]),
    ] {
        let (code, said) = denied(&mut deployment, operation, arguments).await;
        assert_eq!(code, "session_store_unavailable", "{operation}");
        assert!(said.err.contains(operation), "{}", said.err);
    }
}
