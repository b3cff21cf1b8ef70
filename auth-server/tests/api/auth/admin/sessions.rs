//! `/auth/admin/sessions`

use serde_json::{Value, json};

use super::{Office, done, id_of, text};

#[actix_web::test]
async fn sessions_are_listed_by_person() {
    let office = Office::open().await;
    let server = &office.server;
    let ada = server.register("ada").await;
    let other = server.log_in("ada").await;
    let path = format!("sessions?user={}", id_of(&ada));
    let found = office.get(&path).await.ok();
    let newest = &found["sessions"][0];
    assert_eq!(
        *newest,
        json!({
            "id": other["session_id"],
            "user_id": id_of(&ada),
            "username": "ada",
            "created_at": newest["created_at"],
            "refreshed_at": null,
            "expires_at": newest["expires_at"],
            "live": true,
            "revoked_at": null,
            "revoke_reason": null,
            "ip": "127.0.0.1",
            "user_agent": null,
            "scope": null,
        })
    );
    assert_eq!(found["sessions"][1]["id"], ada["session_id"]);
    assert_eq!(found["next_cursor"], Value::Null);
    let own = office
        .get(&format!("sessions?user={}", id_of(&office.tokens)))
        .await
        .ok();
    assert_eq!(own["sessions"][0]["scope"], "auth:admin");
}

#[actix_web::test]
async fn sessions_are_listed_by_address_or_network() {
    let office = Office::open().await;
    office.server.register("ada").await;
    office.server.database.execute(
        "update sessions set ip = '203.0.113.9' where user_id = (select id from users where username = 'ada');
         insert into sessions (id, handle, user_id, idle_expires_at, absolute_expires_at, ip, revoked_at, revoke_reason)
         select gen_random_uuid(), substring(sha256('v6'::bytea) for 16), id, now(), now(), '2001:db8::1', now(), 'logout'
         from users where username = 'ada'",
    );
    for (query, number) in [
        ("ip=203.0.113.9", 1),
        ("ip=203.0.113.0%2F24", 1),
        ("ip=203.0.113.10", 0),
        ("ip=2001:db8::%2F32", 0),
        ("ip=2001:db8::%2F32&ended=true", 1),
        ("ip=::1&ended=false", 0),
        ("ended=true", 4),
        ("", 3),
    ] {
        let found = office.get(&format!("sessions?{query}")).await.ok();
        assert_eq!(
            found["sessions"].as_array().unwrap().len(),
            number,
            "{query}"
        );
    }
    office
        .get("sessions?ip=nowhere&user=ada&ended=perhaps")
        .await
        .assert_invalid(&[("user", "invalid"), ("ip", "invalid"), ("ended", "invalid")]);
}

/// However many there are, no call looks at more than it can in a moment, and none is left out.
#[actix_web::test]
async fn a_needle_is_found_in_any_haystack() {
    let office = Office::open().await;
    office.server.register("ada").await;
    office.server.database.execute(
        "insert into sessions (id, handle, user_id, idle_expires_at, absolute_expires_at, ip)
         select gen_random_uuid(), substring(sha256(n::text::bytea) for 16), users.id,
                now() + interval '1 day', now() + interval '1 day',
                case when n % 40000 = 0 then '203.0.113.9'::inet else '127.0.0.2' end
         from users, generate_series(1, 120000) as n where username = 'ada'",
    );
    let found = office.walk("sessions", "ip=203.0.113.9").await;
    assert_eq!(found.len(), 3);
    assert_eq!(office.walk("sessions", "ip=127.0.0.1").await.len(), 3);
}

#[actix_web::test]
async fn a_session_is_ended_once() {
    let office = Office::open().await;
    let server = &office.server;
    let ada = server.register("ada").await;
    let other = server.log_in("ada").await;
    let path = format!("sessions/{}", text(&ada, "session_id"));
    for _ in 0..2 {
        office.delete(&path).await.assert_no_content();
    }
    server.me(&ada).await.assert_session_ended();
    assert_eq!(server.me(&other).await.status, 200);
    assert_eq!(done(server), [("session_revoked".into(), "ada".into())]);
    assert_eq!(server.database.count("revocations"), 1);
    let ended = office.get("sessions?ended=true").await.ok();
    assert_eq!(ended["sessions"][1]["revoke_reason"], "administrator");
    office
        .delete("sessions/018f6b6e-5c1a-7000-8000-000000000000")
        .await
        .assert_problem(404, "not_found");
}
