//! Searches bytes eight at a time, as one word. Bodies and cookies are long, and the release build, which is
//! optimised for size, would compare each byte alone.
//!
//! A result is a word with 0x80 for each byte that was found and 0 for each other byte. The first byte is the
//! lowest.

/// 1 in every byte.
const ONES: u64 = 0x0101_0101_0101_0101;
/// All but the highest bit of every byte.
const LOW_BITS: u64 = 0x7f * ONES;
/// The highest bit of every byte.
const HIGH_BIT: u64 = 0x80 * ONES;

/// Returns `bytes` as words; the last one is padded with a letter that no search looks for.
pub(crate) fn words(bytes: &[u8]) -> impl Iterator<Item = u64> {
    let (whole, rest) = bytes.as_chunks::<8>();
    let mut last = [b'a'; 8];
    last.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
    let last = (!rest.is_empty()).then_some(last);
    whole.iter().copied().chain(last).map(u64::from_le_bytes)
}

/// Finds bytes below a space.
pub(crate) const fn below_space(word: u64) -> u64 {
    // Adding 0x60 to seven bits sets the eighth for values from 0x20 on, and never carries into the next
    // byte.
    !(((word & LOW_BITS) + 0x60 * ONES) | word) & HIGH_BIT
}

/// Finds bytes equal to `byte`.
pub(crate) const fn equal_to(word: u64, byte: u8) -> u64 {
    let differing = word ^ (byte as u64 * ONES);
    !(((differing & LOW_BITS) + LOW_BITS) | differing) & HIGH_BIT
}

/// Returns the index in the word of the first byte that was found.
pub(crate) const fn first(found: u64) -> usize {
    (found.trailing_zeros() / 8) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_at_every_place_is_found_and_no_other() {
        for byte in 0..=u8::MAX {
            for place in 0..8 {
                for other in [0, 0x1f, b' ', b'"', b'a', 0x7f, 0x80, 0xff] {
                    let mut bytes = [other; 8];
                    if let Some(here) = bytes.get_mut(place) {
                        *here = byte;
                    }
                    let mask = |is: fn(u8, u8) -> bool, with: u8| {
                        u64::from_le_bytes(bytes.map(|each| if is(each, with) { 0x80 } else { 0 }))
                    };
                    let word = u64::from_le_bytes(bytes);
                    assert_eq!(below_space(word), mask(|each, _| each < b' ', 0), "{bytes:?}");
                    for with in [b'"', b'\\', b'\n', 0, 0x7f, 0xff] {
                        assert_eq!(equal_to(word, with), mask(|each, with| each == with, with), "{bytes:?}");
                    }
                    assert_eq!(equal_to(word, byte), mask(|each, with| each == with, byte), "{bytes:?}");
                    if byte != other {
                        assert_eq!(first(equal_to(word, byte)), place);
                    }
                }
            }
        }
    }

    #[test]
    fn an_incomplete_word_is_filled_up_with_a_letter() {
        for length in 0..20 {
            let bytes: Vec<u8> = (1..=length).collect();
            let found: u32 = words(&bytes).map(|word| below_space(word).count_ones()).sum();
            assert_eq!(found, u32::from(length));
            let fillers: u32 = words(&bytes).map(|word| equal_to(word, b'a').count_ones()).sum();
            assert_eq!(fillers, u32::from(length.next_multiple_of(8) - length));
        }
    }
}
