//! Accounts: where money can be, as structured ids that are printed and read as paths; and what each may do.
//!
//! Every account lies in one community's ledger. An account needs no opening, but for an escrow, which names
//! at birth who gets a refund, until when it may hold anything, and where its money may go.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Asset, as_text};
use crate::ids::{CommunityId, MemberId, ObjectId};

/// Bytes of a provider's, merchant's, plugin's or budget's name.
const NAME_BYTES_MAX: usize = 64;

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($(#[$item_doc:meta])* $item:ident = $word:literal;)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$item_doc])* $item,)* }

        impl $name {
            /// As it stands in a path.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$item => $word),* }
            }

            fn read(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$item),)* _ => None }
            }
        }
    )*};
}

words! {
    /// What a provider's account is for.
    ProviderPart {
        /// What the provider owes us; below zero it is what it holds for us.
        Clearing = "clearing";
        /// What the provider keeps.
        Fees = "fees";
        /// Refunds that were accepted and are not final.
        Refunding = "refunding";
    }
    /// A member's purses.
    Purse {
        /// Currency.
        Wallet = "wallet";
        /// Points.
        Points = "pts";
        /// Closed-loop credit.
        Credit = "credit";
        /// What the member owes since something was taken back that they no longer had; below zero by that.
        Receivable = "receivable";
    }
    /// What an escrow is kept for.
    EscrowKind {
        /// A paid join.
        Gate = "gate";
        /// An order.
        Order = "order";
        /// A red packet.
        Packet = "packet";
        /// Crowdfunding.
        Crowd = "crowd";
        /// A group purchase.
        Group = "group";
        /// A bounty.
        Bounty = "bounty";
        /// A collection.
        Collect = "collect";
        /// A deposit.
        Deposit = "deposit";
        /// A course.
        Course = "course";
        /// A payout.
        Payout = "payout";
    }
}

/// Whose revenue.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Payee {
    /// The community's owner.
    Owner,
    /// The host.
    Host,
    /// A plugin's author.
    Plugin(Box<str>),
    /// Who brought somebody.
    Referrer(MemberId),
}

/// A provider, the merchant's number there, and what the account is for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AtProvider {
    /// The provider.
    pub provider: Box<str>,
    /// The merchant's number.
    pub merchant: Box<str>,
    /// What for.
    pub part: ProviderPart,
}

/// An account.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AccountId {
    /// At a provider.
    Provider(Box<AtProvider>),
    /// A member's purse.
    Member(MemberId, Purse),
    /// Kept for an object until its deadline.
    Escrow(EscrowKind, ObjectId),
    /// Revenue.
    Revenue(Payee),
    /// What rules may spend.
    Budget(Box<str>),
    /// A grant's cap in a window.
    Limits(ObjectId, u64),
    /// Money that is held and cannot be explained yet.
    Suspense,
    /// The issuer of an asset.
    Mint(Asset),
}

/// What an account's balance may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Policy {
    /// Never below zero, holds counted.
    NonNegative,
    /// Never above zero: a debt.
    Debt,
    /// Anything.
    Free,
    /// Below zero down to the asset's supply cap.
    Issuer,
}

impl AccountId {
    /// The purse in which a member keeps an asset; `None` for assets that nobody carries about.
    pub fn purse(member: MemberId, asset: Asset) -> Option<Self> {
        let purse = match asset {
            Asset::Currency(_) => Purse::Wallet,
            Asset::Points => Purse::Points,
            Asset::Credit => Purse::Credit,
            Asset::Seats(_) | Asset::Limit(_) => return None,
        };
        Some(Self::Member(member, purse))
    }

    /// The member whose purse this is; a debt is no purse.
    pub fn purse_of(&self) -> Option<MemberId> {
        match self {
            Self::Member(member, Purse::Wallet | Purse::Points | Purse::Credit) => Some(*member),
            _ => None,
        }
    }

    /// What its balance may be.
    pub fn policy(&self) -> Policy {
        match self {
            Self::Provider(_) => Policy::Free,
            Self::Mint(_) => Policy::Issuer,
            Self::Member(_, Purse::Receivable) => Policy::Debt,
            _ => Policy::NonNegative,
        }
    }

    /// Whether this account can hold that asset.
    pub fn holds(&self, asset: Asset) -> bool {
        match self {
            Self::Provider(_) => matches!(asset, Asset::Currency(_)),
            Self::Member(member, Purse::Receivable) => Self::purse(*member, asset).is_some(),
            Self::Member(member, _) => Self::purse(*member, asset).as_ref() == Some(self),
            Self::Limits(grant, _) => asset == Asset::Limit(*grant),
            Self::Mint(issued) => asset == *issued,
            Self::Escrow(..) | Self::Revenue(_) | Self::Budget(_) | Self::Suspense => {
                !matches!(asset, Asset::Limit(_))
            }
        }
    }

    /// The path in a community's ledger.
    pub fn path(&self, community: CommunityId) -> String {
        format!("c/{community}/{self}")
    }

    /// Reads a whole path.
    pub fn read(path: &str) -> Result<(CommunityId, Self), AccountError> {
        let parts = path.strip_prefix("c/").and_then(|rest| rest.split_once('/'));
        let parsed = parts.and_then(|(id, rest)| Some((id.parse().ok()?, rest.parse().ok()?)));
        parsed.ok_or_else(|| AccountError::of(path))
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Provider(at) => write!(f, "prov/{}/{}/{}", at.provider, at.merchant, at.part.word()),
            Self::Member(member, purse) => write!(f, "m/{member}/{}", purse.word()),
            Self::Escrow(kind, object) => write!(f, "escrow/{}/{object}", kind.word()),
            Self::Revenue(Payee::Owner) => f.write_str("rev/owner"),
            Self::Revenue(Payee::Host) => f.write_str("rev/host"),
            Self::Revenue(Payee::Plugin(plugin)) => write!(f, "rev/plugin/{plugin}"),
            Self::Revenue(Payee::Referrer(member)) => write!(f, "rev/ref/{member}"),
            Self::Budget(name) => write!(f, "budget/{name}"),
            Self::Limits(grant, window) => write!(f, "limits/{grant}/{window}"),
            Self::Suspense => f.write_str("suspense"),
            Self::Mint(asset) => write!(f, "mint/{asset}"),
        }
    }
}

/// Says why a text names no account.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{path}` is not the path of an account")]
pub struct AccountError {
    path: String,
}

impl AccountError {
    fn of(path: &str) -> Self {
        Self { path: path.chars().take(200).collect() }
    }
}

fn name(text: &str) -> Option<Box<str>> {
    let usable = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let fits = !text.is_empty() && text.len() <= NAME_BYTES_MAX && text.chars().all(usable);
    fits.then(|| text.into())
}

/// A number as it is written: without a sign or leading zeros.
fn plain_number(text: &str) -> Option<u64> {
    text.parse().ok().filter(|number: &u64| number.to_string() == text)
}

impl FromStr for AccountId {
    type Err = AccountError;
    fn from_str(text: &str) -> Result<Self, AccountError> {
        let parsed = || {
            let (kind, rest) = text.split_once('/').unwrap_or((text, ""));
            let parts: Vec<&str> = rest.split('/').collect();
            Some(match (kind, parts.as_slice()) {
                ("prov", [provider, merchant, part]) => Self::Provider(Box::new(AtProvider {
                    provider: name(provider)?,
                    merchant: name(merchant)?,
                    part: ProviderPart::read(part)?,
                })),
                ("m", [member, purse]) => Self::Member(member.parse().ok()?, Purse::read(purse)?),
                ("escrow", [kind, object]) => Self::Escrow(EscrowKind::read(kind)?, object.parse().ok()?),
                ("rev", ["owner"]) => Self::Revenue(Payee::Owner),
                ("rev", ["host"]) => Self::Revenue(Payee::Host),
                ("rev", ["plugin", plugin]) => Self::Revenue(Payee::Plugin(name(plugin)?)),
                ("rev", ["ref", member]) => Self::Revenue(Payee::Referrer(member.parse().ok()?)),
                ("budget", [budget]) => Self::Budget(name(budget)?),
                ("limits", [grant, window]) => Self::Limits(grant.parse().ok()?, plain_number(window)?),
                ("suspense", _) if text == "suspense" => Self::Suspense,
                ("mint", _) => Self::Mint(rest.parse().ok()?),
                _ => return None,
            })
        };
        parsed().ok_or_else(|| AccountError::of(text))
    }
}

as_text!(AccountId);

/// Where an escrow's money may go besides back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Destinations {
    /// Members' purses.
    Members,
    /// These accounts.
    Accounts(Vec<AccountId>),
}

/// What an escrow names at birth.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// Who gets a refund; `None` where each gets back what they put in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refund: Option<AccountId>,
    /// When it has to be empty, Unix milliseconds.
    pub until_ms: u64,
    /// Where its money may go.
    pub to: Destinations,
}

impl Terms {
    /// Whether the escrow's money may go there. What nobody can take any more waits in suspense.
    pub fn allow(&self, to: &AccountId) -> bool {
        let listed = match &self.to {
            Destinations::Members => to.purse_of().is_some(),
            Destinations::Accounts(accounts) => accounts.contains(to),
        };
        listed || self.refund.as_ref() == Some(to) || *to == AccountId::Suspense
    }
}

/// What is shut at an account.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shut {
    /// Nothing.
    #[default]
    Open,
    /// Nothing goes out; refunds still come in.
    Out,
    /// Nothing comes in.
    In,
    /// Neither.
    Both,
    /// Closed for good, with nothing in it.
    Closed,
}

impl Shut {
    /// Whether nothing may go out.
    pub fn out(self) -> bool {
        matches!(self, Self::Out | Self::Both | Self::Closed)
    }

    /// Whether nothing may come in.
    pub fn into(self) -> bool {
        matches!(self, Self::In | Self::Both | Self::Closed)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Currency;
    use super::*;

    #[test]
    fn an_account_is_read_as_it_is_printed() {
        let (member, object) = (MemberId(5), ObjectId(6));
        let id = "00000000000000000000000005";
        let provider = AtProvider {
            provider: "wechat".into(),
            merchant: "1900000001".into(),
            part: ProviderPart::Clearing,
        };
        for (account, path) in [
            (AccountId::Provider(Box::new(provider)), "prov/wechat/1900000001/clearing".to_owned()),
            (AccountId::Member(member, Purse::Points), format!("m/mem_{id}/pts")),
            (AccountId::Member(member, Purse::Receivable), format!("m/mem_{id}/receivable")),
            (
                AccountId::Escrow(EscrowKind::Packet, object),
                "escrow/packet/obj_00000000000000000000000006".into(),
            ),
            (AccountId::Revenue(Payee::Owner), "rev/owner".to_owned()),
            (AccountId::Revenue(Payee::Host), "rev/host".to_owned()),
            (AccountId::Revenue(Payee::Plugin("shop".into())), "rev/plugin/shop".to_owned()),
            (AccountId::Revenue(Payee::Referrer(member)), format!("rev/ref/mem_{id}")),
            (AccountId::Budget("prizes".into()), "budget/prizes".to_owned()),
            (AccountId::Limits(object, 20), "limits/obj_00000000000000000000000006/20".to_owned()),
            (AccountId::Suspense, "suspense".to_owned()),
            (AccountId::Mint(Asset::Points), "mint/PTS/0".to_owned()),
        ] {
            assert_eq!(account.to_string(), path);
            assert_eq!(path.parse(), Ok(account.clone()));
            let whole = account.path(CommunityId(9));
            assert_eq!(AccountId::read(&whole), Ok((CommunityId(9), account)), "{whole}");
        }
    }

    #[test]
    fn what_is_no_path_is_refused() {
        for path in [
            "",
            "m",
            "m/mem_x/pts",
            "m/mem_00000000000000000000000005/gold",
            "suspense/",
            "budget/",
            "budget/a b",
            "budget/a/b",
            "rev/plugin/",
            "limits/obj_00000000000000000000000006/+20",
            "limits/obj_00000000000000000000000006/020",
            "mint/PTS",
            "prov//1/fees",
        ] {
            assert!(path.parse::<AccountId>().is_err(), "{path}");
            assert!(AccountId::read(path).is_err(), "{path}");
        }
        assert!(AccountId::read("c/com_x/suspense").is_err());
        assert!(AccountId::read("suspense").is_err());
    }

    #[test]
    fn an_account_holds_its_own_assets_only() {
        let (yuan, member) = (Asset::Currency(Currency::CNY), MemberId(5));
        for (account, asset, holds) in [
            (AccountId::Member(member, Purse::Points), Asset::Points, true),
            (AccountId::Member(member, Purse::Points), yuan, false),
            (AccountId::Member(member, Purse::Wallet), yuan, true),
            (AccountId::Member(member, Purse::Receivable), yuan, true),
            (AccountId::Member(member, Purse::Receivable), Asset::Limit(ObjectId(1)), false),
            (AccountId::Mint(Asset::Points), Asset::Points, true),
            (AccountId::Mint(Asset::Points), yuan, false),
            (AccountId::Limits(ObjectId(1), 0), Asset::Limit(ObjectId(1)), true),
            (AccountId::Limits(ObjectId(1), 0), Asset::Limit(ObjectId(2)), false),
            (AccountId::Suspense, Asset::Limit(ObjectId(1)), false),
            (AccountId::Suspense, yuan, true),
        ] {
            assert_eq!(account.holds(asset), holds, "{account} {asset}");
        }
    }
}
