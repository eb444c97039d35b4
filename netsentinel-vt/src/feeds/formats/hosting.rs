//! Hosts under which anybody may publish.

/// Sites where malware is put beside what everybody else puts there: a host of theirs on a list says nothing
/// against whoever talks to it. Names below them count as theirs. Where users get names of their own
/// (`user.github.io`), the Public Suffix List tells, and those names can be held against them.
const HOSTING: [&str; 40] = [
    // Code and packages.
    "bitbucket.org",
    "codeberg.org",
    "github.com",
    "githubusercontent.com",
    "gitlab.com",
    "npmjs.org",
    "pypi.org",
    "pythonhosted.org",
    "sourceforge.net",
    // Files.
    "1drv.ms",
    "4shared.com",
    "archive.org",
    "box.com",
    "catbox.moe",
    "drive.google.com",
    "docs.google.com",
    "dropbox.com",
    "dropboxusercontent.com",
    "file.io",
    "gofile.io",
    "googleusercontent.com",
    "live.com",
    "mediafire.com",
    "mega.nz",
    "pixeldrain.com",
    "sharepoint.com",
    "transfer.sh",
    "wetransfer.com",
    // Storage that is addressed by a path.
    "firebasestorage.googleapis.com",
    "storage.googleapis.com",
    // Messages, notes, profiles.
    "discord.com",
    "discordapp.com",
    "discordapp.net",
    "paste.ee",
    "pastebin.com",
    "steamcommunity.com",
    "t.me",
    "telegra.ph",
    "telegram.org",
    "google.com",
];

/// Whether `host`, in lower case, is such a site's.
pub(super) fn is_hosting(host: &str) -> bool {
    HOSTING.iter().any(|site| {
        host.strip_suffix(site).is_some_and(|before| before.is_empty() || before.ends_with('.'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_has_all_names_below_it_and_no_others() {
        for host in ["github.com", "raw.githubusercontent.com", "cdn.discordapp.com"] {
            assert!(is_hosting(host), "{host}");
        }
        for host in ["notgithub.com", "github.com.bad.example", "com", "", "user.github.io"] {
            assert!(!is_hosting(host), "{host}");
        }
    }
}
