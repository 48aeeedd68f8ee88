use super::super::*;
use super::pem;
use crate::token::jwks::{COOL_DOWN_SECONDS, SOFT_LIFETIME_SECONDS};
use crate::token::test_tokens::{NOW, p256_key};

fn id(number: usize) -> KeyId {
    KeyId::parse(&format!("12345678-1234-1234-1234-{number:012}")).unwrap()
}

fn key() -> LoadBalancerKey {
    LoadBalancerKey::from_pem(&pem(p256_key())).unwrap()
}

fn in_words(plan: &KeyPlan) -> &'static str {
    match plan {
        KeyPlan::Use(_) => "use",
        KeyPlan::Fetch { meanwhile: None } => "fetch",
        KeyPlan::Fetch { meanwhile: Some(_) } => "fetch again",
        KeyPlan::Refuse(LoadBalancerRefusal::KeyUnknown) => "unknown",
        KeyPlan::Refuse(_) => "unavailable",
    }
}

#[test]
fn a_key_is_fetched_once_and_again_after_its_lifetime() {
    let mut keys = LoadBalancerKeys::default();
    assert_eq!(in_words(&keys.plan(&id(1), NOW)), "fetch");
    keys.fetched(&id(1), Ok(key()), NOW);
    for (seconds, expected) in
        [(0, "use"), (SOFT_LIFETIME_SECONDS - 1, "use"), (SOFT_LIFETIME_SECONDS, "fetch again")]
    {
        assert_eq!(in_words(&keys.plan(&id(1), NOW.plus(seconds))), expected, "{seconds}");
    }
}

#[test]
fn an_old_key_serves_while_aws_is_out_of_order_and_not_when_it_is_gone() {
    let later = NOW.plus(SOFT_LIFETIME_SECONDS);
    for (refusal, expected) in
        [(LoadBalancerRefusal::KeyUnavailable, "use"), (LoadBalancerRefusal::KeyUnknown, "unknown")]
    {
        let mut keys = LoadBalancerKeys::default();
        keys.fetched(&id(1), Ok(key()), NOW);
        keys.fetched(&id(1), Err(refusal), later);
        assert_eq!(in_words(&keys.plan(&id(1), later)), expected);
    }
}

#[test]
fn nobody_is_asked_twice_within_the_cool_down() {
    let mut keys = LoadBalancerKeys::default();
    keys.fetched(&id(1), Err(LoadBalancerRefusal::KeyUnknown), NOW);
    keys.fetched(&id(2), Err(LoadBalancerRefusal::KeyUnavailable), NOW);
    let almost = NOW.plus(COOL_DOWN_SECONDS - 1);
    assert_eq!(in_words(&keys.plan(&id(1), almost)), "unknown");
    assert_eq!(in_words(&keys.plan(&id(2), almost)), "unavailable");
    assert_eq!(in_words(&keys.plan(&id(1), NOW.plus(COOL_DOWN_SECONDS))), "fetch");
}

#[test]
fn an_invented_key_id_does_not_keep_others_from_being_fetched() {
    let mut keys = LoadBalancerKeys::default();
    keys.fetched(&id(1), Err(LoadBalancerRefusal::KeyUnknown), NOW);
    assert_eq!(in_words(&keys.plan(&id(2), NOW)), "fetch");
}

#[test]
fn many_invented_key_ids_do_not_become_many_requests() {
    let mut keys = LoadBalancerKeys::default();
    keys.fetched(&id(0), Ok(key()), NOW);
    for number in 1..MAX_FETCHES {
        keys.fetched(&id(number), Err(LoadBalancerRefusal::KeyUnknown), NOW);
    }
    assert_eq!(in_words(&keys.plan(&id(100), NOW)), "unavailable");
    assert_eq!(in_words(&keys.plan(&id(0), NOW)), "use");
    assert_eq!(in_words(&keys.plan(&id(100), NOW.plus(COOL_DOWN_SECONDS))), "fetch");
}

#[test]
fn the_oldest_of_too_many_keys_goes() {
    let mut keys = LoadBalancerKeys::default();
    for number in 0..40 {
        let at = NOW.plus(COOL_DOWN_SECONDS * i64::try_from(number).unwrap());
        keys.fetched(&id(number), Ok(key()), at);
    }
    let later = NOW.plus(COOL_DOWN_SECONDS * 50);
    assert_eq!(in_words(&keys.plan(&id(0), later)), "fetch");
    assert_eq!(in_words(&keys.plan(&id(39), later)), "use");
}
