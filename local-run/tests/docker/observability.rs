//! What watches the services.

use yaml_rust2::Yaml;

use super::files::{document, keys, path, read, texts};

/// Prometheus finds the services in a network that it shares with them, at the ports where they serve their
/// figures; what the containers read is there; and no page is for the world.
#[test]
fn what_watches_the_services_fits_them() {
    let compose = document("docker/compose.yaml");
    let watching = document("docker/observability/compose.yaml");
    let networks = keys(&compose["networks"]);
    let volumes = keys(&watching["volumes"]);
    for name in ["prometheus", "grafana"] {
        let service = &watching["services"][name];
        for network in texts(&service["networks"]) {
            assert!(networks.contains(network), "{network}");
        }
        for volume in texts(&service["volumes"]) {
            let source = volume.split(':').next().unwrap();
            assert!(
                volumes.contains(source) || path("docker").join(source).is_file(),
                "{source}"
            );
        }
        for port in texts(&service["ports"]) {
            assert!(port.starts_with("127.0.0.1:"));
        }
    }
    let configuration = read("docker/observability/prometheus.yml");
    for (name, variable) in [
        ("auth-server", "AUTH_METRICS_LISTEN"),
        ("notes-api", "NOTES_METRICS_LISTEN"),
    ] {
        let networks = compose["services"][name]["networks"].as_vec().unwrap();
        assert!(networks.contains(&Yaml::String("keys".to_owned())));
        let listen = &watching["services"][name]["environment"][variable];
        let port = listen.as_str().unwrap().strip_prefix("0.0.0.0:").unwrap();
        let target = format!("{{names: [{name}], type: A, port: {port},");
        assert!(configuration.contains(&target), "{target}");
    }
}
