//! What is printed.

use relying_party::time::Timestamp;
use serde_json::{Value, json};

/// How a command ended. Its exit code says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done, and all is well.
    Done,
    /// Nothing was done, or what was looked at is not well.
    Refused,
    /// The greater part is done and stays so; the rest failed.
    InPart,
}

impl Exit {
    /// The exit code. 2 is that of a command line which is none.
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Refused => 1,
            Self::InPart => 3,
        }
    }
}

/// What was found or done, for people and for programs.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) exit: Exit,
    pub(crate) lines: Vec<String>,
    pub(crate) json: Value,
}

/// Why nothing was done, or what may have been.
#[derive(Debug)]
pub(crate) struct CommandError {
    pub(crate) code: &'static str,
    pub(crate) text: String,
    revocation: Option<Timestamp>,
}

impl CommandError {
    pub(crate) const fn new(code: &'static str, text: String) -> Self {
        Self { code, text, revocation: None }
    }

    /// It may be done from then on.
    pub(crate) fn until(mut self, from: Timestamp) -> Self {
        self.text = format!("{}; from {} on", self.text, written(from));
        self.revocation = Some(from);
        self
    }

    pub(crate) fn json(&self) -> Value {
        let mut json = json!({ "refused": self.code, "message": self.text });
        if let (Some(from), Some(members)) = (self.revocation, json.as_object_mut()) {
            members.insert("from".to_owned(), written(from).into());
        }
        json
    }
}

/// RFC 3339 in UTC, by the days of the civil calendar from 1970 on.
pub(crate) fn written(time: Timestamp) -> String {
    let (days, seconds) = (time.unix().div_euclid(86_400), time.unix().rem_euclid(86_400));
    // Years begin in March here, so that a leap day ends one; eras of 400 years are all alike.
    let shifted = days.saturating_add(719_468);
    let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_in_utc() {
        for (unix, expected) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (951_868_800, "2000-03-01T00:00:00Z"),
            (1_767_225_599, "2025-12-31T23:59:59Z"),
            (1_800_000_000, "2027-01-15T08:00:00Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
            (-1, "1969-12-31T23:59:59Z"),
        ] {
            assert_eq!(written(Timestamp::from_unix(unix)), expected, "{unix}");
        }
    }
}
