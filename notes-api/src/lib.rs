//! Notes behind access tokens that are verified offline.
