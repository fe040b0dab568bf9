// The script that pages embed: belvoSDK.createWidget(token, settings).build() puts the connect page into #belvo.
"use strict";
(() => {
  const base = new URL(".", document.currentScript.src);
  const LISTS = ["institutions", "institution_types", "country_codes", "resources"];
  const TEXTS = ["locale", "institution", "integration_type", "access_mode", "external_id", "show_intro",
    "show_close_dialog", "show_abandon_survey", "company_name", "company_benefit_header", "company_benefit_content",
    "opportunity_loss"];

  function createWidget(token, settings = {}) {
    let frame = null;
    const hear = (event) => {
      if (!frame || event.source !== frame.contentWindow || event.origin !== base.origin) return;
      const told = event.data;
      if (!told || told.source !== "belvo-widget") return;
      const call = (name, ...values) => {
        if (typeof settings[name] === "function") settings[name](...values);
      };
      if (told.type === "event") call("onEvent", told.data);
      if (told.type === "success") call("callback", told.data.link, told.data.institution);
      if (told.type === "exit") { widget.destroy(); call("onExit", told.data); }
      if (told.type === "close") widget.destroy();
    };
    const widget = {
      build() {
        const place = document.getElementById("belvo") || document.body;
        const query = new URLSearchParams({ access_token: token });
        for (const name of LISTS) if (Array.isArray(settings[name])) query.set(name, settings[name].join(","));
        for (const name of TEXTS) if (settings[name] !== undefined && settings[name] !== null) query.set(name, String(settings[name]));
        widget.destroy();
        frame = document.createElement("iframe");
        frame.title = "Belvo";
        frame.src = `${base}?${query}`;
        frame.allow = "clipboard-read; clipboard-write";
        Object.assign(frame.style, { width: "100%", height: "100%", minHeight: "600px", border: "0" });
        window.addEventListener("message", hear);
        place.append(frame);
        return widget;
      },
      destroy() {
        window.removeEventListener("message", hear);
        if (frame) frame.remove();
        frame = null;
      },
    };
    return widget;
  }
  window.belvoSDK = { createWidget };
})();
