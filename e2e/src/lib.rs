//! Whole-system tests through the real gateway.
