import assert from "node:assert/strict";
import { test } from "node:test";
import { holdsToken } from "../browser/harness/secrets.js";

test("tokens of each kind are found in other text", () => {
  for (const token of ["eyJhbGciOiJSUzI1NiJ9.eyJz.c2ln", "lkrt_1AbC", "lkdt_1AbC"]) {
    assert.ok(holdsToken(`{"kept":"${token}"}`), token);
  }
});

test("what people write is not taken for a token", () => {
  for (const text of [
    "",
    "eyJ",
    "keyJobs on Eyjafjallajökull",
    "lkrt",
    '{"draft":{"title":"Harbour"}}',
  ]) {
    assert.equal(holdsToken(text), false, text);
  }
});
