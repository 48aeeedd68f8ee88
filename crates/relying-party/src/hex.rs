//! Writes bytes as two lower-case hexadecimal digits each (RFC 4648 section 8).

/// The digits of `bytes`.
pub fn lowercase(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    let mut text = String::with_capacity(2 * bytes.len());
    text.extend(digits.filter_map(|digit| char::from_digit(u32::from(digit), 16)));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_has_two_digits() {
        for byte in 0..=u8::MAX {
            assert_eq!(lowercase(&[byte, 0x0f]), format!("{byte:02x}0f"));
        }
        assert_eq!(lowercase(&[]), "");
    }
}
