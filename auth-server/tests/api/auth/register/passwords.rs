//! Which passwords are taken, and how they are kept.

use serde_json::json;

use crate::harness::{TestServer, registration};

#[actix_web::test]
async fn guessable_and_context_passwords_are_refused_with_advice() {
    let server = TestServer::start().await;
    for password in [
        "password",
        "12345678",
        "qwertyuiop",
        "aaaaaaaaaaaaaaaa",
        "P@ssw0rd1",
        "correcthorse",
        "ada.lovelace",
        "Lovelace1815",
        "analytical1",
        "analytical.example",
        "augustaking",
        "Latchkey1!",
    ] {
        let answer = server
            .post(
                "/auth/register",
                &json!({
                    "username": "ada.lovelace",
                    "email": "ada.lovelace@analytical.example",
                    "full_name": "Augusta Ada King",
                    "password": password,
                }),
            )
            .await;
        answer.assert_invalid(&[("password", "guessable")]);
        let advice = answer.body["errors"][0]["message"].as_str().unwrap();
        assert!(
            advice.starts_with("This password is too easy to guess."),
            "{advice}"
        );
    }
    assert_eq!(server.database.count("users"), 0);
}

#[actix_web::test]
async fn any_password_that_is_hard_to_guess_is_taken_and_only_it_logs_in() {
    let server = TestServer::start().await;
    let distinct: String = (0..1_024_u32)
        .filter_map(|number| char::from_u32(0x4E00 + number * 7_919 % 20_000))
        .collect();
    let passwords = [
        "correct horse battery staple".to_owned(),
        "пароль лежит под ковром".to_owned(),
        "🦔🦔🐳🌵🧭🎻🪁🫖 hush".to_owned(),
        "nul\u{0}between words that matter".to_owned(),
        "  led and followed by spaces  ".to_owned(),
        format!("{}of the right length", "a word in front ".repeat(4)),
        distinct,
    ];
    for (number, password) in passwords.iter().enumerate() {
        let username = format!("person{number}");
        let mut body = registration(&username);
        body["password"] = json!(password);
        let answer = server.post("/auth/register", &body).await;
        assert_eq!(answer.status, 201, "{password:?}: {}", answer.body);

        assert_eq!(server.try_log_in(&username, password).await.status, 200);
        let but_the_last: String = password
            .chars()
            .take(password.chars().count() - 1)
            .collect();
        for near_miss in [
            but_the_last,
            format!("{password}x"),
            password.trim().to_owned() + " ",
            password.replace('\0', ""),
        ] {
            if near_miss != *password {
                let answer = server.try_log_in(&username, &near_miss).await;
                answer.assert_problem(401, "invalid_credentials");
            }
        }
    }
}

#[actix_web::test]
async fn a_password_has_8_to_1024_characters() {
    let server = TestServer::start().await;
    for password in ["", "kurz7ch", &"ж".repeat(1_025)] {
        let mut body = registration("ada");
        body["password"] = json!(password);
        let answer = server.post("/auth/register", &body).await;
        answer.assert_invalid(&[("password", "length")]);
    }
}

#[actix_web::test]
async fn a_password_is_kept_as_a_peppered_bcrypt_hash_of_the_configured_cost() {
    for cost in ["10", "11"] {
        let server = TestServer::start_with(&["--bcrypt-cost", cost]).await;
        server.register("ada").await;
        server.register("grace").await;

        let rows = server.database.rows("select password_hash from users");
        let hashes: Vec<&str> = rows
            .iter()
            .map(|row| row["password_hash"].as_str().unwrap())
            .collect();
        assert_ne!(hashes[0], hashes[1], "each has a salt of its own");
        for hash in hashes {
            let salt_and_checksum = hash
                .strip_prefix(&format!("lk1.1$2b${cost}$"))
                .unwrap_or_else(|| panic!("{hash}"));
            assert_eq!(salt_and_checksum.len(), 53);
            // It is the pepper that makes it fit: bcrypt alone does not.
            let (_, bare) = hash.split_once("lk1.1").unwrap();
            assert!(!bcrypt::verify(crate::harness::PASSWORD, bare).unwrap());
        }
    }
}
