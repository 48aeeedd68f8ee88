//! Tests the layouts. Another implementation of the same derivation and cipher made the texts here: as long
//! as they open, texts that earlier releases sealed open too.

use super::*;

const VERSION_0: &str = "AAABAgMEBQYHCAkKCwwNDg8QERITFBUWFwPBkwJH7YpWgaPAyg3T65LshhRY_Gy5Lid2VoJuRTXU";
const VERSION_1: &str = "AQPBkwIAAQIDBAUGBwgJCgsMDQ4PEBESExQVFhdH7YpWgaPAyg3T65JYJLD_4sS92HWZvAPaoNn2";

#[test]
fn a_text_of_version_1_stays_what_it_is() {
    assert_eq!(sealed(), VERSION_1);
    assert_eq!(open(&ring(), VERSION_1), Ok(CONTENT.to_vec()));
}

#[test]
fn a_text_of_version_0_stays_what_it_is() {
    assert_eq!(sealed_by(&ring().writing(Format::Version0)), VERSION_0);
    assert_eq!(open(&ring(), VERSION_0), Ok(CONTENT.to_vec()));
}

#[test]
fn a_ring_that_writes_version_0_opens_version_1() {
    assert_eq!(open(&ring().writing(Format::Version0), VERSION_1), Ok(CONTENT.to_vec()));
}

#[test]
fn version_1_is_written_when_nothing_else_is_said() {
    assert_eq!(bytes_of(&sealed())[0], 1);
}

#[test]
fn a_text_rearranged_into_the_other_version_is_not_authentic() {
    let bytes = bytes_of(VERSION_1);
    let (key_id, nonce, rest) = (&bytes[1..5], &bytes[5..29], &bytes[29..]);
    let rearranged = [&[0], nonce, key_id, rest].concat();
    assert_eq!(open(&ring(), &text_of(&rearranged)), Err(SealRefusal::NotAuthentic));
}

#[test]
fn every_flipped_bit_of_version_0_is_refused_for_what_it_changed() {
    let good = bytes_of(VERSION_0);
    for bit in 8..good.len() * 8 {
        let mut bytes = good.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let key_id = 25 * 8..29 * 8;
        let expected =
            if key_id.contains(&bit) { SealRefusal::UnknownKey } else { SealRefusal::NotAuthentic };
        assert_eq!(open(&ring(), &text_of(&bytes)), Err(expected), "bit {bit}");
    }
}
