/* The live list: asks for its rows anew every two seconds while somebody looks. Without this script the page has a
   button that loads it again. */
"use strict";
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
    pause.textContent = isPaused ? "Go on" : "Pause";
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
