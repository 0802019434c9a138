// Kith's editor of scripts: checks while somebody types. Without it a button does the same.
"use strict";

(() => {
  const card = document.querySelector(".edit[data-check]");
  const source = document.getElementById("source");
  if (!card || !source) return;
  const form = source.form;
  const numbers = card.querySelector(".numbers");
  const WAIT_MS = 350;
  let turn = 0;
  let timer = 0;

  const follow = () => {
    const marks = document.getElementById("marks");
    marks.scrollTop = source.scrollTop;
    marks.scrollLeft = source.scrollLeft;
    numbers.scrollTop = source.scrollTop;
  };

  const take = (id, from) => {
    const fresh = from.getElementById(id);
    const old = document.getElementById(id);
    if (fresh && old) old.replaceWith(document.adoptNode(fresh));
  };

  const check = async () => {
    const mine = (turn += 1);
    const body = new URLSearchParams(new FormData(form));
    try {
      const answer = await fetch(card.dataset.check, { method: "POST", body, headers: { accept: "text/html" } });
      if (!answer.ok || mine !== turn) return;
      const told = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (mine !== turn) return;
      take("told", told);
      take("marks", told);
      source.setAttribute("aria-invalid", String(Boolean(document.querySelector("#told .banner.bad"))));
      follow();
    } catch {
      // The button is still there.
    }
  };

  const soon = () => {
    turn += 1;
    document.getElementById("marks").replaceChildren();
    clearTimeout(timer);
    timer = setTimeout(check, WAIT_MS);
  };

  form.addEventListener("input", soon);
  source.addEventListener("scroll", follow);
  source.addEventListener("keydown", (event) => {
    // Tab indents; Escape first lets it move on, for whoever has no mouse.
    if (event.key === "Escape") { source.dataset.leaves = "1"; return; }
    if (event.key === "Tab" && !event.shiftKey && !source.dataset.leaves) {
      event.preventDefault();
      document.execCommand("insertText", false, "  ");
    }
    delete source.dataset.leaves;
  });
  card.addEventListener("click", (event) => {
    const place = event.target.closest("#told li[data-line]");
    if (!place || place.dataset.file.endsWith(".toml")) return;
    const before = source.value.split("\n").slice(0, place.dataset.line - 1).join("\n").length;
    const at = before + (place.dataset.line > 1 ? 1 : 0) + Number(place.dataset.column) - 1;
    source.focus();
    source.setSelectionRange(at, at);
  });
})();

(() => {
  // A replay that is under way: the page asks again, and changes only where it tells of it.
  const WAIT_MS = 600;
  const look = async () => {
    const shown = document.querySelector("[data-under-way]");
    if (!shown) return;
    try {
      const answer = await fetch(location.href, { headers: { accept: "text/html" } });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.getElementById("replay");
      if (answer.ok && fresh) document.getElementById("replay").replaceWith(document.adoptNode(fresh));
    } catch {
      // It is asked again below.
    }
    setTimeout(look, WAIT_MS);
  };
  setTimeout(look, WAIT_MS);
})();
