// Kith: what pages can do better with JavaScript. Every page works without it.
"use strict";

(() => {
  const byId = (id) => document.getElementById(id);
  const log = byId("log");
  const talk = byId("talk");

  // A menu closes when something else is touched, and by Escape.
  const closeMenus = (except) => {
    for (const open of document.querySelectorAll("details.pins[open]")) if (open !== except) open.open = false;
    talk?.querySelector(".sheet")?.remove();
  };
  document.addEventListener("click", (event) => {
    if (!event.target.closest(".sheet")) closeMenus(event.target.closest("details.pins"));
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const message = talk?.querySelector(".sheet")?.closest(".msg");
    closeMenus(null);
    message?.querySelector(".menu")?.focus();
  });

  // A form that was sent is not sent again while its answer is under way.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || event.defaultPrevented) return;
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
    setTimeout(() => delete form.dataset.sent, 8000);
  });
  window.addEventListener("pageshow", () => {
    for (const form of document.forms) delete form.dataset.sent;
  });

  // On a narrow screen the ways through a community are wider than it: the present one comes into sight.
  for (const tab of document.querySelectorAll(".tabs a[aria-current]:not(.below), .tabs .holds")) {
    const tabs = tab.parentElement;
    tabs.scrollLeft = tab.offsetLeft - (tabs.clientWidth - tab.offsetWidth) / 2;
  }

  if (!log || !talk) return;
  const me = log.dataset.me;

  const once = () => {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  };

  // The page's own forms, sent without leaving the page. The same key is sent again until there is an
  // answer, so that a message that was lost on the way back is not posted twice.
  const send = async (form, fields) => {
    const body = new URLSearchParams(fields);
    const headers = { "x-kith-script": "1", accept: "application/json" };
    for (let turn = 0; ; turn++) {
      try {
        return await fetch(form.action, { method: "POST", body, headers, redirect: "manual" });
      } catch (error) {
        if (turn === 3) throw error;
        await new Promise((done) => setTimeout(done, 800 * 2 ** turn));
      }
    }
  };

  // What is said below the form.
  const write = byId("write");
  const tell = (tone, text, link) => {
    let banner = write.querySelector(":scope > .banner");
    if (!banner) {
      banner = document.createElement("div");
      write.prepend(banner);
    }
    banner.hidden = !text;
    banner.className = "banner " + tone;
    banner.setAttribute("role", tone === "bad" ? "alert" : "status");
    const line = document.createElement("p");
    line.textContent = (text || "") + " ";
    if (link) {
      const why = document.createElement("a");
      why.href = link.href;
      why.textContent = link.text;
      line.append(why);
    }
    banner.replaceChildren(line);
  };
  const problemOf = async (answer) => {
    if (!(answer.headers.get("content-type") || "").includes("json")) return location.reload();
    const problem = await answer.json();
    tell("bad", [problem.title, problem.detail].filter(Boolean).join(" "));
  };

  // Speaking.
  const text = byId("text");
  const replyTo = byId("reply_to");
  const replying = byId("replying");
  const reply = (message) => {
    replyTo.value = message ? message.id : "";
    replying.hidden = !message;
    if (!message) return;
    const name = document.createElement("b");
    name.textContent = message.querySelector(".by strong").textContent;
    const words = message.querySelector(".words");
    byId("replied").replaceChildren(name, " " + (words ? words.textContent.slice(0, 80) : ""));
    text.focus();
  };
  if (text) {
    byId("no-reply").addEventListener("click", (event) => {
      event.preventDefault();
      reply(null);
    });
    text.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing || matchMedia("(pointer: coarse)").matches) return;
      event.preventDefault();
      write.requestSubmit();
    });
    write.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (write.dataset.busy || !text.value.trim()) return;
      write.dataset.busy = "yes";
      try {
        const answer = await send(write, new FormData(write));
        byId("offline").hidden = true;
        // Only what was not decided keeps its key: what is refused now may be right when it is sent again.
        if (answer.status < 500) write.querySelector("[name=once]").value = once();
        if (!answer.ok) return await problemOf(answer);
        const told = await answer.json();
        text.value = "";
        reply(null);
        const kind = write.querySelector("[name=as]");
        if (kind) kind.type === "checkbox" ? (kind.checked = false) : (kind.value = "talk");
        tell("warning", told.say, told.receipt && { href: told.receipt, text: told.why });
      } catch {
        byId("offline").hidden = false;
      } finally {
        delete write.dataset.busy;
        text.focus();
      }
    });
  }

  // Buttons of messages.
  const openMenu = (message) => {
    const sheet = byId("menu").content.firstElementChild.cloneNode(true);
    for (const button of sheet.querySelectorAll("button")) button.value = button.value.replace("-", message.id);
    for (const link of sheet.querySelectorAll("a")) link.href = link.getAttribute("href").replace("/m/-", "/m/" + message.id);
    const middle = log.getBoundingClientRect().top + log.clientHeight / 2;
    sheet.classList.toggle("up", message.getBoundingClientRect().top > middle);
    message.append(sheet);
    sheet.querySelector("button").focus();
  };
  talk.addEventListener("click", async (event) => {
    const menu = event.target.closest("a.menu");
    if (menu && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      event.stopPropagation();
      const message = menu.closest(".msg");
      const isOpen = message.querySelector(".sheet");
      closeMenus(null);
      return isOpen ? null : openMenu(message);
    }
    const link = event.target.closest("a.reply");
    const button = event.target.closest("button[form=act]");
    if (link && text) {
      event.preventDefault();
      const message = link.closest(".msg");
      closeMenus(null);
      reply(message);
    } else if (button) {
      event.preventDefault();
      closeMenus(null);
      const act = byId("act");
      const fields = new FormData(act);
      fields.set("once", once());
      fields.set("do", button.value);
      try {
        const answer = await send(act, fields);
        if (!answer.ok) await problemOf(answer);
      } catch {
        byId("offline").hidden = false;
      }
    }
  });

  // What happens, as it happens. A message that is there already is replaced, never shown twice.
  const TOGETHER_MS = 5 * 60 * 1000;
  const element = (html) => {
    const template = document.createElement("template");
    template.innerHTML = html;
    return template.content.firstElementChild;
  };
  const settle = (message, before) => {
    message.classList.toggle("mine", message.dataset.author === me);
    message.classList.toggle("asked", message.dataset.asker === me);
    const follows =
      before && before.dataset.author === message.dataset.author && !message.querySelector(".quote") &&
      !message.classList.contains("announced") && message.dataset.at - before.dataset.at < TOGETHER_MS;
    message.classList.toggle("again", Boolean(follows));
  };
  const show = (told, event) => {
    const message = element(told.html);
    const there = byId(told.id);
    if (there) {
      for (const chip of message.querySelectorAll(".chip")) {
        const old = [...there.querySelectorAll(".chip")].find((it) => it.value === chip.value);
        if (old) chip.setAttribute("aria-pressed", old.getAttribute("aria-pressed"));
        const emoji = chip.value.split(" ")[2];
        if (event.member === me && event.emoji === emoji) {
          chip.setAttribute("aria-pressed", String(event.kind === "reaction.added"));
        }
      }
      settle(message, null);
      message.classList.toggle("again", there.classList.contains("again"));
      there.replaceWith(message);
    } else if (event.kind === "message.posted" || event.kind === "message.undeleted" || event.kind === "topic.raised") {
      const rows = [...talk.querySelectorAll(":scope > .msg")];
      const at = Number(message.dataset.at);
      const next = rows.find((row) => Number(row.dataset.at) > at);
      const before = next ? null : rows.at(-1);
      if (!next && (!before || before.dataset.day !== message.dataset.day)) talk.append(element(told.day));
      settle(message, before && before.dataset.day === message.dataset.day ? before : null);
      talk.insertBefore(message, next || null);
      byId("nothing")?.remove();
    }
  };

  if (!log.dataset.live) return;
  let last = "";
  let source = null;
  const offline = byId("offline");
  const listen = () => {
    const address = new URL(log.dataset.live, location.href);
    if (last) address.searchParams.set("after", last);
    source = new EventSource(address);
    source.addEventListener("open", () => (offline.hidden = true));
    source.addEventListener("message", (event) => {
      last = event.lastEventId || last;
      const told = JSON.parse(event.data);
      for (const message of told.messages) show(message, told);
    });
    source.addEventListener("gap", () => location.reload());
    source.addEventListener("error", () => {
      offline.hidden = false;
      // A browser comes back by itself unless the answer was no: then we do, more slowly.
      if (source.readyState === EventSource.CLOSED) setTimeout(listen, 4000);
    });
  };
  listen();
  window.addEventListener("pagehide", () => source.close());
  window.addEventListener("pageshow", (event) => event.persisted && listen());
})();
