//! The texts of one draft, read once however many ask: rules, measures and fingerprints share what is found.
//!
//! Reads at first need and keeps what it read; a text that nobody asks about costs nothing.

use std::cell::OnceCell;
use std::ops::Deref;

use super::links::{self, Link};
use super::measure;
use super::normal::{Exactness, Normal, normalise};

/// Texts and what has been read of them so far. Behaves like the list of texts that it was made of.
#[derive(Debug)]
pub struct Reading<'a> {
    texts: &'a [&'a str],
    loose: OnceCell<Vec<Normal>>,
    plain: OnceCell<Vec<Normal>>,
    links: OnceCell<Vec<(usize, Link)>>,
    fingerprint: OnceCell<u32>,
}

impl<'a> Reading<'a> {
    /// Texts that nobody has asked about yet.
    pub fn of(texts: &'a [&'a str]) -> Self {
        Self {
            texts,
            loose: OnceCell::new(),
            plain: OnceCell::new(),
            links: OnceCell::new(),
            fingerprint: OnceCell::new(),
        }
    }

    /// The normal form of each text.
    pub fn normal(&self, exactness: Exactness) -> &[Normal] {
        let cell = match exactness {
            Exactness::Loose => &self.loose,
            Exactness::Plain => &self.plain,
        };
        cell.get_or_init(|| self.texts.iter().map(|text| normalise(text, exactness)).collect())
    }

    /// Everything in the texts that leads out of the community, with the number of its text.
    pub fn links(&self) -> &[(usize, Link)] {
        self.links.get_or_init(|| {
            let texts = self.texts.iter().enumerate();
            texts.flat_map(|(at, text)| links::find(text).into_iter().map(move |link| (at, link))).collect()
        })
    }

    /// Characters of all texts, as a person counts them.
    pub fn chars(&self) -> u32 {
        self.texts.iter().fold(0, |sum, text| sum.saturating_add(measure::chars(text)))
    }

    /// The fingerprint of all texts together; 0 where there is none.
    pub fn fingerprint(&self) -> u32 {
        *self.fingerprint.get_or_init(|| match self.texts {
            [] => 0,
            [only] => measure::fingerprint_of(&self.normal(Exactness::Loose)[0], only),
            several => measure::fingerprint(&several.join("\n")),
        })
    }
}

impl<'a> Deref for Reading<'a> {
    type Target = [&'a str];

    fn deref(&self) -> &Self::Target {
        self.texts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_each_reader_says_by_itself() {
        let texts = ["加 微信 at example.org", "HELLO 1.2.3.4"];
        for count in 0..=2 {
            let reading = Reading::of(&texts[..count]);
            let found: Vec<Link> = texts[..count].iter().flat_map(|text| links::find(text)).collect();
            assert_eq!(reading.links().iter().map(|(_, link)| link.clone()).collect::<Vec<_>>(), found);
            assert_eq!(reading.len(), count);
            let chars: u32 = texts[..count].iter().map(|text| measure::measure(text).chars).sum();
            assert_eq!(reading.chars(), chars);
        }
        assert_eq!(Reading::of(&[]).fingerprint(), 0);
        assert_eq!(Reading::of(&texts[..1]).fingerprint(), measure::fingerprint(texts[0]));
        assert_eq!(Reading::of(&texts).fingerprint(), measure::fingerprint(&texts.join("\n")));
    }
}
