//! How addresses are written in answers: without the length of a prefix, which is always the whole of it.

use ipnet::IpNet;
use serde::{Serialize, Serializer};

struct Address<'a>(&'a IpNet);

impl Serialize for Address<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0.addr())
    }
}

pub(super) fn serialize<S: Serializer>(address: &IpNet, serializer: S) -> Result<S::Ok, S::Error> {
    Address(address).serialize(serializer)
}

/// Of what came from nowhere, `null`.
pub(super) mod optional {
    use super::{Address, IpNet, Serialize, Serializer};

    #[expect(
        clippy::ref_option,
        reason = "serde passes a reference to the member as it is"
    )]
    pub(in super::super) fn serialize<S: Serializer>(
        address: &Option<IpNet>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        address.as_ref().map(Address).serialize(serializer)
    }
}
