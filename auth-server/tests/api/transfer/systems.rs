//! What other systems write down is read as they write it, and their people log in. The hashes were made by
//! them: node's bcrypt 6 and bcryptjs 3, Python's bcrypt 5, Django 5.2.

use serde_json::{Value, json};

use super::{Files, users};
use crate::harness::{PASSWORD, TestServer};

const CARPET: &str = "пароль лежит под ковром";

/// What is stored of people but for their hashes, by username.
fn stored(server: &TestServer) -> Vec<Value> {
    server.database.rows(
        "select id, username, email, full_name, created_at at time zone 'utc' as created_at,
                disabled_at is not null as disabled
         from users order by username",
    )
}

/// Logs in, twice, and checks that the hash is ours by the first time.
async fn logs_in(server: &TestServer, name: &str, password: &str) {
    let hash = || {
        let email = format!("select password_hash from users where '{name}' in (username, email)");
        server.database.row(&email)["password_hash"].clone()
    };
    server
        .try_log_in(name, "a wrong password")
        .await
        .assert_problem(401, "invalid_credentials");
    assert!(!hash().as_str().unwrap().starts_with("lk1."));
    server.try_log_in(name, password).await.ok();
    let upgraded = hash();
    assert!(upgraded.as_str().unwrap().starts_with("lk1.1$2b$10$"));
    server.try_log_in(name, password).await.ok();
    assert_eq!(hash(), upgraded);
}

#[actix_web::test]
async fn mongoose_by_mongoexport() {
    let server = TestServer::start().await;
    let files = Files::new();
    let dump = files.write(
        "users.json",
        r#"{"_id":{"$oid":"642d0e3c8f1b2a0012345678"},"username":"Ada","email":"Ada@Example.org","password":"$2b$05$xBbs0VubWJYL52GwMprtC.qiMF9szt6u5mjOk7SLpZbxu5vvAvrj6","name":"Ada Lovelace","roles":["user"],"createdAt":{"$date":"2023-04-05T06:07:08.900Z"},"updatedAt":{"$date":"2023-04-05T06:07:08.900Z"},"__v":0}
{"_id":{"$oid":"642d0e3c8f1b2a0012345679"},"username":"grace","email":"grace@example.org","password":"$2b$05$1VAseywdIMRED0trQIpOQO5qK.daCl0xAxSxsuWGLRJgntpPdHk0m","createdAt":{"$date":{"$numberLong":"1680674828900"}},"__v":0}
"#,
    );
    let told = users(&server.database, &["import", "--json", &dump]).json(0);
    assert_eq!(
        told,
        json!({
            "dry_run": false,
            "finished_before": null,
            "resumed_after_line": 0,
            "imported": 2,
            "refused": 0,
            "refused_by_reason": {},
            "without_password": 0,
            "usernames_made": 0,
            "usernames_suffixed": 0,
            "ignored_members": {"__v": 2, "roles": 1, "updatedAt": 1},
            "ignored_otherwise": 0,
            "missing_from_report": 0,
        })
    );
    let people = stored(&server);
    let at = "2023-04-05T06:07:08.9";
    let [ada, grace] = people.as_slice() else {
        panic!("{people:?}");
    };
    assert_eq!(ada["full_name"], "Ada Lovelace");
    assert_eq!(
        (&ada["created_at"], &grace["created_at"]),
        (&json!(at), &json!(at))
    );
    assert_eq!(ada["email"], "ada@example.org");
    // No ObjectId can be the sub of a token: a new id of version 7.
    assert_eq!(&ada["id"].as_str().unwrap()[14..15], "7");
    logs_in(&server, "ada", PASSWORD).await;
    logs_in(&server, "grace@example.org", CARPET).await;
    assert_eq!(files.names(), ["users.json"], "nobody was refused");
    assert_eq!(
        server.database.events()[..2],
        ["users_import_begun", "users_imported"]
    );
    let event = server
        .database
        .row("select details, ip, user_id from security_events where kind = 'users_imported'");
    assert_eq!(
        event["details"],
        json!({"by": "command line", "imported": 2, "refused": 0})
    );
}

/// As `\copy (select * from auth.users) to … csv header` writes it, some columns left out.
#[actix_web::test]
async fn supabase_by_csv() {
    let server = TestServer::start().await;
    let files = Files::new();
    let dump = files.write(
        "users.csv",
        r#"instance_id,id,aud,role,email,encrypted_password,raw_user_meta_data,created_at,banned_until,deleted_at,is_anonymous
00000000-0000-0000-0000-000000000000,6f1d5a3e-8c1b-4d2f-9a7e-0123456789ab,authenticated,authenticated,ada.lovelace@example.org,$2a$06$5njHZIk1ixmSYhsd57Iw5.lHQNxHaIUNy8087GO0ytYqVetnQxhky,"{""full_name"": ""Ada, Countess of Lovelace""}",2023-04-05 06:07:08.9+00,,,f
00000000-0000-0000-0000-000000000000,6f1d5a3e-8c1b-4d2f-9a7e-0123456789ac,authenticated,authenticated,Ada.Lovelace@Example.com,$2a$05$zDw1ABLudhmlhr9ci/70ceVeOXGFjWPcm/xbqzYJN5OZt.X2DJyuq,{},2023-04-05 06:07:08.9+00,2023-05-05 00:00:00+00,,f
00000000-0000-0000-0000-000000000000,6f1d5a3e-8c1b-4d2f-9a7e-0123456789ad,authenticated,authenticated,banned@example.org,$2a$06$5njHZIk1ixmSYhsd57Iw5.lHQNxHaIUNy8087GO0ytYqVetnQxhky,{},2023-04-05 06:07:08.9+00,2999-01-01 00:00:00+00,,f
00000000-0000-0000-0000-000000000000,6f1d5a3e-8c1b-4d2f-9a7e-0123456789ae,authenticated,authenticated,oauth@example.org,,"{""name"": ""O. Auth""}",2023-04-05 06:07:08.9+00,,,f
00000000-0000-0000-0000-000000000000,6f1d5a3e-8c1b-4d2f-9a7e-0123456789af,authenticated,authenticated,gone@example.org,$2a$06$5njHZIk1ixmSYhsd57Iw5.lHQNxHaIUNy8087GO0ytYqVetnQxhky,{},2023-04-05 06:07:08.9+00,,2023-06-05 00:00:00+00,f
00000000-0000-0000-0000-000000000000,6f1d5a3e-8c1b-4d2f-9a7e-0123456789b0,authenticated,authenticated,,,{},2023-04-05 06:07:08.9+00,,,t
"#,
    );
    let told = users(&server.database, &["import", "--json", &dump]).json(5);
    assert_eq!(
        (&told["imported"], &told["usernames_made"]),
        (&json!(3), &json!(3))
    );
    assert_eq!(told["usernames_suffixed"], 1);
    assert_eq!(
        told["refused_by_reason"],
        json!({"password_missing": 1, "deleted": 1, "email_missing": 1})
    );
    assert_eq!(
        told["ignored_members"],
        json!({"aud": 6, "instance_id": 6, "is_anonymous": 6, "role": 6})
    );
    let row = |id: char, username: &str, email: &str, full_name: Value, disabled: bool| {
        json!({
            "id": format!("6f1d5a3e-8c1b-4d2f-9a7e-0123456789a{id}"),
            "username": username,
            "email": email,
            "full_name": full_name,
            "created_at": "2023-04-05T06:07:08.9",
            "disabled": disabled,
        })
    };
    let full_name = json!("Ada, Countess of Lovelace");
    let people = stored(&server);
    let made = people[1]["username"].as_str().unwrap();
    assert!(
        made.starts_with("ada.lovelace-") && made.len() == 21,
        "{made}"
    );
    assert_eq!(
        people,
        [
            row(
                'b',
                "ada.lovelace",
                "ada.lovelace@example.org",
                full_name,
                false
            ),
            row('c', made, "ada.lovelace@example.com", Value::Null, false),
            row('d', "banned", "banned@example.org", Value::Null, true),
        ]
    );
    logs_in(&server, "ada.lovelace@example.org", PASSWORD).await;
    logs_in(&server, made, CARPET).await;
    server
        .try_log_in("banned", PASSWORD)
        .await
        .assert_problem(401, "invalid_credentials");

    // The token's sub is who they were before.
    let tokens = server.try_log_in("ada.lovelace", PASSWORD).await.ok();
    assert_eq!(
        crate::harness::claims(&tokens)["sub"],
        "6f1d5a3e-8c1b-4d2f-9a7e-0123456789ab"
    );
}

/// As `select to_json(u) from auth.users u` writes it.
#[actix_web::test]
async fn supabase_by_json_with_people_who_have_no_password() {
    let server = TestServer::start().await;
    let files = Files::new();
    let dump = files.write(
        "users.jsonl",
        r#"{"id":"6f1d5a3e-8c1b-4d2f-9a7e-0123456789ab","email":"oauth@example.org","encrypted_password":null,"raw_user_meta_data":{"name":"O. Auth"},"banned_until":null,"deleted_at":null}
"#,
    );
    let told = users(
        &server.database,
        &["import", "--json", "--allow-no-password", &dump],
    )
    .json(0);
    assert_eq!(
        (&told["imported"], &told["without_password"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(stored(&server)[0]["full_name"], "O. Auth");
    for password in ["", "!", PASSWORD] {
        server
            .try_log_in("oauth", password)
            .await
            .assert_problem(401, "invalid_credentials");
    }
}

/// As `manage.py dumpdata auth.user --format jsonl` writes it.
#[actix_web::test]
async fn django_by_dumpdata() {
    let server = TestServer::start().await;
    let files = Files::new();
    let dump = files.write(
        "users.jsonl",
        r#"{"model": "auth.user", "pk": 7, "fields": {"password": "bcrypt_sha256$$2b$05$QPaJUu2OzdYtLRwrZJJxQe1yoEiJ95zBwnUAB322bnEThHcZ8mNDG", "last_login": null, "is_superuser": false, "username": "ada", "first_name": "Ada", "last_name": "Lovelace", "email": "ada@example.org", "is_staff": false, "is_active": true, "date_joined": "2023-04-05T06:07:08.900Z", "groups": [], "user_permissions": []}}
{"model": "accounts.user", "pk": "6f1d5a3e-8c1b-4d2f-9a7e-0123456789ab", "fields": {"password": "bcrypt$$2b$05$6Jdn0tQpB.1t9oLgw8.mC.qHLa1KeaWXxdYDIQQAhi9YJgjA92Ula", "username": "grace", "first_name": "", "last_name": "", "email": "grace@example.org", "is_active": true, "date_joined": "2023-04-05T06:07:08.900Z"}}
{"model": "auth.user", "pk": 9, "fields": {"password": "bcrypt_sha256$$2b$05$I4yyvDAl9MXS5AyrH.3XKuAs.xPmoIyIbr21GRQeNDJppkCJ.1d6K", "username": "idle", "first_name": "", "last_name": "", "email": "idle@example.org", "is_active": false, "date_joined": "2023-04-05T06:07:08.900Z"}}
{"model": "auth.user", "pk": 10, "fields": {"password": "pbkdf2_sha256$1000$vDDw3OWJ8u1s4NzrW1wrtB$IUTMv4oZ3PCLQLD2q+hXR1o9ZdCaYKWdxa+i9vX8VlA=", "username": "pbk", "email": "pbk@example.org", "is_active": true}}
{"model": "auth.user", "pk": 11, "fields": {"password": "!2FxJd0NLtQavCnC0oatTewFsGYSKGk6fgpUHHUuA", "username": "none", "email": "none@example.org", "is_active": true}}
"#,
    );
    let told = users(&server.database, &["import", "--json", &dump]).json(5);
    assert_eq!(
        told["refused_by_reason"],
        json!({"hash_pbkdf2_sha256": 1, "password_unusable": 1})
    );
    let people = stored(&server);
    assert_eq!(people[0]["full_name"], "Ada Lovelace");
    assert_eq!(people[1]["id"], "6f1d5a3e-8c1b-4d2f-9a7e-0123456789ab");
    assert_eq!(people[1]["full_name"], Value::Null);
    assert_eq!(
        (&people[2]["username"], &people[2]["disabled"]),
        (&json!("idle"), &json!(true))
    );
    logs_in(&server, "ada", PASSWORD).await;
    logs_in(&server, "grace", CARPET).await;
    server
        .try_log_in("idle", CARPET)
        .await
        .assert_problem(401, "invalid_credentials");
}

/// As `\copy auth_user to … csv header` writes it.
#[actix_web::test]
async fn django_by_csv() {
    let server = TestServer::start().await;
    let files = Files::new();
    let dump = files.write(
        "users.csv",
        r#"id,password,last_login,is_superuser,username,first_name,last_name,email,is_staff,is_active,date_joined
1,bcrypt_sha256$$2b$05$BdOaO.D./COGYaZAzoEtFO7mwIa4ojvhbxmx7CrPFVsU6.cjYc4gC,,f,ada,Ada,"Lovelace, née ""Byron""",ada@example.org,f,t,2023-04-05 08:07:08.9+02
2,bcrypt_sha256$$2b$05$BdOaO.D./COGYaZAzoEtFO7mwIa4ojvhbxmx7CrPFVsU6.cjYc4gC,,f,idle,,,idle@example.org,f,f,2023-04-05 08:07:08.9+02
"#,
    );
    users(&server.database, &["import", &dump]).with(0);
    let people = stored(&server);
    assert_eq!(people[0]["full_name"], r#"Ada Lovelace, née "Byron""#);
    assert_eq!(people[0]["created_at"], "2023-04-05T06:07:08.9");
    assert_eq!(people[1]["disabled"], true);
    // Longer than bcrypt alone reads.
    let long = format!("{}y", "x".repeat(100));
    server
        .try_log_in("ada", &"x".repeat(101))
        .await
        .assert_problem(401, "invalid_credentials");
    logs_in(&server, "ada", &long).await;
}
