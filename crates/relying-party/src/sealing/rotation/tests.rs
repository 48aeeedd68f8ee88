#![expect(clippy::panic, reason = "a test fails by panicking")]

use super::*;
use crate::configuration::{Role, Sources};

const CHANGED: Timestamp = Timestamp::from_unix(1_800_000_000);
const DAY: i64 = 86_400;

fn id(number: u32) -> KeyId {
    format!("{number:08x}").parse().unwrap_or_else(|fault| panic!("{fault}"))
}

fn ids(numbers: &[u32]) -> Vec<KeyId> {
    numbers.iter().map(|number| id(*number)).collect()
}

fn rings(current: &[u32], previous: Option<&[u32]>) -> Rings {
    Rings { current: ids(current), previous: previous.map(ids), changed_at: CHANGED }
}

fn appended() -> Rings {
    rings(&[1, 2], Some(&[1]))
}

fn promoted() -> Rings {
    rings(&[2, 1], Some(&[1, 2]))
}

fn after(seconds: i64) -> Timestamp {
    CHANGED.plus(seconds)
}

#[test]
fn the_version_before_tells_how_far_a_rotation_is() {
    for (current, previous, stage) in [
        (&[1][..], None, Stage::Settled),
        (&[1], Some(&[1, 2][..]), Stage::Settled),
        (&[1, 2], Some(&[1]), Stage::Appended { new: id(2) }),
        (&[1, 2, 3], Some(&[1, 2]), Stage::Appended { new: id(3) }),
        (&[2, 1], Some(&[1, 2]), Stage::Promoted { leaving: ids(&[1]) }),
        (&[3, 1, 2], Some(&[1, 2, 3]), Stage::Promoted { leaving: ids(&[1, 2]) }),
        (&[3, 2], Some(&[3, 1, 2]), Stage::Promoted { leaving: ids(&[2]) }),
        (&[1, 2], None, Stage::Unclear),
        (&[1, 2], Some(&[1, 2]), Stage::Unclear),
        (&[1, 2], Some(&[2]), Stage::Unclear),
        (&[1, 2], Some(&[3]), Stage::Unclear),
        (&[1, 3], Some(&[1, 2]), Stage::Unclear),
        (&[], None, Stage::Unclear),
    ] {
        assert_eq!(rings(current, previous).stage(), stage, "{current:?} after {previous:?}");
    }
}

#[test]
fn a_key_is_promoted_once_everybody_has_read_it() {
    let early = RotationRefusal::TooEarly { from: after(SPREAD_SECONDS), wait: Wait::EveryReading };
    assert_eq!(appended().promote(None, after(0), false), Err(early.clone()));
    assert_eq!(appended().promote(None, after(SPREAD_SECONDS - 1), false), Err(early));
    assert_eq!(appended().promote(None, after(SPREAD_SECONDS), false), Ok(id(2)));
    const { assert!(SPREAD_SECONDS > READ_EVERY_SECONDS) };
}

#[test]
fn a_key_is_dropped_once_the_longest_session_has_passed_and_everybody_has_read_of_its_successor() {
    let from = after(SPREAD_SECONDS + DAY);
    let early = RotationRefusal::TooEarly { from, wait: Wait::LongestSession };
    assert_eq!(promoted().drop_keys(None, DAY, after(DAY), false), Err(early.clone()));
    assert_eq!(promoted().drop_keys(None, DAY, from.plus(-1), false), Err(early));
    assert_eq!(promoted().drop_keys(None, DAY, from, false), Ok(ids(&[1])));
}

#[test]
fn the_longest_session_is_a_remembered_one_where_somebody_may_be_remembered() {
    let remembered = "session_remember_absolute_timeout: 2592000";
    for (lines, longest) in [
        ("", DAY),
        ("session_remember: true", 30 * DAY),
        ("session_remember: ask", 30 * DAY),
        ("session_remember: false", DAY),
        ("session_remember: ask\nsession_absolute_timeout: 3456000", 40 * DAY),
    ] {
        let document = format!(
            "issuer: https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI\nclient_id: 1example23456789\n\
             public_url: https://app.example.com\nsession_secret: 0123456789abcdef0123456789abcdef\n\
             {remembered}\n{lines}\n"
        );
        let sources = Sources { document: Some(&document), ..Sources::default() };
        let configuration = Configuration::from_sources(&sources, Role::Authorizer);
        let configuration = configuration.unwrap_or_else(|faults| panic!("{lines}: {faults}"));
        assert_eq!(longest_sealed(&configuration), longest, "{lines}");
    }
}

#[test]
fn an_operator_who_asks_for_it_waits_for_nothing() {
    assert_eq!(appended().promote(None, after(0), true), Ok(id(2)));
    assert_eq!(promoted().drop_keys(None, DAY, after(0), true), Ok(ids(&[1])));
}

#[test]
fn steps_are_taken_in_their_order() {
    let now = after(2 * DAY);
    let settled = rings(&[1], Some(&[1, 2]));
    assert_eq!(settled.promote(None, now, false), Err(RotationRefusal::NothingAppended));
    assert_eq!(settled.drop_keys(None, DAY, now, false), Err(RotationRefusal::NothingToDrop));
    assert_eq!(appended().drop_keys(None, DAY, now, false), Err(RotationRefusal::NotPromoted));
    assert_eq!(promoted().promote(None, now, false), Err(RotationRefusal::NothingAppended));
}

#[test]
fn one_key_at_a_time_is_appended() {
    assert_eq!(appended().append(), Err(RotationRefusal::AlreadyAppended(id(2))));
    assert_eq!(rings(&[1], None).append(), Ok(()));
    assert_eq!(promoted().append(), Ok(()));
    assert_eq!(rings(&[1, 2], None).append(), Ok(()));
}

#[test]
fn where_nobody_can_tell_the_key_has_to_be_named() {
    let (unclear, now) = (rings(&[1, 2, 3], None), after(2 * DAY));
    assert_eq!(unclear.promote(None, now, false), Err(RotationRefusal::Unclear));
    assert_eq!(unclear.drop_keys(None, DAY, now, false), Err(RotationRefusal::Unclear));
    assert_eq!(unclear.promote(Some(id(2)), now, false), Ok(id(2)));
    assert_eq!(unclear.drop_keys(Some(id(3)), DAY, now, false), Ok(ids(&[3])));
}

#[test]
fn a_named_key_waits_as_any_other() {
    let unclear = rings(&[1, 2], None);
    assert!(matches!(unclear.promote(Some(id(2)), after(0), false), Err(RotationRefusal::TooEarly { .. })));
    let dropped = unclear.drop_keys(Some(id(2)), DAY, after(DAY), false);
    assert!(matches!(dropped, Err(RotationRefusal::TooEarly { .. })));
}

#[test]
fn the_key_that_seals_is_neither_promoted_nor_dropped_not_even_early() {
    assert_eq!(promoted().promote(Some(id(2)), after(0), true), Err(RotationRefusal::Seals(id(2))));
    assert_eq!(promoted().drop_keys(Some(id(2)), DAY, after(0), true), Err(RotationRefusal::Seals(id(2))));
}

#[test]
fn a_key_that_is_not_in_the_ring_is_refused() {
    assert_eq!(appended().promote(Some(id(9)), after(0), true), Err(RotationRefusal::NotInRing(id(9))));
    assert_eq!(
        appended().drop_keys(Some(id(9)), DAY, after(0), true),
        Err(RotationRefusal::NotInRing(id(9)))
    );
}
