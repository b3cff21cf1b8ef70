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
