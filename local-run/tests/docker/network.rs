//! Who may connect to whom in Kubernetes.

use std::collections::BTreeSet;

use yaml_rust2::Yaml;

use super::files::{items, objects, of_kind, selects};

/// A pod's labels, by the one that names it.
fn pods(objects: &[Yaml]) -> Vec<(&str, &Yaml)> {
    [of_kind(objects, "Deployment"), of_kind(objects, "Job")]
        .concat()
        .into_iter()
        .map(|(name, workload)| (name, &workload["spec"]["template"]["metadata"]["labels"]))
        .collect()
}

/// What the policies allow a pod: `peer:port` of each, the peer by its label, after its namespace if that is another.
fn allowed(objects: &[Yaml], pod: &Yaml, direction: &str, peers: &str) -> BTreeSet<String> {
    let mut allowed = BTreeSet::new();
    for (name, policy) in of_kind(objects, "NetworkPolicy") {
        let selector = &policy["spec"]["podSelector"];
        if !selector["matchLabels"].is_badvalue() && !selects(&selector["matchLabels"], pod) {
            continue;
        }
        for rule in items(&policy["spec"][direction]) {
            let ports: Vec<i64> = items(&rule["ports"])
                .map(|port| port["port"].as_i64().unwrap())
                .collect();
            // No port means all of them.
            assert!(!ports.is_empty(), "{name}");
            let mut who: Vec<String> = items(&rule[peers]).map(peer).collect();
            if who.is_empty() {
                who.push("anyone".to_owned());
            }
            for who in who {
                allowed.extend(ports.iter().map(|port| format!("{who}:{port}")));
            }
        }
    }
    allowed
}

fn peer(peer: &Yaml) -> String {
    assert!(peer["ipBlock"].is_badvalue());
    [&peer["namespaceSelector"], &peer["podSelector"]]
        .iter()
        .filter(|selector| !selector.is_badvalue())
        .map(|selector| {
            let labels = selector["matchLabels"].as_hash().unwrap();
            assert_eq!(labels.len(), 1);
            labels.values().next().unwrap().as_str().unwrap()
        })
        .collect::<Vec<_>>()
        .join("/")
}

/// Above all: nobody but the auth server and its migration reaches its database.
#[test]
fn each_reaches_what_it_needs_and_nothing_else() {
    let objects = objects(&["base", "migrations"]);
    let pods = pods(&objects);
    assert_eq!(pods.len(), 5);
    for (name, pod) in pods {
        let mut expected: BTreeSet<String> = match name {
            "gateway" => &["auth-server:8081", "notes-api:8082"][..],
            "auth-server" | "auth-migrate" => &["postgres/latchkey-auth:5432"],
            "notes-api" => &["auth-server:8081", "postgres/latchkey-notes:5432"],
            "notes-migrate" => &["postgres/latchkey-notes:5432"],
            _ => unreachable!("{name}"),
        }
        .iter()
        .map(ToString::to_string)
        .collect();
        expected.insert("kube-system/kube-dns:53".to_owned());
        assert_eq!(allowed(&objects, pod, "egress", "to"), expected, "{name}");

        let expected: &[&str] = match name {
            "gateway" => &["anyone:8080"],
            "auth-server" => &[
                "gateway:8081",
                "monitoring/prometheus:9081",
                "notes-api:8081",
            ],
            "notes-api" => &["gateway:8082", "monitoring/prometheus:9082"],
            _ => &[],
        };
        let found = allowed(&objects, pod, "ingress", "from");
        assert!(found.iter().eq(expected), "{name}: {found:?}");
    }
}

/// A pod that no policy selects may do everything, and a direction that a policy does not name is free.
#[test]
fn what_is_not_allowed_is_denied() {
    let objects = objects(&["base"]);
    let policies = of_kind(&objects, "NetworkPolicy");
    let (_, policy) = policies
        .iter()
        .find(|(name, _)| *name == "default-deny")
        .unwrap();
    let spec = policy["spec"].as_hash().unwrap();
    assert_eq!(spec.len(), 2);
    assert!(policy["spec"]["podSelector"].as_hash().unwrap().is_empty());
    let types: Vec<_> = items(&policy["spec"]["policyTypes"])
        .map(|name| name.as_str().unwrap())
        .collect();
    assert_eq!(types, ["Ingress", "Egress"]);
}
