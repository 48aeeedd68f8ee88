use super::*;
use crate::time::Timestamp;

const START: i64 = 1_800_000_000;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix(START + seconds)
}

/// A cache that fetched `signing-1` at the start.
fn filled() -> JwksCache {
    let mut cache = JwksCache::default();
    cache.fetched(key_set(), TokenSource::Client, at(0));
    cache
}

fn known(cache: &JwksCache, seconds: i64) -> JwksPlan {
    cache.plan(Wanted::Kid("signing-1"), TokenSource::Client, at(seconds))
}

fn unknown(cache: &JwksCache, seconds: i64) -> JwksPlan {
    cache.plan(Wanted::Kid("signing-2"), TokenSource::Client, at(seconds))
}

#[test]
fn an_empty_cache_fetches() {
    let cache = JwksCache::default();
    assert!(matches!(known(&cache, 0), JwksPlan::Fetch));
    assert!(matches!(cache.plan(Wanted::Any, TokenSource::Client, at(0)), JwksPlan::Fetch));
}

#[test]
fn a_known_kid_is_used_until_the_soft_lifetime() {
    let cache = filled();
    for seconds in [0, 1, 10, 3599] {
        assert!(matches!(known(&cache, seconds), JwksPlan::Use(_)), "{seconds}");
        assert!(
            matches!(cache.plan(Wanted::Any, TokenSource::Client, at(seconds)), JwksPlan::Use(_)),
            "{seconds}"
        );
    }
    assert!(matches!(known(&cache, 3600), JwksPlan::Refetch { .. }));
    assert!(matches!(cache.plan(Wanted::Any, TokenSource::Client, at(3600)), JwksPlan::Refetch { .. }));
}

#[test]
fn stale_keys_serve_while_the_provider_is_down() {
    let mut cache = filled();
    cache.failed(TokenSource::Client, at(3600));
    assert!(matches!(known(&cache, 3600), JwksPlan::Use(_)));
    assert!(matches!(known(&cache, 3609), JwksPlan::Use(_)));
    assert!(matches!(known(&cache, 3610), JwksPlan::Refetch { .. }));
    cache.failed(TokenSource::Client, at(86_400 * 7));
    assert!(matches!(known(&cache, 86_400 * 7 + 1), JwksPlan::Use(_)));
}

#[test]
fn an_unknown_kid_fetches_once_in_a_cool_down_and_fails_closed() {
    let mut cache = filled();
    assert!(matches!(unknown(&cache, 0), JwksPlan::Refuse(JwksRefusal::KeyUnknown { .. })));
    assert!(matches!(unknown(&cache, 9), JwksPlan::Refuse(JwksRefusal::KeyUnknown { .. })));
    assert!(matches!(unknown(&cache, 10), JwksPlan::Fetch));
    cache.fetched(key_set(), TokenSource::Client, at(10));
    assert!(matches!(unknown(&cache, 10), JwksPlan::Refuse(JwksRefusal::KeyUnknown { kid: Some(_) })));
    assert!(matches!(unknown(&cache, 19), JwksPlan::Refuse(JwksRefusal::KeyUnknown { .. })));
    assert!(matches!(unknown(&cache, 20), JwksPlan::Fetch));
}

#[test]
fn a_flood_of_invented_kids_asks_the_provider_once_in_a_cool_down() {
    let mut cache = filled();
    let mut fetches = 0;
    for second in 0..100 {
        for invented in 0..20 {
            let kid = format!("invented-{second}-{invented}");
            if matches!(cache.plan(Wanted::Kid(&kid), TokenSource::Client, at(second)), JwksPlan::Fetch) {
                fetches += 1;
                cache.fetched(key_set(), TokenSource::Client, at(second));
            }
        }
        assert!(matches!(known(&cache, second), JwksPlan::Use(_)));
    }
    assert_eq!(fetches, 9);
}

#[test]
fn a_failure_costs_the_cool_down_too() {
    let mut cache = JwksCache::default();
    cache.failed(TokenSource::Client, at(0));
    assert!(matches!(known(&cache, 0), JwksPlan::Refuse(JwksRefusal::Unavailable)));
    assert!(matches!(known(&cache, 9), JwksPlan::Refuse(JwksRefusal::Unavailable)));
    assert!(matches!(known(&cache, 10), JwksPlan::Fetch));
}

#[test]
fn an_unknown_kid_after_a_failure_is_an_outage() {
    let mut cache = filled();
    cache.failed(TokenSource::Client, at(20));
    assert!(matches!(unknown(&cache, 21), JwksPlan::Refuse(JwksRefusal::Unavailable)));
    assert!(matches!(known(&cache, 21), JwksPlan::Use(_)));
}

#[test]
fn a_rotated_key_is_found_by_the_fetch() {
    let mut cache = filled();
    assert!(matches!(unknown(&cache, 60), JwksPlan::Fetch));
    cache.fetched(parse(&[rsa_key().jwk("signing-2")]).unwrap(), TokenSource::Client, at(60));
    assert!(matches!(unknown(&cache, 60), JwksPlan::Use(_)));
    // A key that the provider has removed no longer verifies.
    assert!(matches!(known(&cache, 61), JwksPlan::Refuse(JwksRefusal::KeyUnknown { .. })));
}

#[test]
fn after_any_outcome_the_next_plan_is_no_fetch() {
    for wanted in [Wanted::Kid("signing-1"), Wanted::Kid("signing-2"), Wanted::Any] {
        for start in [JwksCache::default(), filled()] {
            let mut fetched = start.clone();
            fetched.fetched(key_set(), TokenSource::Client, at(5000));
            let mut failed = start;
            failed.failed(TokenSource::Client, at(5000));
            for cache in [fetched, failed] {
                let plan = cache.plan(wanted, TokenSource::Client, at(5000));
                assert!(matches!(plan, JwksPlan::Use(_) | JwksPlan::Refuse(_)), "{plan:?}");
            }
        }
    }
}

#[test]
fn a_clock_that_was_set_back_does_not_freeze_the_cache() {
    let cache = filled();
    assert!(matches!(unknown(&cache, -5), JwksPlan::Refuse(JwksRefusal::KeyUnknown { .. })));
    assert!(matches!(unknown(&cache, -86_400), JwksPlan::Fetch));
    assert!(matches!(known(&cache, -86_400), JwksPlan::Refetch { .. }));
    let far = cache.plan(Wanted::Any, TokenSource::Client, Timestamp::from_unix(i64::MIN));
    assert!(matches!(far, JwksPlan::Refetch { .. }));
}

fn newer(cache: &JwksCache, token_source: TokenSource, seconds: i64) -> JwksPlan {
    let JwksPlan::Use(set) = known(cache, 0) else { unreachable!("the cache is filled") };
    cache.plan(Wanted::Newer(&set), token_source, at(seconds))
}

#[test]
fn a_failed_signature_fetches_once_in_a_cool_down() {
    let mut cache = filled();
    assert!(matches!(
        newer(&cache, TokenSource::Client, 9),
        JwksPlan::Refuse(JwksRefusal::KeyUnknown { .. })
    ));
    assert!(matches!(newer(&cache, TokenSource::Client, 10), JwksPlan::Fetch));
    cache.failed(TokenSource::Client, at(10));
    assert!(matches!(newer(&cache, TokenSource::Client, 19), JwksPlan::Refuse(JwksRefusal::Unavailable)));
    let JwksPlan::Use(old) = known(&cache, 0) else { unreachable!("the cache is filled") };
    cache.fetched(key_set(), TokenSource::Client, at(20));
    // A caller with the previous set gets the new one, whatever the cool-down.
    assert!(matches!(cache.plan(Wanted::Newer(&old), TokenSource::Client, at(20)), JwksPlan::Use(_)));
    assert!(matches!(
        newer(&cache, TokenSource::Client, 29),
        JwksPlan::Refuse(JwksRefusal::KeyUnknown { .. })
    ));
}

#[test]
fn a_token_of_the_providers_own_has_a_cool_down_of_its_own() {
    let mut cache = filled();
    let rotated =
        |cache: &JwksCache, second| cache.plan(Wanted::Kid("signing-2"), TokenSource::Provider, at(second));
    // Right after the first fetch, and after one for a client.
    assert!(matches!(rotated(&cache, 1), JwksPlan::Fetch));
    assert!(matches!(newer(&cache, TokenSource::Provider, 1), JwksPlan::Fetch));
    cache.fetched(key_set(), TokenSource::Client, at(10));
    assert!(matches!(rotated(&cache, 11), JwksPlan::Fetch));
    cache.fetched(key_set(), TokenSource::Provider, at(11));
    for second in [11, 20] {
        assert!(
            matches!(rotated(&cache, second), JwksPlan::Refuse(JwksRefusal::KeyUnknown { .. })),
            "{second}"
        );
        let other = newer(&cache, TokenSource::Provider, second);
        assert!(matches!(other, JwksPlan::Refuse(JwksRefusal::KeyUnknown { .. })), "{second}");
        // The attempt counts for clients too.
        assert!(matches!(unknown(&cache, second), JwksPlan::Refuse(_)), "{second}");
    }
    assert!(matches!(rotated(&cache, 21), JwksPlan::Fetch));
}

#[test]
fn while_nothing_was_ever_fetched_the_provider_is_left_alone_for_a_cool_down() {
    let mut cache = JwksCache::default();
    cache.failed(TokenSource::Provider, at(0));
    let plan = cache.plan(Wanted::Any, TokenSource::Provider, at(9));
    assert!(matches!(plan, JwksPlan::Refuse(JwksRefusal::Unavailable)));
    assert!(matches!(cache.plan(Wanted::Any, TokenSource::Provider, at(10)), JwksPlan::Fetch));
}
