//! The notes API's binary.

use std::process::ExitCode;

use clap::Parser;
use notes_api::{
    app::Application,
    config::{Command, CommandLine, ListenSettings, MigrateSettings, ServeSettings},
    schema::MIGRATIONS,
};
use service_runtime::{health, migrations, telemetry};

fn main() -> ExitCode {
    let CommandLine {
        log_format,
        command,
    } = CommandLine::parse();
    telemetry::init(log_format);
    let outcome = match command {
        Command::Serve(settings) => serve(*settings),
        Command::Migrate(settings) => migrate(settings),
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

fn serve(settings: ServeSettings) -> Outcome {
    let config = settings.check()?;
    actix_web::rt::System::new().block_on(async {
        let application = Application::build(config)?;
        for address in application.addresses() {
            log::info!("listening on http://{address}");
        }
        for address in application.metrics_addresses() {
            log::info!("figures for Prometheus at http://{address}/metrics");
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
