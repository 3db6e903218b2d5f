//! Character mappings as sorted tables of UTF-16 units; every mapped character and every result is below U+10000.

/// A mapping of single characters outside ASCII to zero to three characters. A character in neither list stays.
pub(super) struct Table {
    /// `[character, its one image]`, ascending.
    pub(super) single: &'static [[u16; 2]],
    /// `[character, image, image, image]`, padded with zeros, ascending.
    pub(super) longer: &'static [[u16; 4]],
}

impl Table {
    /// Appends what `char` maps to.
    pub(super) fn push(&self, char: char, out: &mut String) {
        let Ok(unit) = u16::try_from(u32::from(char)) else {
            return out.push(char);
        };
        if let Ok(at) = self.single.binary_search_by_key(&unit, |row| row[0]) {
            push_units(&self.single[at][1..], out);
        } else if let Ok(at) = self.longer.binary_search_by_key(&unit, |row| row[0]) {
            push_units(&self.longer[at][1..], out);
        } else {
            out.push(char);
        }
    }
}

fn push_units(units: &[u16], out: &mut String) {
    // no image is a surrogate or a NUL, which is the padding
    out.extend(
        units
            .iter()
            .filter(|unit| **unit != 0)
            .filter_map(|unit| char::from_u32(u32::from(*unit))),
    );
}
