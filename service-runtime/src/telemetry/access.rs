//! One line for each request, when its answer is known.

use std::time::Instant;

use actix_web::{
    Error,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    middleware::Next,
};
use log::{
    Level, Record,
    kv::{self, Key, Source, Value, VisitSource},
};
use shared_claims::actix::Problem;

use super::{
    request_id::{REQUEST_ID, RequestId},
    trace_context::TraceContext,
};

/// How much of what a client chose is logged: enough to tell what was asked, and not for it to fill the log.
const LOGGED_CHARACTERS: usize = 256;

/// Middleware: gives each request its id, returns the id to the client, in a header and in problem answers, and
/// logs one line when the answer is known: with the code of the problem, if it is one, and what caused it, if
/// that is not the client's to know. The path is logged as it was sent, still percent-encoded; the query is not.
///
/// # Errors
///
/// Only what the inner service returns.
pub async fn log_request(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let started = Instant::now();
    let id = RequestId::of(request.headers());

    let mut response = next.call(request).await?;

    response
        .headers_mut()
        .insert(REQUEST_ID.clone(), id.header());
    let problem = response
        .response()
        .error()
        .and_then(|error| error.as_error::<Problem>());
    log_answer(&response, &id, problem, started);
    let body = problem.and_then(|problem| serde_json::to_vec(&problem.body_for(id.as_str())).ok());
    Ok(match body {
        Some(body) => response.map_body(|_, _| BoxBody::new(body)),
        None => response.map_into_boxed_body(),
    })
}

fn log_answer(
    response: &ServiceResponse<impl MessageBody>,
    id: &RequestId,
    problem: Option<&Problem>,
    started: Instant,
) {
    let cause = problem.and_then(Problem::cause);
    let level = match (response.status().is_server_error(), cause) {
        // Somebody has to look at what failed; not at what is merely too much at the moment.
        (true, Some(_)) => Level::Error,
        (true, None) => Level::Warn,
        (false, _) => Level::Info,
    };
    if level > log::max_level() {
        return;
    }
    let request = response.request();
    let answer = Answer {
        id: id.as_str(),
        method: start_of(request.method().as_str()),
        path: start_of(request.path()),
        status: response.status().as_u16(),
        microseconds: u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX),
        trace: TraceContext::of(request.headers()),
        code: problem.map(Problem::code),
        // libpq ends its errors with a line break.
        error: cause.map(|cause| cause.to_string().trim_end().to_owned()),
    };
    log::logger().log(
        &Record::builder()
            .level(level)
            .target("request")
            .module_path_static(Some(module_path!()))
            .args(format_args!("answered"))
            .key_values(&answer)
            .build(),
    );
}

fn start_of(text: &str) -> &str {
    match text.char_indices().nth(LOGGED_CHARACTERS) {
        Some((end, _)) => &text[..end],
        None => text,
    }
}

/// What is logged of a request. The macros of `log` cannot leave out a field that has no value.
struct Answer<'r> {
    id: &'r str,
    method: &'r str,
    path: &'r str,
    status: u16,
    microseconds: u64,
    trace: Option<TraceContext<'r>>,
    code: Option<&'r str>,
    error: Option<String>,
}

impl Source for Answer<'_> {
    fn visit<'v>(&'v self, visitor: &mut dyn VisitSource<'v>) -> Result<(), kv::Error> {
        let mut field = |name, value: Value<'v>| visitor.visit_pair(Key::from_str(name), value);
        field("request_id", self.id.into())?;
        field("method", self.method.into())?;
        field("path", self.path.into())?;
        field("status", self.status.into())?;
        field("microseconds", self.microseconds.into())?;
        if let Some(trace) = &self.trace {
            field("trace_id", trace.trace_id.into())?;
            field("parent_id", trace.parent_id.into())?;
        }
        if let Some(code) = self.code {
            field("code", code.into())?;
        }
        if let Some(error) = &self.error {
            field("error", error.as_str().into())?;
        }
        Ok(())
    }
}
