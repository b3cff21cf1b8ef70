//! Requests: how many, how they were answered, and how long that took.
//!
//! Every request passes here, so each worker keeps books of its own, which nobody else holds but for the
//! moment in which they are read.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use actix_web::{
    Error,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::Method,
    middleware::Next,
};

use super::exposition::{Exposition, Label};

/// The requests that all workers of a service have answered. Cloning shares the books.
#[derive(Clone, Debug, Default)]
pub struct Requests(Arc<Mutex<Vec<Arc<WorkerRequests>>>>);

/// The requests that one worker has answered.
#[derive(Debug, Default)]
pub struct WorkerRequests(Mutex<Routes>);

/// By the route's pattern, and what is answered there.
type Routes = HashMap<String, Vec<(Answer, Durations)>>;

/// What the requests of one series have in common.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Answer {
    method: &'static str,
    status: u16,
}

/// Upper bounds in seconds: a check of a token takes a fraction of a millisecond, a refresh some
/// milliseconds, a password a quarter of a second, and one that is queued up to ten.
const BOUNDS: [f64; 15] = [
    0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0,
    10.0,
];

/// A distribution. What is longer than the last bound is in the count only.
#[derive(Clone, Copy, Debug, Default)]
struct Durations {
    buckets: [u64; BOUNDS.len()],
    count: u64,
    sum: Duration,
}

impl Requests {
    /// Books for one more worker, to be put into the data of its application for [`count_request`].
    #[must_use]
    pub fn of_worker(&self) -> Arc<WorkerRequests> {
        let worker = Arc::default();
        hold(&self.0).push(Arc::clone(&worker));
        worker
    }

    pub(super) fn read(&self, exposition: &mut Exposition) {
        let total = self.total();
        let mut family = exposition.counter(
            "http_requests_total",
            "Requests that were answered, by method, pattern of the route and status.",
        );
        for ((route, answer), durations) in &total {
            answer.label(route, |labels| family.sample(labels, durations.count));
        }
        let mut family = exposition.histogram(
            "http_request_duration_seconds",
            "Time from a request's head to the beginning of its answer.",
        );
        for ((route, answer), durations) in &total {
            let sum = durations.sum.as_secs_f64();
            answer.label(route, |labels| {
                family.distribution(labels, durations.cumulated(), durations.count, sum);
            });
        }
    }

    /// All workers' books, added up.
    fn total(&self) -> BTreeMap<(String, Answer), Durations> {
        let mut total: BTreeMap<(String, Answer), Durations> = BTreeMap::new();
        for worker in hold(&self.0).iter() {
            for (route, series) in hold(&worker.0).iter() {
                for (answer, durations) in series {
                    let key = (route.clone(), *answer);
                    total.entry(key).or_default().add(durations);
                }
            }
        }
        total
    }
}

impl Answer {
    fn label(self, route: &str, write: impl FnOnce(&[Label<'_>])) {
        let status = self.status.to_string();
        write(&[
            ("method", self.method),
            ("route", route),
            ("status", &status),
        ]);
    }
}

impl WorkerRequests {
    fn count(&self, route: Option<String>, answer: Answer, duration: Duration) {
        let route = route.unwrap_or_else(|| UNMATCHED.to_owned());
        let mut routes = hold(&self.0);
        let series = match routes.get_mut(&route) {
            Some(series) => series,
            None => routes.entry(route).or_default(),
        };
        if let Some((_, durations)) = series.iter_mut().find(|(found, _)| *found == answer) {
            durations.note(duration);
        } else {
            let mut durations = Durations::default();
            durations.note(duration);
            series.push((answer, durations));
        }
    }
}

impl Durations {
    fn note(&mut self, duration: Duration) {
        let seconds = duration.as_secs_f64();
        if let Some(place) = BOUNDS.iter().position(|bound| seconds <= *bound) {
            self.buckets[place] += 1;
        }
        self.count += 1;
        self.sum += duration;
    }

    fn add(&mut self, other: &Self) {
        for (bucket, more) in self.buckets.iter_mut().zip(other.buckets) {
            *bucket += more;
        }
        self.count += other.count;
        self.sum += other.sum;
    }

    fn cumulated(&self) -> impl Iterator<Item = (f64, u64)> {
        let numbers = self.buckets.iter().scan(0, |below, number| {
            *below += number;
            Some(*below)
        });
        BOUNDS.into_iter().zip(numbers.collect::<Vec<u64>>())
    }
}

/// What stands for every path that no route has: anyone can think of any number of them.
const UNMATCHED: &str = "unmatched";

/// Middleware: counts the request when its answer is known. It finds the worker's books among the
/// application's data.
///
/// # Errors
///
/// Only what the inner service returns.
pub async fn count_request(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let started = Instant::now();
    let response = next.call(request).await?;
    let request = response.request();
    if let Some(worker) = request.app_data::<Arc<WorkerRequests>>() {
        let answer = Answer {
            method: known(request.method()),
            status: response.status().as_u16(),
        };
        worker.count(request.match_pattern(), answer, started.elapsed());
    }
    Ok(response)
}

/// Methods are the client's to make up, too.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

/// A panic while the lock is held leaves nothing half-done behind.
fn hold<T>(books: &Mutex<T>) -> MutexGuard<'_, T> {
    books.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use actix_web::{
        App, HttpResponse,
        middleware::from_fn,
        test::{TestRequest, call_service, init_service},
        web,
    };

    use super::*;

    /// The samples of a name, with their labels.
    fn samples(requests: &Requests, name: &str) -> Vec<String> {
        let mut exposition = Exposition::default();
        requests.read(&mut exposition);
        let text = exposition.into_text();
        let of_name = text.lines().filter_map(|line| line.strip_prefix(name));
        of_name.map(str::to_owned).collect()
    }

    #[actix_web::test]
    async fn requests_are_counted_by_what_the_service_knows_and_not_by_what_clients_send() {
        let requests = Requests::default();
        for paths in [&["/notes/1", "/notes/2"][..], &["/notes/3", "/a", "/b?c"]] {
            let worker = App::new()
                .app_data(requests.of_worker())
                .route("/notes/{id}", web::get().to(HttpResponse::NoContent))
                .wrap(from_fn(count_request));
            let worker = init_service(worker).await;
            for path in paths {
                let request = TestRequest::with_uri(path).to_request();
                call_service(&worker, request).await;
            }
            let brewed = TestRequest::with_uri("/notes/4");
            let brewed = brewed.method(Method::from_bytes(b"BREW").unwrap());
            call_service(&worker, brewed.to_request()).await;
        }
        let counted = [
            r#"{method="GET",route="/notes/{id}",status="204"} 3"#,
            r#"{method="other",route="/notes/{id}",status="404"} 2"#,
            r#"{method="GET",route="unmatched",status="404"} 2"#,
        ];
        assert_eq!(samples(&requests, "http_requests_total"), counted);
        assert_eq!(
            samples(&requests, "http_request_duration_seconds_count"),
            counted
        );
    }

    #[test]
    fn a_duration_counts_below_every_bound_that_it_does_not_exceed() {
        let mut durations = Durations::default();
        for microseconds in [250, 251, 20_000_000] {
            durations.note(Duration::from_micros(microseconds));
        }
        let cumulated: Vec<u64> = durations.cumulated().map(|(_, number)| number).collect();
        assert_eq!(cumulated[..3], [1, 2, 2]);
        assert_eq!(cumulated.last(), Some(&2));
        assert_eq!((durations.count, durations.sum.as_secs()), (3, 20));
    }
}
