//! Who refreshes sessions picked at random.

use std::{collections::HashMap, sync::Arc};

use anyhow::{Result, bail};
use auth_server::{
    keys::master_key::MasterKeys,
    tokens::refresh_token::{Generation, IssuedRefreshToken, RefreshToken},
};

use super::sessions::{first_generation, handle};
use crate::caller::{Answer, Caller, post};

/// Refreshes sessions of its own part of the table, each as often as chance has it, always with the
/// current token.
pub(super) struct Visitor {
    keys: Arc<MasterKeys>,
    number: u32,
    visitors: u32,
    sessions: u32,
    random: SplitMix,
    /// Of those that were refreshed before.
    generations: HashMap<u32, Generation>,
    session: u32,
}

impl Visitor {
    /// One of so many visitors of so many sessions.
    pub(super) fn new(keys: Arc<MasterKeys>, number: u32, visitors: u32, sessions: u32) -> Self {
        Self {
            keys,
            number,
            visitors,
            sessions,
            random: SplitMix(number.into()),
            generations: HashMap::new(),
            session: 0,
        }
    }

    fn generation(&self) -> Generation {
        let refreshed = self.generations.get(&self.session).copied();
        refreshed.unwrap_or_else(|| first_generation(self.session))
    }

    fn token(&self, generation: Generation) -> IssuedRefreshToken {
        let handle = handle(self.session);
        RefreshToken { handle, generation }.issue(&self.keys)
    }
}

impl Caller for Visitor {
    fn ask(&mut self, request: &mut Vec<u8>) {
        let own = self.sessions / self.visitors;
        self.session = self.random.below(own) * self.visitors + self.number;
        let token = self.token(self.generation());
        let body = format!(r#"{{"refresh_token":"{}"}}"#, token.expose());
        post(request, "/auth/refresh", None, body.as_bytes());
    }

    fn check(&mut self, answer: &Answer<'_>) -> Result<()> {
        answer.expect(200)?;
        let successor = self.generation() + 1;
        if answer.text("refresh_token")? != self.token(successor).expose() {
            bail!("not the successor of the refresh token");
        }
        self.generations.insert(self.session, successor);
        Ok(())
    }
}

/// `SplitMix64` (Steele, Lea and Flood, 2014): the same numbers in each run.
struct SplitMix(u64);

impl SplitMix {
    /// A number below this one.
    fn below(&mut self, bound: u32) -> u32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let product = u128::from(mixed ^ (mixed >> 31)) * u128::from(bound);
        u32::try_from(product >> 64).unwrap_or_default()
    }
}
