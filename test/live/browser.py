"""Debian's Chromium without a window, asked over the pipe of its DevTools protocol: nothing but the standard library.

    with Browser() as browser:
        tab = browser.tab()                       # with cookies of its own
        tab.screen(390, 844)
        tab.open("http://127.0.0.1:19605/login")
        tab.type("#user", "zhang.wei")
        tab.click("button.first")                 # where it is on the screen, as a finger would; waits for the next page
        check(tab.value("document.title") == "…", …)
        check(not tab.complaints, tab.complaints) # of the console and of the Content-Security-Policy, since the tab was opened
"""
import base64
import fcntl
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

from servers import check, need

PATIENCE = 60
FLAGS = ["--headless", "--remote-debugging-pipe", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--no-first-run", "--no-default-browser-check", "--hide-scrollbars",
         "--force-color-profile=srgb", "--no-proxy-server"]


class Browser:
    def __init__(self):
        self.profile = tempfile.mkdtemp(prefix="finwatch-browser-")
        self.number, self.rest, self.tabs = 0, b"", {}
        theirs_in, self.ours_out = os.pipe()
        self.ours_in, theirs_out = os.pipe()
        # Chromium reads from descriptor 3 and writes to 4. Copies high up, so that none is overwritten before it is copied.
        high = [fcntl.fcntl(each, fcntl.F_DUPFD, 64) for each in (theirs_in, theirs_out)]

        def place():
            os.dup2(high[0], 3)
            os.dup2(high[1], 4)

        flags = FLAGS + [f"--user-data-dir={self.profile}"] + (["--no-sandbox"] if os.geteuid() == 0 else [])
        self.process = subprocess.Popen([need("chromium"), *flags, "about:blank"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL, preexec_fn=place, pass_fds=(3, 4), env=dict(os.environ, HOME=self.profile))
        for each in (theirs_in, theirs_out, *high):
            os.close(each)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.ask("Browser.close")
        except (OSError, AssertionError):
            self.process.kill()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self.ours_in)
        os.close(self.ours_out)
        shutil.rmtree(self.profile, ignore_errors=True)

    def tab(self):
        context = self.ask("Target.createBrowserContext")["browserContextId"]
        target = self.ask("Target.createTarget", url="about:blank", browserContextId=context)["targetId"]
        session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.tabs[session] = tab = Tab(self, session)
        for domain in ("Page", "Runtime", "Log", "Network"):
            tab.ask(domain + ".enable")
        tab.screen(1280, 900)
        return tab

    def ask(self, method, session=None, **parameters):
        self.number += 1
        number = self.number
        call = {"id": number, "method": method, "params": parameters, **({"sessionId": session} if session else {})}
        os.write(self.ours_out, json.dumps(call).encode() + b"\0")
        end = time.monotonic() + PATIENCE
        while True:
            told = self.hear(end, method)
            if told.get("id") == number:
                check("error" not in told, f"{method}: {told.get('error')}")
                return told["result"]

    def hear(self, end, why):
        """The next message; what happens in a tab is told to it."""
        while b"\0" not in self.rest:
            ready, _, _ = select.select([self.ours_in], [], [], max(0, end - time.monotonic()))
            check(ready, f"Chromium says nothing: {why}")
            more = os.read(self.ours_in, 1 << 20)
            check(more, f"Chromium ended: {why}")
            self.rest += more
        text, self.rest = self.rest.split(b"\0", 1)
        told = json.loads(text)
        if "method" in told and told.get("sessionId") in self.tabs:
            self.tabs[told["sessionId"]].happened(told["method"], told["params"])
        return told


class Tab:
    def __init__(self, browser, session):
        self.browser, self.session = browser, session
        self.complaints, self.loads, self.answers = [], 0, {}

    def ask(self, method, **parameters):
        return self.browser.ask(method, self.session, **parameters)

    def happened(self, method, said):
        if method == "Page.loadEventFired":
            self.loads += 1
        elif method == "Network.responseReceived" and said["type"] == "Document":
            self.answers[said["response"]["url"]] = said["response"]
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(json.dumps(said["exceptionDetails"]))
        elif method == "Runtime.consoleAPICalled" and said["type"] in ("error", "warning", "assert"):
            self.complaints.append(json.dumps(said["args"]))
        # That an answer is a 403 or a 404 is said by the test that wants it.
        elif method == "Log.entryAdded" and said["entry"]["level"] in ("error", "warning") and said["entry"]["source"] != "network":
            self.complaints.append(said["entry"]["text"])

    def next_page(self, act, what):
        """Acts, and waits until another page is there."""
        before = self.loads
        act()
        end = time.monotonic() + PATIENCE
        while self.loads == before:
            self.browser.hear(end, what)

    def open(self, url):
        def go():
            went = self.ask("Page.navigate", url=url)
            check(not went.get("errorText"), f"{url}: {went}")
        self.next_page(go, url)

    def value(self, expression):
        told = self.ask("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        check("exceptionDetails" not in told, f"{expression}: {told.get('exceptionDetails')}")
        return told["result"].get("value")

    @property
    def url(self):
        return self.value("location.href")

    @property
    def text(self):
        return self.value("document.body.innerText")

    @property
    def answer(self):
        """Status and headers of the page that is shown."""
        return self.answers[self.url]

    def screen(self, width, height):
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600)

    def type(self, selector, text):
        check(self.value(f"(it => it && (it.focus(), it.value = '', true))(document.querySelector({json.dumps(selector)}))"), f"no {selector} in\n{self.text}")
        self.ask("Input.insertText", text=text)

    def press(self, selector):
        """The middle of it, with the mouse; it must be what is seen there."""
        found = self.value(f"""(it => {{ if (!it) return null; it.scrollIntoView({{block: 'center'}}); const box = it.getBoundingClientRect();
            const x = box.x + box.width / 2, y = box.y + box.height / 2; return [x, y, it.contains(document.elementFromPoint(x, y))]; }})(
            document.querySelector({json.dumps(selector)}))""")
        check(found, f"no {selector} in\n{self.text}")
        check(found[2], f"{selector} is covered or not on the screen")
        for kind in ("mousePressed", "mouseReleased"):
            self.ask("Input.dispatchMouseEvent", type=kind, x=found[0], y=found[1], button="left", clickCount=1)

    def click(self, selector):
        self.next_page(lambda: self.press(selector), f"a click on {selector}")

    def picture(self, path, height=None):
        """The page as it is seen, or its first `height` pixels."""
        size = self.value("[innerWidth, document.documentElement.scrollHeight]")
        clip = {"x": 0, "y": 0, "width": size[0], "height": min(height or size[1], size[1]), "scale": 1}
        told = self.ask("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)
        with open(path, "wb") as file:
            file.write(base64.b64decode(told["data"]))
