//! R16 to R18: what claims have to be, whom they are for, and when.

use serde_json::{Value, json};

use super::{Forge, Row, row};

impl Forge<'_> {
    /// R16.
    pub(super) fn mistyped_claims(&self) -> Vec<Row> {
        let any = || [json!(null), json!(true), json!([]), json!({}), json!(1.5)];
        let text = || any().into_iter().chain([json!(0), json!(["x"])]);
        let later = self.now + 600;
        let date = || {
            any().into_iter().chain([
                json!(later.to_string()),
                json!([later]),
                json!(-1),
                json!(i64::MAX),
                json!(u64::MAX),
            ])
        };
        let mut values: Vec<(&str, Value)> = Vec::new();
        for name in ["iss", "sub", "jti", "sid", "scope"] {
            values.extend(text().map(|value| (name, value)));
        }
        for name in ["exp", "iat", "nbf", "auth_time"] {
            values.extend(date().map(|value| (name, value)));
        }
        let audiences = any()
            .into_iter()
            .chain([json!("notes-api"), json!(["notes-api", 1])]);
        values.extend(audiences.map(|value| ("aud", value)));
        for name in ["iss", "sub", "jti", "sid"] {
            values.push((name, json!("")));
        }
        let mut rows: Vec<Row> = values
            .into_iter()
            .map(|(name, value)| {
                let shown = format!("{name}: {value}");
                row(
                    "R16",
                    &shown,
                    self.signer.mint(&self.with(name, value)),
                    "invalid_claims",
                )
            })
            .collect();
        let text = self.claims.to_string();
        for name in ["iss", "sub", "aud", "exp", "iat", "jti", "sid"] {
            let mut claims = self.claims.clone();
            claims.as_object_mut().unwrap().remove(name);
            let token = self.signer.mint(&claims);
            rows.push(row("R16", &format!("no {name}"), token, "invalid_claims"));
            let twice = text.replacen('{', &format!("{{\"{name}\":{},", self.claims[name]), 1);
            let token = self
                .signer
                .sign_text(&self.signer.header().to_string(), &twice);
            rows.push(row(
                "R16",
                &format!("{name} twice"),
                token,
                "invalid_claims",
            ));
        }
        rows
    }

    /// R17, and the issuer. What is meant for one service alone is tried apart from these.
    pub(super) fn audiences(&self) -> Vec<Row> {
        let mut rows = Vec::new();
        for audience in ["billing", "notes", "NOTES-API", "notes-api ", "*"] {
            let token = self.signer.mint(&self.with("aud", json!([audience])));
            rows.push(row(
                "R17",
                &format!("aud {audience:?}"),
                token,
                "wrong_audience",
            ));
        }
        let honest = self.claims["iss"].as_str().unwrap();
        for issuer in [
            &*self.listener,
            &*format!("{honest}/"),
            &*honest.to_uppercase(),
        ] {
            let token = self.signer.mint(&self.with("iss", json!(issuer)));
            rows.push(row(
                "R17",
                &format!("iss {issuer:?}"),
                token,
                "wrong_issuer",
            ));
        }
        rows
    }

    /// R18. Seconds pass while the rows are tried, so what must pass has two of them to spare, and what
    /// must not has a minute.
    pub(super) fn instants(&self) -> Vec<Row> {
        let now = self.now;
        let lasting = |iat: i64, exp: i64| {
            let mut claims = self.with("iat", json!(iat));
            claims["exp"] = json!(exp);
            self.signer.mint(&claims)
        };
        let not_before = |nbf: i64| self.signer.mint(&self.with("nbf", json!(nbf)));
        vec![
            row("R18", "control: an hour", lasting(now, now + 3_600), "ok"),
            row(
                "R18",
                "an hour and a second",
                lasting(now, now + 3_601),
                "lifetime_too_long",
            ),
            row(
                "R18",
                "ten years",
                lasting(now, now + 315_360_000),
                "lifetime_too_long",
            ),
            row(
                "R18",
                "since 1970",
                lasting(0, now + 600),
                "lifetime_too_long",
            ),
            row(
                "R18",
                "expired 5 s ago",
                lasting(now - 600, now - 5),
                "expired",
            ),
            row(
                "R18",
                "expired an hour ago",
                lasting(now - 4_000, now - 3_600),
                "expired",
            ),
            row(
                "R18",
                "control: issued 3 s ahead",
                lasting(now + 3, now + 600),
                "ok",
            ),
            row(
                "R18",
                "issued two minutes ahead",
                lasting(now + 120, now + 600),
                "issued_in_future",
            ),
            row("R18", "control: nbf 3 s ahead", not_before(now + 3), "ok"),
            row(
                "R18",
                "nbf two minutes ahead",
                not_before(now + 120),
                "not_yet_valid",
            ),
            row(
                "R18",
                "ends when it begins",
                lasting(now, now),
                "invalid_claims",
            ),
            row(
                "R18",
                "ends before it begins",
                lasting(now, now - 1),
                "invalid_claims",
            ),
        ]
    }
}
