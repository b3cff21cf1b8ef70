//! The files, read and parsed.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use yaml_rust2::{Yaml, YamlLoader};

/// A file of the checkout.
pub(crate) fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name)
}

pub(crate) fn read(name: &str) -> String {
    fs::read_to_string(path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The one document of a YAML file.
pub(crate) fn document(name: &str) -> Yaml {
    let mut documents = documents(&path(name));
    assert_eq!(documents.len(), 1, "{name}");
    documents.remove(0)
}

/// The Kubernetes objects of these folders in `docker/k8s`, which are all that is not for kustomize.
pub(crate) fn objects(folders: &[&str]) -> Vec<Yaml> {
    folders
        .iter()
        .flat_map(|folder| yaml_files(&path("docker/k8s").join(folder)))
        .filter(|file| !is_kustomization(file))
        .flat_map(|file| documents(&file))
        .collect()
}

/// Those of a kind, by name.
pub(crate) fn of_kind<'a>(objects: &'a [Yaml], kind: &str) -> Vec<(&'a str, &'a Yaml)> {
    objects
        .iter()
        .filter(|object| object["kind"].as_str() == Some(kind))
        .map(|object| (object["metadata"]["name"].as_str().unwrap(), object))
        .collect()
}

/// All YAML files below a folder.
pub(crate) fn yaml_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(yaml_files(&path));
        } else if path
            .extension()
            .is_some_and(|name| name == "yaml" || name == "yml")
        {
            files.push(path);
        }
    }
    files
}

pub(crate) fn is_kustomization(file: &Path) -> bool {
    file.ends_with("kustomization.yaml")
}

pub(crate) fn documents(file: &Path) -> Vec<Yaml> {
    let text = fs::read_to_string(file).unwrap();
    YamlLoader::load_from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// The names in a mapping, or none where there is no mapping.
pub(crate) fn keys(mapping: &Yaml) -> BTreeSet<&str> {
    mapping
        .as_hash()
        .into_iter()
        .flatten()
        .map(|(key, _)| key.as_str().unwrap())
        .collect()
}

/// The items of a list, or none where there is no list.
pub(crate) fn items(list: &Yaml) -> impl Iterator<Item = &Yaml> {
    list.as_vec().into_iter().flatten()
}

/// The texts of a list.
pub(crate) fn texts(list: &Yaml) -> Vec<&str> {
    items(list).map(|item| item.as_str().unwrap()).collect()
}

/// Whether a selector's labels are all among those of a pod.
pub(crate) fn selects(labels: &Yaml, pod: &Yaml) -> bool {
    let labels = labels.as_hash().unwrap();
    let pod = pod.as_hash().unwrap();
    labels
        .iter()
        .all(|(name, value)| pod.get(name) == Some(value))
}
