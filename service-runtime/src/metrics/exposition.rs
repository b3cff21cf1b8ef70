//! Prometheus' text format, version 0.0.4: families of samples, each with its meaning and its type.

use std::fmt::{self, Display, Write};

/// Figures as they are written down, family by family.
#[derive(Debug, Default)]
pub struct Exposition {
    text: String,
}

/// The samples of one name. There may be none: what is not known is left out.
#[derive(Debug)]
pub struct Family<'e> {
    name: &'static str,
    text: &'e mut String,
}

/// A label's name and value.
pub(super) type Label<'l> = (&'l str, &'l str);

impl Exposition {
    /// A figure that only grows while the process lives; its name ends in `_total`.
    pub fn counter(&mut self, name: &'static str, help: &str) -> Family<'_> {
        self.family("counter", name, help)
    }

    /// A figure that goes up and down.
    pub fn gauge(&mut self, name: &'static str, help: &str) -> Family<'_> {
        self.family("gauge", name, help)
    }

    /// A distribution.
    pub(super) fn histogram(&mut self, name: &'static str, help: &str) -> Family<'_> {
        self.family("histogram", name, help)
    }

    /// All that was written.
    pub(super) fn into_text(self) -> String {
        self.text
    }

    fn family(&mut self, kind: &str, name: &'static str, help: &str) -> Family<'_> {
        put(
            &mut self.text,
            format_args!("# HELP {name} {}\n# TYPE {name} {kind}\n", Help(help)),
        );
        Family {
            name,
            text: &mut self.text,
        }
    }
}

impl Family<'_> {
    /// The one sample of a family without labels.
    pub fn value(mut self, value: impl Display) {
        self.sample(&[], value);
    }

    /// The same where the value is known.
    pub fn value_if_known(self, value: Option<impl Display>) {
        if let Some(value) = value {
            self.value(value);
        }
    }

    /// A sample with labels.
    pub fn sample(&mut self, labels: &[(&str, &str)], value: impl Display) {
        self.suffixed("", labels, value);
    }

    /// A distribution with labels: how many values are not above each bound, in ascending order and
    /// cumulated; how many there are; and what they add up to.
    pub(super) fn distribution(
        &mut self,
        labels: &[Label<'_>],
        buckets: impl IntoIterator<Item = (f64, u64)>,
        count: u64,
        sum: f64,
    ) {
        let mut bucket = |bound: &str, number: u64| {
            let labels: Vec<Label<'_>> = labels.iter().copied().chain([("le", bound)]).collect();
            self.suffixed("_bucket", &labels, number);
        };
        for (bound, number) in buckets {
            bucket(&bound.to_string(), number);
        }
        bucket("+Inf", count);
        self.suffixed("_sum", labels, sum);
        self.suffixed("_count", labels, count);
    }

    fn suffixed(&mut self, suffix: &str, labels: &[Label<'_>], value: impl Display) {
        let name = self.name;
        put(self.text, format_args!("{name}{suffix}"));
        for (index, (label, content)) in labels.iter().enumerate() {
            let before = if index == 0 { '{' } else { ',' };
            let content = Quoted(content);
            put(self.text, format_args!("{before}{label}=\"{content}\""));
        }
        let end = if labels.is_empty() { "" } else { "}" };
        put(self.text, format_args!("{end} {value}\n"));
    }
}

/// Writing into a string cannot fail.
fn put(text: &mut String, what: fmt::Arguments<'_>) {
    let _ = text.write_fmt(what);
}

/// A label's value, which ends with a quotation mark.
struct Quoted<'t>(&'t str);

/// A meaning, which ends with the line.
struct Help<'t>(&'t str);

impl Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_escaped(f, self.0, &['\\', '\n', '"'])
    }
}

impl Display for Help<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_escaped(f, self.0, &['\\', '\n'])
    }
}

fn write_escaped(f: &mut fmt::Formatter<'_>, text: &str, special: &[char]) -> fmt::Result {
    text.chars().try_for_each(|c| match c {
        '\n' => f.write_str("\\n"),
        _ if special.contains(&c) => write!(f, "\\{c}"),
        _ => f.write_char(c),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_are_written_as_prometheus_reads_them() {
        let mut exposition = Exposition::default();
        exposition.gauge("up", "Whether it is.").value(1);
        exposition
            .gauge("age_seconds", "Not known.")
            .value_if_known(None::<f64>);
        let mut family = exposition.counter("calls_total", "By \"way\",\nas C:\\ has it.");
        family.sample(&[("way", "in"), ("by", "a\"b\\c\nd")], 7_u64);
        family.sample(&[("way", "out")], 0.25);
        let mut family = exposition.histogram("wait_seconds", "How long.");
        family.distribution(&[("way", "in")], [(0.5, 1), (1.0, 3)], 4, 9.5);
        let expected = r#"# HELP up Whether it is.
# TYPE up gauge
up 1
# HELP age_seconds Not known.
# TYPE age_seconds gauge
# HELP calls_total By "way",\nas C:\\ has it.
# TYPE calls_total counter
calls_total{way="in",by="a\"b\\c\nd"} 7
calls_total{way="out"} 0.25
# HELP wait_seconds How long.
# TYPE wait_seconds histogram
wait_seconds_bucket{way="in",le="0.5"} 1
wait_seconds_bucket{way="in",le="1"} 3
wait_seconds_bucket{way="in",le="+Inf"} 4
wait_seconds_sum{way="in"} 9.5
wait_seconds_count{way="in"} 4
"#;
        assert_eq!(exposition.into_text(), expected);
    }
}
