//! `/auth/admin/keys`

use serde_json::{Value, json};

use super::{Office, done};

fn kid(keys: &Value, state: &str) -> String {
    let keys = keys["keys"].as_array().unwrap();
    let key = keys.iter().find(|key| key["state"] == state).unwrap();
    key["kid"].as_str().unwrap().to_owned()
}

#[actix_web::test]
async fn keys_are_listed_rotated_and_revoked() {
    let office = Office::open().await;
    let keys = office.get("keys").await.ok();
    let (active, pending) = (kid(&keys, "active"), kid(&keys, "pending"));
    assert!(!keys.to_string().contains("sealed"));

    office.server.database.execute(
        "update signing_keys set published_at = now(), signs_from = now() + interval '1 hour' where activated_at is null",
    );
    office
        .bare_post("keys/rotate")
        .await
        .assert_problem(409, "key_not_ready");
    office
        .post("keys/rotate", &json!({"kid": active}))
        .await
        .assert_problem(409, "key_not_ready");
    office
        .post("keys/rotate", &json!({"kid": "nobody"}))
        .await
        .assert_problem(404, "not_found");
    office.server.database.execute(
        "update signing_keys set signs_from = now() - interval '1 second' where activated_at is null",
    );
    let rotated = office.bare_post("keys/rotate").await.ok();
    assert_eq!(rotated, json!({"kid": pending}));
    let keys = office.get("keys").await.ok();
    assert_eq!(kid(&keys, "active"), pending);
    assert_eq!(kid(&keys, "retiring"), active);

    let revoked = office.bare_post(&format!("keys/{active}/revoke")).await;
    assert_eq!(revoked.ok(), json!({"promoted": null, "early": false}));
    office
        .bare_post("keys/nobody/revoke")
        .await
        .assert_problem(404, "not_found");
    assert_eq!(
        done(&office.server),
        [
            ("key_rotated".into(), "-".into()),
            ("key_revoked".into(), "-".into())
        ]
    );
}

#[actix_web::test]
async fn what_is_sealed_under_the_current_master_key_stays_as_it_is() {
    let office = Office::open().await;
    let resealed = office.bare_post("keys/reseal").await.ok();
    assert_eq!(resealed, json!({"keys": 0, "peppers": 0}));
    assert!(done(&office.server).is_empty());
}
