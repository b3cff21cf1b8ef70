//! R12 to R15: what a header may not bring, demand or name.

use serde_json::{Value, json};

use super::{Forge, Row, row};

impl Forge<'_> {
    /// R12.
    pub(super) fn keys_of_their_own(&self) -> Vec<Row> {
        let jwk = self.stranger.public_jwk();
        let url = format!("{}/jwks.json", self.listener);
        let mut rows = Vec::new();
        for (member, value) in [
            ("jwk", jwk.clone()),
            ("jku", json!(url)),
            ("x5u", json!(url)),
            ("x5c", json!(["MIIB"])),
            ("iss", json!(self.listener)),
        ] {
            let mut ours = self.header(member, value.clone());
            let mut add = |name: &str, header: &Value, code| {
                let token = self.stranger.sign(header, &self.claims);
                rows.push(row("R12", &format!("{member}, {name}"), token, code));
            };
            add("under our key's name", &ours, "bad_signature");
            ours["kid"] = json!(self.stranger.kid);
            add("under its own name", &ours, "unknown_key");
            ours.as_object_mut().unwrap().remove("kid");
            add("without a name", &ours, "missing_key_id");
            let control = self.signer.sign(&self.header(member, value), &self.claims);
            rows.push(row(
                "R12",
                &format!("control: {member} in an honest token"),
                control,
                "ok",
            ));
        }
        rows
    }

    /// R13 and R14.
    pub(super) fn headers(&self) -> Vec<Row> {
        let mut rows = Vec::new();
        for (member, value) in [
            ("crit", json!(["exp"])),
            ("crit", json!(["b64"])),
            ("crit", json!([])),
            ("crit", json!(null)),
            ("b64", json!(false)),
        ] {
            let name = format!("{member} {value}");
            let token = self.signer.sign(&self.header(member, value), &self.claims);
            rows.push(row("R13", &name, token, "critical_header"));
        }
        for typ in [
            "JWT",
            "",
            "AT+JWT",
            "application/at+jwt",
            "revocations+jwt",
            "logout+jwt",
        ] {
            let token = self.signer.sign(&self.header("typ", typ), &self.claims);
            rows.push(row("R14", &format!("typ {typ:?}"), token, "wrong_type"));
        }
        let token = self.signer.sign(&self.header_without("typ"), &self.claims);
        rows.push(row("R14", "no typ", token, "wrong_type"));
        rows
    }

    /// R15.
    pub(super) fn key_names(&self) -> Vec<Row> {
        let mut rows = Vec::new();
        let token = self.signer.sign(&self.header_without("kid"), &self.claims);
        rows.push(row("R15", "no kid", token, "missing_key_id"));
        let token = self.signer.sign(&self.header("kid", ""), &self.claims);
        rows.push(row("R15", "an empty kid", token, "missing_key_id"));
        let kid = &self.signer.kid;
        for other in [
            "../../../../../../dev/null",
            "/proc/sys/kernel/randomize_va_space",
            "' or '1'='1",
            "x' union select 'secret' --",
            "| id",
            "*",
            &*self.listener,
            &*format!("{kid} "),
            &*format!("{kid}\0"),
            &kid[1..],
        ] {
            let token = self.signer.sign(&self.header("kid", other), &self.claims);
            rows.push(row("R15", &format!("kid {other:?}"), token, "unknown_key"));
        }
        for value in [json!(null), json!(0), json!([kid])] {
            let name = format!("kid {value}");
            let token = self.signer.sign(&self.header("kid", value), &self.claims);
            rows.push(row("R15", &name, token, "malformed"));
        }
        rows
    }
}
