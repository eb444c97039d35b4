//! What it is measured on.

use std::fs;

/// The processor's name, where the system tells it.
pub(crate) fn cpu() -> String {
    let told = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    model(&told).unwrap_or("unknown").to_owned()
}

fn model(cpuinfo: &str) -> Option<&str> {
    let line = cpuinfo.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_processor_is_named() {
        let told = "processor\t: 0\nmodel name\t: Some CPU @ 2 GHz\nflags\t: a\nmodel name\t: B\n";
        assert_eq!(model(told), Some("Some CPU @ 2 GHz"));
        assert_eq!(model("processor: 0\n"), None);
    }
}
