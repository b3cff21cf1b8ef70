//! What runs in Kubernetes: that it is bounded, watched, and stopped without turning anybody away.

use yaml_rust2::Yaml;

use super::files::{document, items, objects, of_kind, selects};

/// The image has the same user.
const USER: i64 = 10001;

fn all() -> Vec<Yaml> {
    objects(&["base", "migrations"])
}

fn workloads(objects: &[Yaml]) -> Vec<(&str, &Yaml)> {
    [of_kind(objects, "Deployment"), of_kind(objects, "Job")].concat()
}

#[test]
fn pods_have_no_rights() {
    let objects = all();
    assert_eq!(workloads(&objects).len(), 5);
    for (name, workload) in workloads(&objects) {
        let pod = &workload["spec"]["template"]["spec"];
        assert_eq!(
            pod["automountServiceAccountToken"].as_bool(),
            Some(false),
            "{name}"
        );
        // Their variables would look like settings.
        assert_eq!(pod["enableServiceLinks"].as_bool(), Some(false), "{name}");
        let security = &pod["securityContext"];
        assert_eq!(security["runAsNonRoot"].as_bool(), Some(true), "{name}");
        assert_eq!(security["runAsUser"].as_i64(), Some(USER), "{name}");
        assert_eq!(
            security["seccompProfile"]["type"].as_str(),
            Some("RuntimeDefault")
        );
        for container in items(&pod["containers"]) {
            let security = &container["securityContext"];
            assert_eq!(security["allowPrivilegeEscalation"].as_bool(), Some(false));
            assert_eq!(security["readOnlyRootFilesystem"].as_bool(), Some(true));
            assert_eq!(security["capabilities"]["drop"][0].as_str(), Some("ALL"));
            let resources = &container["resources"];
            assert!(resources["requests"]["cpu"].as_str().is_some(), "{name}");
            assert!(resources["requests"]["memory"].as_str().is_some(), "{name}");
            assert!(resources["limits"]["memory"].as_str().is_some(), "{name}");
            // Hashing would use it up, and requests would be stopped with it.
            assert!(resources["limits"]["cpu"].is_badvalue(), "{name}");
        }
    }
}

#[test]
fn images_are_those_that_are_built_and_have_the_release() {
    let objects = all();
    let release = document("docker/k8s/overlays/production/release/kustomization.yaml");
    let migrations = document("docker/k8s/overlays/production/migrations/kustomization.yaml");
    let released: Vec<&str> = items(&release["images"])
        .map(|image| image["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        released,
        ["auth-server", "notes-api", "gateway"].map(|target| format!("latchkey/{target}"))
    );
    for (name, workload) in workloads(&objects) {
        let image = &workload["spec"]["template"]["spec"]["containers"][0]["image"];
        assert!(released.contains(&image.as_str().unwrap()), "{name}");
    }
    for image in items(&release["images"]) {
        let tag = image["newTag"].as_str().unwrap();
        let suffix = format!("-{}", tag.replace('.', "-"));
        assert_eq!(migrations["nameSuffix"].as_str(), Some(&*suffix));
    }
}

#[test]
fn a_pod_is_asked_how_it_is_and_given_time_to_stop() {
    let objects = all();
    for (name, deployment) in of_kind(&objects, "Deployment") {
        let pod = &deployment["spec"]["template"]["spec"];
        let container = &pod["containers"][0];
        // The gateway needs nothing to be ready.
        let started = if name == "gateway" {
            "/health/live"
        } else {
            "/health/ready"
        };
        for (probe, path) in [
            ("startupProbe", started),
            ("readinessProbe", "/health/live"),
            ("livenessProbe", "/health/live"),
        ] {
            let get = &container[probe]["httpGet"];
            assert_eq!(get["path"].as_str(), Some(path), "{name}");
            assert_eq!(get["port"].as_str(), Some("http"), "{name}");
        }
        let sleep = container["lifecycle"]["preStop"]["sleep"]["seconds"].as_i64();
        let grace = pod["terminationGracePeriodSeconds"].as_i64();
        // One second to use connections up and 15 for calls in flight; the gateway has 10.
        assert!(grace.unwrap() > sleep.unwrap() + 16, "{name}");
        let strategy = &deployment["spec"]["strategy"]["rollingUpdate"];
        assert_eq!(strategy["maxUnavailable"].as_i64(), Some(0), "{name}");
    }
}

#[test]
fn whatever_selects_pods_selects_those_of_its_name() {
    let objects = all();
    let deployments = of_kind(&objects, "Deployment");
    for (name, deployment) in &deployments {
        let labels = &deployment["spec"]["template"]["metadata"]["labels"];
        let selector = &deployment["spec"]["selector"]["matchLabels"];
        assert!(selects(selector, labels), "{name}");
        let spread = &deployment["spec"]["template"]["spec"]["topologySpreadConstraints"][0];
        assert_eq!(spread["labelSelector"]["matchLabels"], *selector, "{name}");
        for kind in ["Service", "PodDisruptionBudget"] {
            let found = of_kind(&objects, kind);
            let (_, object) = found.iter().find(|(found, _)| found == name).unwrap();
            let selector = match kind {
                "Service" => &object["spec"]["selector"],
                _ => &object["spec"]["selector"]["matchLabels"],
            };
            for (other, deployment) in &deployments {
                let labels = &deployment["spec"]["template"]["metadata"]["labels"];
                assert_eq!(selects(selector, labels), other == name, "{kind} {name}");
            }
        }
    }
    for (name, service) in of_kind(&objects, "Service") {
        let (_, deployment) = deployments
            .iter()
            .find(|(found, _)| *found == name)
            .unwrap();
        let ports = &deployment["spec"]["template"]["spec"]["containers"][0]["ports"];
        for port in items(&service["spec"]["ports"]) {
            let target = items(ports).find(|found| found["name"] == port["targetPort"]);
            assert_eq!(target.unwrap()["containerPort"], port["port"], "{name}");
        }
    }
}

/// Postgres has 100 connections by default, of which 3 are kept for superusers.
#[test]
fn the_pools_of_all_replicas_fit_into_postgres() {
    let objects = all();
    for (name, autoscaler) in of_kind(&objects, "HorizontalPodAutoscaler") {
        let deployments = of_kind(&objects, "Deployment");
        let (_, deployment) = deployments
            .iter()
            .find(|(found, _)| *found == name)
            .unwrap();
        assert_eq!(
            autoscaler["spec"]["scaleTargetRef"]["name"].as_str(),
            Some(name)
        );
        // It would undo what the autoscaler did.
        assert!(deployment["spec"]["replicas"].is_badvalue(), "{name}");
        let surge = &deployment["spec"]["strategy"]["rollingUpdate"]["maxSurge"];
        let most = autoscaler["spec"]["maxReplicas"].as_i64().unwrap() + surge.as_i64().unwrap();
        assert!(most * 16 <= 97, "{name}");
        assert!(
            autoscaler["spec"]["minReplicas"].as_i64() >= Some(2),
            "{name}"
        );
    }
}
