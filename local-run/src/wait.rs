//! Waiting, with a deadline, for a condition outside this process that announces itself to nobody: a
//! port that answers, a file that appears, a child that ends. The one place that polls.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// Asks `probe` until it answers with a value, and gives that value back.
///
/// # Errors
///
/// The probe's own error, at once, or "`what` took longer than …" when `timeout` has passed.
pub fn until<T>(
    what: &str,
    timeout: Duration,
    mut probe: impl FnMut() -> Result<Option<T>>,
) -> Result<T> {
    let deadline = Instant::now() + timeout;
    loop {
        if let Some(value) = probe()? {
            return Ok(value);
        }
        if Instant::now() >= deadline {
            bail!("{what} took longer than {timeout:?}");
        }
        pause();
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the pause between two looks at another process"
)]
fn pause() {
    std::thread::sleep(POLL_INTERVAL);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_back_what_the_probe_found() {
        let mut looks = 0;
        let found = until("a third look", Duration::from_secs(5), || {
            looks += 1;
            Ok((looks == 3).then_some("here"))
        });
        assert_eq!(found.unwrap(), "here");
    }

    #[test]
    fn names_what_did_not_come() {
        let error = until("nothing", Duration::ZERO, || Ok(None::<()>)).unwrap_err();
        assert_eq!(error.to_string(), "nothing took longer than 0ns");
    }

    #[test]
    fn an_error_of_the_probe_ends_the_wait() {
        let error = until(
            "a child",
            Duration::from_mins(1),
            || -> Result<Option<()>> { bail!("the child died") },
        );
        assert_eq!(error.unwrap_err().to_string(), "the child died");
    }
}
