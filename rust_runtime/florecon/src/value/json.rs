//! JSON form of key values, for people to read.

use std::fmt::Write;

use super::{Real, Text, Tokens, real};

/// A value that can be shown: every key is, so that `explain` can say which bucket a row was in.
///
/// The form is JSON: a number, a text, a list for a tuple, null for none.
///
/// ```
/// use florecon::prelude::*;
/// let mut shown = String::new();
/// (Text::from("ACME"), Some(-5_i64), true).show(&mut shown);
/// assert_eq!(shown, r#"["ACME",-5,true]"#);
/// ```
pub trait Shown {
    /// Appends the value as JSON.
    ///
    /// ```
    /// use florecon::prelude::*;
    /// let mut shown = String::new();
    /// Text::from("ACME").show(&mut shown);
    /// assert_eq!(shown, r#""ACME""#);
    /// ```
    fn show(&self, out: &mut String);
}

/// Appends a text as JSON.
pub(crate) fn show_text(text: &str, out: &mut String) {
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' | '\\' => out.extend(['\\', letter]),
            ..='\u{1f}' => {
                // writing to memory never fails
                let _ = write!(out, "\\u{:04x}", u32::from(letter));
            }
            _ => out.push(letter),
        }
    }
    out.push('"');
}

fn show_list<'a, T: Shown + 'a>(items: impl Iterator<Item = &'a T>, out: &mut String) {
    out.push('[');
    for (at, item) in items.enumerate() {
        if at > 0 {
            out.push(',');
        }
        item.show(out);
    }
    out.push(']');
}

macro_rules! integers {
    ($($kind:ty)*) => {
        $(impl Shown for $kind {
            fn show(&self, out: &mut String) {
                let _ = write!(out, "{self}");
            }
        })*
    };
}

integers!(i8 i16 i32 i64 i128 isize u8 u16 u32 u64 usize bool);

macro_rules! texts {
    ($($kind:ty)*) => {
        $(impl Shown for $kind {
            fn show(&self, out: &mut String) {
                show_text(self, out);
            }
        })*
    };
}

texts!(Text String &'static str);

impl Shown for Real {
    fn show(&self, out: &mut String) {
        if self.get().is_finite() {
            out.push_str(&real::text(self.get()));
        } else {
            show_text(&real::text(self.get()), out);
        }
    }
}

impl Shown for Tokens {
    fn show(&self, out: &mut String) {
        show_list(self.iter(), out);
    }
}

impl<T: Shown> Shown for Vec<T> {
    fn show(&self, out: &mut String) {
        show_list(self.iter(), out);
    }
}

impl<T: Shown> Shown for Option<T> {
    fn show(&self, out: &mut String) {
        match self {
            Some(value) => value.show(out),
            None => out.push_str("null"),
        }
    }
}

macro_rules! tuple {
    ($($part:ident $at:tt),*) => {
        impl<$($part: Shown),*> Shown for ($($part,)*) {
            fn show(&self, out: &mut String) {
                let parts: &[&dyn Shown] = &[$(&self.$at),*];
                out.push('[');
                for (at, part) in parts.iter().enumerate() {
                    if at > 0 {
                        out.push(',');
                    }
                    part.show(out);
                }
                out.push(']');
            }
        }
    };
}

tuple!();
tuple!(A 0);
tuple!(A 0, B 1);
tuple!(A 0, B 1, C 2);
tuple!(A 0, B 1, C 2, D 3);
tuple!(A 0, B 1, C 2, D 3, E 4);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5, G 6);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_shown_as_json() {
        let value = (
            Text::from("a \"b\"\\\u{1}é"),
            vec![Real::key(1.5), Real::key(f64::INFINITY)],
            ((), None::<i64>),
            Tokens::new(vec![Text::from("B"), Text::from("A")]),
        );
        let mut shown = String::new();
        value.show(&mut shown);
        let parsed: serde_json::Value = serde_json::from_str(&shown).unwrap();
        let expected = serde_json::json!(["a \"b\"\\\u{1}é", [1.5, "inf"], [[], null], ["A", "B"]]);
        assert_eq!(parsed, expected);
    }
}
