//! The making of the pages, and the reading of the doc comments that they are made from.

pub(crate) mod configuration;
pub(crate) mod detectors;
pub(crate) mod memory;

use netsentinel_tests::shared::root;

/// The text of a source file of the repository, if there is one.
fn source(path: &str) -> Option<String> {
    std::fs::read_to_string(root().join(path)).ok()
}

/// Markdown of rustdoc as Markdown of a page: links to items become their text.
fn plain(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, link)) = rest.split_once('[') {
        out.push_str(before);
        let Some((label, after)) = link.split_once(']') else {
            out.push('[');
            rest = link;
            break;
        };
        let target = after.strip_prefix('(').and_then(|after| after.split_once(')'));
        rest = match target {
            Some((url, after)) if url.starts_with("http") => {
                out.push_str(&format!("[{label}]({url})"));
                after
            }
            Some((_, after)) => {
                out.push_str(label);
                after
            }
            None => {
                out.push_str(label);
                after
            }
        };
    }
    out + rest
}

#[test]
fn links_to_items_become_their_text() {
    let text = "as [`a`](super::a) and [`B`] do, see [c](https://example.com/d)";
    assert_eq!(plain(text), "as `a` and `B` do, see [c](https://example.com/d)");
}
