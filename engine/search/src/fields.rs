//! What the index holds of a message, and how a question is put to it.
//!
//! Ids are prefixed by the community's, so that no term ever reaches into another community.

use kith_core::ids::{ChannelId, CommunityId, MemberId, MessageId};
use kith_core::ports::search::{Hit, Question, Words};
use tantivy::collector::DocSetCollector;
use tantivy::query::{BooleanQuery, Occur, PhraseQuery, Query, TermQuery, TermSetQuery};
use tantivy::schema::{
    BytesOptions, FAST, Field, IndexRecordOption, STORED, Schema, TextFieldIndexing, TextOptions, Value as _,
};
use tantivy::tokenizer::{PreTokenizedString, Token};
use tantivy::{Searcher, TantivyDocument, Term};

use crate::asked::{self, Phrase, Wanted};
use crate::secret::Secret;
use crate::tokens::tokens;

/// The columns that hits are gathered by.
pub(crate) const AT_MS: &str = "at_ms";
/// The upper half of a message's id.
pub(crate) const ID_HIGH: &str = "id_high";
/// The lower half.
pub(crate) const ID_LOW: &str = "id_low";

/// The fields of the index.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fields {
    /// Digests of words.
    words: Field,
    community: Field,
    message: Field,
    channel: Field,
    author: Field,
    owner: Field,
    at_ms: Field,
    id_high: Field,
    id_low: Field,
    /// What a hit tells beyond the columns.
    hit: Field,
}

impl Fields {
    /// The fields and the schema that has them.
    pub(crate) fn new() -> (Self, Schema) {
        let mut schema = Schema::builder();
        let indexing = TextFieldIndexing::default()
            .set_tokenizer("raw")
            .set_fieldnorms(false)
            .set_index_option(IndexRecordOption::WithFreqsAndPositions);
        let id = || BytesOptions::default().set_indexed();
        let fields = Self {
            words: schema.add_text_field("words", TextOptions::default().set_indexing_options(indexing)),
            community: schema.add_bytes_field("community", id()),
            message: schema.add_bytes_field("message", id()),
            channel: schema.add_bytes_field("channel", id()),
            author: schema.add_bytes_field("author", id()),
            owner: schema.add_bytes_field("owner", id()),
            at_ms: schema.add_u64_field(AT_MS, FAST),
            id_high: schema.add_u64_field(ID_HIGH, FAST),
            id_low: schema.add_u64_field(ID_LOW, FAST),
            hit: schema.add_bytes_field("hit", STORED),
        };
        (fields, schema.build())
    }

    /// The term that only a message has.
    pub(crate) fn of_message(&self, community: CommunityId, message: MessageId) -> Term {
        Term::from_field_bytes(self.message, &both(community, message.0))
    }

    /// The term of everything that somebody's erasure takes away.
    pub(crate) fn of_owner(&self, community: CommunityId, owner: MemberId) -> Term {
        Term::from_field_bytes(self.owner, &both(community, owner.0))
    }

    /// The term of everything in a community.
    pub(crate) fn of_community(&self, community: CommunityId) -> Term {
        Term::from_field_bytes(self.community, &community.0.to_be_bytes())
    }

    fn of_channel(&self, community: CommunityId, channel: ChannelId) -> Term {
        Term::from_field_bytes(self.channel, &both(community, channel.0))
    }

    /// What is kept of a message.
    pub(crate) fn document(&self, words: &Words, secret: &mut Secret) -> TantivyDocument {
        let (community, hit) = (words.community, &words.hit);
        let mut document = TantivyDocument::new();
        document.add_bytes(self.community, &community.0.to_be_bytes());
        document.add_bytes(self.message, &both(community, hit.message.0));
        document.add_bytes(self.channel, &both(community, hit.channel.0));
        document.add_bytes(self.author, &both(community, hit.author.0));
        for owner in words.owners.iter().chain([&hit.author]) {
            document.add_bytes(self.owner, &both(community, owner.0));
        }
        document.add_u64(self.at_ms, hit.at_ms);
        document.add_u64(self.id_high, (hit.message.0 >> 64) as u64);
        document.add_u64(self.id_low, hit.message.0 as u64);
        document.add_bytes(self.hit, &packed(hit));
        let tokens = tokens(&words.text).into_iter().map(|token| Token {
            text: secret.digest(&token.text),
            position: token.place,
            position_length: 1,
            ..Token::default()
        });
        let hidden = PreTokenizedString { text: String::new(), tokens: tokens.collect() };
        document.add_pre_tokenized_text(self.words, hidden);
        document
    }

    /// A hit as it was kept.
    pub(crate) fn hit(&self, document: &TantivyDocument) -> Option<Hit> {
        unpacked(document.get_first(self.hit)?.as_bytes()?)
    }

    /// All hits of a term.
    pub(crate) fn all(&self, searcher: Searcher, term: &Term) -> tantivy::Result<Vec<Hit>> {
        let query = TermQuery::new(term.clone(), IndexRecordOption::Basic);
        let mut hits = Vec::new();
        for address in searcher.search(&query, &DocSetCollector)? {
            hits.extend(self.hit(&searcher.doc(address)?));
        }
        Ok(hits)
    }

    /// The query of a question; `None` where it asks for nothing or may find nothing.
    pub(crate) fn query(&self, question: &Question, secret: &mut Secret) -> Option<BooleanQuery> {
        let phrases = asked::read(&question.words);
        let narrowed =
            question.author.is_some() || question.since_ms.is_some() || question.until_ms.is_some();
        if question.channels.is_empty() || (phrases.is_empty() && !narrowed) {
            return None;
        }
        let community = question.community;
        let channels = question.channels.iter().map(|channel| self.of_channel(community, *channel));
        let mut clauses: Vec<(Occur, Box<dyn Query>)> =
            vec![(Occur::Must, Box::new(TermSetQuery::new(channels)))];
        if let Some(author) = question.author {
            let term = Term::from_field_bytes(self.author, &both(community, author.0));
            clauses.push((Occur::Must, Box::new(TermQuery::new(term, IndexRecordOption::Basic))));
        }
        for phrase in &phrases {
            let occur = if phrase.wanted == Wanted::Yes { Occur::Must } else { Occur::MustNot };
            clauses.push((occur, self.phrase(phrase, secret)));
        }
        Some(BooleanQuery::new(clauses))
    }

    fn phrase(&self, phrase: &Phrase, secret: &mut Secret) -> Box<dyn Query> {
        let mut term = |word: &str| Term::from_field_text(self.words, &secret.digest(word));
        match &phrase.tokens[..] {
            [only] => Box::new(TermQuery::new(term(&only.text), IndexRecordOption::Basic)),
            tokens => {
                let terms = tokens.iter().map(|token| (token.place, term(&token.text))).collect();
                Box::new(PhraseQuery::new_with_offset(terms))
            }
        }
    }
}

fn both(community: CommunityId, id: u128) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[..16].copy_from_slice(&community.0.to_be_bytes());
    bytes[16..].copy_from_slice(&id.to_be_bytes());
    bytes
}

fn packed(hit: &Hit) -> Vec<u8> {
    let deleted_ms = hit.deleted_ms.map_or(0, |deleted_ms| u128::from(deleted_ms) + 1);
    let ids = [hit.message.0, hit.channel.0, hit.author.0, hit.said_by, u128::from(hit.at_ms), deleted_ms];
    ids.iter().flat_map(|id| id.to_be_bytes()).collect()
}

fn unpacked(bytes: &[u8]) -> Option<Hit> {
    let (chunks, []) = bytes.as_chunks::<16>() else { return None };
    let [message, channel, author, said_by, at_ms, deleted_ms] = chunks else { return None };
    let number = |bytes: &[u8; 16]| u64::try_from(u128::from_be_bytes(*bytes)).ok();
    Some(Hit {
        message: MessageId(u128::from_be_bytes(*message)),
        channel: ChannelId(u128::from_be_bytes(*channel)),
        author: MemberId(u128::from_be_bytes(*author)),
        said_by: u128::from_be_bytes(*said_by),
        at_ms: number(at_ms)?,
        deleted_ms: number(deleted_ms)?.checked_sub(1),
    })
}
