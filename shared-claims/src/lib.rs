//! Verifies Latchkey's access tokens offline: claims, key set, verifier, and an extractor for actix-web.
