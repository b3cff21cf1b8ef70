//! The settings of the figures for Prometheus.

use std::net::SocketAddr;

use clap::Args;

/// Where figures are served.
#[derive(Debug, Args)]
pub struct MetricsSettings {
    /// Address and port to serve figures for Prometheus on, at /metrics and to anyone who can
    /// connect. Without it, they are not served.
    #[arg(long, env = "AUTH_METRICS_LISTEN", value_name = "AUTH_METRICS_LISTEN")]
    pub metrics_listen: Option<SocketAddr>,
}
