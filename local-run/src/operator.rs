//! The auth server's command line, for whoever runs a stack: a script that knows its database and its keys.

use std::path::Path;

use crate::postgres::Service;
use crate::stack::{Stack, StackSettings};

/// The script. It holds the password of the service's database role, and is for its owner only.
#[must_use]
pub fn script(stack: &Stack, settings: &StackSettings) -> String {
    let server = stack.postgres.server();
    let database = server.service_url(Service::Auth, Service::Auth.database());
    let master_keys = whole(&settings.directory.join("secrets/master-keys"));
    let mut lines = vec![
        "#!/bin/sh".to_owned(),
        export("AUTH_DATABASE_URL", &database),
        export("AUTH_MASTER_KEYS_FILE", &master_keys),
    ];
    let settings_of_servers = settings.auth_environment.iter();
    lines.extend(settings_of_servers.map(|(name, value)| export(name, value)));
    let binary = whole(&settings.binaries.path("auth-server"));
    lines.push(format!("exec {} \"$@\"\n", quoted(&binary)));
    lines.join("\n")
}

/// The path from the root, so that the script works from everywhere.
fn whole(path: &Path) -> String {
    let whole = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    whole.display().to_string()
}

fn export(name: &str, value: &str) -> String {
    format!("export {name}={}", quoted(value))
}

/// As one word of a shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
