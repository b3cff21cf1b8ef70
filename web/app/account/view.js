/** The account of whoever is signed in: its parts, one below the other. */

import { confirm } from "../dialog.js";
import { h } from "../dom.js";
import { managedName } from "../field.js";
import { deletionSection } from "./deletion.js";
import { devicesSection } from "./devices.js";
import { eventsSection } from "./events.js";
import { passwordSection } from "./password.js";
import { profileSection } from "./profile.js";

/** @type {import("../router.js").MakeView} */
export function accountView(site) {
  const { latchkey } = site;
  const names = /** @type {const} */ ([managed(), managed()]);
  const events = eventsSection(latchkey);
  const changed = () => void events.content.refetch();
  const devices = devicesSection(site, changed);
  const profile = profileSection(latchkey, changed);
  const password = passwordSection(latchkey, names[0], () => {
    void devices.content.refetch();
    changed();
  });
  const deletion = deletionSection(latchkey, names[1]);

  // What is below a list appears when the list has its length, so that nothing moves down.
  events.element.hidden = true;
  deletion.element.hidden = true;
  void devices.content.settled.then(async () => {
    events.element.hidden = false;
    await events.content.settled;
    deletion.element.hidden = false;
  });

  latchkey.addEventListener("session", rename);

  function managed() {
    return managedName(latchkey.session?.username ?? "");
  }

  function rename() {
    for (const name of names) name.value = latchkey.session?.username ?? "";
  }

  const parts = [profile, password, devices, events, deletion];
  return {
    title: "Account",
    element: h(
      "div",
      { class: "account" },
      h("h1", null, "Account"),
      h("div", { class: "account-parts" }, ...parts.map(({ element }) => element)),
    ),
    leave: async () =>
      !(profile.hasChanges() || password.hasChanges()) ||
      confirm({
        title: "Leave without saving?",
        text: "What you changed on this page is not saved yet.",
        confirm: "Leave",
        cancel: "Stay",
      }),
    close() {
      latchkey.removeEventListener("session", rename);
      for (const { content } of [profile, devices, events]) content.close();
    },
  };
}
