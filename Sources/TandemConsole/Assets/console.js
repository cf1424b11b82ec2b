/* What pages have only with a script: buttons that copy, and the live list. Without it the same text can be selected with
   one click, and the live list has a link that loads it again. */
"use strict";
(() => {
  const copied = async (element) => {
    const text = element.textContent.trim();
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // Without https there is no clipboard: select it, so that a key press copies it.
      getSelection().selectAllChildren(element);
      return document.execCommand("copy");
    }
  };
  for (const element of document.querySelectorAll("[data-copy]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "quiet copy";
    button.textContent = "Copy";
    button.addEventListener("click", async () => {
      button.textContent = (await copied(element)) ? "Copied" : "Selected";
      setTimeout(() => (button.textContent = "Copy"), 2000);
    });
    element.after(button);
  }
})();

/* Asks for the rows anew every two seconds while somebody looks. */
(() => {
  const body = document.querySelector("[data-live]");
  if (!body || !window.fetch) return;
  const state = document.getElementById("live-state");
  const pause = document.createElement("button");
  pause.type = "button";
  pause.className = "quiet";
  let isPaused = false;
  let wait = 2000;
  const show = () => {
    pause.textContent = isPaused ? "Resume" : "Pause";
    state.textContent = isPaused ? "Paused" : "Live, every 2 seconds";
  };
  pause.addEventListener("click", () => {
    isPaused = !isPaused;
    show();
  });
  const busy = () =>
    isPaused || document.hidden || body.querySelector("details[open]") || body.contains(document.activeElement);
  const load = async () => {
    if (!busy()) {
      try {
        const answer = await fetch(body.dataset.live, { credentials: "same-origin", redirect: "error" });
        if (!answer.ok) throw new Error(String(answer.status));
        const rows = await answer.text();
        if (rows !== body.dataset.last) {
          body.innerHTML = rows;
          body.dataset.last = rows;
        }
        wait = 2000;
        show();
      } catch (error) {
        wait = Math.min(wait * 2, 30000);
        state.textContent = "The server does not answer; trying again";
      }
    }
    setTimeout(load, wait);
  };
  state.after(pause);
  show();
  setTimeout(load, wait);
})();
