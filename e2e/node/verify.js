// Verifies access tokens with jose, knowing nothing of Latchkey but its URL:
//
//   node verify.js ISSUER AUDIENCE < tokens
//
// Prints `ok <sub>` or `error <code>` for each token, one a line.

import { createInterface } from "node:readline";
import { createRemoteJWKSet, jwtVerify } from "jose";

const [issuer, audience] = process.argv.slice(2);
const keys = createRemoteJWKSet(new URL(`${issuer}/.well-known/jwks.json`));

for await (const token of createInterface({ input: process.stdin })) {
  try {
    const { payload } = await jwtVerify(token, keys, {
      issuer,
      audience,
      typ: "at+jwt",
      algorithms: ["RS256"],
      requiredClaims: ["sub", "exp", "iat", "jti", "sid"],
    });
    console.log(`ok ${payload.sub}`);
  } catch (error) {
    console.log(`error ${error.code}`);
  }
}
