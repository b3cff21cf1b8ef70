//! Other people's libraries verify the tokens, knowing nothing but the issuer's URL.

use serde_json::Value;

use crate::harness::client::altered;
use crate::harness::programs::{Interpreter, run_with_input, tool};
use crate::harness::system::{System, shared};

#[tokio::test]
async fn pyjwt_verifies_access_tokens() {
    let system = shared().await;
    let [sound, for_another] = verdicts(&system, Interpreter::Python, "python/verify.py").await;
    assert_eq!(sound, ["ok", "error InvalidSignatureError"]);
    assert_eq!(
        for_another,
        ["error InvalidAudienceError", "error InvalidSignatureError"]
    );
}

#[tokio::test]
async fn jose_verifies_access_tokens() {
    let system = shared().await;
    let [sound, for_another] = verdicts(&system, Interpreter::Node, "node/verify.js").await;
    let altered = "error ERR_JWS_SIGNATURE_VERIFICATION_FAILED";
    assert_eq!(sound, ["ok", altered]);
    assert_eq!(
        for_another,
        ["error ERR_JWT_CLAIM_VALIDATION_FAILED", altered]
    );
}

/// R20.
#[tokio::test]
async fn only_the_public_half_of_a_key_is_published() {
    let system = shared().await;
    let answer = system.client().get("/.well-known/jwks.json").send().await;
    answer.assert_status(200);
    for key in answer.body["keys"].as_array().unwrap() {
        let members: Vec<&String> = key.as_object().unwrap().keys().collect();
        assert_eq!(members, ["alg", "e", "kid", "kty", "n", "use"]);
    }
    let pem = system
        .client()
        .get("/.well-known/public-key.pem")
        .send()
        .await;
    let Value::String(pem) = pem.body else {
        panic!("no text: {pem:?}")
    };
    assert!(pem.starts_with("-----BEGIN PUBLIC KEY-----\n"));
}

/// What the program says of a fresh token and of that token altered: as notes-api, and as a service
/// that it is not for.
async fn verdicts(system: &System, interpreter: Interpreter, program: &str) -> [Vec<String>; 2] {
    let ada = system.client().register().await;
    let tokens = format!("{}\n{}\n", ada.access_token, altered(&ada.access_token));
    ["notes-api", "another"].map(|audience| {
        let mut verify = tool(interpreter, program);
        verify.args([&system.stack.url(), audience]);
        let verdicts = run_with_input(&mut verify, &tokens).replace(&format!(" {}", ada.id), "");
        verdicts.lines().map(str::to_owned).collect()
    })
}
