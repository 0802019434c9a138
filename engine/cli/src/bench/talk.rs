//! Talk that is made up: the lengths, words and mixture of a busy technical channel, from a seed.

/// Words in the mixture that they have in talk: short ones far more often.
const WORDS: &[&str] = &[
    "the",
    "a",
    "to",
    "i",
    "it",
    "is",
    "you",
    "that",
    "in",
    "of",
    "and",
    "for",
    "not",
    "but",
    "be",
    "on",
    "have",
    "this",
    "so",
    "if",
    "with",
    "can",
    "just",
    "what",
    "like",
    "do",
    "or",
    "as",
    "would",
    "there",
    "think",
    "don't",
    "it's",
    "I'm",
    "how",
    "when",
    "know",
    "some",
    "one",
    "get",
    "about",
    "should",
    "will",
    "then",
    "yes",
    "ok",
    "good",
    "here",
    "now",
    "way",
    "time",
    "code",
    "type",
    "need",
    "make",
    "work",
    "something",
    "because",
    "really",
    "maybe",
    "could",
    "want",
    "other",
    "more",
    "problem",
    "function",
    "compiler",
    "memory",
    "pointer",
    "library",
    "release",
    "question",
    "thanks",
    "probably",
    "different",
    "actually",
    "understand",
    "interesting",
    "implementation",
    "documentation",
    "Windows",
    "Linux",
    "build",
];
const CHINESE: &[&str] =
    &["今天", "大家", "有没有", "可以", "这个", "群里", "问题", "谢谢", "一起", "周末", "几点", "好的"];

/// A small generator of numbers (splitmix64): the same for the same seed, on every machine.
#[derive(Debug, Clone)]
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`, which is not 0.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }

    /// A number below `bound` of which the small ones are far more often.
    pub(super) fn few(&mut self, bound: usize) -> usize {
        let (a, b) = (self.below(bound), self.below(bound));
        a.min(b).min(self.below(bound))
    }

    /// What somebody says: about 65 bytes, few of them much longer; some with a link, a number, or in
    /// Chinese.
    pub(super) fn saying(&mut self) -> String {
        let words = 1 + self.few(50);
        let mut text = String::with_capacity(words * 6);
        let sort = self.below(100);
        for at in 0..words {
            if at > 0 && sort >= 5 {
                text.push(' ');
            }
            text.push_str(if sort < 5 {
                CHINESE[self.below(CHINESE.len())]
            } else {
                let bound = if self.below(3) == 0 { WORDS.len() } else { 40 };
                WORDS[self.below(bound)]
            });
        }
        match sort {
            5..=6 => text.push_str(" see https://example.org/issues/4711"),
            7..=16 => text.push_str(&format!(" {}", self.below(10_000))),
            17..=40 => text.push('.'),
            41..=50 => text.push('?'),
            _ => {}
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn talk_repeats_itself_for_the_same_seed_and_has_the_lengths_of_talk() {
        let said = |seed| {
            let mut dice = Dice::new(seed);
            (0..5_000).map(|_| dice.saying()).collect::<Vec<_>>()
        };
        assert_eq!(said(1), said(1));
        assert_ne!(said(1), said(2));
        let mean = said(1).iter().map(String::len).sum::<usize>() / 5_000;
        assert!((50..90).contains(&mean), "{mean} bytes");
        assert!(said(1).iter().all(|text| !text.is_empty()));
    }
}
