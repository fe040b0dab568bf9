// How the page speaks to whoever opened it in Pluggy's manner: as the child of its loader, or as a page of its own whose
// address tells what happens.
"use strict";
(() => {
  const connect = window.connect;
  const native = window.ReactNativeWebView;
  let props = null;

  function framed() {
    const types = Object.fromEntries([
      ...["connectToken", "url", "updateItem", "language", "theme", "moveSecurityData"].map((name) => [name, "string"]),
      ...["includeSandbox", "allowConnectInBackground", "allowFullscreen", "wideDesktopModal", "_runningInCordova",
        "forceOauthInBrowser", "forceAskForCredentials", "connectorSortAlphabetically"].map((name) => [name, "boolean"]),
      ...["connectorTypes", "connectorIds", "countries", "products", "sdkVersion"].map((name) => [name, "array"]),
      ...["openFinanceParameters", "_parentContainerContext"].map((name) => [name, "object"]),
      ["selectedConnectorId", "number"],
      ...["onSuccessProp", "onErrorProp", "onOpenProp", "onHideProp", "onCloseProp", "onEventProp"]
        .map((name) => [name, "function"]),
    ]);
    const child = window.zoid.create({
      tag: "pluggy-connect-widget",
      url: location.origin,
      props: Object.fromEntries(Object.entries(types).map(([name, type]) => [name, { type, required: false }])),
    });
    if (!window.xprops || !child) return;
    props = window.xprops;
    const plain = {};
    for (const [name, type] of Object.entries(types)) {
      if (type !== "function" && !name.startsWith("_") && props[name] != null) plain[name] = props[name];
    }
    connect.begin(plain);
  }

  function call(name, ...values) {
    if (props && typeof props[name] === "function") Promise.resolve(props[name](...values)).catch(() => {});
  }

  // the address tells the last of the events; the time must differ from one to the next
  const events = [];
  let last = 0;
  function address(told) {
    if (told.event) events.push(told.event);
    const query = new URLSearchParams(location.search);
    query.set("events", events.join(","));
    last = Math.max(Date.now(), last + 1);
    query.set("timestamp", String(last));
    for (const [name, value] of Object.entries(told.query || {})) {
      if (value === null || value === "") query.delete(name);
      else query.set(name, String(value));
    }
    history.replaceState(null, "", `${location.pathname}?${query}`);
    if (native) native.postMessage(JSON.stringify({ type: "LOCATION", message: location.href }));
  }

  document.addEventListener("connect:news", (event) => {
    for (const told of event.detail) {
      if (!props) address(told);
      if (told.payload) call("onEventProp", { timestamp: Date.now(), event: told.event, ...told.payload });
      if (told.success) call("onSuccessProp", told.success);
      if (told.error) call("onErrorProp", told.error);
      if (told.close && props) {
        if (props.allowConnectInBackground && told.running) {
          connect.post(JSON.stringify({ type: "CONTINUE_IN_BACKGROUND" }));
          call("onHideProp");
          props.hide();
        } else props.close();
      }
    }
  });

  // an app opens the institution's page itself
  connect.away = (url) => {
    if (!native) return false;
    native.postMessage(JSON.stringify({ type: "OAUTH_OPEN", message: url }));
    return true;
  };

  if (window.zoid && window.name.startsWith("__zoid__")) framed();
})();
