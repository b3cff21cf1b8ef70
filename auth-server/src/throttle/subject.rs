//! What is counted, hidden: a reader of the database learns neither who guessed nor what they typed,
//! which may be a password in the field for the name.

use std::sync::Arc;

use ring::hmac;

use crate::keys::master_key::MasterKeys;

/// Stands for a network, a name, a device or a session. After a change of the master key each has
/// another one, and counting begins anew.
pub(super) type Subject = [u8; 16];

/// Makes subjects.
pub(super) struct Subjects(pub(super) Arc<MasterKeys>);

impl Subjects {
    pub(super) fn make(&self, kind: &'static str, value: &[u8]) -> Subject {
        let mut context = hmac::Context::with_key(self.0.current().throttle());
        context.update(kind.as_bytes());
        context.update(&[0]);
        context.update(value);
        let mut subject = Subject::default();
        subject.copy_from_slice(&context.sign().as_ref()[..16]);
        subject
    }
}

#[cfg(test)]
mod tests {
    use base64::{Engine, engine::general_purpose::STANDARD};

    use super::*;

    #[test]
    fn subjects_of_different_kinds_and_keys_have_nothing_in_common() {
        let keys = |byte| {
            let text = STANDARD.encode([byte; 32]);
            Subjects(Arc::new(MasterKeys::parse(&text).unwrap()))
        };
        let subjects = keys(1);
        let subject = subjects.make("name", b"ada");
        assert_eq!(subjects.make("name", b"ada"), subject);
        assert_ne!(subjects.make("name", b"adb"), subject);
        assert_ne!(subjects.make("device", b"ada"), subject);
        assert_ne!(subjects.make("nam", b"eada"), subject);
        assert_ne!(keys(2).make("name", b"ada"), subject);
    }
}
