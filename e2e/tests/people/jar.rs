//! Which answers a client stores.

use crate::ledger::Token;

/// Which answers a client stores.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum JarRule {
    /// One that comes while its jar still holds the token that was sent. Thus nothing older ever replaces
    /// anything newer. A browser's page cannot compare a cookie that no script sees; it has the same effect
    /// by asking for one refresh at a time, in whichever tab, under a lock.
    WhereTheSentTokenStillIs,
    /// Every one, as it comes: a browser left to itself.
    AsTheyCome,
    /// Every one that holds another token than was sent: a browser left to itself, and a server that sets
    /// no cookie where the token stays.
    AsTheyComeIfChanged,
}

impl JarRule {
    /// Whether the answer `received` to `sent` replaces what the jar holds by now.
    pub(crate) fn stores(self, jar: Token, sent: Token, received: Token) -> bool {
        match self {
            Self::WhereTheSentTokenStillIs => jar == sent,
            Self::AsTheyCome => true,
            Self::AsTheyComeIfChanged => received != sent,
        }
    }
}
