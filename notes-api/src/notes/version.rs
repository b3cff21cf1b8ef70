//! How often a note was written, and what a request may demand of that.

/// How often a note was written, from 1. A note that was read is the one that is written over if
/// this is still the same.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Version(i64);

impl Version {
    /// The version of this number.
    #[must_use]
    pub fn new(number: i64) -> Self {
        Self(number)
    }

    /// The number.
    #[must_use]
    pub fn number(self) -> i64 {
        self.0
    }
}

/// What the version of a note has to be for a request to be carried out.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum VersionCondition {
    /// Any version.
    Any,
    /// One of these; of an empty list, none.
    OneOf(Vec<Version>),
    /// None of these.
    NoneOf(Vec<Version>),
}

impl VersionCondition {
    /// Whether a note of this version is what the request wants.
    #[must_use]
    pub fn holds_for(&self, version: Version) -> bool {
        match self {
            Self::Any => true,
            Self::OneOf(versions) => versions.contains(&version),
            Self::NoneOf(versions) => !versions.contains(&version),
        }
    }

    /// This condition and another one.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Any, condition) | (condition, Self::Any) => condition,
            (Self::OneOf(mut versions), condition) | (condition, Self::OneOf(mut versions)) => {
                versions.retain(|version| condition.holds_for(*version));
                Self::OneOf(versions)
            }
            (Self::NoneOf(mut versions), Self::NoneOf(more)) => {
                versions.extend(more);
                Self::NoneOf(versions)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn conditions() -> impl Strategy<Value = VersionCondition> {
        let versions = || prop::collection::vec((1..6_i64).prop_map(Version::new), 0..4);
        prop_oneof![
            Just(VersionCondition::Any),
            versions().prop_map(VersionCondition::OneOf),
            versions().prop_map(VersionCondition::NoneOf),
        ]
    }

    proptest! {
        #[test]
        fn both_hold_where_each_holds(
            left in conditions(),
            right in conditions(),
            version in (1..7_i64).prop_map(Version::new),
        ) {
            let each = left.holds_for(version) && right.holds_for(version);
            prop_assert_eq!(left.and(right).holds_for(version), each);
        }
    }
}
