//! Text similarity from 0 to 1. The order of the floating-point operations is part of the definition.

use std::collections::BTreeSet;

use super::text::{normalize_string, windows};

/// The similarity when a side is empty: 1 for two empty texts, else 0.
fn empty_side(left_empty: bool, right_empty: bool) -> Option<f64> {
    match (left_empty, right_empty) {
        (true, true) => Some(1.0),
        (true, false) | (false, true) => Some(0.0),
        (false, false) => None,
    }
}

/// Trigram Dice coefficient of the normalized texts, each padded by a space at both ends.
///
/// ```
/// use florecon::value::similarity::dice;
/// assert_eq!(dice("Acme Ltd", "ACME LTD."), 1.0);
/// assert_eq!(dice("", "x"), 0.0);
/// ```
#[must_use]
pub fn dice(left: &str, right: &str) -> f64 {
    let (left, right) = (normalize_string(left), normalize_string(right));
    if let Some(answer) = empty_side(left.is_empty(), right.is_empty()) {
        return answer;
    }
    let (left, right) = (format!(" {left} "), format!(" {right} "));
    let left: BTreeSet<&str> = windows(&left, 3).into_iter().collect();
    let right: BTreeSet<&str> = windows(&right, 3).into_iter().collect();
    let shared = left.intersection(&right).count();
    (2 * shared) as f64 / (left.len() + right.len()) as f64
}

/// Jaro-Winkler similarity of the normalized texts: prefix scale 0.1, at most 4 characters of prefix, no threshold.
///
/// ```
/// use florecon::value::similarity::jaro_winkler;
/// assert!((jaro_winkler("MARTHA", "MARHTA") - 0.961).abs() < 0.001);
/// ```
#[must_use]
pub fn jaro_winkler(left: &str, right: &str) -> f64 {
    let left: Vec<char> = normalize_string(left).chars().collect();
    let right: Vec<char> = normalize_string(right).chars().collect();
    if let Some(answer) = empty_side(left.is_empty(), right.is_empty()) {
        return answer;
    }
    let jaro = jaro(&left, &right);
    let prefix = common_prefix(&left, &right).min(4);
    jaro + prefix as f64 * 0.1 * (1.0 - jaro)
}

fn jaro(left: &[char], right: &[char]) -> f64 {
    let reach = (left.len().max(right.len()) / 2).saturating_sub(1);
    let mut taken = vec![false; right.len()];
    let mut left_matched = Vec::new();
    for (at, char) in left.iter().enumerate() {
        let window = at.saturating_sub(reach)..(at + reach + 1).min(right.len());
        if let Some(found) = window.into_iter().find(|&other| !taken[other] && right[other] == *char) {
            taken[found] = true;
            left_matched.push(*char);
        }
    }
    if left_matched.is_empty() {
        return 0.0;
    }
    let right_matched = right
        .iter()
        .zip(&taken)
        .filter(|(_, taken)| **taken)
        .map(|(char, _)| char);
    let moved = left_matched.iter().zip(right_matched).filter(|(a, b)| a != b).count();
    let matched = left_matched.len() as f64;
    let in_order = matched - moved as f64 / 2.0;
    (matched / left.len() as f64 + matched / right.len() as f64 + in_order / matched) / 3.0
}

fn common_prefix(left: &[char], right: &[char]) -> usize {
    left.iter().zip(right).take_while(|(a, b)| a == b).count()
}

/// The share of the smaller set of words that both normalized texts have.
///
/// ```
/// use florecon::value::similarity::token_set;
/// assert_eq!(token_set("Acme Holding", "holding acme of Europe"), 1.0);
/// ```
#[must_use]
pub fn token_set(left: &str, right: &str) -> f64 {
    let (left, right) = (normalize_string(left), normalize_string(right));
    if let Some(answer) = empty_side(left.is_empty(), right.is_empty()) {
        return answer;
    }
    let left: BTreeSet<&str> = left.split(' ').collect();
    let right: BTreeSet<&str> = right.split(' ').collect();
    let shared = left.intersection(&right).count();
    shared as f64 / left.len().min(right.len()) as f64
}

/// The length of the common prefix of the normalized texts over the length of the shorter one.
///
/// ```
/// assert_eq!(florecon::value::similarity::prefix("INV 1", "inv-12"), 1.0);
/// ```
#[must_use]
pub fn prefix(left: &str, right: &str) -> f64 {
    let left: Vec<char> = normalize_string(left).chars().collect();
    let right: Vec<char> = normalize_string(right).chars().collect();
    if let Some(answer) = empty_side(left.is_empty(), right.is_empty()) {
        return answer;
    }
    common_prefix(&left, &right) as f64 / left.len().min(right.len()) as f64
}
