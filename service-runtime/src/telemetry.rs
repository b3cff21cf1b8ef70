//! The log: one line per request, none of them with a token, a password, an e-mail or a body.

mod access;
mod format;
mod request_id;
mod trace_context;

use std::panic;

pub use access::log_request;
pub use format::LogFormat;

/// Starts the log on standard error, at the levels that `RUST_LOG` asks for (`info` by default).
pub fn init(format: LogFormat) {
    let levels = env_logger::Env::default().default_filter_or("info");
    let mut builder = env_logger::Builder::from_env(levels);
    match format {
        LogFormat::Text => {
            builder
                .format_timestamp_millis()
                .format_key_values(format::text_fields);
        }
        LogFormat::Json => {
            builder.format(format::json);
            // A panic would write lines of its own, which no program that reads the others could read. libpq may
            // still, of a connection that Postgres ends before Diesel has set it up.
            panic::set_hook(Box::new(|panic| log::error!(target: "panic", "{panic}")));
        }
    }
    builder.init();
}
