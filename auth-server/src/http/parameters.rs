//! Parameters that several lists take.

use ipnet::IpNet;
use serde::Deserialize;
use service_runtime::{
    page::{Cursor, PageSize},
    settings::network,
};
use utoipa::{IntoParams, ToSchema};

use super::input::FieldErrors;

/// What to list, and which page of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Paged<F = ()> {
    #[serde(flatten)]
    pub(super) filter: F,
    #[serde(flatten)]
    pub(super) page: PageParameters,
}

/// What to take, all of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Unpaged<F> {
    #[serde(flatten)]
    pub(super) filter: F,
}

/// Which page.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct PageParameters {
    /// How many at the most.
    #[param(value_type = Option<u8>, minimum = 1, maximum = 100, default = 50)]
    limit: Option<String>,
    /// The `next_cursor` of the page before. It fits any limit.
    #[param(
        min_length = 22,
        max_length = 22,
        pattern = "^[A-Za-z0-9_-]{21}[AQgw]$"
    )]
    cursor: Option<String>,
}

impl PageParameters {
    /// Reads them, or notes what is wrong with them.
    pub(super) fn read(&self, errors: &mut FieldErrors) -> (PageSize<50>, Cursor) {
        let size = self.limit.as_deref().map(PageSize::parse).transpose();
        let size = size.unwrap_or_else(|error| {
            errors.note(error.into());
            None
        });
        let start = errors.parse("cursor", self.cursor.as_deref(), Cursor::parse);
        (size.unwrap_or_default(), start.unwrap_or(Cursor::START))
    }
}

/// An address, or a network.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(
    value_type = String,
    example = "203.0.113.0/24",
    pattern = r"^(((25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])\.){3}(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(/(3[0-2]|[12]?[0-9]))?|(([0-9a-f]{1,4}:){7}[0-9a-f]{1,4}|([0-9a-f]{1,4}(:[0-9a-f]{1,4}){0,2})?::([0-9a-f]{1,4}(:[0-9a-f]{1,4}){0,2})?)(/(12[0-8]|1[01][0-9]|[1-9]?[0-9]))?)$"
)]
pub(super) struct NetworkParameter(String);

impl NetworkParameter {
    /// Reads the parameter `ip`, or notes what is wrong with it.
    pub(super) fn read(given: Option<&Self>, errors: &mut FieldErrors) -> Option<IpNet> {
        errors.parse("ip", given.map(|given| given.0.as_str()), network)
    }
}
