"""What the browser's tests stand on: somebody else's web server, tokens that open the page, and what a person does."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.server import Client

VENDOR = Path(__file__).parent / "vendor"
FRAMES = Path(__file__).parents[2] / "src/afluente/dialects/pluggy/static/zoid.min.js"


KINDS = {".js": "text/javascript", ".svg": "image/svg+xml"}


class Host:
    """A web server of an application of somebody else's: pages by path, and the addresses it was called at."""

    def __init__(self) -> None:
        self.pages: dict[str, str] = {}
        self.called: list[str] = []
        host = self

        class Handler(BaseHTTPRequestHandler):
            # the second piece of an answer must not wait for the first to be acknowledged
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                host.called.append(self.path)
                body = host.pages.get(self.path.partition("?")[0], "<title>Back</title><h1>Back</h1>").encode()
                kind = KINDS.get(Path(self.path).suffix, "text/html; charset=utf-8")
                self.send_response(200)
                self.send_header("content-type", kind)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        """Its origin: another one than the server's."""
        return f"http://localhost:{self._server.server_address[1]}"

    def close(self) -> None:
        """End it."""
        self._server.shutdown()
        self._server.server_close()


def loader() -> str:
    """Return the vendor's loader as one script: its modules, and the frame library that it wants beside them."""
    root = VENDOR / "pluggy-connect-sdk"
    modules = {str(path.relative_to(root)): path.read_text("utf-8") for path in root.rglob("*.js")}
    modules["zoid"] = FRAMES.read_text("utf-8")
    return (
        "const M="
        + json.dumps(modules)
        + """;const C={};function R(from,n){let k;if(n.startsWith("zoid"))k="zoid";
else if(n==="jwt-decode")return{jwtDecode:()=>({})};else{const d=from.split("/").slice(0,-1);
for(const p of n.split("/")){if(p==="..")d.pop();else if(p!==".")d.push(p)}k=d.join("/");
k=M[k+".js"]?k+".js":k+"/index.js"}if(C[k])return C[k].exports;const m=C[k]={exports:{}};
new Function("module","exports","require",M[k])(m,m.exports,x=>R(k,x));return m.exports}
window.PluggyConnect=R("","./index").PluggyConnect;"""
    )


class Visitor:
    """What a person does on the connect page, on a page of its own or inside a frame."""

    def __init__(self, page: Any, frame: Any = None) -> None:
        self.page = page
        self.on = frame or page

    def press(self, name: str, exact: bool = False) -> None:
        """Press a button by its name."""
        self.on.get_by_role("button", name=name, exact=exact).first.click()

    def at(self, place: str) -> None:
        """Wait for a view."""
        self.on.locator(f"[data-place={place}]").wait_for()

    def heading(self) -> str:
        """Return the view's heading."""
        return str(self.on.locator("h1").inner_text())

    def text(self) -> str:
        """Return all that can be read."""
        return str(self.on.locator("#view").inner_text())

    def type(self, **values: str) -> None:
        """Fill in fields of the login."""
        for name, value in values.items():
            self.on.locator(f"#field-{name}").fill(value)

    def find(self, name: str) -> None:
        """Search for an institution and choose it."""
        self.at("institutions")
        unsearched = self.on.locator("#found").element_handle()
        self.on.locator("#q").fill(name)
        # a press is lost where the list is exchanged between going down and coming up
        unsearched.wait_for_element_state("hidden")
        self.on.get_by_role("button", name=name).first.click()
        self.at("login")


def connect_token(client: Client, **options: Any) -> str:
    """Return a token that opens the page in Pluggy's manner."""
    answer = client.call("POST", "/connect_token", json=options)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["accessToken"])


def access_token(client: Client, **options: Any) -> str:
    """Return a token that opens the page in Belvo's manner."""
    id, secret = client.keys
    body = {"id": id, "password": secret, "scopes": "read_institutions,write_links,read_links", **options}
    answer = client.http.post("/belvo/api/token/", json=body)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["access"])


_WORK = """() => {
    const began = performance.now(), place = document.createElement("div");
    for (let row = 0; row < 4000; row++) {
        const line = document.createElement("p");
        line.textContent = `line ${row}`;
        place.append(line);
    }
    document.body.append(place);
    const height = place.offsetHeight;
    place.remove();
    return performance.now() - began + 0 * height;
}"""


def pace_of(page: Any, client: Client) -> float:
    """Return how long the browser takes just now for the server's front page, which has no script, and then to build
    four thousand lines and lay them out, in milliseconds.

    The machine is shared: what another page takes is held against this, in the same run, and not against a clock. It
    is a fifteenth of a second where the machine is quiet.
    """
    page.goto(f"{client.server.url}/", wait_until="load")
    shown = page.evaluate("performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd")
    return float(shown) + float(page.evaluate(_WORK))
