// How the page speaks to whoever opened it in Klavi's manner: tracking events, and the way back at the end.
"use strict";
(() => {
  const connect = window.connect;
  const native = window.ReactNativeWebView;
  const say = (told) => {
    connect.post(told);
    if (native) native.postMessage(JSON.stringify(told));
  };
  let chosen = {};
  document.addEventListener("connect:news", (event) => {
    for (const told of event.detail) {
      const { institutionCode, institutionName } = told.payload || {};
      if (institutionCode) chosen = { institutionCode, institutionName };
      if (told.eventName) say({ eventName: told.eventName, payload: told.payload });
      if (told.address) location.assign(told.address);
    }
  });
  document.addEventListener("change", (event) => {
    if (event.target.id === "field-months") say({ eventName: "data_confirmation_validity_click", payload: chosen });
  });
  document.addEventListener("connect:terms", () => say({ eventName: "landing_terms_click", payload: {} }));
})();
