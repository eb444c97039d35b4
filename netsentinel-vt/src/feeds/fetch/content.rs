//! Whether what came is a list at all.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use super::FetchError;

pub(super) const HTML: &str = "a web page came instead of a list: does the address lead to the list itself, and does it need \
     a key or a log-in?";
const EMPTY: &str = "nothing came: the list is empty";
const COMPRESSED: &str = "it is compressed: give the list as it is, unpacked";
/// Bytes that are looked at.
const LOOKED_AT: u64 = 1_024;

/// Looks at the beginning of the file: at least something must be there, and no web page.
pub(in crate::feeds) fn look(path: &Path) -> Result<(), FetchError> {
    let mut start = Vec::new();
    File::open(path)?.take(LOOKED_AT).read_to_end(&mut start)?;
    let text = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&start).trim_ascii_start();
    if text.is_empty() && (start.len() as u64) < LOOKED_AT {
        return Err(FetchError::Content(EMPTY));
    }
    // No list begins so; XML is no better than HTML.
    if text.starts_with(b"<") {
        return Err(FetchError::Content(HTML));
    }
    if [&b"\x1f\x8b"[..], b"PK\x03\x04", b"\x28\xb5\x2f\xfd"].iter().any(|m| text.starts_with(m)) {
        return Err(FetchError::Content(COMPRESSED));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_archives_and_nothing_are_no_lists() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list");
        let told = |content: &[u8]| {
            std::fs::write(&path, content).unwrap();
            look(&path).err().map(|error| error.to_string())
        };
        for (content, expected) in [
            (&b""[..], "empty"),
            (b" \r\n", "empty"),
            (b"\xef\xbb\xbf", "empty"),
            (b"<!DOCTYPE html><html>", "web page"),
            (b"\n <html>", "web page"),
            (b"\x1f\x8b\x08", "compressed"),
            (b"PK\x03\x04", "compressed"),
        ] {
            assert!(told(content).unwrap().contains(expected), "{content:?}");
        }
        assert_eq!(told(b"# nothing but a comment\n"), None);
        assert_eq!(told(b"{\"Event\": {}}"), None);
        assert!(look(&folder.path().join("none")).is_err());
    }
}
