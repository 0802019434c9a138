//! The commands, one file each: arguments with their help, what is done, what is said.

mod appeal;
mod backup;
mod bench;
mod channel;
mod community;
mod compact;
mod completions;
mod connector;
mod demo;
mod import;
mod init;
mod invite;
mod log;
mod member;
mod person;
mod queue;
mod receipt;
mod replay;
mod restore;
mod script;
mod search;
mod serve;
mod shown;
mod span;
mod token;
mod topic;
mod undo;
mod verify;
mod webhook;

use clap::Subcommand;
use kith_core::community::Language;

use crate::arguments::Arguments;
use crate::failure::Failure;
use crate::report::{Form, Report};
use crate::streams::Streams;

/// What a command is given besides its arguments.
pub(crate) struct Stage<'a> {
    pub(crate) streams: &'a mut Streams,
    pub(crate) language: Language,
    pub(crate) form: Form,
}

/// Every command.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Found a community from a blueprint folder
    Init(init::Init),
    /// Bring a past in: chat logs as facts, or re-enacted through gates and rules
    Import(import::Import),
    /// Check the log, its chains and keys, and that every snapshot equals what the log folds to
    Verify(verify::Verify),
    /// Copy everything to another folder, with proof
    Backup(backup::Backup),
    /// Bring a backup back to a new DATA folder, and check its proof
    Restore(restore::Restore),
    /// Drop the records that retention no longer wants, and give their bytes back
    Compact(compact::Compact),
    /// List, show, change, suspend, remove, export and import communities
    #[command(subcommand)]
    Community(community::Community),
    /// Invites: codes with uses and an end
    #[command(subcommand)]
    Invite(invite::Invites),
    /// Topics: the hour, the board of what is planned, what was raised and what it brought
    #[command(subcommand)]
    Topic(topic::Topics),
    /// Members: who there is, one's export, erasure
    #[command(subcommand)]
    Member(member::Members),
    /// Persons: who there is across communities, and how they sign in
    #[command(subcommand)]
    Person(person::Persons),
    /// Tokens: what lets a program in
    #[command(subcommand)]
    Token(token::Tokens),
    /// What waits for a human
    #[command(subcommand)]
    Queue(queue::Queue),
    /// Receipts: why something was decided
    #[command(subcommand)]
    Receipt(receipt::Receipts),
    /// Appeals: asking to look at a decision again, and what came of it
    #[command(subcommand)]
    Appeal(appeal::Appeals),
    /// Scripts: the operator's own rules and customs
    #[command(subcommand)]
    Script(script::Script),
    /// What a draft of a script would have done to the group's own history
    Replay(replay::Replay),
    /// Records as they stand in the log
    #[command(subcommand)]
    Log(log::Log),
    /// Take back what one version of a script did
    Undo(undo::Undo),
    /// Channels: what was said
    #[command(subcommand)]
    Channel(channel::Channels),
    /// Connectors: bots of other networks
    #[command(subcommand)]
    Connector(connector::Connectors),
    /// Webhooks: servers that are told of what happens
    #[command(subcommand)]
    Webhook(webhook::Webhooks),
    /// Serve the API and the pages
    Serve(serve::Serve),
    /// Find messages by what they say
    Search(search::Search),
    /// Watch a small group live: the gate, talk, an ad held, a receipt, an appeal
    Demo(demo::Demo),
    /// Measure the engine, each figure beside a reference of the same run
    Bench(bench::Bench),
    /// Print completions for a shell
    Completions(completions::Completions),
}

/// Runs a command.
pub(crate) fn run(arguments: Arguments, streams: &mut Streams) -> Result<Report, Failure> {
    let (form, language) = (arguments.form(), arguments.language());
    let mut stage = Stage { streams, language, form };
    match arguments.into_command() {
        Command::Init(init) => init.run(&mut stage),
        Command::Import(import) => import.run(&mut stage),
        Command::Verify(verify) => verify.run(&mut stage),
        Command::Backup(backup) => backup.run(&mut stage),
        Command::Restore(restore) => restore.run(&mut stage),
        Command::Compact(compact) => compact.run(&mut stage),
        Command::Community(community) => community.run(&mut stage),
        Command::Invite(invites) => invites.run(),
        Command::Topic(topics) => topics.run(&stage),
        Command::Member(members) => members.run(&stage),
        Command::Person(persons) => persons.run(&mut stage),
        Command::Token(tokens) => tokens.run(&stage),
        Command::Queue(queue) => queue.run(&stage),
        Command::Receipt(receipts) => receipts.run(&stage),
        Command::Appeal(appeals) => appeals.run(&stage),
        Command::Script(script) => script.run(&mut stage),
        Command::Replay(replay) => replay.run(&mut stage),
        Command::Log(log) => log.run(),
        Command::Undo(undo) => undo.run(&mut stage),
        Command::Channel(channels) => channels.run(),
        Command::Connector(connectors) => connectors.run(&stage),
        Command::Webhook(webhooks) => webhooks.run(&stage),
        Command::Serve(serve) => serve.run(&mut stage),
        Command::Search(search) => search.run(&mut stage),
        Command::Demo(demo) => demo.run(&mut stage),
        Command::Bench(bench) => bench.run(&stage),
        Command::Completions(completions) => completions.run(),
    }
}
