//! Value library compared with the reference interpreter over `tests/vectors/values.json`.

use florecon::value::{EvalError, Text, Tokens, date, int, money, pattern, real, similarity, text};
use serde_json::Value;

fn vectors(section: &str) -> Vec<Value> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/vectors/values.json");
    let json = std::fs::read_to_string(path).expect("the vectors are part of the repository");
    let mut all: Value = serde_json::from_str(&json).expect("the vectors are JSON");
    match all[section].take() {
        Value::Array(entries) => entries,
        other => panic!("section {section} is {other}"),
    }
}

fn whole(value: &Value) -> i64 {
    value.as_i64().unwrap_or_else(|| panic!("{value} is no integer"))
}

fn real_of(value: &Value) -> f64 {
    match value.as_str() {
        Some("nan") => f64::NAN,
        Some(bits) => f64::from_bits(u64::from_str_radix(bits, 16).expect("a real is its bits")),
        None => panic!("{value} is no real"),
    }
}

fn bits(value: f64) -> String {
    if value.is_nan() {
        return "nan".to_owned();
    }
    format!("{:016x}", value.to_bits())
}

fn list(tokens: &Tokens) -> Value {
    tokens.iter().map(|token| Value::from(token.as_str())).collect()
}

fn all<T: Into<Value>>(values: impl IntoIterator<Item = T>) -> Value {
    values.into_iter().map(Into::into).collect()
}

#[test]
fn texts() {
    for vector in vectors("texts") {
        let source = vector["in"].as_str().expect("a text");
        let split = |(separator, index)| text::split(source, separator, index).map(|part| part.to_string());
        let parts = [" ", "-", "aa"]
            .into_iter()
            .flat_map(|separator| [0, 1, 5].map(|index| (separator, index)));
        let settings = [1, 3]
            .into_iter()
            .flat_map(|length| [false, true].map(|digit| (length, digit)));
        let found = serde_json::json!({
            "in": source,
            "upper": text::upper(source).as_str(),
            "lower": text::lower(source).as_str(),
            "strip": text::strip(source).as_str(),
            "digits": text::digits(source).as_str(),
            "alnum": text::alnum(source).as_str(),
            "normalize": text::normalize(source).as_str(),
            "left": all([0, 1, 3].map(|count| text::left(source, count).to_string())),
            "right": all([0, 1, 3].map(|count| text::right(source, count).to_string())),
            "replace": all([("a", "bb"), ("aa", ""), (" ", "-")].map(|(old, new)| text::replace(source, old, new).to_string())),
            "split": all(parts.map(split)),
            "tokens": all(settings.map(|(length, digit)| list(&text::tokens(Some(source), length, digit)))),
            "ngrams": all([1, 2, 3].map(|size| list(&text::ngrams(Some(source), size)))),
        });
        assert_eq!(found, vector);
    }
}

#[test]
fn pairs() {
    for vector in vectors("pairs") {
        let (a, b) = (
            vector["a"].as_str().expect("a text"),
            vector["b"].as_str().expect("a text"),
        );
        let found = serde_json::json!({
            "a": a,
            "b": b,
            "less": Text::from(a).cmp(&Text::from(b)).is_lt(),
            "dice": bits(similarity::dice(a, b)),
            "jaro_winkler": bits(similarity::jaro_winkler(a, b)),
            "token_set": bits(similarity::token_set(a, b)),
            "prefix": bits(similarity::prefix(a, b)),
            "overlaps": text::tokens(Some(a), 1, false).overlaps(&text::tokens(Some(b), 1, false)),
        });
        assert_eq!(found, vector);
    }
}

#[test]
fn readings() {
    for vector in vectors("readings") {
        let source = vector[0].as_str().expect("a text");
        let formats = ["%d/%m/%Y", "%d/%m/%y", "%d%m%y", "%y%%%m%%%d", "%Y-%m-%d"];
        let found = serde_json::json!([
            source,
            text::to_integer(source),
            all(formats.map(|format| date::parse(source, format))),
            all([(2, ","), (2, "."), (0, ",")].map(|(scale, decimal)| money::parse(source, scale, decimal))),
            text::strip_left(source, "0i").as_str(),
            list(&text::tokens_keeping(Some(source), 2, false, "-/")),
            list(&text::tokens_keeping(Some(source), 1, true, "-")),
        ]);
        assert_eq!(found, vector);
    }
    assert_eq!(text::tokens_keeping(None, 1, false, "-"), Tokens::default());
}

#[test]
fn calendars() {
    for vector in vectors("calendars") {
        let read = |at: usize| vector[at].as_str().expect("a text").split_whitespace();
        let holidays: Vec<i64> = read(0).filter_map(|day| date::parse(day, "%Y-%m-%d")).collect();
        let weekend = read(1).fold(0, |set, day| set | 1 << day.parse::<u8>().expect("a weekday"));
        for pair in vector[2].as_array().expect("a list") {
            let (days, ordinal) = (whole(&pair[0]), whole(&pair[1]));
            assert_eq!(date::business_day(days, &holidays, weekend), ordinal, "{vector}");
        }
    }
}

#[test]
fn patterns() {
    for vector in vectors("patterns") {
        let digits = vector["table"].as_str().expect("hexadecimal digits");
        let table: Vec<u8> = (0..digits.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).expect("a byte"))
            .collect();
        assert!(pattern::is_table(&table), "{}", vector["pattern"]);
        for found in vector["found"].as_array().expect("a list") {
            let source = found[0].as_str().expect("a text");
            let part = |group| pattern::extract(source, &table, group).map(|part| part.to_string());
            let all = list(&pattern::extract_all(Some(source), &table));
            let computed = serde_json::json!([source, pattern::matches(source, &table), part(0), part(1), all]);
            assert_eq!(&computed, found, "{}", vector["pattern"]);
        }
        assert_eq!(pattern::extract_all(None, &table), Tokens::default());
    }
}

/// Bytes that are no table are told apart: a search reads nothing outside of those that are one.
#[test]
fn tables() {
    let vector = &vectors("patterns")[1];
    let digits = vector["table"].as_str().expect("hexadecimal digits");
    let table: Vec<u8> = (0..digits.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).expect("a byte"))
        .collect();
    for length in 0..table.len() {
        assert!(!pattern::is_table(&table[..length]), "{length} bytes");
    }
    for at in 0..table.len() {
        for bit in 0..8 {
            let mut changed = table.clone();
            changed[at] ^= 1 << bit;
            if pattern::is_table(&changed) {
                for text in ["", "INV-4711/2024 a b", "é東😀 0123456789"] {
                    let found = pattern::extract_all(Some(text), &changed);
                    assert!(found.iter().all(|part| text.contains(part.as_str())));
                }
            }
        }
    }
}

/// Every character there is, by digests of blocks.
#[test]
fn characters() {
    for (block, expected) in (0_u32..).zip(vectors("blocks")) {
        let mut digest = 0xcbf2_9ce4_8422_2325_u64;
        for char in (block * 4096..(block + 1) * 4096).filter_map(char::from_u32) {
            let (alone, padded) = (char.to_string(), format!("a{char}1"));
            let mut parts = vec![
                text::upper(&alone),
                text::lower(&alone),
                text::strip(&alone),
                text::normalize(&padded),
            ];
            parts.extend(text::tokens(Some(&padded), 1, false));
            let parts: Vec<&str> = parts.iter().map(|part| part.as_str()).collect();
            for byte in parts.join("\0").bytes() {
                digest = (digest ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
            }
        }
        assert_eq!(Value::from(format!("{digest:016x}")), expected, "block {block}");
    }
}

#[test]
fn integers() {
    let optional = |result: Result<i64, EvalError>| result.ok();
    for vector in vectors("ints") {
        let (a, b) = (whole(&vector[0]), whole(&vector[1]));
        let found = all([
            Some(a),
            Some(b),
            optional(int::add(a, b)),
            optional(int::sub(a, b)),
            optional(int::mul(a, b)),
            optional(int::neg(a)),
            optional(int::abs(a)),
            optional(int::gap(a, b)),
            optional(int::to_minor(a)),
            (b > 0).then(|| int::floor_div(a, b)),
            (b > 0).then(|| int::modulo(a, b)),
            Some(int::sign(a)),
            Some(int::min(a, b)),
            Some(int::max(a, b)),
        ]);
        assert_eq!(found, vector);
    }
}

#[test]
fn dates() {
    for vector in vectors("dates") {
        let days = whole(&vector[0]);
        let found = serde_json::json!([
            days,
            date::year(days),
            date::month(days),
            date::day(days),
            date::month_end(days),
            date::iso(days)
        ]);
        assert_eq!(found, vector);
    }
}

#[test]
fn reals() {
    for vector in vectors("reals") {
        let (a, b) = (real_of(&vector[0]), real_of(&vector[1]));
        let found = serde_json::json!([
            bits(a),
            bits(b),
            bits(real::min(a, b)),
            bits(real::max(a, b)),
            bits(a / b),
            real::sign(a),
            bits(real::round_half_away(a))
        ]);
        assert_eq!(found, vector);
    }
    for vector in vectors("from_int") {
        assert_eq!(
            Value::from(bits(real::from_int(whole(&vector[0])))),
            vector[1],
            "{vector}"
        );
    }
}

#[test]
fn amounts() {
    let scale = |vector: &Value| u32::try_from(whole(&vector[1])).expect("a scale");
    for vector in vectors("minor_units") {
        let minor = money::minor_units(real_of(&vector[0]), scale(&vector)).ok();
        assert_eq!(Value::from(minor), vector[2], "{vector}");
    }
    for vector in vectors("money_text") {
        assert_eq!(
            money::text(whole(&vector[0]), scale(&vector)),
            vector[2].as_str().unwrap_or_default(),
            "{vector}"
        );
    }
}
