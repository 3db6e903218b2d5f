//! Dates as days since 1970-01-01 in the proleptic Gregorian calendar.

use super::text::is_space;

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
    // 32 bits are divided in fewer steps than 64: what is left of the cycles, and most dates, fit in them
    let (cycle, day) = if days >= 0 && days < u32::MAX as i64 - EPOCH {
        let shifted = (days + EPOCH) as u32;
        ((shifted / CYCLE as u32) as i64, shifted % CYCLE as u32)
    } else {
        let shifted = days.rem_euclid(CYCLE) + EPOCH;
        (days.div_euclid(CYCLE) + shifted / CYCLE, (shifted % CYCLE) as u32)
    };
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year + year / 4 - year / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let month = if from_march < 10 {
        from_march + 3
    } else {
        from_march - 9
    };
    let year = cycle * 400 + year as i64 + if month <= 2 { 1 } else { 0 };
    (
        year,
        month as i64,
        (day_of_year - (153 * from_march + 2) / 5 + 1) as i64,
    )
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

/// The date of a year, month and day; `None` where there is no such day.
const fn days_of(year: i64, month: i64, day: i64) -> Option<i64> {
    let from_march = (month + 9) % 12;
    let year_from_march = if month <= 2 { year - 1 } else { year };
    let in_cycle = year_from_march.rem_euclid(400);
    let day_of_year = (153 * from_march + 2) / 5 + day - 1;
    let of_cycle = in_cycle * 365 + in_cycle / 4 - in_cycle / 100 + day_of_year;
    let days = year_from_march.div_euclid(400) * CYCLE + of_cycle - EPOCH;
    match civil(days) {
        (there, then, on) if there == year && then == month && on == day => Some(days),
        _ => None,
    }
}

/// The date that the text is in a format of `%d`, `%m`, `%Y` and `%y`, without regard to white space at both ends; `None`
/// where it is none of the years 1 to 9999.
///
/// ```
/// use florecon::value::date::parse;
/// assert_eq!(parse(" 1/12/2025", "%d/%m/%Y"), Some(20_423));
/// assert_eq!(parse("29.2.25", "%d.%m.%y"), None);
/// ```
#[must_use]
pub fn parse(text: &str, format: &str) -> Option<i64> {
    let mut rest = text.trim_matches(is_space);
    let (mut year, mut month, mut day) = (0, 0, 0);
    let mut pieces = format.chars();
    while let Some(piece) = pieces.next() {
        let directive = if piece == '%' { pieces.next()? } else { piece };
        let (least, most) = match (piece, directive) {
            ('%', 'd' | 'm') => (1, 2),
            ('%', 'y') => (2, 2),
            ('%', 'Y') => (4, 4),
            _ => {
                rest = rest.strip_prefix(directive)?;
                continue;
            }
        };
        let count = rest.bytes().take(most).take_while(u8::is_ascii_digit).count();
        if count < least {
            return None;
        }
        let (digits, after) = rest.split_at(count);
        let number = digits
            .bytes()
            .fold(0, |number, digit| number * 10 + i64::from(digit - b'0'));
        match directive {
            'd' => day = number,
            'm' => month = number,
            'y' => year = number + if number < 69 { 2000 } else { 1900 },
            _ => year = number,
        }
        rest = after;
    }
    (rest.is_empty() && year > 0).then(|| days_of(year, month, day))?
}

/// The business days from 1970-01-01 to a date, both included, less the holidays up to it; before, they count down. `weekend`
/// has a bit for each weekday from Monday on, `holidays` are ascending and on none of these.
///
/// ```
/// use florecon::value::date::business_day;
/// // 2026-01-01 is a Thursday
/// let ordinal = |days| business_day(days, &[20_454], 0b110_0000);
/// assert_eq!(ordinal(20_458) - ordinal(20_453), 2);
/// assert_eq!(ordinal(20_457), ordinal(20_455));
/// ```
#[must_use]
pub fn business_day(days: i64, holidays: &[i64], weekend: u8) -> i64 {
    let (weeks, rest) = (days.div_euclid(7), days.rem_euclid(7));
    // 1970-01-01 is a Thursday
    let open = (0..=rest).filter(|day| weekend >> ((day + 3) % 7) & 1 == 0).count();
    let past = holidays.partition_point(|holiday| *holiday <= days);
    weeks.saturating_mul(7 - i64::from(weekend.count_ones())) + open as i64 - past as i64
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
