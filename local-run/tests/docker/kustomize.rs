//! What kustomize puts together: that all of it is there, and that nothing is left over.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use yaml_rust2::{Yaml, YamlLoader};

use super::files::{documents, is_kustomization, items, path, texts, yaml_files};

/// The file that a reference of a kustomization in `folder` leads to.
fn target(folder: &Path, reference: &str) -> PathBuf {
    let path = folder.join(reference).canonicalize();
    let path = path.unwrap_or_else(|error| panic!("{}: {reference}: {error}", folder.display()));
    if path.is_dir() {
        path.join("kustomization.yaml")
    } else {
        path
    }
}

#[test]
fn every_file_is_there_is_read_and_is_yaml() {
    let all = yaml_files(&path("docker/k8s"));
    let mut read = BTreeSet::new();
    for file in all.iter().filter(|file| is_kustomization(file)) {
        let folder = file.parent().unwrap();
        for kustomization in documents(file) {
            for list in ["resources", "components"] {
                for reference in texts(&kustomization[list]) {
                    let target = target(folder, reference);
                    assert!(target.is_file(), "{}: {reference}", file.display());
                    read.insert(target);
                }
            }
            for patch in items(&kustomization["patches"]) {
                let operations = YamlLoader::load_from_str(patch["patch"].as_str().unwrap());
                for operation in operations.unwrap()[0].as_vec().unwrap() {
                    assert!(operation["path"].as_str().unwrap().starts_with("/spec/"));
                }
            }
        }
    }
    for file in all {
        let file = file.canonicalize().unwrap();
        let is_overlay = is_kustomization(&file) && file.to_str().unwrap().contains("/overlays/");
        assert!(
            is_overlay || read.contains(&file),
            "{}: nobody reads it",
            file.display()
        );
        for object in documents(&file) {
            for member in ["apiVersion", "kind"] {
                assert!(object[member].as_str().is_some(), "{}", file.display());
            }
        }
    }
}

/// They would be in the history for good.
#[test]
fn no_secret_is_in_a_manifest() {
    for file in yaml_files(&path("docker/k8s")) {
        for object in documents(&file) {
            assert_ne!(object["kind"], Yaml::String("Secret".to_owned()));
            assert!(
                object["secretGenerator"].is_badvalue(),
                "{}",
                file.display()
            );
        }
    }
}
