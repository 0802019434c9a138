//! MessagePack as a forger sees it: its words one after the other, and changing one of them. Containers count
//! their elements, not their bytes, so that a word may be replaced by a longer one.

use std::ops::Range;

use crate::world::Dice;

/// Numbers that arithmetic does not expect.
const NUMBERS: [u64; 8] =
    [0, 1, u64::MAX, u64::MAX - 1, 1 << 63, u32::MAX as u64, 1 << 62, 253_402_300_799_999];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sort {
    Number,
    Text,
    Binary,
    Truth,
    Nothing,
    Container,
}

/// What occurs in a log, to be put where it does not belong.
#[derive(Default)]
pub(super) struct Words {
    texts: Vec<Vec<u8>>,
    binaries: Vec<Vec<u8>>,
}

impl Words {
    /// Adds the words of a record.
    pub(super) fn collect(&mut self, bytes: &[u8]) {
        for (sort, range) in words(bytes) {
            match sort {
                Sort::Text => self.texts.push(bytes[range].to_vec()),
                Sort::Binary => self.binaries.push(bytes[range].to_vec()),
                _ => {}
            }
        }
    }

    /// The record with one to three words changed.
    pub(super) fn change(&self, bytes: &[u8], dice: &mut Dice) -> Vec<u8> {
        let mut changed = bytes.to_vec();
        for _ in 0..=dice.roll(3) {
            let numbers_only = dice.one_in(2);
            let fits = |sort: Sort| sort == Sort::Number || !(numbers_only || sort == Sort::Container);
            let words: Vec<_> = words(&changed).into_iter().filter(|(sort, _)| fits(*sort)).collect();
            let (sort, range) = dice.pick(&words).clone();
            let word = match sort {
                Sort::Number => number(*dice.pick(&NUMBERS)),
                Sort::Text => dice.pick(&self.texts).clone(),
                Sort::Binary => dice.pick(&self.binaries).clone(),
                Sort::Truth | Sort::Nothing | Sort::Container => vec![0xc2 + dice.roll(2) as u8],
            };
            changed.splice(range, word);
        }
        changed
    }
}

fn number(number: u64) -> Vec<u8> {
    let mut word = vec![0xcf];
    word.extend_from_slice(&number.to_be_bytes());
    word
}

/// The words of a value that our own encoder wrote.
fn words(bytes: &[u8]) -> Vec<(Sort, Range<usize>)> {
    let mut words = Vec::new();
    let mut place = 0;
    while place < bytes.len() {
        let long = |size: usize| {
            bytes[place + 1..=place + size].iter().fold(0, |long, byte| long << 8 | usize::from(*byte))
        };
        let (sort, length) = match bytes[place] {
            0x00..=0x7f | 0xe0..=0xff => (Sort::Number, 1),
            0x80..=0x9f => (Sort::Container, 1),
            short @ 0xa0..=0xbf => (Sort::Text, 1 + usize::from(short & 0x1f)),
            0xc0 | 0xc1 => (Sort::Nothing, 1),
            0xc2 | 0xc3 => (Sort::Truth, 1),
            0xc4 => (Sort::Binary, 2 + long(1)),
            0xc5 => (Sort::Binary, 3 + long(2)),
            0xc6 => (Sort::Binary, 5 + long(4)),
            0xcc | 0xd0 => (Sort::Number, 2),
            0xcd | 0xd1 => (Sort::Number, 3),
            0xca | 0xce | 0xd2 => (Sort::Number, 5),
            0xcb | 0xcf | 0xd3 => (Sort::Number, 9),
            0xd9 => (Sort::Text, 2 + long(1)),
            0xda => (Sort::Text, 3 + long(2)),
            0xdb => (Sort::Text, 5 + long(4)),
            0xdc | 0xde => (Sort::Container, 3),
            0xdd | 0xdf => (Sort::Container, 5),
            extension @ (0xc7..=0xc9 | 0xd4..=0xd8) => panic!("our encoder writes no extension {extension}"),
        };
        words.push((sort, place..place + length));
        place += length;
    }
    words
}
