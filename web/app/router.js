/** One document, real paths: which view a path means, and the way from one to the next. */

import { alarm } from "./announce.js";
import { h, show } from "./dom.js";
import { matchPath, ownPath } from "./paths.js";

/** @typedef {import("../latchkey.js").Latchkey} Latchkey */
/** @typedef {import("../latchkey.js").Session} Session */
/** @typedef {Record<string, string | null>} Parameters */

/**
 * What a view gets to work with.
 *
 * @typedef {object} Site
 * @property {Latchkey} latchkey
 * @property {(path: string, options?: {replace?: boolean}) => Promise<boolean>} navigate whether one is
 *   there now: a view may have wanted to stay
 * @property {Session | null} session who is signed in now
 * @property {(title: string) => void} retitle names the page anew
 * @property {(options?: {scope?: 'this' | 'all'}) => Promise<void>} signOut asks the view whether one may
 *   leave, then signs out
 * @property {string | null} farewell why nobody is signed in any more, for the page that follows
 */

/**
 * A page that is shown.
 *
 * @typedef {object} View
 * @property {HTMLElement} element
 * @property {string} title
 * @property {HTMLElement} [focus] where the focus goes when the page is opened from another; its heading
 *   otherwise
 * @property {(parting: {signingOut: boolean}) => boolean | Promise<boolean>} [leave] asked before the page is
 *   left by the person's own doing; `false` stays. Not asked when somebody is signed out.
 * @property {(parameters: Parameters) => void} [update] called instead of making the view anew when only
 *   the parameters of its path change; it then looks after focus and title itself
 * @property {() => void} [close] ends what the view has going on; its element is gone from the page
 */

/** @typedef {(site: Site, parameters: Parameters) => View} MakeView */

/**
 * @typedef {object} Route
 * @property {string} path such as `/n/:id`
 * @property {() => Promise<MakeView>} fetch the script of the view, which is fetched when it is first needed;
 *   the same function for paths of one view
 * @property {Parameters} [parameters] of a path that has none in it
 * @property {'someone' | 'nobody'} [holds] whom the page is for: who is signed in, or who is not;
 *   without it, for both
 */

/** @typedef {{route: Route, parameters: Parameters}} Match */

/** The pages of the site, one at a time. */
export class Router {
  #routes;
  #nowhere;
  #site;
  #outlet;
  #waiting;
  #admit;
  #opened;
  /** Views whose script is there. @type {Map<Route["fetch"], MakeView>} */
  #views = new Map();
  /** @type {{match: Match, view: View} | null} */
  #current = null;
  #turn = 0;
  #index = 0;
  #isReturning = false;

  /**
   * @param {object} options
   * @param {Route[]} options.routes
   * @param {Route} options.nowhere for paths that mean nothing
   * @param {Site} options.site
   * @param {HTMLElement} options.outlet where pages are shown
   * @param {HTMLElement} options.waiting what is shown until a page is there
   * @param {(route: Route) => {path: string, wanted?: string} | null} options.admit where to go instead,
   *   if the page is not for whoever is there, and what was wanted
   * @param {() => void} options.opened called when the path has changed
   */
  constructor({ routes, nowhere, site, outlet, waiting, admit, opened }) {
    this.#routes = routes;
    this.#nowhere = nowhere;
    this.#site = site;
    this.#outlet = outlet;
    this.#waiting = waiting;
    this.#admit = admit;
    this.#opened = opened;
  }

  /** Follows the browser's history and the document's links from now on. */
  start() {
    this.#index = history.state?.index ?? 0;
    addEventListener("popstate", () => void this.#follow());
    document.addEventListener("click", (event) => this.#click(event));
  }

  /** Fetches the script of the page at the present path, which is going to be shown. */
  prefetch() {
    prefetch(this.#match(location.pathname).route);
  }

  /** Fetches the scripts of all pages, which may be wanted when there is no network. */
  prefetchAll() {
    this.#routes.forEach(prefetch);
  }

  /** The page that somebody wanted who first had to sign in. */
  get wanted() {
    return ownPath(history.state?.wanted, location.origin);
  }

  /**
   * Asks the page that is shown whether one may leave it.
   *
   * @param {{signingOut: boolean}} parting
   */
  async mayLeave(parting) {
    return (await this.#current?.view.leave?.(parting)) !== false;
  }

  /**
   * Goes to a page of the site.
   *
   * @param {string} path
   * @param {{replace?: boolean}} [options]
   * @returns {Promise<boolean>} whether one is there now
   */
  async navigate(path, { replace = false } = {}) {
    const wanted = ownPath(path, location.origin) ?? "/";
    const turn = this.#begin();
    const match = this.#match(wanted);
    if (!this.#isUpdate(match) && !(await this.mayLeave({ signingOut: false }))) return false;
    if (turn !== this.#turn) return false;
    // From signing in to registering and back, it is still known what was wanted.
    const kept = match.route.holds === "nobody" ? (this.wanted ?? undefined) : undefined;
    if (replace || wanted === location.pathname) {
      this.#replace(wanted, kept);
    } else {
      this.#index += 1;
      history.pushState({ index: this.#index, wanted: kept }, "", wanted);
    }
    this.#open(match, { focus: true });
    scrollTo(0, 0);
    return true;
  }

  /**
   * Shows a page from the beginning, in the place of the one before, which is not asked.
   *
   * @param {{path?: string, focus?: boolean}} [options] the present path, unless there is another
   */
  render({ path = location.pathname, focus = false } = {}) {
    this.#begin();
    this.wipe();
    if (path !== location.pathname) this.#replace(path);
    this.#open(this.#match(path), { focus });
  }

  /** Ends the page that is shown; nothing of it stays in the document. */
  wipe() {
    const view = this.#current?.view;
    this.#current = null;
    show(this.#outlet);
    view?.close?.();
  }

  #begin() {
    this.#turn += 1;
    return this.#turn;
  }

  /** The browser has gone back or forward; the page may want to stay. */
  async #follow() {
    const index = history.state?.index ?? 0;
    if (this.#isReturning) {
      this.#isReturning = false;
      return;
    }
    const turn = this.#begin();
    const match = this.#match(location.pathname);
    if (!this.#isUpdate(match) && !(await this.mayLeave({ signingOut: false }))) {
      if (turn !== this.#turn || index === this.#index) return;
      this.#isReturning = true;
      history.go(this.#index - index);
      return;
    }
    if (turn !== this.#turn) return;
    this.#index = index;
    this.#open(match, { focus: true });
  }

  /** @param {MouseEvent} event */
  #click(event) {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
    if (!(link instanceof HTMLAnchorElement) || link.target || link.hash) return;
    const path = ownPath(link.href, location.origin);
    if (path === null || !this.#find(path)) return;
    event.preventDefault();
    void this.navigate(path);
  }

  /** @param {string} path */
  #find(path) {
    for (const route of this.#routes) {
      const found = matchPath(route.path, path);
      if (found) return { route, parameters: { ...route.parameters, ...found } };
    }
    return null;
  }

  /**
   * What the path means.
   *
   * @param {string} path
   * @returns {Match}
   */
  #match(path) {
    return this.#find(path) ?? { route: this.#nowhere, parameters: {} };
  }

  /** @param {Match} match */
  #isUpdate({ route }) {
    return this.#current?.match.route.fetch === route.fetch && !!this.#current.view.update;
  }

  /**
   * @param {Match} match
   * @param {{focus: boolean}} options
   */
  #open(match, { focus }) {
    const elsewhere = this.#admit(match.route);
    if (elsewhere) {
      this.#replace(elsewhere.path, elsewhere.wanted);
      this.#open(this.#match(elsewhere.path), { focus });
      return;
    }
    if (this.#current && this.#isUpdate(match)) {
      this.#current.match = match;
      this.#current.view.update?.(match.parameters);
      this.#opened();
      return;
    }
    this.wipe();
    const makeView = this.#views.get(match.route.fetch);
    if (!makeView) {
      void this.#fetch(match, { focus });
      return;
    }
    const view = makeView(this.#site, match.parameters);
    this.#current = { match, view };
    show(this.#outlet, view.element);
    this.#site.retitle(view.title);
    this.#opened();
    if (focus) focusOn(view);
  }

  /**
   * Opens a page when its script has been fetched, if nobody has gone elsewhere by then.
   *
   * @param {Match} match
   * @param {{focus: boolean}} options
   */
  async #fetch(match, { focus }) {
    const turn = this.#turn;
    const { fetch } = match.route;
    show(this.#outlet, this.#waiting);
    this.#opened();
    const makeView = await fetch().catch(() => null);
    if (makeView) this.#views.set(fetch, makeView);
    if (turn !== this.#turn) return;
    if (makeView) this.#open(match, { focus });
    else this.#offerAgain(turn);
  }

  /**
   * A browser does not fetch a script again that was there and did not fit, as after a release.
   *
   * @param {number} turn
   */
  #offerAgain(turn) {
    addEventListener("online", () => turn === this.#turn && location.reload(), { once: true });
    const again = h("button", { type: "button", class: "button" }, "Try again");
    again.addEventListener("click", () => location.reload());
    const text = "This page could not be fetched.";
    show(this.#outlet, h("div", { class: "empty" }, h("p", null, text), again));
    alarm(text);
  }

  /**
   * @param {string} path
   * @param {string} [wanted]
   */
  #replace(path, wanted) {
    history.replaceState({ index: this.#index, wanted }, "", path);
  }
}

/**
 * If it fails, it is tried again when the page is opened.
 *
 * @param {Route} route
 */
function prefetch({ fetch }) {
  fetch().catch(() => {});
}

/** @param {View} view */
function focusOn(view) {
  const heading = view.element.querySelector("h1");
  const target = view.focus ?? heading ?? view.element;
  if (target === heading || target === view.element) target.tabIndex = -1;
  target.focus({ preventScroll: true });
}
