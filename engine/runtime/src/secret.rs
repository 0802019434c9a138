//! Secrets: those the engine mints for tokens, sessions and links, and passwords that people choose.
//!
//! A minted secret has 256 random bits, so its SHA-256 is proof enough. A password has not: it is hashed with
//! argon2id, which takes some 20 ms and 19 MiB on purpose, so callers do it on a thread that may block, and
//! limit how often. Both are compared in constant time. Neither is ever printed by `Debug`.

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use kith_core::host::SecretHash;
use kith_core::refusal::Refusal;
use unicode_normalization::UnicodeNormalization as _;

use crate::mint::Mint;

/// What every minted secret begins with, so that scanners of leaked secrets know one.
const BEGINS: &str = "kith_";
/// Characters that a password has at least (NIST SP 800-63B).
pub const PASSWORD_CHARS_MIN: usize = 8;
/// Bytes that a password has at most: any sentence fits, and nobody makes us hash a book.
pub const PASSWORD_BYTES_MAX: usize = 1_000;
/// Memory, passes and lanes (OWASP Password Storage Cheat Sheet).
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// The hash of a password that nobody has, verified against where there is no login, so that the time of an
/// answer does not tell which names exist.
const NOBODYS: &str = "$argon2id$v=19$m=19456,t=2,p=1$a2l0aG5vYm9keWtpdGgwMA$\
                       2Yk0iHkB1oG0y8v2nJmQf7q3uWmT5sZ1xR6pLc9dEaY";

/// A minted secret, shown to its bearer once.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Secret {
    /// Mints one: `kith_` and 32 random bytes in base64url.
    pub fn mint(mint: &Mint) -> Self {
        Self(format!("{BEGINS}{}", base64url(&mint.secret_bytes())))
    }

    /// As its bearer writes it.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// What the host knows of it.
    pub fn hash(&self) -> SecretHash {
        SecretHash::of(&self.0)
    }
}

/// RFC 4648, section 5, without padding.
fn base64url(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let byte = |index: usize| u32::from(three.get(index).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        let digits = (0..=three.len()).map(|place| DIGITS[(bits >> (18 - 6 * place)) as usize & 63]);
        text.extend(digits.map(char::from));
    }
    text
}

/// Why a password was not hashed.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// It cannot be one.
    #[error("refused: {}", .0.code())]
    Refused(Refusal),
    /// The machine has no memory for it.
    #[error("failed to hash a password: {0}")]
    Hash(argon2::password_hash::Error),
}

/// The argon2id string of a password; the salt is random (`Mint::random_bytes`). Blocks for some 20 ms.
pub fn password_hash(password: &str, salt: [u8; 16]) -> Result<String, PasswordError> {
    let password = composed(password);
    if password.len() > PASSWORD_BYTES_MAX || password.chars().count() < PASSWORD_CHARS_MIN {
        let (name, expected) = ("password".to_owned(), "password_length".to_owned());
        return Err(PasswordError::Refused(Refusal::ValueInvalid { name, expected }));
    }
    let hashed = hasher()?.hash_password_with_salt(password.as_bytes(), &salt);
    Ok(hashed.map_err(PasswordError::Hash)?.to_string())
}

/// Whether a password is the one of an argon2id string; `None` stands for a login that does not exist and
/// takes as long. Blocks for some 20 ms.
pub fn is_password(password: &str, of: Option<&str>) -> bool {
    let password = composed(password);
    if password.len() > PASSWORD_BYTES_MAX {
        return false;
    }
    // The parameters are those in the string: a hash made with weaker ones still opens.
    let is = |hash: &str| {
        let hash = PasswordHash::new(hash);
        hash.is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
    };
    let same = is(of.unwrap_or(NOBODYS));
    same && of.is_some()
}

/// NFC, so that a password is the same from every keyboard (RFC 8265, 4.2.2).
fn composed(password: &str) -> String {
    password.nfc().collect()
}

fn hasher() -> Result<Argon2<'static>, PasswordError> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None);
    let params = params.map_err(|error| PasswordError::Hash(error.into()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64url_is_that_of_the_standard() {
        for (bytes, text) in
            [("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("fooba", "Zm9vYmE")]
        {
            assert_eq!(base64url(bytes.as_bytes()), text);
        }
        assert_eq!(base64url(&[0xfb, 0xff]), "-_8");
    }

    #[test]
    fn a_secret_is_long_never_the_same_and_hidden() {
        let (one, two) = (Secret::mint(&Mint::System), Secret::mint(&Mint::System));
        assert_eq!(one.text().len(), "kith_".len() + 43);
        assert!(one.text().starts_with("kith_") && one != two && one.hash() != two.hash());
        assert!(!format!("{one:?}").contains(one.text()));
    }

    #[test]
    fn a_password_opens_only_its_own_hash() {
        let hash = password_hash("caf\u{e9} au lait", Mint::System.random_bytes()).unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert_ne!(
            hash,
            password_hash("caf\u{e9} au lait", Mint::System.random_bytes()).unwrap(),
            "its salt is its own"
        );
        for (password, of, is) in [
            ("caf\u{e9} au lait", Some(hash.as_str()), true),
            ("cafe\u{301} au lait", Some(&hash), true),
            ("cafe au lait", Some(&hash), false),
            ("", Some(&hash), false),
            ("caf\u{e9} au lait", None, false),
            ("caf\u{e9} au lait", Some("not a hash"), false),
        ] {
            assert_eq!(is_password(password, of), is, "{password:?} {of:?}");
        }
    }

    #[test]
    fn nobody_s_hash_is_one_of_today_s_parameters() {
        let nobodys = PasswordHash::new(NOBODYS).unwrap();
        let todays =
            PasswordHash::new(&password_hash("long enough", Mint::System.random_bytes()).unwrap()).unwrap();
        assert_eq!(nobodys.params, todays.params, "else the time would tell");
        assert_eq!(nobodys.hash.map(|hash| hash.len()), todays.hash.map(|hash| hash.len()));
    }

    #[test]
    fn a_password_is_neither_short_nor_a_book() {
        for (password, fits) in [
            ("seven77".to_owned(), false),
            ("eight888".to_owned(), true),
            ("八个汉字的密码好".to_owned(), true),
            ("a".repeat(PASSWORD_BYTES_MAX), true),
            ("a".repeat(PASSWORD_BYTES_MAX + 1), false),
        ] {
            assert_eq!(password_hash(&password, Mint::System.random_bytes()).is_ok(), fits, "{password}");
        }
    }
}
