//! The compose files.

use super::files::{document, items, keys, path, read, texts};

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

/// It takes the word of whoever is in this network for who calls.
#[test]
fn the_gateway_alone_shares_the_network_that_the_auth_server_trusts() {
    let compose = document("docker/compose.yaml");
    let trusted = &compose["services"]["auth-server"]["environment"]["AUTH_TRUSTED_PROXIES"];
    let network = &compose["networks"]["auth"]["ipam"]["config"][0]["subnet"];
    assert_eq!(trusted, network);
    let observed = document("docker/observability/compose.yaml");
    let members: Vec<&str> = [&compose, &observed]
        .into_iter()
        .flat_map(|file| file["services"].as_hash().unwrap())
        .filter(|(_, service)| texts(&service["networks"]).contains(&"auth"))
        .map(|(name, _)| name.as_str().unwrap())
        .collect();
    assert_eq!(members, ["auth-server", "gateway"]);
    // By another one of theirs, the gateway would come from an address that is not trusted.
    let of = |name: &str| texts(&compose["services"][name]["networks"]);
    let mut shared = of("gateway");
    shared.retain(|network| of("auth-server").contains(network));
    assert_eq!(shared, ["auth"]);
}

/// What it says of a service is laid over that of the first file; a name that is in neither would be a service of
/// its own.
#[test]
fn what_is_for_production_fits_what_it_is_laid_over() {
    let (compose, production) = (
        document("docker/compose.yaml"),
        document("docker/compose.production.yaml"),
    );
    assert_eq!(keys(&compose["services"]), keys(&production["services"]));
    let secrets = keys(&production["secrets"]);
    for (name, service) in production["services"].as_hash().unwrap() {
        let options = keys(&production["x-log"]["logging"]["options"]);
        assert_eq!(options, ["max-file", "max-size"].into(), "{name:?}");
        let log = &service["<<"]["logging"];
        assert!(*log == production["x-log"]["logging"] || *service == production["x-log"]);
        for secret in texts(&service["secrets"]) {
            assert!(secrets.contains(secret), "{name:?}: {secret}");
        }
    }
    for name in ["auth-server", "notes-api"] {
        let deploy = &production["services"][name]["deploy"];
        assert_eq!(deploy["replicas"].as_i64(), Some(2));
        assert!(deploy["resources"]["limits"]["memory"].as_str().is_some());
    }
}

/// The scripts of the handbook are where it says.
#[test]
fn what_is_for_backups_has_the_archive_that_restores_read() {
    let postgres = &document("docker/compose.backup.yaml")["services"]["postgres"];
    let archiving = texts(&postgres["command"]).join(" ");
    assert!(archiving.contains("archive_mode=on"));
    assert!(archiving.contains("archive_command=cp %p /archive/"));
    let volumes = texts(&postgres["volumes"]);
    assert!(volumes.contains(&"./postgres:/scripts:ro"));
    for target in ["/archive", "/backups"] {
        assert!(volumes.iter().any(|volume| volume.ends_with(target)));
    }
    let handbook = read("docs/backup.md");
    for script in ["backup", "restore"] {
        assert!(path("docker/postgres").join(script).is_file());
        assert!(handbook.contains(&format!("/scripts/{script} /backups/")));
    }
    let data = &document("docker/compose.yaml")["services"]["postgres"]["environment"]["PGDATA"];
    let (volume, directory) = data.as_str().unwrap().rsplit_once('/').unwrap();
    assert!(handbook.contains(&format!("cd {volume}; mv {directory} ")));
}

/// The gateway has TLS then, and neither it nor a service goes by another origin than the one that has to be given.
#[test]
fn in_production_the_origin_is_given_and_https() {
    let production = document("docker/compose.production.yaml");
    let services = &production["services"];
    for (service, variable) in [
        ("auth-server", "AUTH_ISSUER"),
        ("notes-api", "NOTES_ISSUER"),
        ("gateway", "LATCHKEY_ORIGIN"),
    ] {
        let value = services[service]["environment"][variable].as_str().unwrap();
        assert!(value.starts_with("${LATCHKEY_ORIGIN:?"), "{value}");
    }
    let gateway = &services["gateway"];
    let environment = &gateway["environment"];
    assert_eq!(
        environment["LATCHKEY_LISTEN"].as_str(),
        Some("8443 ssl http2")
    );
    assert_eq!(
        environment["LATCHKEY_TLS"].as_str(),
        Some("include /tmp/tls.conf;")
    );
    assert!(path("docker/gateway/tls.conf.template").is_file());
    assert_eq!(environment["LATCHKEY_HSTS"].as_str(), Some("on"));
    assert_eq!(
        texts(&gateway["ports"]),
        ["0.0.0.0:80:8080", "0.0.0.0:443:8443"]
    );
    for secret in items(&gateway["secrets"]) {
        let file = &production["secrets"][secret.as_str().unwrap()]["file"];
        assert!(file.as_str().unwrap().contains(":?"), "{file:?}");
    }
}
