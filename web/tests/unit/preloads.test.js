import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

const ROOT = new URL("../../", import.meta.url);
const IMPORT = /^(?:import|export) [^;]*?from "(\.[^"]+)"/gm;
const PRELOAD = /<link rel="modulepreload" href="\/site\/\{version\}\/([^"]+)">/g;

/**
 * The modules that one needs before it runs, by their paths, and its own.
 *
 * @param {URL} module
 * @param {Set<string>} [found]
 */
async function needed(module, found = new Set()) {
  const path = module.href.slice(ROOT.href.length);
  if (found.has(path)) return found;
  found.add(path);
  const text = await readFile(module, "utf8");
  for (const [, address = ""] of text.matchAll(IMPORT))
    await needed(new URL(address, module), found);
  return found;
}

// Else a browser would find them one after the other, a round trip for each.
test("the document names all modules that the first page needs", async () => {
  const html = await readFile(new URL("index.html", ROOT), "utf8");
  const preloaded = [...html.matchAll(PRELOAD)].map(([, path]) => path);
  const modules = await needed(new URL("app/main.js", ROOT));
  modules.delete("app/main.js");
  assert.deepEqual(preloaded, [...modules].sort());
});
