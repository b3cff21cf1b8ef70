//! The container files hold together. What only a Docker engine can tell is not tested here.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use yaml_rust2::{Yaml, YamlLoader};

const COMPOSE: &str = include_str!("../../docker/compose.yaml");
const DOCKERFILE: &str = include_str!("../../docker/Dockerfile");
const TEMPLATE: &str = include_str!("../../docker/gateway/nginx.conf.template");

fn compose() -> Yaml {
    YamlLoader::load_from_str(COMPOSE).unwrap().remove(0)
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
