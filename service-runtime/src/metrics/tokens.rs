//! The figures of the access tokens that a service verifies.

use shared_claims::actix::Authenticator;

use super::exposition::Exposition;

pub(super) fn read(authenticator: &Authenticator, exposition: &mut Exposition) {
    let cache = authenticator.verifier().cache_status();
    exposition
        .counter(
            "latchkey_verified_token_cache_hits_total",
            "Access tokens that were remembered, and cost no signature check.",
        )
        .value(cache.hits);
    exposition
        .counter(
            "latchkey_verified_token_cache_misses_total",
            "Access tokens that were not remembered.",
        )
        .value(cache.misses);
    exposition
        .gauge(
            "latchkey_verified_token_cache_entries",
            "Access tokens that are remembered.",
        )
        .value(cache.entries);
    exposition
        .gauge(
            "latchkey_verified_token_cache_entries_max",
            "Access tokens that may be remembered.",
        )
        .value(cache.capacity);
    let mut refused = exposition.counter(
        "latchkey_tokens_refused_total",
        "Access tokens that were refused, by the reason.",
    );
    for (reason, count) in authenticator.refusals() {
        refused.sample(&[("reason", reason.code())], count);
    }
}
