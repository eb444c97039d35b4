//! The table of everything that can be asked of the server, and how a request is looked up in it.

use std::sync::LazyLock;

use http::Method;

use super::operation::Operation;

/// All operations, of whichever part of the server.
static TABLE: LazyLock<Vec<Operation>> = LazyLock::new(super::operations);

/// Everything that can be asked of the server.
pub(crate) fn all() -> &'static [Operation] {
    &TABLE
}

/// What a method and a path stand for.
#[derive(Clone, Copy)]
pub(crate) enum Lookup {
    /// An operation.
    Found(&'static Operation),
    /// A path that can be asked, but not so: 405.
    WrongMethod,
    /// Nothing: 404.
    Nothing,
}

/// Looks a request up. A path that fits several templates means the one with the fewest parameters.
pub(crate) fn find(method: &Method, path: &str) -> Lookup {
    let fitting = || all().iter().filter(|operation| fits(operation.path, path));
    let Some(fewest) = fitting().map(|operation| parameters(operation.path)).min() else {
        return Lookup::Nothing;
    };
    fitting()
        .filter(|operation| parameters(operation.path) == fewest)
        .find(|operation| operation.method == *method)
        .map_or(Lookup::WrongMethod, Lookup::Found)
}

/// The methods that a path can be asked with, as the `Allow` header tells them.
pub(crate) fn allowed(path: &str) -> String {
    let mut methods: Vec<&str> = Vec::new();
    for operation in all().iter().filter(|operation| fits(operation.path, path)) {
        if let Lookup::Found(_) = find(&operation.method, path) {
            methods.push(operation.method.as_str());
        }
    }
    methods.join(", ")
}

/// The names of a template's parameters.
pub(crate) fn names(template: &str) -> impl Iterator<Item = &str> {
    template.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
}

fn parameters(template: &str) -> usize {
    names(template).count()
}

/// Segment by segment; a parameter stands for one that is not empty.
fn fits(template: &str, path: &str) -> bool {
    let (mut template, mut path) = (template.split('/'), path.split('/'));
    loop {
        match (template.next(), path.next()) {
            (None, None) => return true,
            (Some(expected), Some(segment)) => {
                let fits = if expected.starts_with('{') {
                    !segment.is_empty()
                } else {
                    expected == segment
                };
                if !fits {
                    return false;
                }
            }
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_fit_segment_by_segment() {
        assert!(fits("/api/alerts/{position}", "/api/alerts/7"));
        assert!(!fits("/api/alerts/{position}", "/api/alerts/"));
        assert!(!fits("/api/alerts/{position}", "/api/alerts"));
        assert!(!fits("/api/alerts/{position}", "/api/alerts/7/comments"));
        assert!(!fits("/api/alerts", "/api//alerts"));
        assert!(fits("/", "/"));
    }

    #[test]
    fn a_literal_path_goes_before_a_parameter() {
        let path = |method, path| match find(&method, path) {
            Lookup::Found(operation) => operation.path,
            Lookup::WrongMethod => "405",
            Lookup::Nothing => "404",
        };
        assert_eq!(path(Method::GET, "/api/alerts/changes"), "/api/alerts/changes");
        assert_eq!(path(Method::GET, "/api/alerts/12"), "/api/alerts/{position}");
        assert_eq!(path(Method::DELETE, "/api/suppressions/test"), "405");
        assert_eq!(path(Method::GET, "/api/suppressions/12"), "405");
        assert_eq!(path(Method::GET, "/api/nothing"), "404");
        assert_eq!(allowed("/api/suppressions/test"), "POST");
        assert_eq!(allowed("/api/suppressions"), "GET, POST");
    }

    #[test]
    fn nothing_stands_in_the_table_twice() {
        for (index, one) in all().iter().enumerate() {
            let twin = |other: &Operation| other.method == one.method && other.path == one.path;
            assert!(!all().iter().skip(index + 1).any(twin), "{} {}", one.method, one.path);
        }
    }
}
