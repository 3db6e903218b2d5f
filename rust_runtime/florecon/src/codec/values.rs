//! [`Packed`] implementations for the types of lanes.

use super::{Damaged, Packed, Packer, Unpacker, join_shapes};
use crate::value::{Real, Text, Tokens};

impl Packed for i64 {
    fn shape() -> u64 {
        1
    }

    #[inline]
    fn pack(&self, packer: &mut Packer) {
        packer.integer(*self);
    }

    #[inline]
    fn unpack(unpacker: &mut Unpacker<'_>) -> Result<Self, Damaged> {
        unpacker.integer()
    }
}

impl Packed for f64 {
    fn shape() -> u64 {
        2
    }

    fn pack(&self, packer: &mut Packer) {
        packer.raw(&self.to_bits().to_le_bytes());
    }

    fn unpack(unpacker: &mut Unpacker<'_>) -> Result<Self, Damaged> {
        let bytes = unpacker.raw(8)?.try_into().map_err(|_| Damaged)?;
        Ok(Self::from_bits(u64::from_le_bytes(bytes)))
    }
}

impl Packed for bool {
    fn shape() -> u64 {
        3
    }

    fn pack(&self, packer: &mut Packer) {
        packer.raw(&[u8::from(*self)]);
    }

    fn unpack(unpacker: &mut Unpacker<'_>) -> Result<Self, Damaged> {
        match unpacker.byte()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Damaged),
        }
    }
}

impl Packed for Text {
    fn shape() -> u64 {
        4
    }

    fn pack(&self, packer: &mut Packer) {
        packer.text(self);
    }

    fn unpack(unpacker: &mut Unpacker<'_>) -> Result<Self, Damaged> {
        unpacker.text()
    }
}

impl Packed for Tokens {
    fn shape() -> u64 {
        5
    }

    fn pack(&self, packer: &mut Packer) {
        packer.count(self.len());
        self.iter().for_each(|token| packer.text(token));
    }

    fn unpack(unpacker: &mut Unpacker<'_>) -> Result<Self, Damaged> {
        let texts: Vec<Text> = unpacker.read()?;
        // a list that is out of order would be searched in vain
        if texts.is_sorted_by(|a, b| a < b) {
            Ok(Self::new(texts))
        } else {
            Err(Damaged)
        }
    }
}

impl Packed for Real {
    fn shape() -> u64 {
        6
    }

    fn pack(&self, packer: &mut Packer) {
        packer.write(&self.get());
    }

    fn unpack(unpacker: &mut Unpacker<'_>) -> Result<Self, Damaged> {
        Self::key(unpacker.read()?).ok_or(Damaged)
    }
}

impl Packed for String {
    fn shape() -> u64 {
        7
    }

    fn pack(&self, packer: &mut Packer) {
        packer.letters(self);
    }

    fn unpack(unpacker: &mut Unpacker<'_>) -> Result<Self, Damaged> {
        unpacker.letters().map(Self::from)
    }
}

impl<T: Packed> Packed for Option<T> {
    fn shape() -> u64 {
        join_shapes(8, T::shape())
    }

    fn pack(&self, packer: &mut Packer) {
        packer.write(&self.is_some());
        if let Some(value) = self {
            packer.write(value);
        }
    }

    fn unpack(unpacker: &mut Unpacker<'_>) -> Result<Self, Damaged> {
        Ok(if unpacker.read()? { Some(unpacker.read()?) } else { None })
    }
}

impl<T: Packed> Packed for Vec<T> {
    fn shape() -> u64 {
        join_shapes(9, T::shape())
    }

    fn pack(&self, packer: &mut Packer) {
        packer.count(self.len());
        self.iter().for_each(|value| packer.write(value));
    }

    fn unpack(unpacker: &mut Unpacker<'_>) -> Result<Self, Damaged> {
        let count = unpacker.count()?;
        let mut values = unpacker.room(count)?;
        for _ in 0..count {
            values.push(unpacker.read()?);
        }
        Ok(values)
    }
}

macro_rules! tuple {
    ($($part:ident $at:tt),*) => {
        impl<$($part: Packed),*> Packed for ($($part,)*) {
            fn shape() -> u64 {
                let shape = 10;
                $(let shape = join_shapes(shape, $part::shape());)*
                shape
            }

            fn pack(&self, _packer: &mut Packer) {
                $(_packer.write(&self.$at);)*
            }

            fn unpack(_unpacker: &mut Unpacker<'_>) -> Result<Self, Damaged> {
                Ok(($(_unpacker.read::<$part>()?,)*))
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
    use std::fmt::Debug;

    fn packed(value: &impl Packed) -> Vec<u8> {
        let mut packer = Packer::new();
        packer.write(value);
        packer.into_bytes()
    }

    fn comes_back<T: Packed + PartialEq + Debug>(value: T) {
        let bytes = packed(&value);
        let mut unpacker = Unpacker::new(&bytes);
        assert_eq!(unpacker.read(), Ok(value));
        assert!(unpacker.is_empty());
        for cut in 0..bytes.len() {
            assert_eq!(Unpacker::new(&bytes[..cut]).read::<T>(), Err(Damaged), "cut at {cut}");
        }
    }

    #[test]
    fn values_come_back_and_cut_ones_do_not() {
        comes_back([0, 1, -1, 63, 64, -64, -65, i64::MAX, i64::MIN].to_vec());
        comes_back([0.0, -0.0, 1.5, f64::INFINITY].to_vec());
        comes_back((true, Text::from("größe"), Some(Text::default()), None::<i64>));
        comes_back(Tokens::new(vec![Text::from("B"), Text::from("A"), Text::from("B")]));
        comes_back(vec![(String::from("x"), Real::key(2.5)), (String::new(), None)]);
    }

    #[test]
    fn a_text_that_comes_again_is_shared() {
        let text = Text::from("a text of some length");
        let bytes = packed(&vec![text.clone(), Text::from(text.as_str()), text.clone()]);
        assert!(bytes.len() < 2 * text.len());
        let texts: Vec<Text> = Unpacker::new(&bytes).read().unwrap();
        assert!(texts[0].is_same(&texts[1]) && texts[1].is_same(&texts[2]));
        assert_eq!(texts[0], text);
    }

    #[test]
    fn what_is_no_value_is_refused() {
        let endless = [0xff; 12];
        assert_eq!(Unpacker::new(&endless).number(), Err(Damaged));
        assert_eq!(Unpacker::new(&[0xff; 9]).number(), Err(Damaged));
        assert_eq!(Unpacker::new(&[2]).read::<bool>(), Err(Damaged));
        assert_eq!(Unpacker::new(&[2, 0xff]).read::<Text>(), Err(Damaged));
        assert_eq!(Unpacker::new(&[3]).read::<Text>(), Err(Damaged));
        assert_eq!(Unpacker::new(&[200, 1]).read::<Vec<()>>(), Err(Damaged));
        assert_eq!(Unpacker::new(&packed(&f64::NAN)).read::<Real>(), Err(Damaged));
        let unsorted = packed(&vec![Text::from("B"), Text::from("A")]);
        assert_eq!(Unpacker::new(&unsorted).read::<Tokens>(), Err(Damaged));
    }

    #[test]
    fn shapes_tell_types_apart() {
        let shapes = [
            i64::shape(),
            <(i64,)>::shape(),
            <(i64, f64)>::shape(),
            <(f64, i64)>::shape(),
            <((i64, f64), Text)>::shape(),
            <(i64, (f64, Text))>::shape(),
            Option::<i64>::shape(),
            Vec::<i64>::shape(),
        ];
        let distinct: std::collections::BTreeSet<u64> = shapes.into();
        assert_eq!(distinct.len(), shapes.len());
    }
}
