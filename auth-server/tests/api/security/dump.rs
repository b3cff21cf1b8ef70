//! A database dump alone gives no private key and no usable token.

use auth_server::keys::master_key::MasterKeys;
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use ring::hmac;
use serde_json::Value;

use crate::harness::{OTHER_PASSWORD, PASSWORD, TestServer, active_key, hex};

/// Every value of every table as text; bytes as Postgres writes them, in hexadecimal.
fn dump(server: &TestServer) -> String {
    let tables = server.database.rows(
        "select pg_class.relname from pg_stat_user_tables join pg_class on pg_class.oid = relid
             where not relispartition order by 1",
    );
    let names: Vec<&str> = tables
        .iter()
        .map(|row| row["relname"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "__diesel_schema_migrations",
            "background_tasks",
            "peppers",
            "revocations",
            "security_events",
            "sessions",
            "signing_keys",
            "throttle_buckets",
            "throttle_failures",
            "user_import_rehearsals",
            "user_imports",
            "users"
        ]
    );
    let rows = names.iter().flat_map(|name| {
        server
            .database
            .rows(&format!("select {name}::text as row from {name}"))
    });
    rows.map(|row| row["row"].as_str().unwrap().to_owned())
        .collect()
}

/// How a secret could stand in a dump: as it is, in hexadecimal, in either base64.
fn spellings(secret: &[u8]) -> Vec<String> {
    let mut spellings = vec![
        hex(secret),
        STANDARD.encode(secret),
        URL_SAFE_NO_PAD.encode(secret),
    ];
    if let Ok(text) = str::from_utf8(secret) {
        spellings.push(text.to_owned());
    }
    spellings
}

#[actix_web::test]
async fn no_private_key_token_or_password_stands_in_the_database() {
    let server = TestServer::start_with(&["--throttle", "on"]).await;
    let first = server.register("ada").await;
    let second = server.refresh(&first).await.ok();
    let logged_in = server.log_in("ada").await;
    server.try_log_in("ada", OTHER_PASSWORD).await;
    let dump = dump(&server);
    assert!(dump.contains("ada@example.org"), "the dump is one");

    let private_key = active_key(&server.database).pkcs8().unwrap();
    // Any stretch of it: the header of PKCS#8 is no secret, the numbers are.
    for stretch in private_key[300..].chunks_exact(16) {
        for spelling in spellings(stretch) {
            assert!(!dump.contains(&spelling));
        }
    }
    let mut secrets = vec![
        PASSWORD.as_bytes().to_vec(),
        OTHER_PASSWORD.as_bytes().to_vec(),
    ];
    for tokens in [&first, &second, &logged_in] {
        let refresh_token = tokens["refresh_token"].as_str().unwrap();
        let bytes = URL_SAFE_NO_PAD.decode(&refresh_token[5..]).unwrap();
        secrets.push(bytes[31..47].to_vec());
        secrets.push(refresh_token.as_bytes().to_vec());
        let access_token = tokens["access_token"].as_str().unwrap();
        secrets.push(access_token.rsplit('.').next().unwrap().as_bytes().to_vec());
    }
    for secret in secrets {
        for spelling in spellings(&secret) {
            assert!(!dump.contains(&spelling), "{spelling}");
        }
    }
}

#[actix_web::test]
async fn what_a_dump_holds_makes_no_token() {
    let server = TestServer::start().await;
    server.register("ada").await;
    let row = server.database.row(
        "select encode(handle, 'hex') as handle, encode(master_key_id, 'hex') as key_id,
                encode(sealed_private_key, 'hex') as sealed, encode(sealed_secret, 'hex') as pepper
         from sessions, signing_keys join peppers using (master_key_id)
         where activated_at is not null",
    );
    let bytes = |member: &str| unhex(row[member].as_str().unwrap());
    let mut signed = vec![1];
    signed.extend(bytes("key_id"));
    signed.extend(bytes("handle"));
    signed.extend([0; 8]);
    let guesses = [
        Vec::new(),
        vec![0; 32],
        bytes("key_id"),
        bytes("handle"),
        bytes("sealed"),
        bytes("pepper"),
    ];
    for guess in guesses {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &guess);
        let token = [signed.as_slice(), hmac::sign(&key, &signed).as_ref()].concat();
        let token = format!("lkrt_{}", URL_SAFE_NO_PAD.encode(token));
        server
            .refresh_by(&token)
            .await
            .assert_problem(401, "invalid_refresh_token");
    }
    // With the master key it would be one: the form is right.
    let master_keys = MasterKeys::parse(crate::harness::MASTER_KEY).unwrap();
    let mac = hmac::sign(master_keys.current().refresh_token_mac(), &signed);
    let token = [signed.as_slice(), mac.as_ref()].concat();
    let token = format!("lkrt_{}", URL_SAFE_NO_PAD.encode(token));
    assert_eq!(server.refresh_by(&token).await.status, 200);
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|start| u8::from_str_radix(&text[start..start + 2], 16).unwrap())
        .collect()
}

#[actix_web::test]
async fn no_event_holds_what_a_client_typed() {
    let server = TestServer::start().await;
    server.register("ada").await;
    server
        .try_log_in("canary-identifier", "canary-password")
        .await;
    server
        .try_log_in("canary@example.org", "canary-password")
        .await;
    let events: Vec<Value> = server.database.rows("select * from security_events");
    assert_eq!(events.len(), 3);
    assert!(!format!("{events:?}").contains("canary"));
}
