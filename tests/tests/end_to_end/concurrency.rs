//! Sends a hundred requests at once to ten processes of the authorizer with one table, for a session whose token is
//! about to expire or has expired: there is one token request, and the session is kept.
//!
//! moto provides the table. By itself moto lets several of ten writers with one condition succeed, in 132 of
//! 1,000 tries of the write that takes a lease; a lease is then held twice, and two token requests are made.
//! With `tests/moto_server.py` and `tests/moto_table.py` each request is atomic: one writer succeeds in 1,000
//! of 1,000 tries. DynamoDB guarantees that for its conditional writes.

use local::cognito::{AppClient, Endpoint};
use relying_party::time::Timestamp;
use tokio::sync::Mutex;

use crate::deployment::{self, Ground};
use crate::lambda::Process;
use crate::moto::Moto;
use crate::process::built;
use crate::table::{Table, environment, in_cookies};

const PROCESSES: usize = 10;
const REQUESTS_EACH: usize = 10;
const ROUNDS: u8 = 50;

/// On a busy machine the table may answer after the store's limit of 1.5 seconds. The request then gets a 503, as
/// documented, which shows nothing about the lease, so this many such rounds are repeated.
const DISTURBED_AT_MOST: u8 = 5;

/// Runs one test at a time, because two would slow each other down.
static ALONE: Mutex<()> = Mutex::const_new(());

/// The results of a round's requests.
#[derive(Debug, PartialEq, Eq)]
enum Round {
    AllPassed,
    StoreTooSlow,
}

/// Sends a hundred requests at once.
async fn round(processes: &[Process], event: &str) -> Round {
    let requests: Vec<_> =
        (0..REQUESTS_EACH).flat_map(|_| processes).map(|process| process.invoke(event.to_owned())).collect();
    let mut round = Round::AllPassed;
    for request in requests {
        match request.await {
            Ok(answer) => assert_eq!(answer["policyDocument"]["Statement"][0]["Effect"], "Allow", "{answer}"),
            Err(error) => {
                let log: Vec<String> = processes.iter().flat_map(Process::log).collect();
                let reason = "vestibule: session_store_unavailable";
                assert_eq!(error["errorMessage"], reason, "{}", log.join("\n"));
                round = Round::StoreTooSlow;
            }
        }
    }
    round
}

/// Runs rounds of a hundred requests. In even rounds the token is inside its lead, in odd rounds it has
/// expired.
async fn one_token_request_each_round(grace: i64) {
    let _alone = ALONE.lock().await;
    let (moto, ground) = (Moto::table(), Ground::bind().await);
    let client = AppClient { rotation: Some(grace), ..AppClient::local() };
    let stand_in = deployment::cognito_pool(&ground.url, "us-east-1_LocalPool", client).await;
    let table = Table::create(&moto, &stand_in.options().clients[0].client_id).await;
    let environment = environment(&stand_in, &moto, &ground.url, grace);
    let deployment = in_cookies(ground, &stand_in);
    let mut session = table.signed_in(&deployment).await;

    let authorizer = built("authorizer");
    let mut processes = Vec::new();
    for _ in 0..PROCESSES {
        processes.push(Process::start(&authorizer, &environment).await);
    }
    let (mut whole, mut disturbed) = (0, 0);
    while whole < ROUNDS {
        let now = Timestamp::from_unix((stand_in.options().clock)());
        session.access_token_expires_at = Some(now.plus(if whole % 2 == 0 { 40 } else { -1 }));
        let spent = session.refresh_token.as_ref().unwrap().expose().to_owned();
        // A new id for each round, so that no process has it in its cache.
        let id = [whole + disturbed + 1; 32];
        table.plant(id, &session).await;
        stand_in.reset_requests();
        let round = round(&processes, &table.event(id)).await;
        let token_requests = stand_in.requests(Endpoint::Token);
        if round == Round::StoreTooSlow {
            disturbed += 1;
            assert!(disturbed <= DISTURBED_AT_MOST, "the table is too slow for this test, round {whole}");
            assert!(token_requests <= 1, "round {whole}: {token_requests}");
            session = table.signed_in(&deployment).await;
            continue;
        }
        assert_eq!(token_requests, 1, "round {whole}");
        let (after, generation) = table.session(id).await;
        assert_eq!(generation, "1", "round {whole}");
        assert_ne!(after.refresh_token.as_ref().unwrap().expose(), spent, "round {whole}");
        session = after;
        whole += 1;
    }
}

#[tokio::test]
async fn ten_processes_make_one_token_request_for_a_hundred_requests_without_a_grace_period() {
    one_token_request_each_round(0).await;
}

#[tokio::test]
async fn ten_processes_make_one_token_request_for_a_hundred_requests_with_a_grace_period() {
    one_token_request_each_round(60).await;
}
