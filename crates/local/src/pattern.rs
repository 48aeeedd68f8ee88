//! Compares text with the patterns of policies and of listener rules.

/// `*` is any text, `?` is one character. It takes linear time in practice, because only the last star
/// backtracks.
pub(crate) fn matches_pattern(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    let (mut at, mut position) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while position < text.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, position));
                at += 1;
            }
            Some(wanted) if *wanted == '?' || text.get(position) == Some(wanted) => {
                at += 1;
                position += 1;
            }
            _ => {
                let Some((star_at, from)) = star else { return false };
                at = star_at + 1;
                position = from + 1;
                star = Some((star_at, position));
            }
        }
    }
    pattern.get(at..).is_some_and(|rest| rest.iter().all(|character| *character == '*'))
}
