//! Refresh and device tokens, names, passwords, files of people and the headers that tell who calls, nearly right.

mod client;
mod device_token;
mod import;
mod people;
mod refresh_token;

// Master keys: 32 bytes each, of one value.
const CURRENT: &str = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
const OLDER: &str = "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=";
const STRANGERS: &str = "AwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwM=";
