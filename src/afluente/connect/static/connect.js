// What the page does beside sending forms: reads aloud, moves the focus, counts down, keeps the visit alive, and hands
// the news to the dialect's own script, which listens for "connect:news" and may ask for "connect:begin".
"use strict";
(() => {
  const body = document.body;
  const byId = (id) => document.getElementById(id);
  const given = (name) => JSON.parse(body.dataset[name] || "null");
  const told = (props) => JSON.stringify(Object.entries(props).sort(([one], [other]) => (one < other ? -1 : 1)));

  const connect = window.connect = {
    settings: given("host") || {},
    // the origin of the page around this one; the browser's word for it, not the page's
    parent: (() => {
      if (window.parent === window) return "";
      if (location.ancestorOrigins && location.ancestorOrigins.length) return location.ancestorOrigins[0];
      try { return new URL(document.referrer).origin; } catch { return ""; }
    })(),
    origins: given("origins") || [],
    // says something to the page around this one, if it is one that may be here
    post(message) {
      const to = connect.parent && connect.parent !== "null" ? [connect.parent] : connect.origins;
      if (window.parent !== window) for (const origin of to) window.parent.postMessage(message, origin);
    },
    // hands over what the page was opened with, unless its first view was asked for with the same
    async begin(props) {
      if (asked && told(asked.props) === told(props) && await asked.answer) return;
      const values = { props: JSON.stringify(props), parent: connect.parent };
      window.htmx.ajax("POST", `${body.dataset.base}/connect/begin`, { target: "#view", swap: "innerHTML", values });
    },
    step(name) {
      const form = document.querySelector(`form[action$="/connect/${name}"]`);
      if (form) window.htmx.trigger(form, "submit");
    },
    away: null,
  };

  for (const [name, value] of Object.entries(given("colours") || {})) {
    if (!/^#[0-9a-f]{3,8}$/i.test(value)) continue;
    document.documentElement.style.setProperty(`--own-${name}`, value);
    if (name === "accent") document.documentElement.dataset.own = "";
  }

  let place = "";
  let said = "";
  function settle(focus) {
    const view = document.querySelector("#view > .view");
    const found = view && view.dataset;
    if (!found) return;
    const moved = found.place !== place;
    place = found.place;
    const live = place === "institutions" ? (document.querySelector("#found p") || {}).textContent : found.live;
    if (live && live !== said) byId("live").textContent = said = live;
    if (focus) {
      const wrong = view.querySelector("[aria-invalid]");
      if (wrong) wrong.focus();
      else if (moved) (view.querySelector("h1") || view).focus({ preventScroll: true });
      if (moved) { window.scrollTo(0, 0); view.classList.add("moved"); }
    }
    for (const button of view.querySelectorAll("[data-reveal]")) button.hidden = false;
    count();
    if (connect.ready) tell();
  }

  // what the page around is to know, once the dialect's own script listens
  function tell() {
    const news = byId("news");
    const detail = JSON.parse(news.dataset.news || "[]");
    news.dataset.news = "[]";
    document.dispatchEvent(new CustomEvent("connect:news", { detail }));
  }

  function count() {
    for (const place of document.querySelectorAll("[data-seconds]")) {
      if (!place.dataset.until) place.dataset.until = String(Date.now() + Number(place.dataset.seconds) * 1000);
      const left = Math.max(0, Math.round((Number(place.dataset.until) - Date.now()) / 1000));
      const time = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
      const text = left ? body.dataset.left.replace("{time}", time) : body.dataset.leftOver;
      const shown = place.querySelector("span");
      if (shown.textContent !== text) shown.textContent = text;
      if ([60, 30, 10].includes(left) && said !== text) byId("live").textContent = said = text;
    }
  }
  setInterval(count, 1000);

  // a visit that is open does not run out
  setInterval(async () => {
    const held = document.querySelector("#view input[name=visit]");
    if (!held) return;
    const form = new URLSearchParams({ visit: held.value });
    try {
      const answer = await fetch(`${body.dataset.base}/connect/alive`, { method: "POST", body: form });
      if (!answer.ok || !(answer.headers.get("content-type") || "").startsWith("application/json")) return;
      const fresh = (await answer.json()).visit;
      for (const input of document.querySelectorAll("input[name=visit]")) {
        if (input.value === held.value) input.value = fresh;
      }
    } catch { /* the next one may get through */ }
  }, (connect.settings.every || 600) * 1000);

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-reveal]");
    if (button) {
      const field = byId(button.dataset.reveal);
      const shown = field.type === "text";
      field.type = shown ? "password" : "text";
      button.textContent = shown ? button.dataset.show : button.dataset.hide;
      button.setAttribute("aria-pressed", String(!shown));
    }
    const away = event.target.closest("[data-away]");
    if (away && connect.away && connect.away(away.href)) event.preventDefault();
    const tick = event.target.closest("[data-ticks]");
    if (tick) document.dispatchEvent(new CustomEvent("connect:ticked", { detail: tick.checked }));
    if (event.target.closest("[data-terms]")) document.dispatchEvent(new CustomEvent("connect:terms"));
  });
  // a picture that cannot be shown leaves its place to the letter
  document.addEventListener("error", (event) => {
    if (event.target.matches && event.target.matches("[data-picture]")) event.target.remove();
  }, true);
  // what is typed now is looked for, and not what was typed before
  document.addEventListener("input", (event) => {
    if (event.target.id === "q") window.htmx.trigger("#view", "htmx:abort");
  });
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (!event.target.closest('[hx-trigger^="every"]')) body.classList.add("busy");
  });
  document.addEventListener("htmx:afterRequest", () => body.classList.remove("busy"));
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.target.id !== "news") settle(true);
  });
  // the page stays as it is where nothing arrives: what could not be sent once may be sent again
  const lost = (is) => {
    const told = byId("lost");
    if (told.hidden === is) { told.hidden = !is; told.textContent = is ? body.dataset.lost : ""; }
  };
  document.addEventListener("htmx:sendError", () => lost(true));
  document.addEventListener("htmx:afterOnLoad", () => lost(false));
  document.addEventListener("DOMContentLoaded", () => { connect.ready = true; settle(false); });

  // a first view that was asked for before this script was there need not wait for the others
  const { asked } = window;
  if (asked) asked.answer.then((view) => view && window.htmx.swap("#view", view, { swapStyle: "innerHTML", settleDelay: 0 }));
})();
