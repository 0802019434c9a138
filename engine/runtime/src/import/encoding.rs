//! What a file is encoded in, told from its beginning, so that a person learns of it once and not once a
//! line.

/// What the beginning of a file looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    /// UTF-8, or nothing that says otherwise.
    Utf8,
    /// UTF-16 with a byte order mark, as Windows writes "Unicode".
    Utf16,
    /// GBK or GB18030, as older Chinese programs and Excel write.
    Gbk,
    /// Neither UTF-8 nor anything recognised.
    Unknown,
}

/// Tells the encoding from the first bytes of a file; a character cut off at the end says nothing.
pub(super) fn encoding_of(head: &[u8]) -> Encoding {
    if head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff") {
        return Encoding::Utf16;
    }
    match std::str::from_utf8(head) {
        Err(error) if error.error_len().is_some() => {
            if looks_like_gbk(head) {
                Encoding::Gbk
            } else {
                Encoding::Unknown
            }
        }
        _ => Encoding::Utf8,
    }
}

/// Whether all high bytes pair up as GBK wants, most of them in the part where everyday characters are: in
/// Latin-1 a high byte is mostly followed by a plain letter.
fn looks_like_gbk(head: &[u8]) -> bool {
    let (mut everyday, mut rare) = (0_u32, 0_u32);
    let mut bytes = head.iter().copied();
    while let Some(lead) = bytes.next() {
        if lead < 0x80 {
            continue;
        }
        match (lead, bytes.next()) {
            (_, None) => break,
            (0xa1..=0xfe, Some(0xa1..=0xfe)) => everyday += 1,
            (0x81..=0xfe, Some(0x40..=0x7e | 0x80..=0xfe)) => rare += 1,
            _ => return false,
        }
    }
    everyday > rare
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_encodings_apart() {
        let table: &[(&[u8], Encoding)] = &[
            (b"", Encoding::Utf8),
            ("你好".as_bytes(), Encoding::Utf8),
            ("你好".as_bytes().split_last().unwrap().1, Encoding::Utf8),
            (b"\xff\xfea\0", Encoding::Utf16),
            (b"\xfe\xff\0a", Encoding::Utf16),
            (b"\xc4\xe3\xba\xc3\xa3\xac ok", Encoding::Gbk),
            (b"\xc4\xe3\xba\xc3\xa3", Encoding::Gbk),
            (b"caf\xe9 au lait, d\xe9j\xe0 vu", Encoding::Unknown),
            (b"\x80\x81\xff", Encoding::Unknown),
        ];
        for (head, expected) in table {
            assert_eq!(encoding_of(head), *expected, "{head:?}");
        }
    }
}
