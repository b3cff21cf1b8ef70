//! A Prometheus that scrapes a system.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use local_run::account::Account;
use local_run::daemon::Daemon;
use local_run::port;
use local_run::process::{Program, StopSignal};
use local_run::prometheus::configuration;
use local_run::stack::Stack;
use serde_json::Value;

/// A running Prometheus with a store of its own. Dropped, it is killed.
pub struct Prometheus {
    daemon: Daemon,
    http: reqwest::Client,
    configuration: PathBuf,
}

/// A sample that a query found.
#[derive(Clone, Debug)]
pub struct Sample {
    /// Its labels.
    pub labels: Value,
    /// Its value.
    pub value: f64,
}

impl Prometheus {
    /// Starts it with the configuration that a local run writes, but for the interval.
    pub fn start(stack: &Stack, directory: &Path, interval: Duration) -> Self {
        fs::create_dir_all(directory).unwrap();
        let file = directory.join("prometheus.yml");
        fs::write(&file, configuration(stack, interval)).unwrap();
        let port = port::free().unwrap();
        let program = Program {
            name: "prometheus".to_owned(),
            path: "prometheus".into(),
            arguments: vec![
                format!("--config.file={}", file.display()).into(),
                format!("--storage.tsdb.path={}", directory.join("data").display()).into(),
                format!("--web.listen-address=127.0.0.1:{port}").into(),
            ],
            environment: Vec::new(),
            account: Account::own(),
            log: directory.join("prometheus.log"),
            stop_signal: StopSignal::Terminate,
        };
        let mut daemon = Daemon::new(program, port, "/-/ready", Duration::from_secs(10));
        daemon.start().unwrap();
        Self {
            daemon,
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
            configuration: file,
        }
    }

    /// The file that it goes by.
    pub fn configuration(&self) -> &Path {
        &self.configuration
    }

    /// What an expression finds now. It must be one.
    pub async fn query(&self, expression: &str) -> Vec<Sample> {
        let data = self.ask("query", &[("query", expression)]).await;
        assert_eq!(data["resultType"], "vector", "{expression}");
        let found = data["result"].as_array().unwrap();
        let sample = |sample: &Value| Sample {
            labels: sample["metric"].clone(),
            value: sample["value"][1].as_str().unwrap().parse().unwrap(),
        };
        found.iter().map(sample).collect()
    }

    /// Its alert rules, and how each is doing.
    pub async fn rules(&self) -> Vec<Value> {
        let data = self.ask("rules", &[]).await;
        let groups = data["groups"].as_array().unwrap().iter();
        groups
            .flat_map(|group| group["rules"].as_array().unwrap().clone())
            .collect()
    }

    /// The names of all figures that it has.
    pub async fn names(&self) -> Vec<String> {
        let names = self.ask("label/__name__/values", &[]).await;
        serde_json::from_value(names).unwrap()
    }

    async fn ask(&self, what: &str, query: &[(&str, &str)]) -> Value {
        let url = format!("{}/api/v1/{what}", self.daemon.url());
        let request = self.http.get(url).query(query);
        let answer: Value = request.send().await.unwrap().json().await.unwrap();
        assert_eq!(answer["status"], "success", "{query:?}: {answer}");
        answer["data"].clone()
    }
}
