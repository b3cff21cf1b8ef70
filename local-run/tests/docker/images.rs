//! The images: what they are built of, and from what.

use super::files::{document, path, read};

const TARGETS: [&str; 3] = ["auth-server", "notes-api", "gateway"];

#[test]
fn every_target_that_is_built_is_a_stage_of_the_dockerfile() {
    let compose = document("docker/compose.yaml");
    let dockerfile = read("docker/Dockerfile");
    for target in TARGETS {
        let built = if target == "gateway" {
            &compose["services"]["gateway"]
        } else {
            &compose[format!("x-{target}").as_str()]
        };
        assert_eq!(built["build"]["target"].as_str(), Some(target));
        assert_eq!(
            built["image"].as_str(),
            Some(&*format!("latchkey/{target}"))
        );
        let stage = format!(" AS {target}");
        assert!(
            dockerfile.lines().any(|line| line.ends_with(&stage)),
            "{target}"
        );
    }
}

/// An entry point undoes the command of the image that it is laid on.
#[test]
fn a_service_serves_unless_it_is_told_otherwise() {
    let dockerfile = read("docker/Dockerfile");
    for target in ["auth-server", "notes-api"] {
        let stage = dockerfile.split(&format!(" AS {target}\n")).nth(1).unwrap();
        let stage = stage.split("\n\n").next().unwrap();
        let start = format!("ENTRYPOINT [\"/usr/local/bin/{target}\"]\nCMD [\"serve\"]");
        assert!(stage.ends_with(&start), "{stage}");
    }
}

/// A build reads the manifests of all of the workspace, also of what it does not compile.
#[test]
fn the_build_gets_all_that_it_reads() {
    let given: Vec<String> = read("docker/Dockerfile.dockerignore")
        .lines()
        .filter_map(|line| Some(line.strip_prefix('!')?.to_owned()))
        .collect();
    for name in &given {
        assert!(path(name).exists(), "{name}");
    }
    let manifest = read("Cargo.toml");
    let members = manifest.split("members = [").nth(1).unwrap();
    let members = members.split(']').next().unwrap().split(", ");
    let dockerfile = read("docker/Dockerfile");
    let used = dockerfile
        .lines()
        .filter(|line| !line.starts_with('#'))
        .flat_map(str::split_whitespace)
        .filter(|word| word.starts_with("docker/"));
    for name in members.map(|name| name.trim_matches('"')).chain(used) {
        assert!(given.iter().any(|given| given == name), "{name}");
    }
    assert!(!given.iter().any(|name| name.starts_with('.')), "{given:?}");
}

#[test]
fn the_image_gives_every_placeholder_of_the_gateway_a_value() {
    let dockerfile = read("docker/Dockerfile");
    for template in ["nginx.conf.template", "tls.conf.template"] {
        let template = read(&format!("docker/gateway/{template}"));
        for placeholder in template.split("${").skip(1) {
            let name = placeholder.split('}').next().unwrap();
            let when_it_starts = [format!("    {name}="), format!("ENV {name}=")];
            let when_it_is_built = format!("sed --in-place \"s/\\${{{name}}}/");
            assert!(
                when_it_starts
                    .iter()
                    .any(|start| dockerfile.contains(start))
                    || dockerfile.contains(&when_it_is_built),
                "{name}"
            );
        }
    }
}
