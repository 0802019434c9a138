//! What a text shows at a glance: without these signs a finder need not look.
//!
//! Each sign is implied by what its finder can find, so that leaving the finder out changes nothing. Most of
//! what people say shows none of them, and is then not even normalised.

/// The signs that one pass over the bytes of a text gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Signs {
    /// Nothing but ASCII, and no control characters that would not be seen.
    pub(super) plain: bool,
    digits: usize,
    digits_run_max: usize,
    scheme: bool,
    at: bool,
    dot_before_name: bool,
    dot_before_digit: bool,
    dot_in_words: bool,
    wechat: bool,
    letter_q: bool,
    qr: bool,
}

impl Signs {
    /// Looks at a text, in whatever case it is written.
    pub(super) fn of(text: &str) -> Self {
        let mut signs = Self {
            plain: true,
            digits: 0,
            digits_run_max: 0,
            scheme: false,
            at: false,
            dot_before_name: false,
            dot_before_digit: false,
            dot_in_words: false,
            wechat: false,
            letter_q: false,
            qr: false,
        };
        let bytes = text.as_bytes();
        let mut run = 0;
        for (at, byte) in bytes.iter().enumerate() {
            if byte.is_ascii_digit() {
                run += 1;
                signs.digits += 1;
                signs.digits_run_max = signs.digits_run_max.max(run);
                continue;
            }
            run = 0;
            if !byte.is_ascii_lowercase() || matches!(byte, b'd' | b'a' | b'q' | b'v' | b'w') {
                signs.see(bytes, at);
            }
        }
        signs
    }

    fn see(&mut self, bytes: &[u8], at: usize) {
        let after = |offset: usize| bytes.get(at + offset).map_or(0, u8::to_ascii_lowercase);
        let follows = |word: &[u8]| (0..word.len()).all(|offset| after(offset) == word[offset]);
        match after(0) {
            b':' => self.scheme |= follows(b"://"),
            b'@' => self.at = true,
            b'a' => self.at |= follows(b"at)") || follows(b"at]"),
            b'.' => {
                let before = at.checked_sub(1).map_or(0, |before| bytes[before]);
                self.dot_before_digit |= after(1).is_ascii_digit();
                self.dot_before_name |= after(1).is_ascii_lowercase()
                    || matches!(after(1), b')' | b']' | b'}')
                    || (after(1) == b' ' && matches!(before, b' ' | b'(' | b'[' | b'{'));
            }
            b'd' => self.dot_in_words |= follows(b"dot"),
            b'q' => {
                self.letter_q = true;
                self.qr |= after(1) == b'r';
            }
            b'v' => self.wechat |= matches!(after(1), b'x' | b':'),
            b'w' => self.wechat |= after(1) == b'x' || follows(b"weixin") || follows(b"wechat"),
            b'+' => self.wechat |= after(1) == b'v',
            byte => self.plain &= byte.is_ascii_graphic() || matches!(byte, b' ' | b'\t' | b'\n' | b'\r'),
        }
    }

    pub(super) fn may_hold_url(&self) -> bool {
        self.scheme
    }

    pub(super) fn may_hold_email(&self) -> bool {
        self.at
    }

    pub(super) fn may_hold_domain(&self) -> bool {
        !self.plain || self.dot_before_name || self.dot_in_words
    }

    pub(super) fn may_hold_pointed_domain(&self) -> bool {
        !self.plain
    }

    pub(super) fn may_hold_ip(&self) -> bool {
        self.dot_before_digit && self.digits >= 4
    }

    pub(super) fn may_hold_wechat_id(&self) -> bool {
        !self.plain || self.wechat
    }

    pub(super) fn may_hold_qq_number(&self) -> bool {
        self.digits_run_max >= 5 && (!self.plain || self.letter_q)
    }

    pub(super) fn may_hold_phone(&self) -> bool {
        self.digits >= 8
    }

    pub(super) fn may_hold_group_qr(&self) -> bool {
        !self.plain || self.qr
    }

    /// Whether any finder would have to look.
    pub(super) fn any(&self) -> bool {
        !self.plain
            || self.may_hold_url()
            || self.may_hold_email()
            || self.may_hold_domain()
            || self.may_hold_ip()
            || self.may_hold_wechat_id()
            || self.may_hold_qq_number()
            || self.may_hold_phone()
            || self.may_hold_group_qr()
    }
}
