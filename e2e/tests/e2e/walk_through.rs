//! What people run and click through first works as it stands.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use local_run::temporary::TemporaryDirectory;

use crate::harness::programs::{Interpreter, chapter, chapters, repository, run, tool};
use crate::harness::system::{System, shared, shared_with_a_short_window};

#[tokio::test]
async fn the_curl_scripts_run_in_order() {
    let system = shared_with_a_short_window().await;
    let state = TemporaryDirectory::new("curl").unwrap();
    for name in chapters() {
        let output = run(&mut chapter(&name, &system.stack.url(), state.path()));
        assert!(output.contains("$ curl http"), "{name} shows its commands");
        assert_shortened(&output);
    }
}

#[tokio::test]
async fn each_curl_script_runs_alone() {
    let system = shared_with_a_short_window().await;
    let (names, url) = (chapters(), system.stack.url());
    assert_eq!(names.len(), 9);
    let url = url.as_str();
    std::thread::scope(|scope| {
        for name in &names {
            scope.spawn(move || {
                let state = TemporaryDirectory::new("curl").unwrap();
                run(&mut chapter(name, url, state.path()));
            });
        }
    });
}

/// As after `make start`: the scripts find the URL in `.local/url` and keep their things beside it.
#[tokio::test]
async fn the_curl_scripts_find_the_url_of_a_local_run() {
    let system = shared().await;
    let checkout = checkout_of_a_local_run(&system);
    let scripts = repository().join("curl");
    run(Command::new("cp")
        .arg("-r")
        .arg(scripts)
        .arg(checkout.path()));

    let script = checkout.path().join("curl/1-register");
    run(Command::new(script)
        .env_remove("LATCHKEY_URL")
        .env_remove("LATCHKEY_STATE"));
    let state = std::fs::metadata(checkout.path().join(".local/curl")).unwrap();
    assert_eq!(state.permissions().mode() & 0o777, 0o700);
}

#[tokio::test]
async fn the_walk_through_of_the_readme_works() {
    let system = shared().await;
    let checkout = checkout_of_a_local_run(&system);
    let readme = std::fs::read_to_string(repository().join("README.md")).unwrap();
    let mut blocks = readme.split("```");
    let block = blocks
        .find(|block| block.contains("URL=$(cat .local/url)"))
        .unwrap();

    let output = run(Command::new("bash")
        .args(["-euc", block])
        .current_dir(checkout.path()));
    let note = "The Analytical Engine weaves algebraic patterns.";
    assert_eq!(output.matches(note).count(), 2, "{output}");
    assert_eq!(output.matches("\"refresh_token\"").count(), 2, "{output}");
    assert!(output.contains("HTTP/1.1 204 No Content"), "{output}");
}

#[tokio::test]
async fn the_postman_collection_passes() {
    let system = shared_with_a_short_window().await;
    let newman = "node/node_modules/newman/bin/newman.js";
    let collection = repository().join("postman/latchkey.postman_collection.json");
    run(tool(Interpreter::Node, newman)
        .arg("run")
        .arg(collection)
        .args(["--env-var", &format!("url={}", system.stack.url())])
        .args(["--color", "off"]));
}

/// A directory that looks like a checkout in which `make start` was called.
fn checkout_of_a_local_run(system: &System) -> TemporaryDirectory {
    let checkout = TemporaryDirectory::new("checkout").unwrap();
    let local = checkout.path().join(".local");
    std::fs::create_dir(&local).unwrap();
    std::fs::write(local.join("url"), format!("{}\n", system.stack.url())).unwrap();
    checkout
}

/// Tokens are shown by their first letters only.
fn assert_shortened(output: &str) {
    let longest = |start: &str| {
        let rest = output.split(start).skip(1);
        rest.map(|rest| rest.find(|c: char| !(c.is_ascii_alphanumeric() || "-_".contains(c))))
            .map(Option::unwrap_or_default)
            .max()
            .unwrap_or(0)
    };
    assert!(longest("lkrt_") < 12 && longest("eyJ") < 12, "{output}");
}
