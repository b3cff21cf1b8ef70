//! The account that Postgres runs as.
//!
//! Postgres refuses to run as root. Started by root it therefore runs as an unprivileged user, who may
//! be unable to reach the directory: `/root`, where root's checkout lies, has mode 0700. In that case,
//! and only then, it keeps the one capability that lets it pass (`CAP_DAC_OVERRIDE`, as an ambient
//! capability, which survives its `exec`s; containers have it by default, unlike
//! `CAP_DAC_READ_SEARCH`).

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::chown;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// Who runs a program: this process's own user, or an unprivileged one that root hands over to.
#[derive(Debug, Clone)]
pub struct Account {
    unprivileged: Option<Unprivileged>,
}

#[derive(Debug, Clone)]
struct Unprivileged {
    uid: u32,
    gid: u32,
    overrides_permissions: bool,
}

impl Account {
    /// The account this process runs as.
    #[must_use]
    pub fn own() -> Self {
        Self { unprivileged: None }
    }

    /// The account for a program that refuses root and keeps its files in `directory`, which becomes
    /// that account's. Not root: this process's own.
    ///
    /// # Errors
    ///
    /// As root: when neither `postgres` nor `nobody` exists, or when `directory` stays out of reach.
    pub fn unprivileged_owner_of(directory: &Path) -> Result<Self> {
        if !rustix::process::geteuid().is_root() {
            return Ok(Self::own());
        }
        let (uid, gid) = ["postgres", "nobody"]
            .into_iter()
            .find_map(user_and_group)
            .context("Postgres refuses to run as root, and there is no user postgres or nobody")?;
        chown(directory, Some(uid), Some(gid))
            .with_context(|| format!("cannot give {} to user {uid}", directory.display()))?;

        for overrides_permissions in [false, true] {
            let account = Self {
                unprivileged: Some(Unprivileged {
                    uid,
                    gid,
                    overrides_permissions,
                }),
            };
            if account.reaches(directory) {
                return Ok(account);
            }
        }
        bail!(
            "user {uid} cannot reach {}; choose a directory below one that others may traverse",
            directory.display()
        );
    }

    /// A command that runs as this account.
    #[must_use]
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let Some(user) = &self.unprivileged else {
            return Command::new(program);
        };
        let mut command = Command::new("setpriv");
        command
            .args(user.setpriv_arguments())
            .arg("--")
            .arg(program);
        command
    }

    /// The arguments for `setpriv` that switch to this account.
    #[must_use]
    pub fn setpriv_arguments(&self) -> Vec<String> {
        self.unprivileged
            .as_ref()
            .map(Unprivileged::setpriv_arguments)
            .unwrap_or_default()
    }

    /// Makes `path` belong to this account.
    ///
    /// # Errors
    ///
    /// When the owner cannot be changed.
    pub fn own_file(&self, path: &Path) -> Result<()> {
        if let Some(user) = &self.unprivileged {
            chown(path, Some(user.uid), Some(user.gid))
                .with_context(|| format!("cannot give {} to user {}", path.display(), user.uid))?;
        }
        Ok(())
    }

    fn reaches(&self, directory: &Path) -> bool {
        // Not `test -w`: access(2) ignores ambient capabilities.
        self.command("stat")
            .arg(directory.join("."))
            .current_dir("/")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    }
}

impl Unprivileged {
    fn setpriv_arguments(&self) -> Vec<String> {
        let mut arguments = vec![
            format!("--reuid={}", self.uid),
            format!("--regid={}", self.gid),
            "--clear-groups".to_owned(),
        ];
        if self.overrides_permissions {
            arguments.push("--inh-caps=+dac_override".to_owned());
            arguments.push("--ambient-caps=+dac_override".to_owned());
        }
        arguments
    }
}

fn user_and_group(name: &str) -> Option<(u32, u32)> {
    let accounts = fs::read_to_string("/etc/passwd").ok()?;
    accounts.lines().find_map(|line| {
        let mut fields = line.split(':');
        (fields.next()? == name).then_some(())?;
        let uid = fields.nth(1)?.parse().ok()?;
        Some((uid, fields.next()?.parse().ok()?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_is_user_and_group_zero() {
        assert_eq!(user_and_group("root"), Some((0, 0)));
        assert_eq!(user_and_group("no-such-user"), None);
    }

    #[test]
    fn an_own_account_adds_nothing_to_a_command() {
        assert_eq!(Account::own().command("true").get_program(), "true");
        assert!(Account::own().setpriv_arguments().is_empty());
    }
}
