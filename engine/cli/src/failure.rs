//! Failures: why a command did not do what was asked, with its exit code, a sentence and a hint.

use std::error::Error;

use kith_core::community::Language;
use kith_core::notice::Text;
use kith_core::ports::StoreError;
use kith_core::ports::search::SearchError;
use kith_core::refusal::Refusal;
use kith_runtime::blueprint::BlueprintError;
use kith_runtime::draft::AskError;
use kith_runtime::export::ExportError;
use kith_runtime::host::BringError;
use kith_runtime::import::read::OpenError;
use kith_runtime::indexing::{FeedError, FindError};
use kith_runtime::scripting::{FolderError, Problem, PutError, WatchError};
use kith_runtime::texts::Reader;
use kith_runtime::transfer::TransferError;
use kith_store::BackupError;

/// What a process ends with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// It worked, and something is wrong with what was looked at.
    Problems = 1,
    /// What came in cannot be used, or was refused.
    BadInput = 3,
    /// Somebody else has the folder.
    Busy = 4,
    /// The machine failed; for the log that ends the process, as nothing may be acknowledged after it.
    Failed = 70,
}

/// Why a command did not do what was asked.
#[derive(Debug)]
pub struct Failure {
    /// What the process ends with.
    pub exit: Exit,
    /// A stable code with arguments; its sentence is in the message files.
    text: Text,
    /// The sentence itself, where it is not that of the code.
    said: Option<Said>,
}

/// What is said instead of a code's own sentence.
#[derive(Debug)]
enum Said {
    /// Words of its own: a file, a line, what the system said.
    Words(String),
    /// Another text.
    Text(Text),
    /// What has to be written otherwise in a script.
    Problem(Problem),
}

impl Failure {
    /// A failure whose sentence is in the message files.
    pub fn told(exit: Exit, text: Text) -> Self {
        Self { exit, text, said: None }
    }

    /// Input that cannot be used, by its code.
    pub fn input(code: &str) -> Self {
        Self::told(Exit::BadInput, Text::new(code))
    }

    /// A failure with words of its own under a code.
    pub fn said(exit: Exit, code: &str, said: String) -> Self {
        Self { exit, text: Text::new(code), said: Some(Said::Words(said)) }
    }

    /// A failure under a code whose sentence is another text.
    pub fn worded(exit: Exit, code: &str, text: Text) -> Self {
        Self { exit, text: Text::new(code), said: Some(Said::Text(text)) }
    }

    /// A script that cannot be used.
    pub fn problem(exit: Exit, problem: Problem) -> Self {
        Self { exit, text: Text::new("cli.script"), said: Some(Said::Problem(problem)) }
    }

    /// The stable code.
    pub fn code(&self) -> &str {
        &self.text.code
    }

    /// The sentence.
    pub fn message(&self, language: Language) -> String {
        let reader = Reader { language, stream: None };
        match &self.said {
            None => reader.render(&self.text),
            Some(Said::Words(words)) => words.clone(),
            Some(Said::Text(text)) => reader.render(text),
            Some(Said::Problem(problem)) => problem.shown(&reader),
        }
    }

    /// What to do.
    pub fn hint(&self, language: Language) -> Option<String> {
        Reader { language, stream: None }.hint(&self.text)
    }

    pub(crate) fn chain(exit: Exit, code: &str, error: &dyn Error) -> Self {
        let mut said = error.to_string();
        let mut source = error.source();
        while let Some(inner) = source {
            said.push_str(": ");
            said.push_str(&inner.to_string());
            source = inner.source();
        }
        Self::said(exit, code, said)
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::told(Exit::BadInput, refusal.text())
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::Io { source, .. } if source.kind() == std::io::ErrorKind::ResourceBusy => {
                Self::said(Exit::Busy, "cli.busy", source.to_string())
            }
            StoreError::Damaged(_) => Self::chain(Exit::Problems, "cli.damaged", &error),
            _ => Self::chain(Exit::Failed, "cli.failed", &error),
        }
    }
}

impl From<AskError> for Failure {
    fn from(error: AskError) -> Self {
        match error {
            AskError::Refused(refusal) => refusal.into(),
            AskError::Store(error) => error.into(),
            AskError::Unreadable { .. } => Self::chain(Exit::Problems, "cli.damaged", &error),
            AskError::Overloaded | AskError::Stopping => Self::chain(Exit::Failed, "cli.failed", &error),
        }
    }
}

impl From<BlueprintError> for Failure {
    fn from(error: BlueprintError) -> Self {
        Self::chain(Exit::BadInput, "cli.blueprint", &error)
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        Self::chain(Exit::BadInput, "cli.input", &error)
    }
}

impl From<BackupError> for Failure {
    fn from(error: BackupError) -> Self {
        match error {
            BackupError::Store(error) => error.into(),
            BackupError::NotEmpty(_) => Self::chain(Exit::BadInput, "cli.target", &error),
            error => Self::chain(Exit::BadInput, "cli.backup", &error),
        }
    }
}

impl From<TransferError> for Failure {
    fn from(error: TransferError) -> Self {
        match error {
            TransferError::Store(error) => error.into(),
            TransferError::Io(_) => Self::chain(Exit::Failed, "cli.failed", &error),
            error => Self::chain(Exit::BadInput, "cli.transfer", &error),
        }
    }
}

impl From<BringError> for Failure {
    fn from(error: BringError) -> Self {
        match error {
            BringError::Ask(error) => error.into(),
            BringError::Transfer(error) => error.into(),
        }
    }
}

impl From<SearchError> for Failure {
    fn from(error: SearchError) -> Self {
        Self::chain(Exit::Failed, "cli.search", &error)
    }
}

impl From<FeedError> for Failure {
    fn from(error: FeedError) -> Self {
        match error {
            FeedError::Store(error) => error.into(),
            FeedError::Search(error) => error.into(),
            error @ FeedError::Unreadable { .. } => Self::chain(Exit::Problems, "cli.damaged", &error),
        }
    }
}

impl From<FindError> for Failure {
    fn from(error: FindError) -> Self {
        match error {
            FindError::Search(error) => error.into(),
            FindError::Ask(error) => error.into(),
        }
    }
}

impl From<ExportError> for Failure {
    fn from(error: ExportError) -> Self {
        match error {
            ExportError::Store(error) => error.into(),
            error => Self::chain(Exit::BadInput, "cli.export", &error),
        }
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::problem(Exit::Problems, problem)
    }
}

impl From<PutError> for Failure {
    fn from(error: PutError) -> Self {
        match error {
            PutError::Problem(problem) => problem.into(),
            PutError::Ask(error) => error.into(),
            PutError::TooSlow => Self::worded(Exit::Problems, "cli.script", PutError::too_slow()),
            PutError::Broken(what) => Self::worded(Exit::Problems, "cli.script", PutError::broken(&what)),
        }
    }
}

impl From<FolderError> for Failure {
    fn from(error: FolderError) -> Self {
        Self::chain(Exit::BadInput, "cli.input", &error)
    }
}

impl From<WatchError> for Failure {
    fn from(error: WatchError) -> Self {
        match error {
            WatchError::Folder(error) => error.into(),
            error @ WatchError::Notify { .. } => Self::chain(Exit::BadInput, "cli.input", &error),
        }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::chain(Exit::Failed, "cli.failed", &error)
    }
}
