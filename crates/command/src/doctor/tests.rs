//! Sabotages a good deployment, one fact at a time: each is found by its own name alone.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use aws::deployed_facts::{
    Cause, ClientFacts, FunctionFacts, PoolFacts, Seen, StackFacts, TableFacts, Unseen,
};

use clap::Parser as _;

use super::check::CHECKS;
use super::facts::{Configured, Deployed, Facts};
use crate::arguments::Arguments;

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn deployed(id: &str) -> Deployed {
    Deployed {
        id: id.to_owned(),
        name: format!("app-{id}"),
        function: Ok(FunctionFacts {
            environment: Vec::new(),
            architecture: "arm64".to_owned(),
            runtime: "provided.al2023".to_owned(),
            timeout: 10,
            state: "Active".to_owned(),
            last_update: "Successful".to_owned(),
        }),
        reserved_concurrency: Ok(None),
        configuration: Some(Ok(Configured {
            issuer: "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI".to_owned(),
            client_id: "app".to_owned(),
            pool: Some("eu-west-1_AbCdEfGhI".to_owned()),
            domain: Some("https://example.auth.eu-west-1.amazoncognito.com".to_owned()),
            public_url: "https://app.example.com".to_owned(),
            redirect_uris: texts(&["https://app.example.com/oauth2/callback"]),
            logout_redirect_uri: "https://app.example.com/oauth2/signed-out".to_owned(),
            scopes: texts(&["openid", "email"]),
            keys: texts(&["0011"]),
            table: Some("sessions".to_owned()),
            is_cookie: false,
            revokes: true,
            refresh_lead: 60,
            longest_session: 86_400,
            rotation_grace: Some(Some(60)),
        })),
    }
}

fn good() -> Facts {
    let ids =
        ["AuthorizerFunction", "LoginFunction", "CallbackFunction", "SessionFunction", "LogoutFunction"];
    Facts {
        stack: StackFacts {
            status: "UPDATE_COMPLETE".to_owned(),
            architecture: Some("arm64".to_owned()),
            functions: Vec::new(),
        },
        functions: ids.map(deployed).into(),
        client: Some(Ok(ClientFacts {
            callback_urls: texts(&["https://app.example.com/oauth2/callback"]),
            logout_urls: texts(&["https://app.example.com/oauth2/signed-out"]),
            flows: texts(&["code"]),
            scopes: texts(&["openid", "email", "profile"]),
            identity_providers: texts(&["COGNITO"]),
            explicit_flows: texts(&["ALLOW_USER_SRP_AUTH"]),
            is_oauth: true,
            revokes: true,
            hides_users: true,
            has_secret: true,
            secret_agrees: Some(true),
            rotation_grace: Some(60),
            access_token_lifetime: 3600,
            refresh_token_lifetime: 30 * 86_400,
        })),
        pool: Some(Ok(PoolFacts { domain: Some("example".to_owned()), custom_domain: None })),
        has_branding: Some(Ok(true)),
        table: Some(Ok(TableFacts {
            is_active: true,
            key: Some("session".to_owned()),
            indexes: vec![("user".to_owned(), true), ("provider_session".to_owned(), true)],
        })),
        time_to_live: Some(Ok(Some("ttl".to_owned()))),
    }
}

fn found(facts: &Facts) -> Vec<&'static str> {
    CHECKS.iter().filter(|check| !(check.find)(facts).is_empty()).map(|check| check.name).collect()
}

fn client(facts: &mut Facts) -> &mut ClientFacts {
    facts.client.as_mut().unwrap().as_mut().unwrap()
}

fn table(facts: &mut Facts) -> &mut TableFacts {
    facts.table.as_mut().unwrap().as_mut().unwrap()
}

fn function(facts: &mut Facts) -> &mut FunctionFacts {
    facts.functions.last_mut().unwrap().function.as_mut().unwrap()
}

fn last(facts: &mut Facts) -> &mut Configured {
    facts.functions.last_mut().unwrap().configuration.as_mut().unwrap().as_mut().unwrap()
}

fn everywhere(facts: &mut Facts, change: fn(&mut Configured)) {
    facts.functions.iter_mut().for_each(|one| change(one.configuration.as_mut().unwrap().as_mut().unwrap()));
}

fn not<T>(cause: Cause) -> Seen<T> {
    Err(Unseen { permission: "service:Call", cause })
}

type Sabotage = (&'static str, fn(&mut Facts));

const SABOTAGES: &[Sabotage] = &[
    ("cannot_see", |facts| facts.client = Some(not(Cause::Denied))),
    ("cannot_see", |facts| facts.pool = Some(not(Cause::Denied))),
    ("cannot_see", |facts| facts.has_branding = Some(not(Cause::Denied))),
    ("cannot_see", |facts| facts.table = Some(not(Cause::Denied))),
    ("cannot_see", |facts| facts.time_to_live = Some(not(Cause::Denied))),
    ("cannot_see", |facts| facts.functions.last_mut().unwrap().reserved_concurrency = not(Cause::Denied)),
    ("no_answer", |facts| facts.table = Some(not(Cause::Unavailable))),
    ("stack_failed", |facts| facts.stack.status = "UPDATE_ROLLBACK_FAILED".to_owned()),
    ("function_missing", |facts| drop(facts.functions.pop())),
    ("function_missing", |facts| drop(facts.functions.remove(0))),
    ("function_missing", |facts| facts.functions.clear()),
    ("function_gone", |facts| facts.functions.last_mut().unwrap().function = not(Cause::NotFound)),
    ("function_inactive", |facts| function(facts).state = "Failed".to_owned()),
    ("function_update_failed", |facts| function(facts).last_update = "Failed".to_owned()),
    ("function_architecture", |facts| function(facts).architecture = "x86_64".to_owned()),
    ("function_runtime", |facts| function(facts).runtime = "provided.al2".to_owned()),
    ("function_timeout", |facts| function(facts).timeout = 3),
    ("function_stopped", |facts| facts.functions.last_mut().unwrap().reserved_concurrency = Ok(Some(0))),
    ("configuration_faulty", |facts| {
        facts.functions.last_mut().unwrap().configuration = Some(Err(texts(&["leeway: no number"])));
    }),
    ("issuers_differ", |facts| last(facts).issuer.push('x')),
    ("clients_differ", |facts| last(facts).client_id.push('x')),
    ("addresses_differ", |facts| last(facts).public_url.push('x')),
    ("callbacks_differ", |facts| last(facts).redirect_uris.clear()),
    ("keys_differ", |facts| last(facts).keys = texts(&["2233", "0011"])),
    ("storages_differ", |facts| last(facts).table = Some("other".to_owned())),
    ("pool_missing", |facts| facts.pool = Some(not(Cause::NotFound))),
    ("client_missing", |facts| facts.client = Some(not(Cause::NotFound))),
    ("callback_missing", |facts| client(facts).callback_urls.clear()),
    ("callback_missing", |facts| {
        client(facts).callback_urls = texts(&["https://app.example.com/oauth2/callback/"]);
    }),
    ("sign_out_missing", |facts| client(facts).logout_urls.clear()),
    ("oauth_off", |facts| client(facts).is_oauth = false),
    ("code_flow_off", |facts| client(facts).flows.clear()),
    ("implicit_flow_on", |facts| client(facts).flows.push("implicit".to_owned())),
    ("password_flow_on", |facts| client(facts).explicit_flows.push("ALLOW_USER_PASSWORD_AUTH".to_owned())),
    ("scope_not_allowed", |facts| client(facts).scopes = texts(&["openid"])),
    ("no_identity_provider", |facts| client(facts).identity_providers.clear()),
    ("client_without_secret", |facts| {
        client(facts).has_secret = false;
        client(facts).secret_agrees = Some(false);
    }),
    ("client_secret_replaced", |facts| client(facts).secret_agrees = Some(false)),
    ("users_told", |facts| client(facts).hides_users = false),
    ("revocation_off", |facts| client(facts).revokes = false),
    ("rotation_in_cookies", |facts| {
        everywhere(facts, |one| {
            one.is_cookie = true;
            one.rotation_grace = Some(None);
        });
    }),
    ("rotation_differs", |facts| client(facts).rotation_grace = None),
    ("access_token_short", |facts| client(facts).access_token_lifetime = 120),
    ("refresh_token_short", |facts| client(facts).refresh_token_lifetime = 3600),
    ("domain_missing", |facts| facts.pool = Some(Ok(PoolFacts::default()))),
    ("domain_differs", |facts| {
        everywhere(facts, |one| {
            one.domain = Some("https://other.auth.eu-west-1.amazoncognito.com".to_owned());
        });
    }),
    ("branding_missing", |facts| facts.has_branding = Some(Ok(false))),
    ("table_missing", |facts| facts.table = Some(not(Cause::NotFound))),
    ("table_inactive", |facts| table(facts).is_active = false),
    ("table_key", |facts| table(facts).key = Some("id".to_owned())),
    ("user_index_missing", |facts| drop(table(facts).indexes.remove(0))),
    ("provider_session_index_missing", |facts| drop(table(facts).indexes.pop())),
    ("index_inactive", |facts| {
        table(facts).indexes = vec![("user".to_owned(), false), ("provider_session".to_owned(), true)];
    }),
    ("ttl_off", |facts| facts.time_to_live = Some(Ok(None))),
    ("ttl_attribute", |facts| facts.time_to_live = Some(Ok(Some("ends".to_owned())))),
];

#[test]
fn nothing_is_found_in_a_good_deployment() {
    assert_eq!(found(&good()), [""; 0]);
}

#[test]
fn every_sabotage_is_found_by_its_own_name_alone() {
    for (name, sabotage) in SABOTAGES {
        let mut facts = good();
        sabotage(&mut facts);
        assert_eq!(found(&facts), [*name]);
    }
}

#[test]
fn every_check_has_a_sabotage() {
    for check in CHECKS {
        assert!(SABOTAGES.iter().any(|(name, _)| *name == check.name), "{}", check.name);
    }
}

/// Whatever a finding tells to run with this command is a command line that it takes.
#[test]
fn every_mend_of_ours_is_a_command() {
    let mends = CHECKS.iter().map(|check| check.mend.replace("{stack}", "app"));
    let ours: Vec<String> = mends.filter(|mend| mend.starts_with("vestibule ")).collect();
    assert!(!ours.is_empty());
    for mend in ours {
        let read = Arguments::try_parse_from(mend.split(' '));
        assert!(read.is_ok(), "{mend}: {:?}", read.err());
    }
}
