//! Text functions. Their tables are frozen here, so no Unicode update changes a match.

use super::ascii::{Words, is_upper};
use super::char_map::Table;
use super::substring::{AnyText, built, find, with_scratch};
use super::text_tables::{FOLD, LOWER, UPPER};
use super::{Text, Tokens};

/// Whether `char` is white space (a fixed list, the same as the reference interpreter's).
///
/// ```
/// assert!(florecon::value::text::is_space('\u{3000}'));
/// ```
#[must_use]
pub const fn is_space(char: char) -> bool {
    matches!(
        char,
        '\u{9}'..='\u{d}'
            | ' '
            | '\u{85}'
            | '\u{a0}'
            | '\u{1680}'
            | '\u{2000}'..='\u{200a}'
            | '\u{2028}'
            | '\u{2029}'
            | '\u{202f}'
            | '\u{205f}'
            | '\u{3000}'
    )
}

/// Whether `char` belongs to a word: an ASCII letter or digit, or a character from U+00C0 on that is not a sign, a symbol or
/// punctuation by its block.
///
/// ```
/// use florecon::value::text::is_word;
/// assert!(is_word('7') && is_word('é') && is_word('東'));
/// assert!(!is_word('-') && !is_word('×') && !is_word('€'));
/// ```
#[must_use]
pub const fn is_word(char: char) -> bool {
    match char {
        '\0'..='\u{bf}' => char.is_ascii_alphanumeric(),
        '\u{d7}'
        | '\u{f7}'
        | '\u{2000}'..='\u{2bff}'
        | '\u{3000}'..='\u{303f}'
        | '\u{fe10}'..='\u{fe6f}'
        | '\u{ff00}'..='\u{ff0f}' => false,
        _ => true,
    }
}

fn push_mapped(text: &str, table: &Table, ascii: fn(&char) -> char, out: &mut String) {
    for char in text.chars() {
        if char.is_ascii() {
            out.push(ascii(&char));
        } else {
            table.push(char, out);
        }
    }
}

fn mapped(text: &str, table: &Table, ascii: fn(&char) -> char) -> String {
    let mut out = String::with_capacity(text.len());
    push_mapped(text, table, ascii, &mut out);
    out
}

pub(super) fn push_upper(text: &str, out: &mut String) {
    if text.is_ascii() {
        let start = out.len();
        out.push_str(text);
        out[start..].make_ascii_uppercase();
    } else {
        push_mapped(text, &UPPER, char::to_ascii_uppercase, out);
    }
}

pub(super) fn push_lower(text: &str, out: &mut String) {
    push_mapped(text, &LOWER, char::to_ascii_lowercase, out);
}

/// Each character in upper case.
///
/// ```
/// assert_eq!(florecon::value::text::upper("straße"), "STRASSE");
/// ```
#[must_use]
pub fn upper(text: &(impl AnyText + ?Sized)) -> Text {
    let chars = text.chars_of();
    if is_upper(chars) {
        return text.to_value();
    }
    built(|out| push_upper(chars, out))
}

/// Each character in lower case.
///
/// ```
/// assert_eq!(florecon::value::text::lower("ÉCART"), "écart");
/// ```
#[must_use]
pub fn lower(text: &(impl AnyText + ?Sized)) -> Text {
    let chars = text.chars_of();
    if chars.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase()) {
        return text.to_value();
    }
    built(|out| push_lower(chars, out))
}

/// Without white space at both ends.
///
/// ```
/// assert_eq!(florecon::value::text::strip(" a b\n"), "a b");
/// ```
#[must_use]
pub fn strip(text: &(impl AnyText + ?Sized)) -> Text {
    let chars = text.chars_of();
    let kept = stripped(chars);
    if kept.len() == chars.len() {
        return text.to_value();
    }
    Text::from(kept)
}

pub(super) fn stripped(text: &str) -> &str {
    text.trim_matches(is_space)
}

/// Without the characters of `characters` that it begins with.
///
/// ```
/// assert_eq!(florecon::value::text::strip_left("00420", "0"), "420");
/// ```
#[must_use]
pub fn strip_left(text: &(impl AnyText + ?Sized), characters: &str) -> Text {
    let chars = text.chars_of();
    let kept = stripped_left(chars, characters);
    if kept.len() == chars.len() {
        return text.to_value();
    }
    Text::from(kept)
}

pub(super) fn stripped_left<'t>(text: &'t str, characters: &str) -> &'t str {
    text.trim_start_matches(|char| characters.contains(char))
}

/// The integer that the text is, without regard to white space at both ends; `None` where it is none of 64 bits.
///
/// ```
/// use florecon::value::text::to_integer;
/// assert_eq!((to_integer(" -007 "), to_integer("7.0")), (Some(-7), None));
/// ```
#[must_use]
pub fn to_integer(text: &str) -> Option<i64> {
    text.trim_matches(is_space).parse().ok()
}

/// The ASCII digits alone.
///
/// ```
/// assert_eq!(florecon::value::text::digits("INV-0042/7"), "00427");
/// ```
#[must_use]
pub fn digits(text: &str) -> Text {
    built(|out| push_digits(text, out))
}

pub(super) fn push_digits(text: &str, out: &mut String) {
    out.extend(text.chars().filter(char::is_ascii_digit));
}

/// The ASCII letters and digits alone.
///
/// ```
/// assert_eq!(florecon::value::text::alnum("A-1 b é"), "A1b");
/// ```
#[must_use]
pub fn alnum(text: &str) -> Text {
    built(|out| push_alnum(text, out))
}

pub(super) fn push_alnum(text: &str, out: &mut String) {
    out.extend(text.chars().filter(char::is_ascii_alphanumeric));
}

/// Case, spaces, punctuation and accents folded: decomposed, without combining marks, in lower case, every run of other
/// than word characters one space, none at the ends.
///
/// ```
/// assert_eq!(florecon::value::text::normalize("  Crédit--Agricole S.A. "), "credit agricole s a");
/// ```
#[must_use]
pub fn normalize(text: &str) -> Text {
    Text::from(normalize_string(text))
}

pub(super) fn normalize_string(text: &str) -> String {
    let folded = if text.is_ascii() {
        text.to_ascii_lowercase()
    } else {
        mapped(&without_marks(text), &FOLD, char::to_ascii_lowercase)
    };
    let mut out = String::with_capacity(folded.len());
    for char in folded.chars() {
        if is_word(char) {
            out.push(char);
        } else if !out.ends_with(' ') {
            out.push(' ');
        }
    }
    let kept = out.trim_matches(is_space);
    if kept.len() == out.len() { out } else { kept.to_owned() }
}

fn without_marks(text: &str) -> String {
    text.chars()
        .filter(|char| !matches!(char, '\u{300}'..='\u{36f}'))
        .collect()
}

/// The first `count` characters.
///
/// ```
/// assert_eq!(florecon::value::text::left("éa1", 2), "éa");
/// ```
#[must_use]
pub fn left(text: &str, count: usize) -> Text {
    Text::from(first(text, count))
}

pub(super) fn first(text: &str, count: usize) -> &str {
    let end = text.char_indices().nth(count).map_or(text.len(), |(at, _)| at);
    &text[..end]
}

/// The last `count` characters.
///
/// ```
/// assert_eq!(florecon::value::text::right("éa1", 2), "a1");
/// ```
#[must_use]
pub fn right(text: &str, count: usize) -> Text {
    Text::from(last(text, count))
}

pub(super) fn last(text: &str, count: usize) -> &str {
    let start = match count {
        0 => text.len(),
        _ => text.char_indices().rev().nth(count - 1).map_or(0, |(at, _)| at),
    };
    &text[start..]
}

/// Every `old` (not empty) replaced by `new`, left to right.
///
/// ```
/// assert_eq!(florecon::value::text::replace("aaa", "aa", "b"), "ba");
/// ```
#[must_use]
pub fn replace(text: &(impl AnyText + ?Sized), old: &str, new: &str) -> Text {
    let mut rest = text.chars_of();
    let Some(first) = find(rest, old) else {
        return text.to_value();
    };
    built(|out| {
        let mut next = Some(first);
        while let Some(at) = next {
            out.push_str(&rest[..at]);
            out.push_str(new);
            rest = &rest[at + old.len()..];
            next = find(rest, old);
        }
        out.push_str(rest);
    })
}

/// Part `index`, from 0, of the text cut at every `separator` (not empty); `None` where there is no such part.
///
/// ```
/// use florecon::value::text::split;
/// assert_eq!(split("a/b//", "/", 1).as_deref(), Some("b"));
/// assert_eq!(split("a/b//", "/", 3).as_deref(), Some(""));
/// assert_eq!(split("a/b//", "/", 4), None);
/// ```
#[must_use]
pub fn split(text: &str, separator: &str, index: usize) -> Option<Text> {
    part(text, separator, index).map(Text::from)
}

/// As [`split`], a place in the text.
///
/// ```
/// use florecon::value::text::part;
/// assert_eq!((part("a/b//", "/", 1), part("a/b//", "/", 4)), (Some("b"), None));
/// ```
#[must_use]
pub fn part<'t>(text: &'t str, separator: &str, index: usize) -> Option<&'t str> {
    let mut rest = text;
    for _ in 0..index {
        rest = &rest[find(rest, separator)? + separator.len()..];
    }
    Some(find(rest, separator).map_or(rest, |at| &rest[..at]))
}

/// Whether `part` stands anywhere in the text.
///
/// ```
/// use florecon::value::text::contains;
/// assert!(contains("INV-7 paid", "paid") && contains("", "") && !contains("INV-7", "PO"));
/// ```
#[must_use]
pub fn contains(text: &str, part: &str) -> bool {
    part.is_empty() || find(text, part).is_some()
}

/// The texts joined without a separator.
///
/// ```
/// assert_eq!(florecon::value::text::concat(&["a", "", "b"]), "ab");
/// ```
#[must_use]
pub fn concat(texts: &[&str]) -> Text {
    Text::from(texts.concat())
}

/// The distinct words of the text (`None`: none) in upper case that have at least `min_length` characters and, where
/// `with_digit`, an ASCII digit; sorted.
///
/// ```
/// let tokens = florecon::value::text::tokens(Some("inv-4711 of acme, po4711x"), 4, true);
/// assert_eq!(tokens.iter().map(|t| t.as_str()).collect::<Vec<_>>(), ["4711", "PO4711X"]);
/// ```
#[must_use]
pub fn tokens(text: Option<&str>, min_length: usize, with_digit: bool) -> Tokens {
    let Some(text) = text else {
        return Tokens::default();
    };
    if is_upper(text) {
        return ascii_words(text, min_length, with_digit);
    }
    with_scratch(|upper| {
        push_upper(text, upper);
        words(upper, min_length, with_digit)
    })
}

/// As [`tokens`], of words that may have the characters `keep` inside.
///
/// ```
/// let tokens = florecon::value::text::tokens_keeping(Some("inv-0042, PO/7-"), 1, false, "-/");
/// assert_eq!(tokens.iter().map(|t| t.as_str()).collect::<Vec<_>>(), ["INV-0042", "PO/7"]);
/// ```
#[must_use]
pub fn tokens_keeping(text: Option<&str>, min_length: usize, with_digit: bool, keep: &str) -> Tokens {
    let Some(text) = text else {
        return Tokens::default();
    };
    with_scratch(|upper| {
        push_upper(text, upper);
        let is_kept = |char| keep.contains(char);
        upper
            .split(|char| !is_word(char) && !is_kept(char))
            .map(|word| word.trim_matches(is_kept))
            .filter(|word| !word.is_empty() && word.chars().count() >= min_length)
            .filter(|word| !with_digit || word.bytes().any(|byte| byte.is_ascii_digit()))
            .map(Text::from)
            .collect()
    })
}

/// The tokens of a text that is ASCII and in upper case.
fn ascii_words(upper: &str, min_length: usize, with_digit: bool) -> Tokens {
    let words = Words::of(upper, with_digit).filter(|word| word.len() >= min_length);
    words.map(Text::from).collect()
}

/// The tokens of a text in upper case.
fn words(upper: &str, min_length: usize, with_digit: bool) -> Tokens {
    if upper.is_ascii() {
        return ascii_words(upper, min_length, with_digit);
    }
    upper
        .split(|char| !is_word(char))
        .filter(|word| !word.is_empty() && word.chars().nth(min_length.saturating_sub(1)).is_some())
        .filter(|word| !with_digit || word.bytes().any(|byte| byte.is_ascii_digit()))
        .map(Text::from)
        .collect()
}

/// The distinct runs of `size` characters of the normalized text (`None`: none), sorted; a shorter text that is not empty
/// is one run.
///
/// ```
/// let grams = florecon::value::text::ngrams(Some("A.B-C"), 3);
/// assert_eq!(grams.iter().map(|t| t.as_str()).collect::<Vec<_>>(), [" b ", "a b", "b c"]);
/// ```
#[must_use]
pub fn ngrams(text: Option<&str>, size: usize) -> Tokens {
    let Some(text) = text else {
        return Tokens::default();
    };
    let normal = normalize_string(text);
    windows(&normal, size).into_iter().map(Text::from).collect()
}

/// The runs of `size` characters of `text`, the whole text where it is shorter, nothing where it is empty.
pub(super) fn windows(text: &str, size: usize) -> Vec<&str> {
    let starts: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    if starts.len() <= size {
        return if text.is_empty() { vec![] } else { vec![text] };
    }
    starts
        .windows(size + 1)
        .map(|edge| &text[edge[0]..edge[size]])
        .collect()
}

/// Two texts in ascending order, so that (A, B) and (B, A) are one key.
///
/// ```
/// use florecon::value::{Text, text};
/// let (a, b) = (Text::from("FR"), Text::from("DE"));
/// assert_eq!(text::sorted_pair(&a, &b), text::sorted_pair(&b, &a));
/// ```
#[must_use]
pub fn sorted_pair(left: &Text, right: &Text) -> (Text, Text) {
    if left <= right {
        (left.clone(), right.clone())
    } else {
        (right.clone(), left.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ascii_takes_no_detour() {
        let ascii: String = (0..128_u8).map(char::from).collect();
        let mapped_upper = mapped(&ascii, &UPPER, char::to_ascii_uppercase);
        assert_eq!(upper(&ascii), mapped_upper.as_str());
        assert_eq!(normalize(&ascii), normalize(&format!("{ascii}\u{301}")).as_str());
    }

    #[test]
    fn one_character_can_become_several_or_none() {
        assert_eq!(upper("ŉ"), "ʼN");
        assert_eq!(normalize("½ ǆ e\u{301}"), "1 2 dz e");
        assert_eq!(lower("İ"), "i\u{307}");
    }

    #[test]
    fn windows_of_short_and_empty_texts() {
        assert_eq!(windows("", 3), Vec::<&str>::new());
        assert_eq!(windows("éa", 3), ["éa"]);
        assert_eq!(windows("éab", 3), ["éab"]);
        assert_eq!(windows("éabc", 3), ["éab", "abc"]);
    }
}
