/* What pages have only with a script: buttons that copy, a key for the search, and the live list. Without it the same text can be selected with
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

/* Back to the form with what was typed in it, which browsers keep. */
for (const link of document.querySelectorAll("[data-back]")) {
  link.addEventListener("click", (event) => {
    if (history.length < 2) return;
    event.preventDefault();
    history.back();
  });
}

/* The value of a condition on a day is chosen from a calendar. */
for (const select of document.querySelectorAll("select[data-days]")) {
  const input = document.getElementById(select.dataset.value);
  const set = () => (input.type = select.value && select.dataset.days.split(" ").includes(select.value) ? "date" : "text");
  select.addEventListener("change", set);
  set();
}

/* Keys: / is the search of the head; what has data-key opens with that key; Ctrl Enter sends the form that is being filled in. */
document.addEventListener("keydown", (event) => {
  const typed = event.target.closest?.("input, textarea, select, [contenteditable]");
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && typed?.form) {
    event.preventDefault();
    typed.form.requestSubmit();
    return;
  }
  if (typed || event.ctrlKey || event.metaKey || event.altKey) return;
  const found = event.key === "/" ? document.getElementById("search") : document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (!found) return;
  event.preventDefault();
  if (found.tagName === "SUMMARY") {
    found.parentElement.open = true;
    const form = found.parentElement;
    (form.querySelector("[data-first]") ?? form.querySelector("select, textarea, input:not([type=hidden])")).focus();
  } else if (found.id === "search") {
    found.focus();
  } else {
    found.click();
  }
});

/* The live list: rows come as server-sent events. Whenever the stream opens (again), the list is loaded anew, since what
   happened in between was not sent. */
(() => {
  const body = document.querySelector("[data-stream]");
  if (!body || !window.EventSource) return;
  const limit = 50;
  const state = document.getElementById("live-state");
  const pause = document.createElement("button");
  pause.type = "button";
  pause.className = "quiet";
  let stream = null;
  let isPaused = false;
  let missed = 0;
  const show = (text) => {
    pause.textContent = isPaused ? "Resume" : "Pause";
    state.textContent = missed && !isPaused ? `${text}; ${missed} more came than are shown` : text;
  };
  const add = (html) => {
    const part = document.createElement("template");
    part.innerHTML = html;
    const row = part.content.firstElementChild;
    if (!row || (row.dataset.id && body.querySelector(`[data-id="${CSS.escape(row.dataset.id)}"]`))) return;
    body.querySelector("tr.none")?.remove();
    body.prepend(row);
    while (body.rows.length > limit) body.rows[body.rows.length - 1].remove();
  };
  const reload = async () => {
    const answer = await fetch(body.dataset.live, { credentials: "same-origin", redirect: "error" });
    if (!answer.ok) throw new Error(String(answer.status));
    body.innerHTML = await answer.text();
  };
  const open = () => {
    missed = 0;
    stream = new EventSource(body.dataset.stream);
    stream.addEventListener("open", () => {
      reload().then(() => show("Live"), () => show("Live"));
    });
    stream.addEventListener("message", (message) => add(JSON.parse(message.data)));
    stream.addEventListener("gap", (message) => {
      missed += JSON.parse(message.data).missed;
      show("Live");
    });
    stream.addEventListener("error", () => {
      show("The server does not answer; trying again");
      // What was refused is not tried again by the browser itself.
      if (stream && stream.readyState === EventSource.CLOSED) setTimeout(() => !isPaused && close() && open(), 10000);
    });
  };
  const close = () => {
    stream?.close();
    stream = null;
    return true;
  };
  pause.addEventListener("click", () => {
    isPaused = !isPaused;
    if (isPaused) {
      close();
      show("Paused");
    } else {
      open();
    }
  });
  document.addEventListener("visibilitychange", () => {
    if (isPaused) return;
    close();
    if (!document.hidden) open();
  });
  addEventListener("pagehide", close);
  state.after(pause);
  show("Connecting");
  open();
})();
