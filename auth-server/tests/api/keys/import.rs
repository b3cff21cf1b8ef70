//! `auth-server keys import`

use std::{path::Path, process::Command, sync::Arc};

use local_run::temporary::TemporaryDirectory;

use super::{kid, kids, publishes, ripen, signs_with};
use crate::harness::{Database, TestServer, run};

/// Has openssl write something into the directory, and returns where it is.
fn openssl(directory: &TemporaryDirectory, name: &str, arguments: &[&str]) -> String {
    let path = directory.path().join(name);
    let path = path.to_str().unwrap().to_owned();
    let output = Command::new("openssl")
        .args(&arguments[..1])
        .args(["-out", &path])
        .args(&arguments[1..])
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    path
}

fn import(database: &Database, path: &str) -> crate::harness::Outcome {
    run(database, &["keys", "import", path])
}

#[actix_web::test]
async fn a_key_from_outside_is_published_and_signs_in_its_turn() {
    let directory = TemporaryDirectory::new("import").unwrap();
    let pem = openssl(&directory, "pkcs8", &["genrsa", "2048"]);
    let database = Arc::new(Database::new());
    let server = TestServer::start_on(&database, &["--jwks-max-age", "1s"]).await;
    let tokens = server.register("ada").await;
    let before = kid(&database, "pending");

    let said = import(&database, &pem).said();
    let pending = kids(&database, "pending");
    let imported = pending.iter().find(|kid| **kid != before).unwrap().clone();
    assert!(said.contains(&imported), "{said}");
    publishes(
        &server,
        &[kid(&database, "active"), before, imported.clone()],
    )
    .await;

    ripen(&database);
    run(&database, &["keys", "rotate", &imported]).said();
    signs_with(&server, &tokens, &imported).await;
    let again = import(&database, &pem).complained();
    assert!(again.contains("known already"), "{again}");
    // Not even after it was dropped.
    run(&database, &["keys", "revoke", &imported]).said();
    let again = import(&database, &pem).complained();
    assert!(again.contains("known already"), "{again}");
}

#[test]
fn the_older_form_of_a_key_is_read_too() {
    let directory = TemporaryDirectory::new("import").unwrap();
    let modern = openssl(&directory, "pkcs8", &["genrsa", "3072"]);
    let old = openssl(
        &directory,
        "pkcs1",
        &["rsa", "-traditional", "-in", &modern],
    );
    assert!(
        std::fs::read_to_string(&old)
            .unwrap()
            .contains("BEGIN RSA PRIVATE KEY")
    );
    let database = Database::new();
    import(&database, &old).said();
    assert_eq!(kids(&database, "pending").len(), 2);
    // It is the same key.
    let again = import(&database, &modern).complained();
    assert!(again.contains("known already"), "{again}");
}

#[test]
fn what_is_no_usable_key_is_refused_without_a_word_of_it() {
    let directory = TemporaryDirectory::new("import").unwrap();
    let good = openssl(&directory, "good", &["genrsa", "2048"]);
    let files = [
        openssl(&directory, "small", &["genrsa", "1024"]),
        openssl(
            &directory,
            "curve",
            &[
                "genpkey",
                "-algorithm",
                "EC",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
            ],
        ),
        openssl(&directory, "public", &["rsa", "-in", &good, "-pubout"]),
        openssl(
            &directory,
            "encrypted",
            &["rsa", "-in", &good, "-aes256", "-passout", "pass:canary"],
        ),
    ];
    let database = Database::new();
    for path in &files {
        let said = import(&database, path).complained();
        assert!(said.contains("RSA private key"), "{path}: {said}");
        for line in std::fs::read_to_string(path).unwrap().lines() {
            assert!(!said.contains(line), "{said}");
        }
    }
    let nowhere = directory.path().join("nowhere");
    let said = import(&database, nowhere.to_str().unwrap()).complained();
    assert!(said.contains("nowhere"), "{said}");
    assert!(!Path::new(&nowhere).exists());
    assert_eq!(kids(&database, "pending").len(), 1);
    assert_eq!(database.events(), Vec::<String>::new());
}
