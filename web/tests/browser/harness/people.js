// People, and what they do without a browser.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { url } from "./system.js";

/** The password that everybody registers with. The logs are searched for it in the end. */
export const password = process.env.LATCHKEY_PASSWORD ?? "a lantern in the 7th harbour";

/** Another one, in which the logs' search finds the first. */
export const newPassword = `${password}, and another`;

/** What Firefox says of itself. */
export const firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0";

/**
 * Someone who has registered.
 *
 * @typedef {object} Person
 * @property {string} id
 * @property {string} username
 * @property {string} email
 * @property {string | null} full_name
 * @property {string} password
 */

/**
 * Another device of somebody's, on which a program is signed in.
 *
 * @typedef {object} Device
 * @property {string} session its id in the list of devices
 * @property {(method: string, path: string, body?: object, headers?: Record<string, string>) =>
 *   Promise<{status: number, headers: Headers, data: any}>} call a call with its access token
 */

/**
 * The cookies that came with registrations, until a browser takes them.
 *
 * @type {WeakMap<Person, Cookie[]>}
 */
const unclaimed = new WeakMap();

/** Somebody who has not registered yet. */
export function stranger() {
  const username = `person-${randomUUID().slice(0, 13)}`;
  return { username, email: `${username}@example.org` };
}

/**
 * Registers somebody new. The first browser that opens a page as them is the device on which they registered.
 *
 * @param {{full_name?: string}} [details]
 * @returns {Promise<Person>}
 */
export async function person({ full_name } = {}) {
  const { username, email } = stranger();
  const answer = await post("/auth/register", { username, email, password, full_name });
  assert.equal(answer.status, 201);
  const { user } = await answer.json();
  const registered = { id: user.id, username, email, full_name: user.full_name, password };
  unclaimed.set(registered, cookiesIn(answer));
  return registered;
}

/**
 * Signs somebody in on another device.
 *
 * @param {Person} person
 * @param {{userAgent?: string}} [as]
 * @returns {Promise<Device>}
 */
export async function device(person, { userAgent = "Another device" } = {}) {
  const { username, password } = person;
  const credentials = { username, password, delivery: "body" };
  const answer = await post("/auth/login", credentials, { "User-Agent": userAgent });
  assert.equal(answer.status, 200);
  const { access_token, session_id } = await answer.json();
  return {
    session: session_id,
    call: async (method, path, body, headers) => {
      const answer = await fetch(url + path, {
        method,
        headers: {
          Authorization: `Bearer ${access_token}`,
          "User-Agent": userAgent,
          ...(body && { "Content-Type": "application/json" }),
          ...headers,
        },
        body: body && JSON.stringify(body),
      });
      const text = await answer.text();
      const data = text === "" ? null : JSON.parse(text);
      return { status: answer.status, headers: answer.headers, data };
    },
  };
}

/**
 * The cookies of a browser in which somebody is signed in: of another one with each call.
 *
 * @param {Person} person
 * @returns {Promise<Cookie[]>}
 */
export async function cookiesOf(person) {
  const registered = unclaimed.get(person);
  if (registered) {
    unclaimed.delete(person);
    return registered;
  }
  const { username, password } = person;
  const answer = await post("/auth/login", { username, password });
  assert.equal(answer.status, 200);
  return cookiesIn(answer);
}

/** @typedef {ReturnType<typeof cookiesIn>[number]} Cookie */

/** @param {Response} answer */
function cookiesIn(answer) {
  return answer.headers.getSetCookie().map((line) => {
    const [pair = "", ...attributes] = line.split("; ");
    const [name = "", value = ""] = pair.split("=");
    const lifetime = attributes.find((attribute) => attribute.startsWith("Max-Age="));
    return {
      name,
      value,
      url,
      expires: Date.now() / 1000 + Number(lifetime?.slice("Max-Age=".length)),
      httpOnly: attributes.includes("HttpOnly"),
      secure: true,
      sameSite: /** @type {const} */ ("Strict"),
    };
  });
}

/**
 * @param {string} path
 * @param {object} body
 * @param {Record<string, string>} [headers]
 */
function post(path, body, headers) {
  return fetch(url + path, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
}
