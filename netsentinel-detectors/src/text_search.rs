//! Finding words in what a packet carries.

/// Where `word` stands in `text`, if it does.
pub(crate) fn find(text: &[u8], word: &[u8]) -> Option<usize> {
    text.windows(word.len()).position(|part| part == word)
}

/// Whether any of `words`, all in lower case, stands in `text`, in any case.
pub(crate) fn says_any(text: &[u8], words: &[&[u8]]) -> bool {
    words.iter().any(|word| text.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word)))
}

/// What follows `word` in `text`.
pub(crate) fn after<'t>(text: &'t [u8], word: &[u8]) -> Option<&'t [u8]> {
    text.get(find(text, word)? + word.len()..)
}

/// A fingerprint, the same in every process: FNV-1a.
pub(crate) fn fingerprint(text: &[u8]) -> u32 {
    text.iter().fold(0x811c_9dc5, |hash, &byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_where_they_stand() {
        assert_eq!(find(b"abcabc", b"ca"), Some(2));
        assert_eq!(find(b"ab", b"abc"), None);
        assert_eq!(after(b"user=joe", b"user="), Some(&b"joe"[..]));
        assert!(says_any(b"530 Login INCORRECT.", &[b"denied", b"incorrect"]));
        assert!(!says_any(b"", &[b"denied"]));
        assert_ne!(fingerprint(b"a"), fingerprint(b"b"));
    }
}
