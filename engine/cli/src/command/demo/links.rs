//! The three links of the demo, and where pages are.

use std::fmt::Write as _;

use kith_core::ids::PersonId;
use kith_core::moment::DAY_MS;
use serde::Serialize;

use super::month::Made;
use crate::failure::Failure;
use crate::session::Session;

/// What signs each of the three in, once.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Links {
    newcomer: String,
    member: String,
    operator: String,
}

impl Links {
    /// Issues them; they lead to the page of the group and hold for a day.
    pub(super) async fn issue(
        session: &Session,
        made: &Made,
        (address, community): (&str, &str),
    ) -> Result<Self, Failure> {
        let operator = session.operator().await?;
        let next = page_of(community);
        let link = async |person: PersonId| -> Result<String, Failure> {
            let secret = operator.issue_link(person, DAY_MS).await?;
            Ok(format!("{address}/sign-in/link?code={}&next={next}", secret.text()))
        };
        Ok(Self {
            newcomer: link(made.newcomer).await?,
            member: link(made.member).await?,
            operator: link(made.owner).await?,
        })
    }

    /// Each with the name of the word for whoever it is for.
    pub(super) fn all(&self) -> [(&'static str, &str); 3] {
        [("as_newcomer", &self.newcomer), ("as_member", &self.member), ("as_operator", &self.operator)]
    }
}

/// The path of a community's pages: other signs than letters and digits are escaped, so that any terminal
/// makes a link of it.
pub(super) fn page_of(community: &str) -> String {
    let mut path = "/c/".to_owned();
    for byte in community.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => path.push(char::from(byte)),
            // Writing to a string cannot fail.
            _ => drop(write!(path, "%{byte:02X}")),
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_a_link_in_any_terminal() {
        assert_eq!(page_of("boatyard"), "/c/boatyard");
        assert_eq!(page_of("里 1"), "/c/%E9%87%8C%201");
    }
}
