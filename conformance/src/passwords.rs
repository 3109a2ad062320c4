//! Passwords with the skew that real ones have: a short list makes up most, by Zipf's law, and a long tail of random ones the rest.
//!
//! The list is made by rule (words, years, digits, substitutions), not taken from anywhere.

use crate::people::Random;

const WORDS: &[&str] = &[
    "password", "dragon", "monkey", "sunshine", "summer", "winter", "football", "shadow", "master", "flower", "secret", "hello",
    "princess", "welcome", "freedom", "whatever", "starwars", "cheese", "coffee", "purple", "orange", "silver", "ginger", "cookie",
    "banana", "tigger", "pepper", "soccer", "hunter", "rocket",
];

const ENDINGS: &[&str] =
    &["", "1", "123", "12", "!", "2", "01", "1234", "7", "69", "99", "2010", "2015", "2020", "1985", "1990", "2000", "123!", "@1", "11"];

/// What breaks parsers: separators, quotes, blanks, scripts, and what looks like a hash or a variable.
const NASTY: &[&str] = &[
    "pa:ss:word",
    "semi;colon",
    "pi|pe",
    "com,ma",
    "::",
    ":start",
    "end:",
    "a b c",
    "quo\"te",
    "\"quoted\"",
    "it's",
    "'single'",
    "back\\slash",
    "tail\\",
    "$HOME123$$",
    "$1$no",
    "100%",
    "{SSHA}not",
    "<b>bold</b>",
    "a=b&c=d",
    "#hash",
    "-- x",
    "/*x*/",
    "50%off;",
    "пароль123",
    "密码123",
    "привет:1990",
    "Наташа-77",
    "солнышко",
    "我爱你1314",
    "中国:北京",
    "你好世界",
    "生日快乐520",
    "我的秘密",
    "新年快乐",
    "春天来了",
    "contraseña",
    "mañana:1",
    "ünïcödé",
    "p@ss@word",
    "me@home",
    "https",
    "()[]{}",
    "`tick`",
    "~tilde~",
    "^_^",
    "null1",
    "0",
    "00123",
    "1e5",
    "=1+1",
    "+49",
    "-1",
    "😀smile",
];

/// Draws passwords.
#[derive(Debug)]
pub struct Passwords {
    common: Vec<String>,
    nasty: Vec<&'static str>,
    rank_bits: f64,
}

impl Passwords {
    /// Those that an encoding can write; the nasty ones only if asked for.
    pub fn new(writable: impl Fn(&str) -> bool, with_nasty: bool, random: &mut Random) -> Self {
        let mut common: Vec<String> = (0..12).map(|len| "1234567890qwerty"[..4 + len].to_owned()).collect();
        for ending in ENDINGS {
            for word in WORDS {
                common.push(format!("{word}{ending}"));
                common.push(format!("{}{}{ending}", word[..1].to_ascii_uppercase(), &word[1..]));
                common.push(format!("{}{ending}", word.replace('a', "@").replace('o', "0")));
            }
        }
        // Rank by chance, but for the digits that lead every such list.
        for index in (13..common.len()).rev() {
            common.swap(index, 12 + random.below(index as u32 - 11) as usize);
        }
        let nasty = if with_nasty { NASTY.iter().copied().filter(|password| writable(password)).collect() } else { Vec::new() };
        Self { rank_bits: (common.len() as f64).log2(), common, nasty }
    }

    /// The next one, into `to`.
    pub fn next(&self, random: &mut Random, to: &mut String) {
        to.clear();
        match random.below(100) {
            // The rank of a log-uniform draw falls off as one over the rank: Zipf's law.
            0..65 => {
                let rank = (random.unit() * self.rank_bits).exp2() as usize - 1;
                to.push_str(&self.common[rank.min(self.common.len() - 1)]);
            }
            65..70 if !self.nasty.is_empty() => to.push_str(random.pick_str(&self.nasty)),
            _ => {
                let count = 7 + random.below(6) as usize;
                random.push_chars(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!_", count, to);
            }
        }
    }
}
