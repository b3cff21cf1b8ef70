//! What a file of tests wants its system to be, said in a line of the file itself:
//!
//! ```js
//! // system: own AUTH_ACCESS_TOKEN_TTL=3s AUTH_REFRESH_GRACE=2s
//! ```
//!
//! Without such a line it shares one, with the services' defaults, with all other files that have none, and
//! breaks nothing.

use std::path::Path;

use local_run::stack::StackSettings;

const MARK: &str = "// system: own";

/// The settings that a system of the file's own has beside those of every test's.
pub(crate) struct Wishes(Vec<(String, String)>);

impl Wishes {
    /// Those of this file; none if it shares a system.
    pub(crate) fn of(file: &Path) -> Option<Self> {
        let text = std::fs::read_to_string(file).unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix(MARK))?;
        let setting = |word: &str| match word.split_once('=') {
            Some((name, value)) if name.starts_with("AUTH_") || name.starts_with("NOTES_") => {
                (name.to_owned(), value.to_owned())
            }
            _ => panic!("{} wants {word}, which is no setting", file.display()),
        };
        Some(Self(line.split_whitespace().map(setting).collect()))
    }

    /// Adds them to the settings.
    pub(crate) fn apply(&self, settings: &mut StackSettings) {
        for (name, value) in &self.0 {
            if name.starts_with("AUTH_") {
                settings.set_auth(name, value);
            } else {
                settings.set_notes(name, value);
            }
        }
    }
}
