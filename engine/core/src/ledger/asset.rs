//! What an amount is of: currencies, a community's points and credit, seats, and what limits are metered in.
//!
//! Written as `CODE/exponent`. Different assets never meet in one move. A provider's own exponents are not
//! these, and live with the provider.

use std::fmt;
use std::str::FromStr;

use super::as_text;
use crate::ids::{CommunityId, ObjectId};

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Asset {
    /// Money of the world.
    Currency(Currency),
    /// The community's points.
    Points,
    /// The community's closed-loop credit.
    Credit,
    /// Seats of something: who sells more than there are would overdraw.
    Seats(ObjectId),
    /// What a grant's caps are metered in.
    Limit(ObjectId),
}

/// A currency: three capital letters, and how many digits its minor unit takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency {
    code: [u8; 3],
    exponent: u8,
}

/// Digits of the smallest minor unit that a currency has.
const EXPONENT_MAX: u8 = 4;
/// Digits of a credit's minor unit.
const CREDIT_EXPONENT: u8 = 2;

impl Currency {
    /// The yuan, in fen.
    pub const CNY: Self = Self { code: *b"CNY", exponent: 2 };

    /// A currency, if its code and exponent can be one's.
    pub fn new(code: &str, exponent: u8) -> Option<Self> {
        let code: [u8; 3] = code.as_bytes().try_into().ok()?;
        let usable = code.iter().all(u8::is_ascii_uppercase) && exponent <= EXPONENT_MAX;
        usable.then_some(Self { code, exponent })
    }
}

impl Asset {
    /// Before every other in their order.
    pub(super) const FIRST: Self = Self::Currency(Currency { code: [0; 3], exponent: 0 });

    /// How many digits the minor unit takes.
    pub fn exponent(self) -> u8 {
        match self {
            Self::Currency(currency) => currency.exponent,
            Self::Credit => CREDIT_EXPONENT,
            Self::Points | Self::Seats(_) | Self::Limit(_) => 0,
        }
    }

    /// The name outside of its community, such as `PTS.com_…/0`: points of two communities are two assets.
    pub fn name_in(self, community: CommunityId) -> String {
        match self {
            Self::Points => format!("PTS.{community}/0"),
            Self::Credit => format!("CREDIT.{community}/{CREDIT_EXPONENT}"),
            _ => self.to_string(),
        }
    }
}

impl fmt::Display for Asset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Currency(currency) => {
                currency.code.iter().try_for_each(|letter| write!(f, "{}", char::from(*letter)))?;
                write!(f, "/{}", currency.exponent)
            }
            Self::Points => f.write_str("PTS/0"),
            Self::Credit => write!(f, "CREDIT/{CREDIT_EXPONENT}"),
            Self::Seats(object) => write!(f, "SEAT.{object}/0"),
            Self::Limit(grant) => write!(f, "LIMIT.{grant}/0"),
        }
    }
}

/// Says why a text names no asset.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not an asset such as `CNY/2` or `PTS/0`")]
pub struct AssetError {
    text: String,
}

impl FromStr for Asset {
    type Err = AssetError;
    fn from_str(text: &str) -> Result<Self, AssetError> {
        let parsed = || {
            let (code, digits) = text.split_once('/')?;
            if digits.len() != 1 {
                return None;
            }
            let exponent: u8 = digits.parse().ok()?;
            match (code, exponent) {
                ("PTS", 0) => Some(Self::Points),
                ("CREDIT", CREDIT_EXPONENT) => Some(Self::Credit),
                _ => match (code.split_once('.'), exponent) {
                    (Some(("SEAT", object)), 0) => object.parse().ok().map(Self::Seats),
                    (Some(("LIMIT", grant)), 0) => grant.parse().ok().map(Self::Limit),
                    (None, _) if code != "PTS" => Currency::new(code, exponent).map(Self::Currency),
                    _ => None,
                },
            }
        };
        parsed().ok_or_else(|| AssetError { text: text.chars().take(64).collect() })
    }
}

as_text!(Asset);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_asset_is_read_as_it_is_written() {
        let jpy = Currency::new("JPY", 0).unwrap();
        for (asset, text) in [
            (Asset::Currency(Currency::CNY), "CNY/2"),
            (Asset::Currency(jpy), "JPY/0"),
            (Asset::Points, "PTS/0"),
            (Asset::Credit, "CREDIT/2"),
            (Asset::Seats(ObjectId(7)), "SEAT.obj_00000000000000000000000007/0"),
            (Asset::Limit(ObjectId(8)), "LIMIT.obj_00000000000000000000000008/0"),
        ] {
            assert_eq!(asset.to_string(), text);
            assert_eq!(text.parse(), Ok(asset));
            assert_eq!(text, format!("{}/{}", text.split_once('/').unwrap().0, asset.exponent()));
        }
        for text in ["", "CNY", "CNY/", "CNY/5", "CNY/02", "cny/2", "CNYY/2", "PTS/2", "SEAT.x/0", "CREDIT/0"]
        {
            assert!(text.parse::<Asset>().is_err(), "{text}");
        }
    }

    #[test]
    fn points_of_two_communities_have_two_names() {
        let names = [1, 2].map(|id| Asset::Points.name_in(CommunityId(id)));
        assert_ne!(names[0], names[1]);
        assert!(names[0].starts_with("PTS.com_") && names[0].ends_with("/0"), "{names:?}");
        assert_eq!(Asset::Currency(Currency::CNY).name_in(CommunityId(1)), "CNY/2");
    }
}
