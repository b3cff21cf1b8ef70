//! Signing keys, as operators see them. What they do to them is in [`crate::keys::administration`].

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::keys::{life::Stage, store::KeyRecord};

/// The signing keys.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct KeyList {
    /// The oldest first, those that are gone too.
    pub keys: Vec<SigningKeyRecord>,
}

impl From<Vec<KeyRecord>> for KeyList {
    fn from(records: Vec<KeyRecord>) -> Self {
        Self {
            keys: records.into_iter().map(SigningKeyRecord::from).collect(),
        }
    }
}

/// A key, as an operator sees it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SigningKeyRecord {
    /// Its name: the RFC 7638 thumbprint.
    #[schema(example = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs")]
    pub kid: String,
    /// `pending`, `active`, `retiring`, `gone` or `revoked`.
    #[schema(example = "active")]
    pub state: &'static str,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was first seen to be published.
    #[schema(required = true)]
    pub published_at: Option<DateTime<Utc>>,
    /// When everyone knows it, so that it may sign.
    #[schema(required = true)]
    pub signs_from: Option<DateTime<Utc>>,
    /// When it began to sign.
    #[schema(required = true)]
    pub activated_at: Option<DateTime<Utc>>,
    /// When another one took over.
    #[schema(required = true)]
    pub retired_at: Option<DateTime<Utc>>,
    /// Until when it stays published after that.
    #[schema(required = true)]
    pub published_until: Option<DateTime<Utc>>,
    /// When its private half was destroyed.
    #[schema(required = true)]
    pub gone_at: Option<DateTime<Utc>>,
}

impl From<KeyRecord> for SigningKeyRecord {
    fn from(record: KeyRecord) -> Self {
        let state = match (record.revoked_at, record.gone_at, record.life.stage()) {
            (Some(_), ..) => "revoked",
            (None, Some(_), _) => "gone",
            (None, None, Stage::Pending) => "pending",
            (None, None, Stage::Active) => "active",
            (None, None, Stage::Retiring) => "retiring",
        };
        let life = record.life;
        Self {
            kid: life.kid,
            state,
            created_at: life.created_at,
            published_at: life.published_at,
            signs_from: life.signs_from,
            activated_at: life.activated_at,
            retired_at: life.retired_at,
            published_until: life.published_until,
            gone_at: record.gone_at,
        }
    }
}
