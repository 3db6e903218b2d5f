//! Dates as days since 1970-01-01 in the proleptic Gregorian calendar.

/// Days of a cycle of 400 years.
const CYCLE: i64 = 146_097;
/// Days from 0000-03-01, where a cycle starts here, to 1970-01-01.
const EPOCH: i64 = 719_468;

/// Year, month (1 to 12) and day of month (1 to 31).
///
/// The year is counted from March, so that the leap day is the last one and month lengths follow one linear rule
/// (30.6 days a month). Any `i64` is accepted: the cycles are split off before the epoch is added.
///
/// ```
/// assert_eq!(florecon::value::date::civil(0), (1970, 1, 1));
/// assert_eq!(florecon::value::date::civil(-719_469), (0, 2, 29));
/// ```
#[must_use]
pub const fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days.rem_euclid(CYCLE) + EPOCH;
    let cycle = days.div_euclid(CYCLE) + shifted / CYCLE;
    let day = shifted % CYCLE;
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year + year / 4 - year / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let month = if from_march < 10 {
        from_march + 3
    } else {
        from_march - 9
    };
    let year = cycle * 400 + year + if month <= 2 { 1 } else { 0 };
    (year, month, day_of_year - (153 * from_march + 2) / 5 + 1)
}

/// The year; 0 is the year before 1, -1 the one before that.
///
/// ```
/// assert_eq!(florecon::value::date::year(-1), 1969);
/// ```
#[must_use]
pub const fn year(days: i64) -> i64 {
    civil(days).0
}

/// The month, 1 to 12.
///
/// ```
/// assert_eq!(florecon::value::date::month(31), 2);
/// ```
#[must_use]
pub const fn month(days: i64) -> i64 {
    civil(days).1
}

/// The day of the month, 1 to 31.
///
/// ```
/// assert_eq!(florecon::value::date::day(31), 1);
/// ```
#[must_use]
pub const fn day(days: i64) -> i64 {
    civil(days).2
}

/// The last day of the month that `days` is in.
///
/// ```
/// assert_eq!(florecon::value::date::month_end(0), 30);
/// ```
#[must_use]
pub const fn month_end(days: i64) -> i64 {
    let (year, month, day) = civil(days);
    let leap = year.rem_euclid(4) == 0 && (year.rem_euclid(100) != 0 || year.rem_euclid(400) == 0);
    let length = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    days.saturating_add(length - day)
}

/// `YYYY-MM-DD`; outside the years 1 to 9999 the plain day number.
///
/// ```
/// assert_eq!(florecon::value::date::iso(19_782), "2024-02-29");
/// assert_eq!(florecon::value::date::iso(-1_000_000), "-1000000");
/// ```
#[must_use]
pub fn iso(days: i64) -> String {
    match civil(days) {
        (year @ 1..=9999, month, day) => format!("{year:04}-{month:02}-{day:02}"),
        _ => days.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Day after day through two cycles: each date follows the one before.
    #[test]
    fn dates_follow_each_other() {
        let mut before = civil(-CYCLE - 1);
        for days in -CYCLE..CYCLE {
            let here = civil(days);
            let last = month_end(days - 1) == days - 1;
            let expected = match before {
                (year, 12, 31) => (year + 1, 1, 1),
                (year, month, _) if last => (year, month + 1, 1),
                (year, month, day) => (year, month, day + 1),
            };
            assert_eq!(here, expected, "day {days}");
            before = here;
        }
    }

    #[test]
    fn no_day_is_too_far() {
        for days in [i64::MIN, i64::MAX] {
            let (_, month, day) = civil(days);
            assert!((1..=12).contains(&month) && (1..=31).contains(&day));
            assert_eq!(iso(days), days.to_string());
        }
        assert_eq!(month_end(i64::MAX), i64::MAX);
    }
}
