// No module, and without any: it stands where the page's own scripts could not be fetched, which nobody
// would hear of otherwise.

addEventListener(
  "error",
  ({ target }) => {
    if (!(target instanceof HTMLScriptElement)) return;
    const text = document.createElement("p");
    text.textContent = "Latchkey could not be fetched as a whole. ";
    const again = document.createElement("button");
    again.className = "button";
    again.textContent = "Try again";
    again.addEventListener("click", () => location.reload());
    const rescue = document.createElement("div");
    rescue.className = "empty";
    rescue.role = "alert";
    rescue.append(text, again);
    document.getElementById("main")?.replaceChildren(rescue);
  },
  { capture: true },
);
