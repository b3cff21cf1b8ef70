//! Registers people, signs them in, issues access tokens and manages their sessions.
