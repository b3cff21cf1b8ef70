/** Where the person is signed in. */

import { alarm } from "../announce.js";
import { confirm } from "../dialog.js";
import { h, icon, show, uniqueId } from "../dom.js";
import { sentence } from "../problem.js";
import { toast } from "../toast.js";
import { fetched } from "./fetched.js";
import { bones, moment, section } from "./section.js";
import { deviceName, isHandheld } from "./user-agent.js";

/**
 * As `GET /auth/sessions` tells of it.
 *
 * @typedef {object} Device
 * @property {string} id
 * @property {boolean} current
 * @property {string} created_at RFC 3339
 * @property {string} last_used_at RFC 3339
 * @property {string} ip
 * @property {string | null} user_agent
 */

/**
 * @param {import("../router.js").Site} site
 * @param {() => void} changed called when something has happened to the account
 */
export function devicesSection({ latchkey, signOut }, changed) {
  const failure = h("p", { class: "status status-danger" });
  const content = fetched({
    latchkey,
    bones: bones(2),
    fallback: () => heading,
    get: async (signal) => (await latchkey.call("GET", "/auth/sessions", { signal })).data.sessions,
    draw,
  });
  const { element, heading } = section(
    "Devices",
    "Where you are signed in. Sign out what you do not know, and change your password.",
    content.element,
    failure,
  );

  /** @param {Device[]} devices */
  function draw(devices) {
    const rows = inOrder(devices).map(deviceRow);
    const isAlone = devices.every(({ current }) => current);
    return h(
      "div",
      null,
      h("ul", { class: "account-rows" }, ...rows),
      isAlone && h("p", { class: "quiet account-alone" }, "You are signed in on no other device."),
      h(
        "div",
        { class: "buttons account-row-end" },
        !isAlone && button("Sign out all others", signOutOthers),
        button("Sign out everywhere", signOutEverywhere),
      ),
    );
  }

  /** @param {Device} device */
  function deviceRow(device) {
    const name = deviceName(device.user_agent);
    const details = uniqueId("device");
    const out = button("Sign out", (button) => signOutOne(device, name, button));
    out.setAttribute("aria-label", `Sign out ${name}`);
    out.setAttribute("aria-describedby", details);
    return h(
      "li",
      { class: "account-row" },
      icon(isHandheld(device.user_agent) ? "phone" : "device"),
      h(
        "div",
        { class: "account-row-text" },
        h(
          "p",
          { class: "account-row-title" },
          h("bdi", null, name),
          device.current && h("span", { class: "badge" }, "This device"),
        ),
        h(
          "p",
          { class: "quiet", id: details },
          "Last used ",
          moment(device.last_used_at),
          ` · ${device.ip} · signed in `,
          moment(device.created_at),
        ),
      ),
      !device.current && out,
    );
  }

  /**
   * @param {Device} device
   * @param {string} name
   * @param {HTMLButtonElement} button
   */
  function signOutOne({ id }, name, button) {
    return busy(button, async () => {
      await latchkey.call("DELETE", `/auth/sessions/${encodeURIComponent(id)}`).catch((problem) => {
        // It was signed out already.
        if (problem.code !== "not_found") throw problem;
      });
      await content.refetch();
      toast(`${name} is signed out.`);
      changed();
    });
  }

  /** @param {HTMLButtonElement} button */
  async function signOutOthers(button) {
    const isSure = await confirm({
      title: "Sign out all other devices?",
      text: "You stay signed in here.",
      confirm: "Sign out all others",
    });
    if (!isSure) return;
    await busy(button, async () => {
      await latchkey.logOut({ scope: "others" });
      await content.refetch();
      toast("All other devices are signed out.");
      changed();
    });
  }

  async function signOutEverywhere() {
    const isSure = await confirm({
      title: "Sign out everywhere?",
      text: "You are signed out on all your devices, and here.",
      confirm: "Sign out everywhere",
    });
    if (isSure) await signOut({ scope: "all" });
  }

  /**
   * Does something once, and tells if it fails.
   *
   * @param {HTMLButtonElement} button
   * @param {() => Promise<void>} run
   */
  async function busy(button, run) {
    if (button.getAttribute("aria-disabled") === "true") return;
    button.setAttribute("aria-disabled", "true");
    show(failure);
    try {
      await run();
    } catch (problem) {
      if (!element.isConnected) return;
      show(failure, sentence(problem));
      alarm(sentence(problem));
    } finally {
      button.removeAttribute("aria-disabled");
    }
  }

  return { element, content };
}

/**
 * This device first, then what was used last.
 *
 * @param {Device[]} devices
 */
function inOrder(devices) {
  return [...devices].sort(
    (a, b) =>
      Number(b.current) - Number(a.current) ||
      Date.parse(b.last_used_at) - Date.parse(a.last_used_at),
  );
}

/**
 * @param {string} label
 * @param {(button: HTMLButtonElement) => unknown} run
 */
function button(label, run) {
  const element = h("button", { type: "button", class: "button" }, label);
  element.addEventListener("click", () => void run(element));
  return element;
}
