//! The compose files.

use super::files::{document, keys, texts};

#[test]
fn every_reference_in_the_compose_file_has_its_target() {
    let compose = document("docker/compose.yaml");
    let services = keys(&compose["services"]);
    let volumes = keys(&compose["volumes"]);
    let networks = keys(&compose["networks"]);
    for (name, service) in compose["services"].as_hash().unwrap() {
        assert!(
            keys(&service["depends_on"]).is_subset(&services),
            "{name:?}"
        );
        for network in texts(&service["networks"]) {
            assert!(networks.contains(network), "{name:?}: {network}");
        }
        for volume in texts(&service["volumes"]) {
            let source = volume.split(':').next().unwrap();
            assert!(
                source.starts_with("./") || volumes.contains(source),
                "{name:?}: {source}"
            );
        }
    }
}

/// R62: each service sees the secrets of its own and no other.
#[test]
fn no_secret_is_shared_between_services() {
    let compose = document("docker/compose.yaml");
    for name in ["auth-server", "notes-api"] {
        assert_eq!(
            texts(&compose["services"][name]["volumes"]),
            [format!("{name}-secrets:/secrets:ro")]
        );
    }
}
