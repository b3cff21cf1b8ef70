//! Processes that are not this one's children: their parent was.

use std::fs;
use std::os::fd::OwnedFd;

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

/// A process whose end the kernel does not tell us.
pub(super) struct OtherProcess {
    id: i32,
    handle: OwnedFd,
}

impl OtherProcess {
    /// The one with this number, if there is one.
    pub(super) fn find(process_id: u32) -> Option<Self> {
        let id = i32::try_from(process_id).ok()?;
        let handle = pidfd_open(Pid::from_raw(id)?, PidfdFlags::empty()).ok()?;
        Some(Self { id, handle })
    }

    /// Kills it. The handle names one process, never a later one with the same number.
    pub(super) fn kill(&self) {
        // Fails only where it has ended.
        let _ = pidfd_send_signal(&self.handle, Signal::KILL);
    }

    pub(super) fn has_ended(&self) -> bool {
        // Nothing there, or a zombie that init has not yet reaped.
        state_and_parent(self.id).is_none_or(|(state, _)| state == 'Z')
    }
}

/// The children of `parent`, whatever their process group.
pub(super) fn children_of(parent: u32) -> Vec<OtherProcess> {
    fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter_map(OtherProcess::find)
        // Read after the handle was opened: what it says is true of the handle's process.
        .filter(|process| state_and_parent(process.id).is_some_and(|(_, found)| found == parent))
        .collect()
}

/// The third and fourth field of `/proc/<id>/stat`. The second, a name in parentheses, may contain
/// anything, parentheses too.
fn state_and_parent(id: i32) -> Option<(char, u32)> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace();
    Some((fields.next()?.chars().next()?, fields.next()?.parse().ok()?))
}
