/// Where the lines `login:password` are: start, separator, end of the text, start of the next. So little is done for one that events are
/// much of a parser's work.
#[inline(always)]
fn pairs(bytes: &[u8], mut pair: impl FnMut(usize, usize, usize, usize)) -> usize {
    let mut start = 0;
    while let Some(len) = memchr::memchr(b'\n', &bytes[start..]) {
        let end = start + len;
        let separator = memchr::memchr(b':', &bytes[start..end]).map_or(end, |at| start + at);
        pair(start, separator, end, end + 1);
        start = end + 1;
    }
    start
}
