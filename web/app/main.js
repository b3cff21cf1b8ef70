/** Starts the site: the client, the pages, and what stands around them. */

import { Latchkey } from "../latchkey.js";
import { alarm, hush } from "./announce.js";
import { dismissDialogs } from "./dialog.js";
import { byId, h, show } from "./dom.js";
import { farewell } from "./farewell.js";
import { Router } from "./router.js";
import { listShortcuts, startShortcuts } from "./shortcuts.js";
import { clearToasts } from "./toast.js";

const notes = async () => (await import("./notes/view.js")).notesView;
const account = async () => (await import("./account/view.js")).accountView;
const signIn = async () => (await import("./sign-in/sign-in.js")).signInView;
const registration = async () => (await import("./sign-in/register.js")).registerView;

/** @type {import("./router.js").Route[]} */
const routes = [
  { path: "/", fetch: notes, parameters: { id: null }, holds: "someone" },
  { path: "/n/:id", fetch: notes, holds: "someone" },
  { path: "/account", fetch: account, holds: "someone" },
  { path: "/sign-in", fetch: signIn, holds: "nobody" },
  { path: "/register", fetch: registration, holds: "nobody" },
];

/** Milliseconds after which the page that is wanted is there, and others may be fetched. */
const WHEN_QUIET = 2_000;

/** @type {import("./router.js").Route} */
const nowhere = {
  path: "",
  fetch: async () => (await import("./nowhere.js")).nowhereView,
};

const latchkey = new Latchkey();
/** Texts are saved, and asked about before somebody signs out, whichever page is open. */
const desks = async () => (await import("./notes/desks.js")).desksOf(latchkey);
const main = byId("main");
const waiting = byId("waiting");

/** @type {import("./router.js").Site} */
const site = {
  latchkey,
  navigate: (path, options) => router.navigate(path, options),
  get session() {
    return latchkey.session;
  },
  retitle,
  signOut,
  farewell: null,
};

const router = new Router({
  routes,
  nowhere,
  site,
  outlet: main,
  waiting,
  admit,
  opened: markPlace,
});

/** Whether it is known who is signed in, and so a page is shown. */
let isOpen = false;
/** Whose page is shown. @type {string | null} */
let person = null;
/** Who was signed in last. @type {string | null} */
let lastPerson = null;
let title = "";
let isVeiled = false;

latchkey.addEventListener("session", (event) => {
  settle(/** @type {import("../latchkey.js").SessionEvent} */ (event).reason);
});
latchkey.addEventListener("reachability", () => {
  tellReachability();
  if (isVeiled && latchkey.reachable) void unveil();
});
addEventListener("online", tellReachability);
addEventListener("offline", tellReachability);
addEventListener("pagehide", (event) => event.persisted && veil());
addEventListener("pageshow", (event) => event.persisted && void unveil());
byId("sign-out").addEventListener("click", () => void signOut());
byId("shortcuts").addEventListener("click", () => void listShortcuts());
byId("skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});

startShortcuts();
router.start();
if (latchkey.mayBeSignedIn) router.prefetch();
await latchkey.start();
settle(null);

/**
 * Shows what is for whoever is signed in now. Whatever was another's is gone from the page before
 * anything else happens.
 *
 * @param {import("../latchkey.js").Reason | null} reason
 */
function settle(reason) {
  if (latchkey.state === "starting") return;
  const now = latchkey.session?.subject ?? null;
  if (isOpen && now === person) {
    tellPerson();
    return;
  }
  wipe();
  const known = person;
  const first = !isOpen;
  isOpen = true;
  person = now;
  tellPerson();
  if (now !== null) {
    // What somebody else was looking at is not for this person.
    const isAnother = lastPerson !== null && lastPerson !== now;
    lastPerson = now;
    site.farewell = null;
    desks().catch(() => {});
    setTimeout(() => router.prefetchAll(), WHEN_QUIET);
    router.render({ path: isAnother ? "/" : undefined, focus: !first });
    return;
  }
  site.farewell = farewell(reason, known !== null);
  const isDeliberate = reason === "signed_out" || reason === "account_deleted";
  router.render({ path: known !== null && isDeliberate ? "/sign-in" : undefined, focus: true });
  alarm(site.farewell ?? "");
}

/** @param {import("./router.js").Route} route */
function admit({ holds }) {
  const isSomeone = latchkey.session !== null;
  if (holds === "someone" && !isSomeone) return { path: "/sign-in", wanted: location.pathname };
  if (holds === "nobody" && isSomeone) return { path: router.wanted ?? "/" };
  return null;
}

/** @param {{scope?: 'this' | 'all'}} [options] */
async function signOut({ scope = "this" } = {}) {
  if (!(await router.mayLeave({ signingOut: true }))) return;
  // Where the script cannot be had, this page has no text.
  const texts = await desks().catch(() => null);
  if ((await texts?.maySignOut()) !== false) await latchkey.logOut({ scope });
}

/** Nothing of anybody's stays on the page. */
function wipe() {
  router.wipe();
  dismissDialogs();
  clearToasts();
  hush();
}

/** A page that waits in the back/forward cache shows nothing when it comes back, until it is known whose it is. */
function veil() {
  isVeiled = true;
  document.documentElement.classList.add("veiled");
  document.title = "Latchkey";
}

async function unveil() {
  if (!(await latchkey.confirm())) return;
  isVeiled = false;
  document.documentElement.classList.remove("veiled");
  retitle(title);
}

/** @param {string} text */
function retitle(text) {
  title = text;
  if (!isVeiled) document.title = `${text} · Latchkey`;
}

function tellPerson() {
  const session = latchkey.session;
  byId("person").textContent = session ? (session.name ?? session.username) : "";
  for (const element of document.querySelectorAll("[data-for='someone']")) {
    element.toggleAttribute("hidden", session === null);
  }
}

function tellReachability() {
  const away = navigator.onLine
    ? "Latchkey cannot be reached. Trying again…"
    : "You are offline. Latchkey will be back when you are.";
  byId("reachability").textContent = latchkey.reachable ? "" : away;
  if (!isOpen && !latchkey.reachable) {
    show(main, h("p", { class: "empty" }, "Latchkey is opened as soon as it can be reached."));
  }
}

/** Tells in the navigation where one is. */
function markPlace() {
  for (const link of document.querySelectorAll("nav a")) {
    const path = link.getAttribute("href") ?? "";
    const isNote = path === "/" && location.pathname.startsWith("/n/");
    const here = isNote || path === location.pathname;
    if (here) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}
