//! Who may apply: strangers and those who left at once, those who were sent out after their pause, the
//! banned not before their ban is over.
//!
//! Whether they get in is the gate's matter. Whoever was erased is not known here any more and comes as a
//! new one, unless they were banned: erasing oneself is no way around a ban.

use super::{Member, Standing};
use crate::notice::Arg;
use crate::refusal::Refusal;

/// Refuses somebody who may not apply now.
pub fn may_apply(member: &Member, at_ms: u64) -> Result<(), Refusal> {
    let too_early = |until_ms: u64| at_ms < until_ms;
    match member.standing {
        Standing::Active | Standing::Bot => {
            Err(Refusal::WrongState { what: member.id.to_string(), state: member.standing.name().to_owned() })
        }
        Standing::Banned { until_ms: None, .. } => Err(Refusal::Banned),
        Standing::Banned { until_ms: Some(until_ms), .. } if too_early(until_ms) => {
            Err(Refusal::BannedUntil { until: Arg::Time(until_ms) })
        }
        Standing::Removed { again_ms, .. } if too_early(again_ms) => {
            Err(Refusal::NotYet { what: "join".to_owned(), until: Arg::Time(again_ms) })
        }
        Standing::Applicant
        | Standing::Left { .. }
        | Standing::Removed { .. }
        | Standing::Banned { .. }
        | Standing::TurnedAway { .. } => Ok(()),
        // An erased row names its person only where they were banned.
        Standing::Erased { .. } if member.person.is_some() => Err(Refusal::Banned),
        Standing::Erased { .. } => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::body::BodyRef;
    use crate::ids::{BodyId, MemberId};
    use crate::member::Origin;

    fn member(standing: Standing) -> Member {
        Member {
            id: MemberId(1),
            person: None,
            nickname: BodyRef { id: BodyId(1), len: 1, mac: [0; 16] },
            card: BTreeMap::new(),
            roles: BTreeSet::new(),
            tags: BTreeSet::new(),
            standing,
            since_ms: 0,
            joined_ms: None,
            origin: Origin::default(),
            notices: Vec::new(),
        }
    }

    #[test]
    fn who_may_apply_depends_on_how_they_went() {
        let at_ms = 10;
        let rows = [
            (Standing::Applicant, None),
            (Standing::Active, Some("wrong_state")),
            (Standing::Left { at_ms }, None),
            (Standing::Removed { at_ms, again_ms: 101 }, Some("not_yet")),
            (Standing::Removed { at_ms, again_ms: 100 }, None),
            (Standing::Banned { at_ms, until_ms: None }, Some("banned")),
            (Standing::Banned { at_ms, until_ms: Some(101) }, Some("banned_until")),
            (Standing::Banned { at_ms, until_ms: Some(100) }, None),
            (Standing::TurnedAway { at_ms }, None),
            (Standing::Erased { at_ms }, None),
        ];
        for (standing, expected) in rows {
            let refused = may_apply(&member(standing), 100).err().map(|refusal| refusal.code());
            assert_eq!(refused, expected, "{standing:?}");
        }
    }

    #[test]
    fn the_refusal_says_when() {
        let refusal = may_apply(&member(Standing::Removed { at_ms: 1, again_ms: 200 }), 100).unwrap_err();
        assert_eq!(refusal.text().args["until"], Arg::Time(200));
    }
}
