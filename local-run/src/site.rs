//! The site: which files of `web/` browsers get, and their version.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use ring::digest::{SHA256, digest};

/// Where the gateway finds the site.
#[derive(Debug, Clone)]
pub enum Site {
    /// A copy of what is in this directory at the start. Browsers may keep the files for good: their
    /// addresses tell their version, and no later edit is served under the same.
    Copied(PathBuf),
    /// This directory, as it is whenever a browser asks. Browsers keep nothing without asking again.
    Live(PathBuf),
}

/// A directory that can be served.
#[derive(Debug)]
pub(crate) struct ServedSite {
    pub(crate) directory: PathBuf,
    pub(crate) version: String,
}

/// The version of a site whose files may change.
const LIVE: &str = "live";
/// In hexadecimal digits: 64 bits, so that no two sites that anyone makes have the same.
const VERSION_LENGTH: usize = 16;

impl Site {
    /// Makes it ready to be served. The copy goes to `copy`, where nothing of an earlier one stays.
    pub(crate) fn prepare(&self, copy: &Path) -> Result<ServedSite> {
        let (Self::Copied(source) | Self::Live(source)) = self;
        let source = fs::canonicalize(source)
            .with_context(|| format!("there is no site in {}", source.display()))?;
        ensure!(
            source.join("index.html").is_file(),
            "there is no site in {}: it has no index.html",
            source.display()
        );
        match self {
            Self::Copied(_) => copied(&source, copy),
            Self::Live(_) => Ok(ServedSite {
                directory: source,
                version: LIVE.to_owned(),
            }),
        }
    }
}

/// The site of the checkout that this was built from.
#[must_use]
pub fn checkout_directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../web")
}

/// The version is what `docker/gateway/site-version` prints for the same files.
fn copied(source: &Path, copy: &Path) -> Result<ServedSite> {
    if copy.exists() {
        fs::remove_dir_all(copy).with_context(|| format!("cannot clear {}", copy.display()))?;
    }
    let mut list = Vec::new();
    for name in served(source)? {
        let (from, to) = (source.join(&name), copy.join(&name));
        let content = fs::read(&from).with_context(|| format!("cannot read {}", from.display()))?;
        to.parent()
            .map_or(Ok(()), fs::create_dir_all)
            .and_then(|()| fs::write(&to, &content))
            .with_context(|| format!("cannot write {}", to.display()))?;
        list.push(format!("{}  {name}\n", hexadecimal(&content)));
    }
    let mut version = hexadecimal(list.concat().as_bytes());
    version.truncate(VERSION_LENGTH);
    Ok(ServedSite {
        directory: fs::canonicalize(copy)?,
        version,
    })
}

/// The files of the site by their names, in order.
fn served(source: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for folder in ["app", "latchkey", "styles"] {
        find_files(source, folder, &mut found)?;
    }
    found.extend(["index.html", "latchkey.js", "icon.svg"].map(str::to_owned));
    found.retain(|name| is_served(name) && source.join(name).is_file());
    found.sort_unstable();
    Ok(found)
}

fn find_files(root: &Path, folder: &str, found: &mut Vec<String>) -> Result<()> {
    let directory = root.join(folder);
    if !directory.is_dir() {
        return Ok(());
    }
    let entries =
        fs::read_dir(&directory).with_context(|| format!("cannot read {}", directory.display()))?;
    for entry in entries {
        let entry = entry?;
        // A name that is not UTF-8 is none of the site's.
        if let Ok(name) = entry.file_name().into_string() {
            let name = format!("{folder}/{name}");
            if entry.file_type()?.is_dir() {
                find_files(root, &name, found)?;
            } else {
                found.push(name);
            }
        }
    }
    Ok(())
}

/// The locations of `nginx.conf.template` say the same.
fn is_served(name: &str) -> bool {
    let parts: Vec<&str> = name.split('/').collect();
    match parts.as_slice() {
        ["index.html" | "latchkey.js" | "icon.svg"] => true,
        ["styles", file] => file.strip_suffix(".css").is_some_and(is_word),
        ["app" | "latchkey", folders @ .., file] => {
            folders.iter().all(|folder| is_word(folder))
                && file.strip_suffix(".js").is_some_and(is_word)
        }
        _ => false,
    }
}

fn is_word(text: &str) -> bool {
    let mut bytes = text.bytes();
    !text.is_empty()
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}

fn hexadecimal(content: &[u8]) -> String {
    let digest = digest(&SHA256, content);
    let halves = digest
        .as_ref()
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 0xf]);
    halves
        .filter_map(|half| char::from_digit(half.into(), 16))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn the_image_and_the_local_run_name_the_same_version() {
        let copy = tempfile::tempdir().unwrap();
        let site = Site::Copied(checkout_directory());
        let served = site.prepare(copy.path()).unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docker/gateway/site-version");
        let output = Command::new(script)
            .current_dir(&served.directory)
            .output()
            .unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        assert_eq!(printed.trim_end(), served.version);
    }

    #[test]
    fn a_directory_without_a_page_is_no_site() {
        let empty = tempfile::tempdir().unwrap();
        for site in [Site::Copied, Site::Live] {
            for directory in [empty.path(), &empty.path().join("nothing")] {
                let error = site(directory.to_owned())
                    .prepare(&empty.path().join("copy"))
                    .unwrap_err();
                assert!(
                    error.to_string().starts_with("there is no site in"),
                    "{error}"
                );
            }
        }
    }
}
