//! The container files hold together. What only a Docker engine can tell is not tested here.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::path::Path;

use yaml_rust2::{Yaml, YamlLoader};

const COMPOSE: &str = include_str!("../../docker/compose.yaml");
const OBSERVABILITY: &str = include_str!("../../docker/observability/compose.yaml");
const DOCKERFILE: &str = include_str!("../../docker/Dockerfile");
const TEMPLATE: &str = include_str!("../../docker/gateway/nginx.conf.template");

fn compose() -> Yaml {
    YamlLoader::load_from_str(COMPOSE).unwrap().remove(0)
}

/// What is laid over it to watch it.
fn observability() -> Yaml {
    YamlLoader::load_from_str(OBSERVABILITY).unwrap().remove(0)
}

fn keys(mapping: &Yaml) -> BTreeSet<&str> {
    mapping
        .as_hash()
        .unwrap()
        .keys()
        .map(|key| key.as_str().unwrap())
        .collect()
}

#[test]
fn every_reference_in_the_compose_file_has_its_target() {
    let compose = compose();
    let services = keys(&compose["services"]);
    let volumes = keys(&compose["volumes"]);
    let networks = keys(&compose["networks"]);
    for (name, service) in compose["services"].as_hash().unwrap() {
        if service["depends_on"].as_hash().is_some() {
            assert!(
                keys(&service["depends_on"]).is_subset(&services),
                "{name:?}"
            );
        }
        for network in service["networks"].as_vec().into_iter().flatten() {
            assert!(
                networks.contains(network.as_str().unwrap()),
                "{name:?}: {network:?}"
            );
        }
        for volume in service["volumes"].as_vec().into_iter().flatten() {
            let source = volume.as_str().unwrap().split(':').next().unwrap();
            assert!(
                source.starts_with("./") || volumes.contains(source),
                "{name:?}: {source}"
            );
        }
    }
}

#[test]
fn every_target_that_is_built_is_a_stage_of_the_dockerfile() {
    let compose = compose();
    for target in ["auth-server", "notes-api", "gateway"] {
        let build = if target == "gateway" {
            &compose["services"]["gateway"]["build"]
        } else {
            &compose[format!("x-{target}").as_str()]["build"]
        };
        assert_eq!(build["target"].as_str(), Some(target));
        assert!(
            DOCKERFILE
                .lines()
                .any(|line| line.ends_with(&format!(" AS {target}"))),
            "{target}"
        );
    }
}

/// Prometheus finds the services in a network that it shares with them, at the ports where they serve their
/// figures; what the containers read is there; and no page is for the world.
#[test]
fn what_watches_the_services_fits_them() {
    let (compose, watching) = (compose(), observability());
    let docker = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docker");
    let known: BTreeSet<&str> = keys(&compose["networks"]);
    let volumes = keys(&watching["volumes"]);
    for name in ["prometheus", "grafana"] {
        let service = &watching["services"][name];
        for network in service["networks"].as_vec().unwrap() {
            assert!(known.contains(network.as_str().unwrap()), "{network:?}");
        }
        for volume in service["volumes"].as_vec().unwrap() {
            let source = volume.as_str().unwrap().split(':').next().unwrap();
            assert!(
                volumes.contains(source) || docker.join(source).is_file(),
                "{source}"
            );
        }
        for port in service["ports"].as_vec().unwrap() {
            assert!(port.as_str().unwrap().starts_with("127.0.0.1:"));
        }
    }
    let configuration = docker.join("observability/prometheus.yml");
    let configuration = std::fs::read_to_string(configuration).unwrap();
    for (name, variable) in [
        ("auth-server", "AUTH_METRICS_LISTEN"),
        ("notes-api", "NOTES_METRICS_LISTEN"),
    ] {
        let networks = compose["services"][name]["networks"].as_vec().unwrap();
        assert!(networks.contains(&Yaml::String("services".to_owned())));
        let listen = &watching["services"][name]["environment"][variable];
        let port = listen.as_str().unwrap().strip_prefix("0.0.0.0:").unwrap();
        let target = format!("{{names: [{name}], type: A, port: {port},");
        assert!(configuration.contains(&target), "{target}");
    }
}

/// R62: each service sees the secrets of its own and no other.
#[test]
fn no_secret_is_shared_between_services() {
    let compose = compose();
    for name in ["auth-server", "notes-api"] {
        let service = &compose["services"][name];
        let volumes: Vec<_> = service["volumes"]
            .as_vec()
            .unwrap()
            .iter()
            .map(|volume| volume.as_str().unwrap())
            .collect();
        assert_eq!(volumes, [format!("{name}-secrets:/secrets:ro")]);
    }
}

#[test]
fn the_image_gives_every_placeholder_of_the_gateway_a_value() {
    for placeholder in TEMPLATE.split("${").skip(1) {
        let name = placeholder.split('}').next().unwrap();
        let when_it_starts = format!("    {name}=");
        let when_it_is_built = format!("sed --in-place \"s/\\${{{name}}}/");
        assert!(
            DOCKERFILE.contains(&when_it_starts) || DOCKERFILE.contains(&when_it_is_built),
            "{name}"
        );
    }
}
