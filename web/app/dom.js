/**
 * Elements without markup: every text becomes a text node, so nothing that a person, or somebody
 * else, typed can become an element (R48). The site's policy leaves no other way.
 */

/** @typedef {Node | string | number | null | undefined | false} Child */

/**
 * @typedef {{
 *   on?: {[event: string]: (event: any) => unknown},
 *   dataset?: {[name: string]: string},
 *   value?: string,
 *   [attribute: string]: unknown,
 * }} Properties
 */

/**
 * Makes an element. A property is an attribute: `true` stands for an empty one; `null`, `undefined`
 * and `false` for none. `value` is set as the person would set it.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Properties | null} [properties]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function h(tag, properties, ...children) {
  const element = document.createElement(tag);
  const { on = {}, dataset = {}, value, ...attributes } = properties ?? {};
  for (const [event, listener] of Object.entries(on)) element.addEventListener(event, listener);
  Object.assign(element.dataset, dataset);
  for (const [name, attribute] of Object.entries(attributes)) {
    if (attribute === null || attribute === undefined || attribute === false) continue;
    element.setAttribute(name, attribute === true ? "" : String(attribute));
  }
  element.append(...nodes(children));
  if (value !== undefined) Object.assign(element, { value });
  return element;
}

/**
 * Replaces what an element holds.
 *
 * @param {Element} parent
 * @param {...Child} children
 */
export function show(parent, ...children) {
  parent.replaceChildren(...nodes(children));
}

/**
 * An element that stands in the document: one that is missing is a mistake of ours.
 *
 * @param {string} id
 * @returns {HTMLElement}
 */
export function byId(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`The document has no #${id}.`);
  return element;
}

let ids = 0;

/**
 * An id that no other element has.
 *
 * @param {string} stem
 */
export function uniqueId(stem) {
  ids += 1;
  return `${stem}-${ids}`;
}

/**
 * Outlines on a grid of 24, drawn with the colour of the text around them.
 *
 * @type {Record<string, string>}
 */
const ICONS = {
  back: "M15 5l-7 7 7 7",
  check: "M5 12.5l4.5 4.5L19 7.5",
  close: "M6 6l12 12M18 6L6 18",
  device: "M4 5h16v11H4zM2 20h20M9 16v4M15 16v4",
  eye: "M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12zM12 9a3 3 0 100 6 3 3 0 000-6z",
  "eye-off":
    "M4 4l16 16M10 5.8A8.6 8.6 0 0112 5.5c6 0 9.5 6.5 9.5 6.5a16 16 0 01-3 3.7M6.4 7.6A15.6 15.6 0 002.5 12S6 18.5 12 18.5a9 9 0 004.3-1.1M9.9 9.9a3 3 0 004.2 4.2",
  key: "M14.5 9.5L21 3M17 7l2.5 2.5M9.5 20a5.5 5.5 0 100-11 5.5 5.5 0 000 11z",
  phone: "M7 3h10v18H7zM11 18h2",
  plus: "M12 5v14M5 12h14",
  search: "M10.5 17a6.5 6.5 0 100-13 6.5 6.5 0 000 13zM15.5 15.5L20.5 20.5",
  trash: "M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v5M14 11v5",
  undo: "M8 5L4 9l4 4M4 9h10a6 6 0 010 12h-3",
  warning: "M12 4l9.5 16.5h-19zM12 10v4.5M12 17.2v.3",
};

/**
 * A picture beside a text; it says nothing by itself.
 *
 * @param {string} name one of {@link ICONS}
 */
export function icon(name) {
  const outline = ICONS[name];
  if (!outline) throw new Error(`There is no icon ${name}.`);
  const namespace = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(namespace, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(namespace, "path");
  path.setAttribute("d", outline);
  svg.append(path);
  return svg;
}

/** @param {Child[]} children */
function nodes(children) {
  /** @type {(Node | string)[]} */
  const given = [];
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    given.push(child instanceof Node ? child : String(child));
  }
  return given;
}
