//! Getting in, over an engine on memory: what is proved, and what is found in the store.

use std::collections::BTreeSet;

use kith_core::host::{Holder, Reach, SecretHash, authenticate};
use kith_core::moment::HOUR_MS;
use kith_core::role::Permission;

use super::*;
use crate::host::{NewToken, SessionWish};

const PASSWORD: &str = "a password that only olive has";

fn wish() -> SessionWish {
    SessionWish { label: "Firefox on Linux".to_owned(), lasts_ms: HOUR_MS }
}

#[test]
fn a_name_and_a_password_prove_who_somebody_is() {
    block_on(async {
        let (memory, mint) = (Memory::new(), Mint::seeded(1));
        let engine = engine(&memory);
        let operator = Operator::start(&engine, &mint).await.unwrap();
        let olive = operator.register_person(Some("Olive")).await.unwrap();
        operator.set_login(olive, ("Olive of the office", PASSWORD), None).await.unwrap();
        for (name, password, proven) in [
            (" olive OF the office", PASSWORD, Some(olive)),
            ("olive", PASSWORD, None),
            ("olive of the office", "another password", None),
            ("", PASSWORD, None),
        ] {
            assert_eq!(operator.proven(name, password).await.unwrap(), proven, "{name} {password}");
        }
        let short = operator.set_login(olive, ("olive", "short"), None).await;
        assert!(matches!(short, Err(AskError::Refused(Refusal::ValueInvalid { .. }))), "{short:?}");
        engine.rest(CommunityId::HOST).await;
        assert!(memory.contains(b"Olive") && memory.contains(b"$argon2id$"));
        assert!(!memory.contains(PASSWORD.as_bytes()) && !memory.contains(b"olive of"));
        let erase = PersonCommand::Erase { person: olive };
        engine.ask(Draft::new(mint.command(NOW_MS), CommunityId::HOST, Actor::Host, erase)).await.unwrap();
        erasures_are_done(&engine, CommunityId::HOST).await;
        engine.rest(CommunityId::HOST).await;
        assert!(!memory.contains(b"$argon2id$"));
        assert_eq!(operator.proven("olive of the office", PASSWORD).await.unwrap(), None);
    });
}

#[test]
fn a_session_s_and_a_link_s_secret_are_in_nobody_s_hands_but_the_bearer_s() {
    block_on(async {
        let (memory, mint) = (Memory::new(), Mint::System);
        let engine = engine(&memory);
        let operator = Operator::start(&engine, &mint).await.unwrap();
        let olive = operator.register_person(None).await.unwrap();
        let (id, secret) = operator.sign_in(olive, wish()).await.unwrap();
        assert_eq!(operator.bearer(secret.text()).await.unwrap(), Some((id, olive)));
        assert_eq!(operator.bearer("kith_something_else").await.unwrap(), None);
        let link = operator.issue_link(olive, HOUR_MS).await.unwrap();
        let (by_link, second) = operator.redeem(link.text(), wish()).await.unwrap();
        assert_eq!(operator.bearer(second.text()).await.unwrap(), Some((by_link, olive)));
        let again = operator.redeem(link.text(), wish()).await;
        assert!(matches!(again, Err(AskError::Refused(Refusal::LinkUsed))), "{again:?}");
        let seen = operator.persons().await.unwrap();
        assert_eq!(seen.iter().map(|row| (row.sessions, row.has_login)).collect::<Vec<_>>(), [(2, false)]);
        engine.rest(CommunityId::HOST).await;
        for secret in [secret, second, link] {
            assert!(!memory.contains(secret.text().as_bytes()));
        }
    });
}

#[test]
fn a_token_grants_what_it_was_issued_with_until_it_is_revoked() {
    block_on(async {
        let (memory, mint) = (Memory::new(), Mint::System);
        let engine = engine(&memory);
        let operator = Operator::start(&engine, &mint).await.unwrap();
        let permissions = BTreeSet::from([Permission::Read, Permission::Post]);
        let (holder, reach, lasts_ms) = (Holder::Host, Reach::All, Some(HOUR_MS));
        let token =
            NewToken { holder, reach, permissions: permissions.clone(), label: "bot".to_owned(), lasts_ms };
        let (id, secret) = operator.issue_token(token).await.unwrap();
        let hash = SecretHash::of(secret.text());
        let grant = async |at_ms| {
            let look = move |stream: &kith_core::stream::Stream| authenticate(stream.host()?, &hash, at_ms);
            engine.view(CommunityId::HOST, look).await.unwrap()
        };
        assert_eq!(grant(NOW_MS).await.map(|grant| (grant.token, grant.scope)), Some((id, permissions)));
        assert_eq!(grant(NOW_MS + 2 * HOUR_MS).await, None);
        assert_eq!(operator.tokens().await.unwrap().len(), 1);
        operator.revoke_token(id).await.unwrap();
        assert_eq!(grant(NOW_MS).await, None);
    });
}
