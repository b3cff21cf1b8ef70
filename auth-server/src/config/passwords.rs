//! How passwords are hashed: for `serve` and for what an operator sets.

use clap::Args;

/// The settings of passwords.
#[derive(Clone, Copy, Debug, Args)]
pub struct PasswordSettings {
    /// Cost of bcrypt, the base-2 logarithm of its rounds: 10 to 16.
    #[arg(
        long,
        env = "AUTH_BCRYPT_COST",
        value_name = "AUTH_BCRYPT_COST",
        default_value = "12",
        value_parser = clap::value_parser!(u32).range(10..=16)
    )]
    pub bcrypt_cost: u32,
}
