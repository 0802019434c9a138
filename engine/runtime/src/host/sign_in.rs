//! How persons and programs get in, as command line and HTTP need it: passwords, sessions, links, tokens.
//!
//! Every secret is minted here, handed out once, and known to the host as its hash only. Passwords are hashed
//! and compared on threads that may block. Whoever calls limits how often.

use std::collections::BTreeSet;

use kith_core::body::Bodies;
use kith_core::host::noun::{LinkCommand, LoginCommand, SessionCommand, TokenCommand};
use kith_core::host::{self, Holder, LoginHash, NewSession, Person, Reach, SecretHash, Token};
use kith_core::ids::{CommunityId, PersonId, SessionId, TokenId};
use kith_core::role::Permission;

use super::Operator;
use crate::draft::{AskError, Draft};
use crate::secret::{self, PasswordError, Secret};

/// A token as the operator asks for it.
#[derive(Debug, Clone)]
pub struct NewToken {
    /// For whom.
    pub holder: Holder,
    /// Where.
    pub reach: Reach,
    /// What at most.
    pub permissions: BTreeSet<Permission>,
    /// What to call it.
    pub label: String,
    /// How long it holds; for ever where nobody says.
    pub lasts_ms: Option<u64>,
}

/// A session as somebody asks for it who has proved who they are.
#[derive(Debug, Clone)]
pub struct SessionWish {
    /// What its person knows it by, such as "Firefox on Linux".
    pub label: String,
    /// How long it holds.
    pub lasts_ms: u64,
}

/// A person as the host sees them.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The row.
    pub person: Person,
    /// What they are called, unless it is gone.
    pub name: Option<String>,
    /// Whether they can sign in by name and password.
    pub has_login: bool,
    /// Sessions that have not ended; some may have expired.
    pub sessions: usize,
}

impl From<PasswordError> for AskError {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::Refused(refusal) => Self::Refused(refusal),
            // Argon2 fails on good input only where there is no memory for it: later there may be.
            PasswordError::Hash(_) => Self::Overloaded,
        }
    }
}

impl Operator<'_> {
    /// Every person of the host.
    pub async fn persons(&self) -> Result<Vec<Seen>, AskError> {
        self.engine
            .view(CommunityId::HOST, |stream| {
                let seen = |host: &host::Host, person: &Person| Seen {
                    name: person.name.and_then(|name| stream.bodies.text(&name).map(str::to_owned)),
                    has_login: host.logins.get(person.id).is_some(),
                    sessions: host.sessions.of_person(person.id).count(),
                    person: person.clone(),
                };
                stream.host().map(|host| host.persons.iter().map(|row| seen(host, row)).collect())
            })
            .await
            .map(Option::unwrap_or_default)
    }

    /// Sets name and password of a person. Their other sessions and waiting links end; `keep` stays.
    pub async fn set_login(
        &self,
        person: PersonId,
        (name, password): (&str, &str),
        keep: Option<SessionId>,
    ) -> Result<(), AskError> {
        let login = self.login_hash(name)?;
        let (password, salt) = (password.to_owned(), self.mint.random_bytes());
        let hashed = blocking(move || secret::password_hash(&password, salt)).await??;
        let at_ms = self.engine.ports().clock.wall_ms();
        let mut bodies = Bodies::default();
        let password = self.mint.text(&mut bodies, at_ms, host::name_owner(person), &hashed);
        let kind = LoginCommand::Set { person, login, password, keep };
        let draft = Draft::new(self.mint.command(at_ms), CommunityId::HOST, self.actor, kind);
        self.engine.ask(draft.with_bodies(bodies)).await.map(drop)
    }

    /// Whom name and password belong to. A wrong name takes as long as a wrong password.
    pub async fn proven(&self, name: &str, password: &str) -> Result<Option<PersonId>, AskError> {
        let login = self.login_hash(name).ok();
        let found = self
            .engine
            .view(CommunityId::HOST, move |stream| {
                let login = host::login_of(stream.host()?, &login?)?;
                Some((login.person, stream.bodies.text(&login.password)?.to_owned()))
            })
            .await?;
        let password = password.to_owned();
        blocking(move || {
            let hash = found.as_ref().map(|(_, hash)| hash.as_str());
            secret::is_password(&password, hash).then_some(found).flatten().map(|(person, _)| person)
        })
        .await
    }

    fn login_hash(&self, name: &str) -> Result<LoginHash, AskError> {
        let pepper = self.engine.ports().keys.pepper(CommunityId::HOST)?;
        LoginHash::of(&pepper, name).map_err(AskError::Refused)
    }

    /// Signs a person in who has proved who they are.
    pub async fn sign_in(
        &self,
        person: PersonId,
        wish: SessionWish,
    ) -> Result<(SessionId, Secret), AskError> {
        let (secret, session) = self.new_session(wish);
        let reply = self.ask(CommunityId::HOST, SessionCommand::SignIn { person, session }).await?;
        Ok((SessionId(reply.command.0), secret))
    }

    /// Signs in whoever bears a link's secret; it does so once.
    pub async fn redeem(&self, link: &str, wish: SessionWish) -> Result<(SessionId, Secret), AskError> {
        let (secret, session) = self.new_session(wish);
        let kind = LinkCommand::Redeem { link: SecretHash::of(link), session };
        let reply = self.ask(CommunityId::HOST, kind).await?;
        Ok((SessionId(reply.command.0), secret))
    }

    fn new_session(&self, wish: SessionWish) -> (Secret, NewSession) {
        let secret = Secret::mint(self.mint);
        let (secret_hash, expires_ms) = (secret.hash(), self.after(wish.lasts_ms));
        (secret, NewSession { secret_hash, expires_ms, label: wish.label })
    }

    fn after(&self, lasts_ms: u64) -> u64 {
        self.engine.ports().clock.wall_ms().saturating_add(lasts_ms)
    }

    /// Whose session a secret is.
    pub async fn bearer(&self, secret: &str) -> Result<Option<(SessionId, PersonId)>, AskError> {
        let (hash, now_ms) = (SecretHash::of(secret), self.engine.ports().clock.wall_ms());
        self.look(move |host| host::authenticate_session(host, &hash, now_ms)).await.map(Option::flatten)
    }

    /// Issues a link that signs a person in once.
    pub async fn issue_link(&self, person: PersonId, lasts_ms: u64) -> Result<Secret, AskError> {
        let secret = Secret::mint(self.mint);
        let (secret_hash, expires_ms) = (secret.hash(), self.after(lasts_ms));
        self.ask(CommunityId::HOST, LinkCommand::Issue { person, secret_hash, expires_ms }).await?;
        Ok(secret)
    }

    /// Issues a token.
    pub async fn issue_token(&self, token: NewToken) -> Result<(TokenId, Secret), AskError> {
        let secret = Secret::mint(self.mint);
        let NewToken { holder, reach, permissions, label, lasts_ms } = token;
        let (secret_hash, expires_ms) = (secret.hash(), lasts_ms.map(|lasts_ms| self.after(lasts_ms)));
        let kind = TokenCommand::Issue { holder, reach, permissions, label, expires_ms, secret_hash };
        let reply = self.ask(CommunityId::HOST, kind).await?;
        Ok((TokenId(reply.command.0), secret))
    }

    /// The tokens in force; some may have expired.
    pub async fn tokens(&self) -> Result<Vec<Token>, AskError> {
        let rows = self.look(|host| host.tokens.iter().cloned().collect()).await?;
        Ok(rows.unwrap_or_default())
    }

    /// Revokes a token.
    pub async fn revoke_token(&self, token: TokenId) -> Result<(), AskError> {
        self.ask(CommunityId::HOST, TokenCommand::Revoke { token }).await.map(drop)
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, AskError> {
    // A panic there is ours, and the caller may try again.
    tokio::task::spawn_blocking(work).await.map_err(|_| AskError::Overloaded)
}
