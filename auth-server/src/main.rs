//! The auth server's binary.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use auth_server::{
    app::{Application, MIGRATIONS},
    commands,
    config::{Command, CommandLine, ListenSettings, MigrateSettings, ServeSettings},
};
use clap::Parser;
use service_runtime::{health, migrations, telemetry};

fn main() -> ExitCode {
    telemetry::init();
    let outcome = match CommandLine::parse().command {
        Command::Serve(settings) => serve(*settings),
        Command::Migrate(settings) => migrate(settings),
        Command::Keys(command) => commands::keys::run(command).and_then(|text| say(&text)),
        Command::Users(command) => commands::users::run(command).and_then(|text| say(&text)),
        Command::Healthcheck(ListenSettings { listen }) => {
            health::check(listen).map_err(Into::into)
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            log::error!("{error}");
            ExitCode::FAILURE
        }
    }
}

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// Tells the operator what came of a command.
fn say(text: &str) -> Outcome {
    Ok(writeln!(io::stdout(), "{text}")?)
}

fn serve(settings: ServeSettings) -> Outcome {
    let config = settings.check()?;
    actix_web::rt::System::new().block_on(async {
        let application = Application::build(config)?;
        for address in application.addresses() {
            log::info!("listening on http://{address}");
        }
        Ok(application.run().await?)
    })
}

fn migrate(settings: MigrateSettings) -> Outcome {
    let applied = migrations::migrate(&settings.database_url()?, MIGRATIONS)?;
    for name in &applied {
        log::info!("applied {name}");
    }
    log::info!("the schema is up to date");
    Ok(())
}
