// How the page speaks to whoever opened it in Klavi's manner: tracking events, and the way back at the end.
"use strict";
(() => {
  const connect = window.connect;
  const native = window.ReactNativeWebView;
  const say = (told) => {
    connect.post(told);
    if (native) native.postMessage(JSON.stringify(told));
  };
  say({ eventName: "app_loaded", payload: {} });
  document.addEventListener("connect:news", (event) => {
    for (const told of event.detail) {
      if (told.eventName) say({ eventName: told.eventName, payload: told.payload });
      if (told.address) location.assign(told.address);
    }
  });
  document.addEventListener("connect:terms", () => say({ eventName: "landing_terms_click", payload: {} }));
})();
