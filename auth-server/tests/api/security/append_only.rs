//! Whoever takes the server over can add events, and can neither change nor wipe any (ASVS 16.4.2).

use diesel::{
    Connection, PgConnection, QueryableByName, RunQueryDsl, connection::SimpleConnection,
    sql_types::BigInt,
};
use serde_json::json;

use crate::harness::Database;

/// One event of each of these ages, with an id of that time.
fn add_events(database: &Database, ages: &[&str]) {
    for age in ages {
        add_event(database, age, age);
    }
}

/// An event of one age, with an id that claims another.
fn add_event(database: &Database, age: &str, claimed_age: &str) {
    database.execute(&format!(
        "insert into security_events (id, at, kind)
         select (lpad(to_hex((extract(epoch from now() - interval '{claimed_age}') * 1000)::bigint), 12, '0')
                 || '7' || substring(md5(random()::text) for 3)
                 || '8' || substring(md5(random()::text) for 15))::uuid,
                now() - interval '{age}', '{age}'"
    ));
}

fn connect_as_service(database: &Database) -> PgConnection {
    PgConnection::establish(&database.service_url()).unwrap()
}

#[derive(QueryableByName)]
struct Forgotten {
    #[diesel(sql_type = BigInt)]
    events: i64,
}

fn forget(
    connection: &mut PgConnection,
    older_than: &str,
    at_most: i32,
) -> diesel::QueryResult<i64> {
    let call =
        format!("select forget_security_events(interval '{older_than}', {at_most}) as events");
    let forgotten = diesel::sql_query(call).get_result::<Forgotten>(connection);
    forgotten.map(|forgotten| forgotten.events)
}

#[actix_web::test]
async fn the_service_role_changes_and_wipes_no_event() {
    let database = Database::new();
    add_events(&database, &["1 second", "100 days"]);
    let before = database.rows("select * from security_events order by id");
    let mut connection = connect_as_service(&database);
    // That is a warning, and gives nothing.
    connection
        .batch_execute("grant all on security_events to latchkey_auth")
        .unwrap();
    for statement in [
        "update security_events set kind = 'login'",
        "update security_events set at = now() where false",
        "delete from security_events",
        "insert into security_events (id, kind, at)
         values (gen_random_uuid(), 'login', '-infinity')",
        "delete from security_events where at < now() - interval '99 days'",
        "truncate security_events",
        "alter table security_events disable trigger all",
        "insert into security_events select * from security_events
         on conflict (id) do update set kind = 'login'",
        "merge into security_events using (select 1) as one on true when matched then delete",
        "select from security_events for update",
        "alter function forget_security_events security invoker",
        "create or replace function forget_security_events(older_than interval, at_most integer)
         returns bigint language sql as 'select 1::bigint'",
    ] {
        let refused = connection.batch_execute(statement);
        let reason = refused.expect_err(statement).to_string();
        assert!(
            reason.contains("permission denied") || reason.contains("must be owner"),
            "{statement}: {reason}"
        );
    }
    // What it may.
    connection
        .batch_execute("insert into security_events (id, kind) values (gen_random_uuid(), 'login')")
        .unwrap();
    let after = database.rows("select * from security_events where kind <> 'login' order by id");
    assert_eq!(before, after);
}

#[actix_web::test]
async fn nobody_forgets_what_is_younger_than_seven_days() {
    let database = Database::new();
    add_events(&database, &["0", "6 days 23 hours", "8 days"]);
    let mut connection = connect_as_service(&database);
    for age in [
        "0",
        "-1 day",
        "6 days",
        "167 hours 59 minutes 59 seconds",
        // These compare as a month and more, and reach back by days.
        "1 month -26 days",
        "-1 month 33 days",
        "1 year -360 days",
    ] {
        let reason = forget(&mut connection, age, 1000)
            .expect_err(age)
            .to_string();
        assert!(reason.contains("at least seven days"), "{age}: {reason}");
    }
    assert_eq!(database.count("security_events"), 3);
    assert_eq!(forget(&mut connection, "168 hours", 1000), Ok(1));
    let kept = database.rows("select kind from security_events order by at");
    assert_eq!(
        kept,
        [json!({"kind": "6 days 23 hours"}), json!({"kind": "0"})]
    );
}

#[actix_web::test]
async fn the_oldest_go_first_and_a_bounded_number_at_once() {
    let database = Database::new();
    add_events(&database, &["10 days", "300 days", "200 days", "50 years"]);
    let mut connection = connect_as_service(&database);
    for (at_most, forgotten, left, oldest) in [
        (1, 1, 3, Some("300 days")),
        (0, 0, 3, Some("300 days")),
        (2, 2, 1, Some("10 days")),
        (1000, 1, 0, None),
    ] {
        assert_eq!(forget(&mut connection, "7 days", at_most), Ok(forgotten));
        assert_eq!(database.count("security_events"), left);
        let found = database.rows("select kind from security_events order by at limit 1");
        let found = found.first().and_then(|row| row["kind"].as_str());
        assert_eq!(found, oldest);
    }
    assert_eq!(forget(&mut connection, "1000 years", 1000), Ok(0));
}

/// Ids are made by the servers, whose clocks may be off, and who may be in other hands.
#[actix_web::test]
async fn the_databases_instant_counts_whatever_the_id_says() {
    let database = Database::new();
    add_event(&database, "1 day", "20 days");
    add_event(&database, "20 days", "1 day");
    let mut connection = connect_as_service(&database);
    assert_eq!(forget(&mut connection, "10 days", 1000), Ok(0));
    assert_eq!(database.count("security_events"), 2);
}
