/// Where the lines `login:password` are: start, separator, end of the text, start of the next. So little is done for one that events are
/// much of a parser's work.
#[inline(always)]
fn pairs(bytes: &[u8], mut pair: impl FnMut(usize, usize, usize, usize)) -> usize {
    let (mut start, mut rest) = (0, bytes);
    while let Some((line, behind)) = memchr::memchr(b'\n', rest).and_then(|len| rest.split_at_checked(len)) {
        let end = start + line.len();
        let separator = memchr::memchr(b':', line).map_or(end, |at| start + at);
        pair(start, separator, end, end + 1);
        (start, rest) = (end + 1, behind.get(1..).unwrap_or_default());
    }
    start
}
