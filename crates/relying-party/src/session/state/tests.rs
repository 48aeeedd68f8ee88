use super::*;
use crate::secret::Secret;

const SIGNED_IN: i64 = 1_800_000_000;
const RENEWED: i64 = SIGNED_IN + 1_000;
const SEEN: i64 = SIGNED_IN + 1_200;
const NOW: i64 = SEEN;
const LEAD: i64 = 60;
const LIMITS: Limits = Limits { idling: None, rolling: 4_000, absolute: 20_000, remembered: false };
const IDLING: Limits = Limits { idling: Some(600), ..LIMITS };

fn session() -> Session {
    Session {
        renewed_at: at(RENEWED),
        seen_at: at(SEEN),
        ..Session::bare("https://id.example.com", "s1", at(SIGNED_IN))
    }
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix(seconds)
}

/// Whether the session is valid, and if so, whether its renewal is due.
fn renewal_due(limits: &Limits, session: &Session, now: Timestamp) -> Result<bool, SessionRefusal> {
    session.state(limits, LEAD, now).map(|state| state.renewal_due)
}

fn ended(refusal: SessionRefusal) -> Result<bool, SessionRefusal> {
    Err(refusal)
}

const LIVE: Result<bool, SessionRefusal> = Ok(false);
const RENEWAL_DUE: Result<bool, SessionRefusal> = Ok(true);

#[test]
fn live_right_after_sign_in() {
    let fresh = Session { renewed_at: at(SIGNED_IN), seen_at: at(SIGNED_IN), ..session() };
    assert_eq!(renewal_due(&IDLING, &fresh, at(SIGNED_IN)), LIVE);
}

#[test]
fn the_absolute_limit_at_its_second() {
    let renewed = Session { renewed_at: at(SIGNED_IN + 19_000), ..session() };
    assert_eq!(renewal_due(&LIMITS, &renewed, at(SIGNED_IN + 19_999)), LIVE);
    for seconds in [20_000, 20_001, i64::MAX - SIGNED_IN] {
        let found = renewal_due(&LIMITS, &renewed, at(SIGNED_IN + seconds));
        assert_eq!(found, ended(SessionRefusal::AbsoluteTimeout), "{seconds}");
    }
}

#[test]
fn the_rolling_limit_at_its_second() {
    assert_eq!(renewal_due(&LIMITS, &session(), at(RENEWED + 3_999)), RENEWAL_DUE);
    for seconds in [4_000, 4_001] {
        let found = renewal_due(&LIMITS, &session(), at(RENEWED + seconds));
        assert_eq!(found, ended(SessionRefusal::RollingTimeout), "{seconds}");
    }
}

#[test]
fn the_idle_limit_at_its_second() {
    assert_eq!(renewal_due(&IDLING, &session(), at(SEEN + 599)), LIVE);
    for seconds in [600, 601] {
        let found = renewal_due(&IDLING, &session(), at(SEEN + seconds));
        assert_eq!(found, ended(SessionRefusal::IdleTimeout), "{seconds}");
    }
}

#[test]
fn without_an_idle_limit_use_does_not_matter() {
    let unseen = Session { seen_at: at(0), ..session() };
    assert_eq!(renewal_due(&LIMITS, &unseen, at(SEEN + 600)), LIVE);
}

#[test]
fn renewal_is_due_past_three_quarters_of_the_rolling_limit() {
    for (seconds, expected) in [(0, LIVE), (2_999, LIVE), (3_000, LIVE), (3_001, RENEWAL_DUE)] {
        assert_eq!(renewal_due(&LIMITS, &session(), at(RENEWED + seconds)), expected, "{seconds}");
    }
}

#[test]
fn renewal_of_a_remembered_session_is_due_past_a_tenth_of_the_rolling_limit() {
    let limits = Limits { remembered: true, ..LIMITS };
    for (seconds, expected) in [(0, LIVE), (400, LIVE), (401, RENEWAL_DUE), (3_999, RENEWAL_DUE)] {
        assert_eq!(renewal_due(&limits, &session(), at(RENEWED + seconds)), expected, "{seconds}");
    }
    assert_eq!(renewal_due(&limits, &session(), at(RENEWED + 4_000)), ended(SessionRefusal::RollingTimeout));
}

#[test]
fn renewal_of_a_limit_that_four_does_not_divide() {
    let limits = Limits { rolling: 10, ..LIMITS };
    assert_eq!(renewal_due(&limits, &session(), at(RENEWED + 7)), LIVE);
    assert_eq!(renewal_due(&limits, &session(), at(RENEWED + 8)), RENEWAL_DUE);
}

#[test]
fn the_absolute_limit_is_told_before_the_rolling_one_and_that_before_the_idle_one() {
    assert_eq!(
        renewal_due(&IDLING, &session(), at(SIGNED_IN + 20_000)),
        ended(SessionRefusal::AbsoluteTimeout)
    );
    assert_eq!(
        renewal_due(&IDLING, &session(), at(SIGNED_IN + 19_999)),
        ended(SessionRefusal::RollingTimeout)
    );
    assert_eq!(renewal_due(&IDLING, &session(), at(RENEWED + 3_999)), ended(SessionRefusal::IdleTimeout));
}

#[test]
fn a_limit_of_nothing_ends_every_session() {
    let now = at(SIGNED_IN);
    let fresh = Session { renewed_at: now, seen_at: now, ..session() };
    for (limits, refusal) in [
        (Limits { absolute: 0, ..IDLING }, SessionRefusal::AbsoluteTimeout),
        (Limits { rolling: 0, ..IDLING }, SessionRefusal::RollingTimeout),
        (Limits { idling: Some(0), ..IDLING }, SessionRefusal::IdleTimeout),
    ] {
        assert_eq!(renewal_due(&limits, &fresh, now), ended(refusal), "{limits:?}");
    }
}

#[test]
fn limits_and_times_at_their_ends_do_not_wrap() {
    let limits = Limits { idling: Some(i64::MAX), rolling: i64::MAX, absolute: i64::MAX, remembered: false };
    assert_eq!(renewal_due(&limits, &session(), at(SEEN)), LIVE);
    assert_eq!(limits.expires_at(&session()), at(i64::MAX));
    let ancient = Session { signed_in_at: at(i64::MIN), ..session() };
    assert_eq!(renewal_due(&LIMITS, &ancient, at(i64::MAX)), ended(SessionRefusal::AbsoluteTimeout));
}

#[test]
fn it_expires_at_the_second_from_which_it_no_longer_holds() {
    let end = LIMITS.expires_at(&session());
    assert_eq!(renewal_due(&LIMITS, &session(), end.plus(-1)), RENEWAL_DUE);
    assert_eq!(renewal_due(&LIMITS, &session(), end), ended(SessionRefusal::RollingTimeout));
}

const FRESH: Result<TokenState, SessionRefusal> = Ok(TokenState::Fresh);
const DUE: Result<TokenState, SessionRefusal> = Ok(TokenState::Due { usable: true });
const DUE_EXPIRED: Result<TokenState, SessionRefusal> = Ok(TokenState::Due { usable: false });
const EXPIRED: Result<TokenState, SessionRefusal> = Err(SessionRefusal::AccessTokenExpired);

/// A session whose access token expires this many seconds from now.
fn with_token(expires_in: Option<i64>, refresh_token: Option<&str>) -> Session {
    Session {
        access_token_expires_at: expires_in.map(|seconds| at(NOW).plus(seconds)),
        refresh_token: refresh_token.map(Secret::new),
        ..session()
    }
}

/// The state of its access token, whatever the limits are.
fn token(session: &Session, lead: i64, now: Timestamp) -> Result<TokenState, SessionRefusal> {
    let limitless = Session { signed_in_at: now, renewed_at: now, seen_at: now, ..session.clone() };
    limitless.state(&LIMITS, lead, now).map(|state| state.token)
}

#[test]
fn the_token_with_a_refresh_token() {
    for (expires_in, lead, expected) in [
        (i64::MAX, LEAD, FRESH),
        (3_600, LEAD, FRESH),
        (LEAD + 1, LEAD, FRESH),
        (LEAD, LEAD, DUE),
        (LEAD - 1, LEAD, DUE),
        (0, LEAD, DUE_EXPIRED),
        (-1, LEAD, DUE_EXPIRED),
        (-1_000_000, LEAD, DUE_EXPIRED),
        (1, 0, FRESH),
        (0, 0, DUE_EXPIRED),
    ] {
        let session = with_token(Some(expires_in), Some("r1"));
        assert_eq!(token(&session, lead, at(NOW)), expected, "{expires_in} {lead}");
    }
}

#[test]
fn the_token_without_a_refresh_token() {
    for (expires_in, expected) in [(LEAD + 1, FRESH), (LEAD, FRESH), (1, FRESH), (0, EXPIRED), (-1, EXPIRED)]
    {
        assert_eq!(token(&with_token(Some(expires_in), None), LEAD, at(NOW)), expected, "{expires_in}");
    }
}

#[test]
fn the_token_without_a_known_end() {
    for refresh_token in [None, Some("r1")] {
        assert_eq!(token(&with_token(None, refresh_token), LEAD, at(NOW)), FRESH);
    }
}

#[test]
fn the_token_with_times_at_their_ends() {
    let mut session = with_token(Some(0), Some("r1"));
    session.access_token_expires_at = Some(at(i64::MIN));
    assert_eq!(token(&session, LEAD, at(i64::MAX)), DUE_EXPIRED);
    session.access_token_expires_at = Some(at(i64::MAX));
    assert_eq!(token(&session, LEAD, at(i64::MIN)), FRESH);
}

#[test]
fn a_limit_is_told_before_an_expired_token() {
    let expired = with_token(Some(0), None);
    assert_eq!(
        renewal_due(&LIMITS, &expired, at(SIGNED_IN + 20_000)),
        ended(SessionRefusal::AbsoluteTimeout)
    );
}
