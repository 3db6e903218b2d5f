//! Text columns: the texts of many rows in one buffer, and the text functions over all of them at once.

use super::ascii::make_upper;
use super::substring::find;
use super::text;

/// The texts of a stretch of rows, one after the other in one buffer. A function of texts is one pass over the buffer, without
/// an allocation for each row; it gives for each row what the function of [`text`] gives.
///
/// ```
/// use florecon::value::TextColumn;
/// let column = TextColumn::new(["inv-7", "", "po-9"]).upper().replace("-", "");
/// assert_eq!(column.iter().collect::<Vec<_>>(), ["INV7", "", "PO9"]);
/// ```
#[derive(Debug, Clone, Default)]
pub struct TextColumn {
    letters: String,
    /// Where the text of each row ends in the letters, and that of the next row starts.
    ends: Vec<usize>,
}

impl TextColumn {
    /// The column of these texts.
    ///
    /// ```
    /// assert_eq!(florecon::value::TextColumn::new(["EUR", "USD"]).get(1), "USD");
    /// ```
    pub fn new<'t, I: IntoIterator<Item = &'t str, IntoIter: Clone>>(texts: I) -> Self {
        let texts = texts.into_iter();
        let mut column = Self {
            letters: String::with_capacity(texts.clone().map(str::len).sum()),
            ends: Vec::with_capacity(texts.size_hint().0),
        };
        for text in texts {
            column.letters.push_str(text);
            column.ends.push(column.letters.len());
        }
        column
    }

    /// The column of texts that lie one after the other in `letters`, which are copied at once; none where they do not.
    pub(crate) fn adjacent<'t>(texts: impl Iterator<Item = &'t str>, letters: &str) -> Option<Self> {
        let mut ends = Vec::with_capacity(texts.size_hint().0);
        let (mut first, mut length) = (None, 0);
        for text in texts {
            if !text.is_empty() {
                let place = text.as_ptr().addr();
                if place != *first.get_or_insert(place) + length {
                    return None;
                }
                length += text.len();
            }
            ends.push(length);
        }
        let start = first.map_or(0, |place| place.wrapping_sub(letters.as_ptr().addr()));
        let letters = letters.get(start..start.checked_add(length)?)?.to_owned();
        Some(Self { letters, ends })
    }

    /// The text of a row.
    ///
    /// # Panics
    /// Where there is no such row.
    ///
    /// ```
    /// assert_eq!(florecon::value::TextColumn::new(["EUR"]).get(0), "EUR");
    /// ```
    #[inline]
    #[must_use]
    pub fn get(&self, row: usize) -> &str {
        let start = row.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.letters[start..self.ends[row]]
    }

    /// The texts, row by row.
    ///
    /// ```
    /// assert!(florecon::value::TextColumn::new(["a", "b"]).iter().eq(["a", "b"]));
    /// ```
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.ends.len()).map(|row| self.get(row))
    }

    /// The column of what `write` appends for each text.
    fn each(mut self, write: impl Fn(&str, &mut String)) -> Self {
        let mut letters = String::with_capacity(self.letters.len());
        let mut start = 0;
        for end in &mut self.ends {
            write(&self.letters[start..*end], &mut letters);
            start = *end;
            *end = letters.len();
        }
        self.letters = letters;
        self
    }

    /// The column of the part of each text that `part` gives.
    fn parts(self, part: impl Fn(&str) -> &str) -> Self {
        self.each(|text, out| out.push_str(part(text)))
    }

    /// [`text::upper`] of each text.
    ///
    /// ```
    /// assert_eq!(florecon::value::TextColumn::new(["straße"]).upper().get(0), "STRASSE");
    /// ```
    #[must_use]
    pub fn upper(mut self) -> Self {
        let mut bytes = std::mem::take(&mut self.letters).into_bytes();
        let is_ascii = make_upper(&mut bytes);
        // letters became letters, so it is a text still
        self.letters = String::from_utf8(bytes).unwrap_or_default();
        if is_ascii { self } else { self.each(text::push_upper) }
    }

    /// [`text::lower`] of each text.
    ///
    /// ```
    /// assert_eq!(florecon::value::TextColumn::new(["ÉCART"]).lower().get(0), "écart");
    /// ```
    #[must_use]
    pub fn lower(mut self) -> Self {
        if !self.letters.is_ascii() {
            return self.each(text::push_lower);
        }
        self.letters.make_ascii_lowercase();
        self
    }

    /// [`text::strip`] of each text.
    ///
    /// ```
    /// assert_eq!(florecon::value::TextColumn::new([" a b\n"]).strip().get(0), "a b");
    /// ```
    #[must_use]
    pub fn strip(self) -> Self {
        self.parts(text::stripped)
    }

    /// [`text::strip_left`] of each text.
    ///
    /// ```
    /// assert_eq!(florecon::value::TextColumn::new(["00420"]).strip_left("0").get(0), "420");
    /// ```
    #[must_use]
    pub fn strip_left(self, characters: &str) -> Self {
        self.parts(|text| text::stripped_left(text, characters))
    }

    /// [`text::digits`] of each text.
    ///
    /// ```
    /// assert_eq!(florecon::value::TextColumn::new(["INV-0042/7"]).digits().get(0), "00427");
    /// ```
    #[must_use]
    pub fn digits(self) -> Self {
        self.each(text::push_digits)
    }

    /// [`text::alnum`] of each text.
    ///
    /// ```
    /// assert_eq!(florecon::value::TextColumn::new(["A-1 b é"]).alnum().get(0), "A1b");
    /// ```
    #[must_use]
    pub fn alnum(self) -> Self {
        self.each(text::push_alnum)
    }

    /// [`text::normalize`] of each text.
    ///
    /// ```
    /// assert_eq!(florecon::value::TextColumn::new(["Crédit--S.A. "]).normalize().get(0), "credit s a");
    /// ```
    #[must_use]
    pub fn normalize(self) -> Self {
        self.each(|text, out| out.push_str(&text::normalize_string(text)))
    }

    /// [`text::left`] of each text.
    ///
    /// ```
    /// assert_eq!(florecon::value::TextColumn::new(["éa1"]).left(2).get(0), "éa");
    /// ```
    #[must_use]
    pub fn left(self, count: usize) -> Self {
        self.parts(|text| text::first(text, count))
    }

    /// [`text::right`] of each text.
    ///
    /// ```
    /// assert_eq!(florecon::value::TextColumn::new(["éa1"]).right(2).get(0), "a1");
    /// ```
    #[must_use]
    pub fn right(self, count: usize) -> Self {
        self.parts(|text| text::last(text, count))
    }

    /// [`text::replace`] of each text: `old` is not empty, and is not found across two rows.
    ///
    /// ```
    /// use florecon::value::TextColumn;
    /// let column = TextColumn::new(["aaa", "a"]).replace("aa", "b");
    /// assert!(column.iter().eq(["ba", "a"]));
    /// ```
    #[must_use]
    pub fn replace(mut self, old: &str, new: &str) -> Self {
        let Some(mut at) = find(&self.letters, old) else {
            return self;
        };
        let first = old.chars().next().map_or(0, char::len_utf8);
        let mut letters = String::with_capacity(self.letters.len());
        // the letters before `copied` have their place in the new ones; the ends before `row` are those of the new ones
        let (mut copied, mut row) = (0, 0);
        loop {
            // the hit is in the first row that ends after its start; there is one, as `old` is not empty
            while self.ends[row] <= at {
                self.ends[row] = letters.len() + (self.ends[row] - copied);
                row += 1;
            }
            let mut next = at + first;
            if at + old.len() <= self.ends[row] {
                letters.push_str(&self.letters[copied..at]);
                if !new.is_empty() {
                    letters.push_str(new);
                }
                copied = at + old.len();
                next = copied;
            }
            match find(&self.letters[next..], old) {
                Some(step) => at = next + step,
                None => break,
            }
        }
        for end in &mut self.ends[row..] {
            *end = letters.len() + (*end - copied);
        }
        letters.push_str(&self.letters[copied..]);
        self.letters = letters;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Text;
    use proptest::prelude::*;

    /// A function over a column, and over one text.
    type Pair = (fn(TextColumn, &str, &str) -> TextColumn, fn(&str, &str, &str) -> Text);

    const PAIRS: [Pair; 10] = [
        (|column, _, _| column.upper(), |text, _, _| text::upper(text)),
        (|column, _, _| column.lower(), |text, _, _| text::lower(text)),
        (|column, _, _| column.strip(), |text, _, _| text::strip(text)),
        (
            |column, old, _| column.strip_left(old),
            |text, old, _| text::strip_left(text, old),
        ),
        (|column, _, _| column.digits(), |text, _, _| text::digits(text)),
        (|column, _, _| column.alnum(), |text, _, _| text::alnum(text)),
        (|column, _, _| column.normalize(), |text, _, _| text::normalize(text)),
        (
            |column, _, new| column.left(new.len()),
            |text, _, new| text::left(text, new.len()),
        ),
        (
            |column, _, new| column.right(new.len()),
            |text, _, new| text::right(text, new.len()),
        ),
        (
            |column, old, new| column.replace(old, new),
            |text, old, new| text::replace(text, old, new),
        ),
    ];

    proptest! {
        #[test]
        fn a_chain_over_a_column_is_that_over_each_text(
            texts in prop::collection::vec("[ab]{0,4}|[aBß \u{e9}\u{10400}0]{0,5}|[ -~]{0,9}", 0..12),
            chain in prop::collection::vec((0..PAIRS.len(), "[abß]{1,3}", "[aßx]{0,3}"), 1..6),
        ) {
            let mut column = TextColumn::new(texts.iter().map(String::as_str));
            let mut alone: Vec<Text> = texts.iter().map(|text| Text::from(text.as_str())).collect();
            for (index, old, new) in chain {
                let (whole, one) = PAIRS[index];
                column = whole(column, &old, &new);
                alone = alone.iter().map(|text| one(text, &old, &new)).collect();
            }
            prop_assert!(column.iter().eq(alone.iter().map(Text::as_str)));
        }

        #[test]
        fn nothing_is_replaced_across_rows(
            texts in prop::collection::vec("[ab]{0,3}", 1..9),
            old in "[ab]{1,4}",
            new in "[ab]{0,5}",
        ) {
            let column = TextColumn::new(texts.iter().map(String::as_str)).replace(&old, &new);
            let alone: Vec<String> = texts.iter().map(|text| text.replace(&old, &new)).collect();
            prop_assert!(column.iter().eq(alone.iter().map(String::as_str)));
        }
    }

    #[test]
    fn a_needle_whose_first_letter_takes_two_bytes_is_not_found_across_rows() {
        let column = TextColumn::new(["é", "éa", "é"])
            .replace("éé", "")
            .replace("éa", "eins");
        assert!(column.iter().eq(["é", "eins", "é"]));
    }

    #[test]
    fn texts_that_lie_one_after_the_other_are_copied_at_once() {
        let letters = String::from("abcédef");
        let [a, bc, e, d] = [&letters[..1], &letters[1..3], &letters[3..5], &letters[5..6]];
        let copied = |texts: &[&str], letters| {
            let column = TextColumn::adjacent(texts.iter().copied(), letters)?;
            assert!(column.iter().eq(texts.iter().copied()));
            Some(())
        };
        assert!(copied(&["", bc, "", e, d, ""], &letters).is_some());
        assert!(copied(&["", ""], "").is_some() && copied(&[], "").is_some());
        assert!(copied(&[a, e], &letters).is_none() && copied(&[bc, a], &letters).is_none());
        assert!(copied(&[a, bc], "abc").is_none() && copied(&[bc, e], &letters[2..]).is_none());
    }

    #[test]
    fn a_column_without_rows_stays_one() {
        assert_eq!(TextColumn::default().upper().replace("a", "b").iter().next(), None);
    }
}
