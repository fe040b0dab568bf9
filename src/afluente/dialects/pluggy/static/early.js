// Stands in the document that the loader opens, and asks for the first view while the other scripts are on their way.
// The loader's properties are in the window's name before anything runs; what is made of them here counts only if the
// loader's own library finds the same in them.
"use strict";
(() => {
  let origin = (location.ancestorOrigins || [])[0] || "";
  try { origin = origin || new URL(document.referrer).origin; } catch { /* nobody says where it stands */ }
  try {
    const name = /^__zoid__pluggy_connect_widget__(.+)__$/.exec(window.name)[1];
    const text = new TextDecoder().decode(Uint8Array.from(atob(name), (letter) => letter.charCodeAt(0)));
    const given = Object.entries(JSON.parse(JSON.parse(text).props.value));
    const props = Object.fromEntries(given.filter(([key, value]) => !key.startsWith("_") && !(value && value.__type__)));
    const form = new URLSearchParams({ props: JSON.stringify(props), parent: origin });
    const address = document.currentScript.dataset.begin;
    const headers = { "HX-Request": "true" };
    const answer = fetch(address, { method: "POST", body: form, headers })
      .then((told) => (told.ok ? told.text() : ""))
      .catch(() => "");
    window.asked = { props, answer };
  } catch { /* asked for when the loader's own library has read them */ }
})();
