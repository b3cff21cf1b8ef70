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
use clap::{CommandFactory, Parser};
use service_runtime::{health, migrations, telemetry};

fn main() -> ExitCode {
    let CommandLine {
        log_format,
        command,
    } = CommandLine::parse();
    telemetry::init(log_format);
    let mut out = io::stdout();
    let outcome = match command {
        Command::Serve(settings) => return run(|| serve(*settings)),
        Command::Migrate(settings) => return run(|| migrate(settings)),
        Command::Healthcheck(ListenSettings { listen }) => {
            return run(|| Ok(health::check(listen)?));
        }
        Command::Keys(command) => commands::keys::run(command, &mut out),
        Command::Users(command) => commands::users::run(command, &mut out),
        Command::Sessions(command) => commands::sessions::run(command, &mut out),
        Command::Events(command) => commands::events::run(command, &mut out),
        Command::Completions { shell } => {
            let (mut command_line, mut script) = (CommandLine::command(), Vec::new());
            clap_complete::generate(shell, &mut command_line, "auth-server", &mut script);
            out.write_all(&script).map_err(Into::into)
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "auth-server: {error}");
            error.exit_code()
        }
    }
}

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// Runs what is part of a service, and logs why it ended, if it ended badly.
fn run(service: impl FnOnce() -> Outcome) -> ExitCode {
    match service() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            log::error!("{error}");
            ExitCode::FAILURE
        }
    }
}

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
