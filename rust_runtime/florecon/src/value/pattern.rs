//! Search for patterns: leftmost-longest matches by a position automaton, in time linear in the text.
//!
//! The automaton is a table of bytes that is made where a strategy is built (`florecon_build/ir/automaton.py`;
//! docs/wire.md has the layout). A set of positions is a row of 64-bit words. One pass from the end of the text finds, for
//! each character, the positions that take it and from which a match can still be completed; one from the front, over these
//! alone, never goes on past the end of the longest match.

use super::text::is_word;
use super::{Text, Tokens};

/// Bytes before the classes of ASCII.
const HEADER: usize = 6;
const ASCII: usize = 128;
/// Bytes of an interval of characters: where it starts, and its class.
const INTERVAL: usize = 4;
/// Most positions, and the words of a set of so many.
const MOST: usize = 250;
const WORDS: usize = MOST.div_ceil(64);

/// Positions of the automaton.
type Set = [u64; WORDS];

/// The group of the first match, or the whole match where `group` is 0; `None` without a match.
#[must_use]
pub fn extract(text: &str, table: &[u8], group: usize) -> Option<Text> {
    let search = Search::new(text, table);
    let (start, end) = search.next(0)?;
    let (start, end) = match group {
        0 => (start, end),
        _ => search.group(start, end),
    };
    Some(Text::from(&text[start..end]))
}

/// Whether some part of the text matches.
#[must_use]
pub fn matches(text: &str, table: &[u8]) -> bool {
    Search::new(text, table).next(0).is_some()
}

/// The distinct texts of the group in all matches, sorted, without the empty one; none of a null.
#[must_use]
pub fn extract_all(text: Option<&str>, table: &[u8]) -> Tokens {
    let Some(text) = text else {
        return Tokens::default();
    };
    let search = Search::new(text, table);
    let mut at = 0;
    std::iter::from_fn(|| {
        let (start, end) = search.next(at)?;
        at = end;
        Some(search.group(start, end))
    })
    .filter(|(start, end)| start < end)
    .map(|(start, end)| Text::from(&text[start..end]))
    .collect()
}

/// Whether bytes are the table of an automaton: a search with it reads nothing outside of it.
#[must_use]
pub fn is_table(table: &[u8]) -> bool {
    let Some(&[flags, positions, classes, opening, closing, wide]) = table.first_chunk::<HEADER>() else {
        return false;
    };
    let (count, classes) = (usize::from(positions), usize::from(classes));
    let rows = (classes + 2) * count.div_ceil(64) * 8;
    let fixed = HEADER + ASCII + usize::from(wide) * INTERVAL + rows + (count + 1) * 2;
    if flags > 15 || !(1..=MOST).contains(&count) || classes == 0 || wide == 0 || table.len() < fixed {
        return false;
    }
    let automaton = Automaton::of(table);
    let starts = automaton.wide.chunks_exact(INTERVAL).map(start_of);
    let ends = (0..=count).map(|position| automaton.offset(position));
    let sets = automaton
        .rows
        .chunks_exact(automaton.words * 8)
        .map(|row| bits(row, count));
    opening <= closing
        && closing <= positions
        && automaton.ascii.iter().all(|class| usize::from(*class) < classes)
        && automaton
            .wide
            .chunks_exact(INTERVAL)
            .all(|four| usize::from(four[3]) < classes)
        && start_of(&automaton.wide[..INTERVAL]) == ASCII as u32
        && starts.is_sorted()
        && ends.is_sorted()
        && automaton.offset(0) == 0
        && automaton.offset(count) == automaton.targets.len()
        && automaton.targets.iter().all(|target| *target < positions)
        && sets.into_iter().all(|inside| inside)
}

/// Whether a set has no position from `count` on.
fn bits(row: &[u8], count: usize) -> bool {
    (count..row.len() * 8).all(|position| row[position / 8] >> (position % 8) & 1 == 0)
}

/// Parts of the table.
struct Automaton<'t> {
    flags: u8,
    words: usize,
    classes: usize,
    /// The positions of the group.
    group: (usize, usize),
    whole: bool,
    ascii: &'t [u8],
    wide: &'t [u8],
    /// The positions that take a character of each class, then the first ones, then the last ones.
    rows: &'t [u8],
    offsets: &'t [u8],
    /// The positions that may stand directly before each position.
    targets: &'t [u8],
}

fn start_of(interval: &[u8]) -> u32 {
    u32::from_le_bytes([interval[0], interval[1], interval[2], 0])
}

impl<'t> Automaton<'t> {
    fn of(table: &'t [u8]) -> Self {
        let (header, rest) = table.split_at(HEADER);
        let [count, classes, opening, closing, wide] = [1, 2, 3, 4, 5].map(|at| usize::from(header[at]));
        let words = count.div_ceil(64);
        let (ascii, rest) = rest.split_at(ASCII);
        let (wide, rest) = rest.split_at(wide * INTERVAL);
        let (rows, rest) = rest.split_at((classes + 2) * words * 8);
        let (offsets, targets) = rest.split_at((count + 1) * 2);
        Self {
            flags: header[0],
            words,
            classes,
            group: (opening, closing),
            whole: opening == 0 && closing == count,
            ascii,
            wide,
            rows,
            offsets,
            targets,
        }
    }

    fn class_of(&self, char: char) -> usize {
        let code = u32::from(char);
        if let Some(class) = self.ascii.get(code as usize) {
            return usize::from(*class);
        }
        // the first one starts where ASCII ends
        let (mut low, mut high) = (0, self.wide.len() / INTERVAL);
        while high - low > 1 {
            let middle = usize::midpoint(low, high);
            if start_of(&self.wide[middle * INTERVAL..]) <= code {
                low = middle;
            } else {
                high = middle;
            }
        }
        usize::from(self.wide[low * INTERVAL + 3])
    }

    /// A word of a row of positions.
    fn word(&self, row: usize, word: usize) -> u64 {
        let at = (row * self.words + word) * 8;
        self.rows[at..]
            .first_chunk()
            .map_or(0, |eight| u64::from_le_bytes(*eight))
    }

    fn offset(&self, position: usize) -> usize {
        usize::from(u16::from_le_bytes([
            self.offsets[2 * position],
            self.offsets[2 * position + 1],
        ]))
    }

    fn before(&self, position: usize) -> &[u8] {
        &self.targets[self.offset(position)..self.offset(position + 1)]
    }
}

/// Search of a text.
struct Search<'t> {
    automaton: Automaton<'t>,
    text: &'t str,
    /// For the offset of each character the positions from which a match can be completed.
    viable: Vec<u64>,
}

impl<'t> Search<'t> {
    fn new(text: &'t str, table: &'t [u8]) -> Self {
        let mut search = Self {
            automaton: Automaton::of(table),
            text,
            viable: Vec::new(),
        };
        search.viable = search.viable(0, text.len(), |end| search.is_end(end));
        search
    }

    fn has(&self, flag: u8) -> bool {
        self.automaton.flags >> flag & 1 == 1
    }

    fn is_start(&self, at: usize) -> bool {
        (!self.has(0) || at == 0) && (!self.has(2) || self.is_edge(at))
    }

    fn is_end(&self, at: usize) -> bool {
        (!self.has(1) || at == self.text.len()) && (!self.has(3) || self.is_edge(at))
    }

    /// Whether one side is a word character and the other is not.
    fn is_edge(&self, at: usize) -> bool {
        let (before, after) = self.text.split_at(at);
        before.chars().next_back().is_some_and(is_word) != after.chars().next().is_some_and(is_word)
    }

    /// For the offset of each character of a part the positions that take it and from which an accepted end is reached.
    fn viable(&self, start: usize, end: usize, accepts: impl Fn(usize) -> bool) -> Vec<u64> {
        let automaton = &self.automaton;
        let words = automaton.words;
        let mut found = vec![0; (end - start + 1) * words];
        let mut later = end;
        for (at, char) in self.text[start..end].char_indices().rev() {
            let (earlier, known) = found.split_at_mut((later - start) * words);
            let here = &mut earlier[at * words..][..words];
            for (word, bits) in known[..words].iter().enumerate() {
                each(*bits, word, |position| {
                    for &before in automaton.before(position) {
                        here[usize::from(before) / 64] |= 1 << (before % 64);
                    }
                });
            }
            let (class, accepted) = (automaton.class_of(char), accepts(later));
            for (word, bits) in here.iter_mut().enumerate() {
                if accepted {
                    *bits |= automaton.word(automaton.classes + 1, word);
                }
                *bits &= automaton.word(class, word);
            }
            later = start + at;
        }
        found
    }

    /// The viable first positions.
    fn first(&self, viable: &[u64]) -> Set {
        let mut set = Set::default();
        for (word, (bits, viable)) in set.iter_mut().zip(viable).enumerate() {
            *bits = viable & self.automaton.word(self.automaton.classes, word);
        }
        set
    }

    /// The viable positions that may follow those here.
    fn after(&self, here: &Set, viable: &[u64]) -> Set {
        let mut set = Set::default();
        for (word, bits) in viable.iter().enumerate() {
            each(*bits, word, |position| {
                let mut before = self.automaton.before(position).iter();
                if before.any(|&before| here[usize::from(before) / 64] >> (before % 64) & 1 == 1) {
                    set[word] |= 1 << (position % 64);
                }
            });
        }
        set
    }

    /// The first match from a place on.
    fn next(&self, from: usize) -> Option<(usize, usize)> {
        let (automaton, words) = (&self.automaton, self.automaton.words);
        let viable = |at: usize| &self.viable[at * words..][..words];
        let starts = self.text[from..].char_indices().map(|(at, _)| from + at);
        let start = starts
            .into_iter()
            .find(|&at| self.first(viable(at)) != Set::default() && self.is_start(at))?;
        let (mut here, mut end) = (self.first(viable(start)), start);
        for (at, char) in self.text[start..].char_indices() {
            if here == Set::default() {
                break;
            }
            let next = start + at + char.len_utf8();
            let is_last = (0..words).any(|word| here[word] & automaton.word(automaton.classes + 1, word) != 0);
            if is_last && self.is_end(next) {
                end = next;
            }
            here = self.after(&here, viable(next));
        }
        Some((start, end))
    }

    /// The group in a match: as much as can be stands before it, of the rest as much as can be in it.
    fn group(&self, start: usize, end: usize) -> (usize, usize) {
        let (opening, closing) = self.automaton.group;
        if self.automaton.whole {
            return (start, end);
        }
        let words = self.automaton.words;
        let viable = self.viable(start, end, |at| at == end);
        let viable = |at: usize| &viable[(at - start) * words..][..words];
        let mut came = Set::default();
        let mut run = |from: usize, low: usize, high: usize| {
            let mut at = from;
            let mut here = if at == start {
                self.first(viable(at))
            } else {
                self.after(&came, viable(at))
            };
            limit(&mut here, low, high);
            while here != Set::default() {
                at += self.text[at..].chars().next().map_or(1, char::len_utf8);
                came = here;
                here = self.after(&here, viable(at));
                limit(&mut here, low, high);
            }
            at
        };
        let opened = run(start, 0, opening);
        let closed = run(opened, opening, closing);
        (opened, closed)
    }
}

/// Calls `visit` with each position of a word.
fn each(mut bits: u64, word: usize, mut visit: impl FnMut(usize)) {
    while bits != 0 {
        visit(word * 64 + bits.trailing_zeros() as usize);
        bits &= bits - 1;
    }
}

/// Takes the positions outside of a range out of a set.
fn limit(set: &mut Set, low: usize, high: usize) {
    let below = |word: usize, end: usize| match end.saturating_sub(word * 64) {
        count @ 0..64 => (1 << count) - 1,
        _ => u64::MAX,
    };
    for (word, bits) in set.iter_mut().enumerate() {
        *bits &= below(word, high) & !below(word, low);
    }
}
