// How the page speaks to whoever opened it in Flinks' manner: a message for each step, and where the browser goes then.
"use strict";
(() => {
  const connect = window.connect;
  const settings = connect.settings;
  const framed = window.parent !== window;

  function say(told) {
    const message = settings.stringify ? JSON.stringify(told) : told;
    if (framed) connect.post(message);
    if (window.ReactNativeWebView) window.ReactNativeWebView.postMessage(JSON.stringify(told));
  }

  function go(url) {
    if (!settings.redirects || settings.jsRedirect) return;
    if (settings.innerRedirect || settings.webview || !framed) location.assign(url);
    else {
      // a frame may lead the whole window away only after its user has done something in it
      try { window.top.location.href = url; } catch { location.assign(url); }
    }
  }

  document.addEventListener("connect:news", (event) => {
    for (const told of event.detail) {
      say(told);
      if (told.step === "REDIRECT") go(told.url);
    }
  });
  document.addEventListener("connect:terms", () => say({ step: "COMPONENT_CLICK_TERMS_URL" }));
  document.addEventListener("connect:ticked", (event) => say({ step: event.detail ? "COMPONENT_ACCEPT_TERMS" : "COMPONENT_DENY_TERMS" }));
  window.addEventListener("online", () => say({ step: "APP_ONLINE" }));
  window.addEventListener("offline", () => say({ step: "APP_OFFLINE" }));
  window.addEventListener("resize", () => say({ step: "APP_RESIZE" }));
  connect.away = (url) => {
    const opened = window.open(url, "_blank");
    say({ step: opened ? "POPUP_OPENED" : "POPUP_BLOCKED" });
    return true;
  };
})();
