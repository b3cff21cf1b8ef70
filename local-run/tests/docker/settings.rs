//! Settings and secrets that manifests give: that there are such settings, and that secrets are told to nobody else.

use std::collections::{BTreeMap, BTreeSet};

use yaml_rust2::Yaml;

use super::files::{document, items, keys, objects, of_kind, read};

/// What may be set: of the services, what the operator's handbook lists, which is held to `--help` by a test; of the
/// gateway, the placeholders of its templates.
fn known() -> BTreeSet<String> {
    let handbook = read("docs/operating.md");
    let services = handbook
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    let templates = ["nginx.conf.template", "tls.conf.template"]
        .map(|name| read(&format!("docker/gateway/{name}")));
    let gateway = templates
        .iter()
        .flat_map(|template| template.split("${").skip(1))
        .filter_map(|rest| rest.split('}').next());
    services.chain(gateway).map(str::to_owned).collect()
}

/// The settings of the generated `ConfigMaps` of a kustomization.
fn literals(kustomization: &str) -> BTreeMap<String, String> {
    let kustomization = document(&format!("docker/k8s/{kustomization}/kustomization.yaml"));
    items(&kustomization["configMapGenerator"])
        .flat_map(|map| items(&map["literals"]))
        .map(|literal| {
            let (name, value) = literal.as_str().unwrap().split_once('=').unwrap();
            (name.to_owned(), value.to_owned())
        })
        .collect()
}

fn containers(objects: &[Yaml]) -> Vec<(&str, &Yaml)> {
    [of_kind(objects, "Deployment"), of_kind(objects, "Job")]
        .concat()
        .into_iter()
        .map(|(name, workload)| (name, &workload["spec"]["template"]["spec"]["containers"][0]))
        .collect()
}

#[test]
fn every_setting_that_is_given_exists() {
    let known = known();
    let mut given = BTreeSet::new();
    for compose in ["compose", "compose.production", "observability/compose"] {
        let compose = document(&format!("docker/{compose}.yaml"));
        for name in ["auth-server", "notes-api", "gateway"] {
            let environment = &compose["services"][name]["environment"];
            given.extend(keys(environment).into_iter().map(str::to_owned));
        }
    }
    for kustomization in ["base", "overlays/try", "overlays/production"] {
        given.extend(literals(kustomization).into_keys());
    }
    for (_, container) in containers(&objects(&["base", "migrations"])) {
        given.extend(items(&container["env"]).map(|set| set["name"].as_str().unwrap().to_owned()));
    }
    assert!(given.len() > 15, "{given:?}");
    let unknown: Vec<_> = given.difference(&known).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}

#[test]
fn each_service_gets_its_own_settings_and_secrets() {
    let objects = objects(&["base", "migrations"]);
    let base = document("docker/k8s/base/kustomization.yaml");
    let maps: Vec<&Yaml> = items(&base["configMapGenerator"])
        .map(|map| &map["name"])
        .collect();
    let readme = read("docker/k8s/README.md");
    let mut secrets = BTreeMap::new();
    for (name, container) in containers(&objects) {
        for source in items(&container["envFrom"]) {
            assert_eq!(source["configMapRef"]["name"].as_str(), Some(name));
            assert!(maps.contains(&&source["configMapRef"]["name"]));
        }
        for set in items(&container["env"]) {
            let secret = &set["valueFrom"]["secretKeyRef"];
            if let Some(secret) = secret["name"].as_str() {
                assert!(
                    readme.contains(&format!("| `{secret}` | `url` |")),
                    "{secret}"
                );
                secrets.insert(secret, name);
            } else {
                // A password would be in the manifest.
                assert!(!set["name"].as_str().unwrap().ends_with("_URL"));
            }
        }
    }
    assert_eq!(
        secrets,
        [
            ("auth-database", "auth-server"),
            ("auth-database-owner", "auth-migrate"),
            ("notes-database", "notes-api"),
            ("notes-database-owner", "notes-migrate"),
        ]
        .into()
    );
    let mounted: Vec<_> = of_kind(&objects, "Deployment")
        .into_iter()
        .flat_map(|(name, deployment)| {
            items(&deployment["spec"]["template"]["spec"]["volumes"])
                .filter_map(move |volume| Some((name, volume["secret"]["secretName"].as_str()?)))
        })
        .collect();
    assert_eq!(mounted, [("auth-server", "auth-master-keys")]);
    assert!(readme.contains("| `auth-master-keys` | `master-keys` |"));
}

#[test]
fn both_services_go_by_one_issuer() {
    for (overlay, scheme) in [("try", "http://"), ("production", "https://")] {
        let literals = literals(&format!("overlays/{overlay}"));
        assert_eq!(literals["AUTH_ISSUER"], literals["NOTES_ISSUER"]);
        assert!(literals["AUTH_ISSUER"].starts_with(scheme), "{overlay}");
    }
}

#[test]
fn addresses_of_services_are_those_of_services() {
    let objects = objects(&["base"]);
    let addresses: Vec<String> = of_kind(&objects, "Service")
        .into_iter()
        .map(|(name, service)| {
            let port = service["spec"]["ports"][0]["port"].as_i64().unwrap();
            format!("{name}:{port}")
        })
        .collect();
    let base = literals("base");
    let jwks = base["NOTES_JWKS_URL"].strip_prefix("http://").unwrap();
    let mut used = vec![jwks.split('/').next().unwrap()];
    for list in ["LATCHKEY_AUTH_SERVERS", "LATCHKEY_NOTES_SERVERS"] {
        let servers = base[list].split("server ").skip(1);
        used.extend(servers.map(|server| server.split(' ').next().unwrap()));
    }
    assert_eq!(used.len(), 5);
    for address in used {
        assert!(addresses.iter().any(|found| found == address), "{address}");
    }
    for (variable, port) in [
        ("AUTH_METRICS_LISTEN", 9081),
        ("NOTES_METRICS_LISTEN", 9082),
    ] {
        assert_eq!(base[variable], format!("0.0.0.0:{port}"));
        let metrics = containers(&objects)
            .into_iter()
            .flat_map(|(_, container)| items(&container["ports"]))
            .filter(|found| found["containerPort"].as_i64() == Some(port));
        assert_eq!(metrics.count(), 1, "{variable}");
    }
}
