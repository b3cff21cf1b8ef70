//! The command line as a shell sees it: exit codes, help, completions.

use crate::harness::{Database, run, run_with};

#[test]
fn a_database_that_is_away_is_a_failure_of_its_own() {
    let database = Database::new();
    let nowhere = ["--database-url", "postgres://nobody@127.0.0.1:1/none"];
    let arguments = [&["users", "list"][..], &nowhere].concat();
    run(&database, &arguments).complained_with(1);
    let arguments = ["users", "list", "--database-url", "not a url"];
    run(&database, &arguments).complained_with(2);
}

#[test]
fn wrong_use_is_told_from_the_rest() {
    let database = Database::new();
    for arguments in [
        &["users"][..],
        &["users", "disable"],
        &["users", "list", "--limit", "0"],
        &["users", "list", "--cursor", "x"],
        &["sessions", "revoke", "x"],
        &["sessions", "list", "--ip", "x"],
        &["events", "list", "--since", "yesterday"],
    ] {
        run(&database, arguments).complained_with(2);
    }
    let without_keys = ["users", "create", "ada", "--email", "ada@example.org"];
    let complaint = run_with(&database, &without_keys, &[]).complained_with(2);
    assert!(complaint.contains("AUTH_MASTER_KEYS"), "{complaint}");
}

#[test]
fn every_room_of_commands_has_examples() {
    let database = Database::new();
    for room in ["users", "sessions", "events", "keys"] {
        let help = run(&database, &[room, "--help"]).said();
        let example = format!("\n  auth-server {room} ");
        assert!(
            help.contains("Examples:") && help.contains(&example),
            "{help}"
        );
    }
}

/// Those of bash are asked by bash itself.
#[test]
fn a_shell_completes_commands() {
    let database = Database::new();
    let script = run(&database, &["completions", "bash"]).said();
    let ask = format!(
        "{script}\nCOMP_WORDS=(auth-server users dis) COMP_CWORD=2
         _auth-server auth-server dis users; echo \"${{COMPREPLY[@]}}\""
    );
    let output = std::process::Command::new("bash")
        .args(["-c", &ask])
        .output()
        .unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "disable\n");
    for shell in ["zsh", "fish"] {
        let script = run(&database, &["completions", shell]).said();
        assert!(script.contains("set-temporary-password"), "{shell}");
    }
}
