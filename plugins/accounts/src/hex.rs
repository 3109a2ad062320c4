//! Bytes written as hexadecimal digits.

use std::borrow::Cow;

/// Are these digits? Asked of nearly every value, and nearly always so: all are looked at, without a branch.
pub fn are_digits(value: &[u8]) -> bool {
    value.iter().fold(true, |fine, byte| fine & byte.is_ascii_hexdigit())
}

/// The bytes that digits are; `None` if they are none.
pub fn bytes(digits: &[u8]) -> Option<Vec<u8>> {
    let (pairs, rest) = digits.as_chunks::<2>();
    let digit = |digit: u8| char::from(digit).to_digit(16);
    let bytes: Option<Vec<u8>> = pairs.iter().map(|[high, low]| Some((digit(*high)? << 4 | digit(*low)?) as u8)).collect();
    bytes.filter(|_| rest.is_empty())
}

/// Writes the bytes that digits are to where there is room for as many; `false` if they are none.
pub fn decode(digits: &[u8], into: &mut [u8]) -> bool {
    let (pairs, rest) = digits.as_chunks::<2>();
    let digit = |digit: u8| match digit {
        b'0'..=b'9' => digit - b'0',
        b'a'..=b'f' | b'A'..=b'F' => (digit | 0x20) - b'a' + 10,
        _ => u8::MAX,
    };
    let mut fine = rest.is_empty() && pairs.len() == into.len();
    for (byte, [high, low]) in into.iter_mut().zip(pairs) {
        let (high, low) = (digit(*high), digit(*low));
        fine &= high != u8::MAX && low != u8::MAX;
        *byte = high << 4 | low & 15;
    }
    fine
}

/// `$HEX[…]`, in which crackers write what could be misread, as the bytes it stands for.
pub fn plain(value: &[u8]) -> Cow<'_, [u8]> {
    let digits = value.strip_prefix(b"$HEX[").and_then(|inner| inner.strip_suffix(b"]"));
    digits.and_then(bytes).map_or(Cow::Borrowed(value), Cow::Owned)
}
