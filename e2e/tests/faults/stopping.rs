//! Replica after replica is told to stop, and started again.

use std::net::{Ipv4Addr, TcpStream};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::sql_types::BigInt;
use diesel::{Connection, PgConnection, QueryableByName, RunQueryDsl, sql_query};
use e2e::client::{Answer, Client};
use local_run::daemon::Daemon;
use local_run::postgres::{Server, Service};
use local_run::wait;
use serde_json::json;

use crate::world::World;

const SOON: Duration = Duration::from_secs(30);

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

/// What is in flight finishes, and nobody notices anything.
pub(crate) async fn under_load(world: &mut World) {
    let mut fault = world.fault("SIGTERM under load, replica after replica", &[]);
    let client = world.system.client();
    let server = world.system.stack.postgres.server().clone();
    for _ in 0..world.size.states {
        for replica in 0..2 {
            // Their refresh token may be succeeded at once, being a registration's.
            let someone = client.register().await;
            let note = client.write_note(&someone.access_token, "Harbour").await;
            let note = note.header("location").to_owned();
            let rotation = format!(
                "select 1 from sessions where id = '{}' for update",
                someone.session
            );
            let auth_server = &mut world.system.stack.auth_servers[replica];
            let call = refresh(auth_server.url(), someone.refresh_token.clone());
            stop_with_one_in_flight(auth_server, &server, Service::Auth, &rotation, call).await;
            world.recover(&mut fault, Instant::now()).await;

            let writing = format!(
                "select 1 from notes where id = '{}' for update",
                note.strip_prefix("/notes/").unwrap()
            );
            let notes_api = &mut world.system.stack.notes_apis[replica];
            let call = replace(notes_api.url(), note.clone(), someone.access_token.clone());
            stop_with_one_in_flight(notes_api, &server, Service::Notes, &writing, call).await;
            world.recover(&mut fault, Instant::now()).await;
        }
    }
    world.conclude(fault).await;
}

/// The call waits for a row that is locked until the replica takes no more connections.
async fn stop_with_one_in_flight(
    replica: &mut Daemon,
    server: &Server,
    service: Service,
    lock: &str,
    call: impl Future<Output = Answer> + Send + 'static,
) {
    let url = server.superuser_url(service.database());
    let mut holder = PgConnection::establish(&url).unwrap();
    holder.batch_execute("begin").unwrap();
    holder.batch_execute(lock).unwrap();
    let mut watcher = PgConnection::establish(&url).unwrap();
    let in_flight = tokio::spawn(call);
    wait::until("waiting for the lock", SOON, || {
        let waiting: Number = sql_query(
            "select count(*) as number from pg_stat_activity
             where datname = current_database() and wait_event = 'transactionid'",
        )
        .get_result(&mut watcher)?;
        Ok((waiting.number == 1).then_some(()))
    })
    .unwrap();

    let port = replica.port();
    std::thread::scope(|scope| {
        let stopping = scope.spawn(|| replica.stop());
        wait::until("closing the door", SOON, || {
            let open = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok();
            Ok((!open).then_some(()))
        })
        .unwrap();
        holder.batch_execute("rollback").unwrap();
        stopping.join().unwrap().unwrap();
    });
    in_flight.await.unwrap().assert_status(200);
    replica.start().unwrap();
}

async fn refresh(replica: String, refresh_token: String) -> Answer {
    Client::new(replica).refresh(&refresh_token).await
}

async fn replace(replica: String, note: String, access_token: String) -> Answer {
    let client = Client::new(replica);
    let content = json!({"title": "Harbour", "body": "The boat has left."});
    let put = client.call("PUT".parse().unwrap(), &note);
    put.bearer(&access_token).json(&content).send().await
}
