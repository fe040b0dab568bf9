// How the page speaks to whoever opened it in Belvo's manner: as the frame of its script, in an app's web view, or as a
// page of its own that goes on to an address at the end.
"use strict";
(() => {
  const connect = window.connect;
  const framed = window.parent !== window;
  const native = window.ReactNativeWebView;
  const ios = window.webkit && window.webkit.messageHandlers && window.webkit.messageHandlers.belvoEventHandler;

  function show(message) {
    if (framed) connect.post({ source: "belvo-widget", ...message });
    const text = JSON.stringify(message.data);
    if (native) native.postMessage(text);
    if (ios) ios.postMessage(text);
  }
  document.addEventListener("connect:news", (event) => {
    for (const told of event.detail) {
      if (told.type) show({ type: told.type, data: told.data });
      if (told.address && !framed) location.assign(told.address);
    }
  });
})();
