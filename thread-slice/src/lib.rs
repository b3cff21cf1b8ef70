//! How long a thread may run at a stretch before another one that waits for its core gets it.
//!
//! Linux lets a thread that runs finish its slice, whatever its niceness, when another one wakes up that
//! has the same slice (`RUN_TO_PARITY`, since 6.6). One that has a shorter slice does not wait
//! (`PREEMPT_SHORT`, since 6.12). So a thread that computes for long and asks for a long slice
//! gives way at once to all that wake up to do a little, and still gets its fair share of the core.
//!
//! No safe library has `sched_setattr(2)` for ordinary threads. This crate has nothing else, so that all others
//! can forbid unsafe code.

use std::{io, mem::size_of, time::Duration};

/// Sets the slice of the calling thread; its policy and niceness stay as they are. The kernel takes 0.1 ms to
/// 100 ms, and whatever is beyond for the nearest of them. Kernels before 6.12 take no notice.
///
/// # Errors
///
/// What the kernel says, and where a sandbox forbids the call.
pub fn set_slice(slice: Duration) -> io::Result<()> {
    let mut attributes = current()?;
    attributes.sched_runtime = u64::try_from(slice.as_nanos()).unwrap_or(u64::MAX);
    // SAFETY: the kernel reads `size` bytes of the structure, all of which are there and initialised; 0 is the
    // calling thread.
    #[expect(unsafe_code, reason = "see the crate's documentation")]
    let outcome = unsafe { libc::syscall(libc::SYS_sched_setattr, 0, &raw const attributes, 0) };
    checked(outcome)
}

/// The slice of the calling thread; nothing on kernels before 6.12.
///
/// # Errors
///
/// As [`set_slice`].
pub fn slice() -> io::Result<Option<Duration>> {
    let nanoseconds = current()?.sched_runtime;
    Ok((nanoseconds > 0).then(|| Duration::from_nanos(nanoseconds)))
}

fn current() -> io::Result<libc::sched_attr> {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the structure has 48 bytes"
    )]
    const SIZE: u32 = size_of::<libc::sched_attr>() as u32;
    let mut attributes = libc::sched_attr {
        size: SIZE,
        sched_policy: 0,
        sched_flags: 0,
        sched_nice: 0,
        sched_priority: 0,
        sched_runtime: 0,
        sched_deadline: 0,
        sched_period: 0,
    };
    // SAFETY: the kernel writes at most the given size into the structure; 0 is the calling thread.
    #[expect(unsafe_code, reason = "see the crate's documentation")]
    let outcome =
        unsafe { libc::syscall(libc::SYS_sched_getattr, 0, &raw mut attributes, SIZE, 0) };
    checked(outcome)?;
    attributes.size = SIZE;
    Ok(attributes)
}

fn checked(outcome: libc::c_long) -> io::Result<()> {
    if outcome == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn a_thread_gets_the_slice_that_it_asks_for_and_no_other_does() {
        let before = slice().unwrap();
        let own = thread::spawn(|| {
            set_slice(Duration::from_millis(50)).unwrap();
            slice().unwrap()
        });
        let own = own.join().unwrap();
        // Kernels before 6.12 have none to tell.
        if before.is_some() {
            assert_eq!(own, Some(Duration::from_millis(50)));
        }
        assert_eq!(slice().unwrap(), before);
    }

    #[test]
    fn what_the_kernel_does_not_grant_becomes_what_it_does() {
        if slice().unwrap().is_some() {
            let longest = thread::spawn(|| {
                set_slice(Duration::from_secs(10)).unwrap();
                slice().unwrap()
            });
            assert_eq!(longest.join().unwrap(), Some(Duration::from_millis(100)));
        }
    }
}
