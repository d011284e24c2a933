"""The pages of the real notifier in Debian's Chromium, at a desk and on a telephone, in both languages: from the link in a message to a closed
incident, who may do what, and what forged links and strange pages do not get.

FINWATCH_PICTURES=docs/pictures writes the pictures that the guides show.
"""
import base64
import datetime
import hashlib
import hmac
import http.cookies
import json
import os
import re
import unittest
import urllib.parse

from alerting import Alertmanager
from browser import Browser
from harness import folder, get, read
from notifier import Notifier, Providers, post
from notifier_night import EXTRA, contract, fault, night
from servers import check, eventually

PICTURES = os.environ.get("FINWATCH_PICTURES", "")
DESK, TELEPHONE = (1280, 900), (390, 844)
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
HEADERS = {"content-security-policy": r"default-src 'none'; style-src 'nonce-[\w-]{24}'; script-src 'sha256-[\w+/=]{44}'; form-action 'self'; "
                                      r"base-uri 'none'; frame-ancestors 'none'",
           "referrer-policy": "no-referrer", "x-content-type-options": "nosniff", "cache-control": "no-store",
           "content-type": "text/html; charset=utf-8"}

# What is wrong with a page, as a list of sentences.
FAULTS_OF_PAGE = r"""(() => {
  const wrong = [], all = selector => [...document.querySelectorAll(selector)];
  const say = (holds, words) => { if (!holds) wrong.push(words); };
  const folded = all('details:not([open])');
  for (const each of folded) each.open = true;
  say(document.doctype && document.characterSet === 'UTF-8', 'no doctype or another encoding');
  say(['zh-CN', 'en'].includes(document.documentElement.lang), 'lang: ' + document.documentElement.lang);
  say(all('h1').length === 1 && all('main').length === 1 && all('nav[aria-label]').length === 1, 'not one h1, main and nav');
  say(document.title.length > 10, 'title: ' + document.title);
  let level = 1;
  for (const heading of all('main h1, main h2, main h3')) {
    say(+heading.tagName[1] <= level + 1, 'a step is left out before ' + heading.innerText);
    level = +heading.tagName[1];
  }
  for (const field of all('input:not([type=hidden]), select, textarea'))
    say(field.labels.length === 1 && field.labels[0].innerText.trim() !== '', 'no label: ' + field.outerHTML);
  for (const button of all('button, a, summary')) say(button.innerText.trim() !== '', 'without words: ' + button.outerHTML);
  for (const table of all('table')) {
    say(table.tHead && table.tBodies.length === 1, 'a table without a head');
    say(all('thead th').every(cell => cell.scope === 'col'), 'a heading without a scope');
    for (const row of table.tBodies[0].rows) say(row.cells.length === table.tHead.rows[0].cells.length, 'a row of another length: ' + row.innerText);
  }
  for (const bar of all('progress')) say(bar.getAttribute('aria-label'), 'a bar without a name');
  const ids = all('[id]').map(each => each.id);
  say(new Set(ids).size === ids.length, 'an id twice: ' + ids);
  say(document.documentElement.scrollWidth <= innerWidth, 'wider than the screen: ' + document.documentElement.scrollWidth);
  for (const each of all('button, nav a, summary, input:not([type=hidden]), select')) {
    const box = each.getBoundingClientRect();
    say(box.height === 0 || box.height >= 32, 'too small for a finger: ' + each.outerHTML);
  }
  for (const each of folded) each.open = false;
  return wrong;
})()"""


def ticket(key, incident, person, until):
    """As the notifier signs a link, so that one that is too old is wrong in nothing else."""
    body = f"{incident}\n{int(until.timestamp())}\n{person}".encode()
    letters = [base64.urlsafe_b64encode(part).decode().rstrip("=") for part in (body, hmac.digest(key, b"link\n" + body, hashlib.sha256))]
    return "".join(letters)


def another(text, at):
    """The same with one letter changed."""
    return text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1:]


class Page(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.browser = cls.enterClassContext(Browser())

    def setUp(self):
        self.where = self.enterContext(folder())
        self.providers = self.enterContext(Providers(self.where))

    def serve(self, extra=EXTRA, maintenance=""):
        text = contract(self.where).replace("maintenance: []", f"maintenance: [{maintenance}]")
        self.notifier = self.enterContext(Notifier(self.where, self.providers, contract=text, extra=extra))
        self.base = f"http://127.0.0.1:{self.notifier.port}"
        return self.notifier

    def look(self, tab, status=200):
        """Every page, wherever a test comes along."""
        check(tab.answer["status"] == status, f"{tab.url}: {tab.answer['status']}\n{tab.text}")
        headers = {name.lower(): value for name, value in tab.answer["headers"].items()}
        for name, pattern in HEADERS.items():
            check(re.fullmatch(pattern, headers.get(name, "")), f"{tab.url}: {name}: {headers.get(name)}")
        wrong = tab.value(FAULTS_OF_PAGE)
        check(not wrong, f"{tab.url}: {wrong}")
        check(not tab.complaints, f"{tab.url}: {tab.complaints}")

    def log_in(self, user, language="zh", screen=DESK, to="/incidents"):
        tab = self.browser.tab()
        tab.screen(*screen)
        tab.open(f"{self.base}{to}{'&' if '?' in to else '?'}lang={language}")
        self.look(tab)
        check(urllib.parse.urlsplit(tab.url).path == "/login", tab.url)
        tab.type("#user", user)
        tab.type("#password", self.notifier.password)
        tab.click("button.first")
        self.look(tab)
        return tab

    def visit(self, tab, path, status=200):
        tab.open(self.base + path)
        self.look(tab, status)

    def press(self, tab, selector, status=200):
        tab.click(selector)
        self.look(tab, status)

    def link(self, number):
        """From the message that the robot of DingTalk was sent."""
        def found():
            texts = [row["text"] for row in self.providers.accepted("dingtalk") if row["text"].endswith(number)]
            return texts and re.search(r"\((http://[^)]*/ack\?t=[\w-]+)\)", texts[0]).group(1)
        return eventually(found, 20, self.notifier.log)

    def session(self, user):
        """The cookie of a login without a browser."""
        answer = post(self.notifier.port, "/login", urllib.parse.urlencode({"user": user, "password": self.notifier.password}), FORM)
        check(answer.status == 303, f"{answer.status}: {answer.body}")
        cookie = http.cookies.SimpleCookie(answer.headers["Set-Cookie"])["finwatch_session"]
        check(cookie["httponly"] and cookie["samesite"] == "Strict", answer.headers["Set-Cookie"])
        return f"finwatch_session={cookie.value}"

    def state(self, number):
        return self.notifier.incident(number)["state"]

    def test_a_responder_from_the_list_to_the_end(self):
        self.serve()
        number = fault(self.notifier, "voucher")
        tab = self.log_in("zhang.wei")
        check(number in tab.text and "凭证录入拨测连续 3 次失败" in tab.text and "1 个无人认领" in tab.text, tab.text)
        clocks = tab.value("[...document.querySelectorAll('.card .clocks li')].map(each => each.innerText)")
        check(len(clocks) == 3 and clocks[0].startswith("响应") and "超时" in clocks[0] and "剩" in clocks[2], clocks)
        self.press(tab, ".card h2 a")
        act = lambda name: f"form:has(input[name=action][value={name}]) button"  # noqa: E731
        self.press(tab, act("acknowledge"))
        check("已提交。" in tab.text and "处理人 张伟" in tab.text, tab.text)
        self.assertEqual(self.notifier.incident(number)["acknowledged_by"], "zhang.wei")
        note = "归档盘写满 <b>&\"'，正在清理"
        tab.type("#note-diagnose", note)
        self.press(tab, act("diagnose"))
        check(note in tab.text, tab.text)
        self.press(tab, act("resolve"))
        self.assertEqual(self.state(number), "resolved")
        check("已恢复" in tab.text and "诊断" in tab.text, tab.text)
        kinds = [line["kind"] for line in self.notifier.incident(number)["timeline"]]
        self.assertEqual([kind for kind in kinds if kind in ("acknowledged", "diagnosed", "resolved")], ["acknowledged", "diagnosed", "resolved"])
        self.press(tab, "form[action='/logout'] button")
        check(urllib.parse.urlsplit(tab.url).path == "/login", tab.url)
        self.visit(tab, "/incidents")
        check(urllib.parse.urlsplit(tab.url).path == "/login" and number not in tab.text, tab.url)

    def test_a_wrong_password_lets_nobody_in(self):
        self.serve()
        tab = self.browser.tab()
        self.visit(tab, "/login?lang=en")
        tab.type("#user", "zhang.wei")
        tab.type("#password", "wrong horse")
        self.press(tab, "button.first", 403)
        check("The user or the password is wrong." in tab.text, tab.text)
        check(tab.value("document.querySelector('#user').value") == "zhang.wei" and not tab.value("document.querySelector('#password').value"),
              "what was typed is lost, or the password is kept")

    def test_the_link_of_a_message_shows_and_its_button_acknowledges(self):
        self.serve()
        number = fault(self.notifier, "database")
        tab = self.browser.tab()
        tab.screen(*TELEPHONE)
        tab.open(self.link(number) + "&lang=en")
        self.look(tab)
        tab.next_page(lambda: tab.ask("Page.reload"), "a reload")
        check("You are Zhang Wei." in tab.text and "nobody has it" in tab.text, tab.text)
        check(tab.value("document.querySelector('button.first').getBoundingClientRect().bottom < innerHeight"), "the button is not on the first screen")
        self.assertIn(self.state(number), ("classified", "assigned"))  # looking at it has changed nothing
        self.press(tab, "button.first")
        check("You have it." in tab.text, tab.text)
        incident = self.notifier.incident(number)
        self.assertEqual((incident["state"], incident["acknowledged_by"]), ("acknowledged", "zhang.wei"))
        tab.type("#note", "the standby's disk is full")
        self.press(tab, "button.first")
        self.assertEqual(self.notifier.incident(number)["diagnosis"], "the standby's disk is full")
        by = {line["kind"]: line["channel"] for line in self.notifier.incident(number)["timeline"]}
        self.assertEqual((by["acknowledged"], by["diagnosed"]), ("link", "link"))
        self.visit(tab, "/incident?id=" + number)  # a link is no login
        check(urllib.parse.urlsplit(tab.url).path == "/login", tab.url)

    def test_a_forged_link_and_an_old_one_open_nothing(self):
        self.serve()
        number = fault(self.notifier, "database")
        good = urllib.parse.parse_qs(urllib.parse.urlsplit(self.link(number)).query)["t"][0]
        now = datetime.datetime.now(datetime.timezone.utc)
        own = [ticket(read(f"{self.where}/page.key").strip().encode(), number[4:], "zhang.wei", now + datetime.timedelta(minutes=minutes))
               for minutes in (-1, 1)]
        tab = self.browser.tab()
        self.visit(tab, f"/ack?t={own[1]}")  # what is signed as the others, and not too old, is taken
        for bad in (*(another(good, at) for at in (0, len(good) // 2, len(good) - 1)), good[:-1], good + "A", own[0], ""):
            self.visit(tab, f"/ack?lang=en&t={bad}", 403)
            check("This link is not valid, or too old." in tab.text and number not in tab.text, tab.text)
            answer = post(self.notifier.port, "/ack", urllib.parse.urlencode({"t": bad, "action": "acknowledge"}), FORM)
            self.assertEqual(answer.status, 403)
        answer = post(self.notifier.port, "/ack", urllib.parse.urlencode({"t": good, "action": "resolve"}), FORM)
        self.assertEqual(answer.status, 403)  # a link is for two things
        self.assertIn(self.state(number), ("classified", "assigned"))

    def test_six_digits_of_a_text_message(self):
        self.serve()
        number = fault(self.notifier, "voucher")
        text = eventually(lambda: self.providers.accepted("aliyun_sms"), 20, self.notifier.log)[0]["text"]
        code = re.search(r"code=(\d{6})\b", text).group(1)
        tab = self.browser.tab()
        tab.screen(*TELEPHONE)
        self.visit(tab, "/code?lang=zh")
        tab.type("#code", "%06d" % ((int(code) + 1) % 1_000_000))
        self.press(tab, "button.first", 403)
        check("认领码不对" in tab.text, tab.text)
        tab.type("#code", code[:3] + " " + code[3:])
        self.press(tab, "button.first")
        check(number in tab.text and "身份：张伟" in tab.text, tab.text)
        self.assertIn(self.state(number), ("classified", "assigned"))
        self.press(tab, "button.first")
        by = {line["kind"]: line["channel"] for line in self.notifier.incident(number)["timeline"]}
        self.assertEqual((self.state(number), by["acknowledged"]), ("acknowledged", "code"))

    def test_a_viewer_looks_and_does_nothing(self):
        self.serve()
        number = fault(self.notifier, "voucher")
        tab = self.log_in("auditor", "en", to=f"/incident?id={number}")
        check(number in tab.url, f"the login did not lead back: {tab.url}")
        self.assertEqual(tab.value("[...document.forms].map(form => form.getAttribute('action'))"), ["/logout"])
        for way in ("page", "REST"):
            if way == "REST":
                status, body = self.notifier.act(number, "acknowledge", "auditor")
            else:
                cookie = self.session("auditor")
                page = get(self.notifier.port, f"/incident?id={number}", headers={"Cookie": cookie}).text
                token = re.search(r'name="token" value="([^"]+)"', page).group(1)
                answer = post(self.notifier.port, "/incident", urllib.parse.urlencode({"token": token, "incident": number, "action": "acknowledge"}),
                              {**FORM, "Cookie": cookie})
                status, body = answer.status, answer.body
            self.assertEqual(status, 403, f"{way}: {body}")
        self.assertIn(self.state(number), ("classified", "assigned"))

    def test_an_admin_merges_silences_and_calls_it_a_false_alarm(self):
        alertmanager = self.enterContext(Alertmanager("route: {receiver: nobody}\nreceivers: [{name: nobody}]\n", self.where))
        self.serve(EXTRA + f'alertmanager: {{url: "http://127.0.0.1:{alertmanager.port}"}}\n')
        into, other, wrong = fault(self.notifier, "month_end"), fault(self.notifier, "reports"), fault(self.notifier, "bank")
        more = lambda: tab.press("details:last-of-type summary")  # noqa: E731
        tab = self.log_in("chief", "en", TELEPHONE, to=f"/incident?id={into}")
        more()
        tab.type("#silence-comment", "planned: the close runs again at six")
        self.press(tab, "form[action='/silence'] button")
        silence, = alertmanager.ask("/api/v2/silences")
        matchers = {each["name"]: each["value"] for each in silence["matchers"]}
        self.assertEqual((matchers["alertname"], matchers["service"], silence["createdBy"]), ("MonthEndLate", "month_end", "chief"))
        self.assertIn(into, silence["comment"])
        check(silence["id"] in tab.text, "the timeline does not name the silence")
        self.visit(tab, f"/incident?id={other}")
        more()
        tab.type("#target-merge", into)
        self.press(tab, "form:has(input[value=merge]) button")
        self.assertEqual((self.notifier.incident(other)["outcome"], self.notifier.incident(into)["alerts"]), ("merged", 2))
        self.visit(tab, f"/incident?id={wrong}&lang=zh")
        more()
        tab.type("#note-false_alarm", "银行系统例行维护")
        self.press(tab, "form:has(input[value=false_alarm]) button")
        self.assertEqual(self.notifier.incident(wrong)["outcome"], "false_alarm")
        self.visit(tab, "/incidents?state=closed")
        check(other in tab.text and wrong in tab.text and into not in tab.text, tab.text)

    def test_a_strange_page_posts_in_vain(self):
        self.serve()
        number = fault(self.notifier, "voucher")
        cookie = self.session("chief")
        page = get(self.notifier.port, f"/incident?id={number}", headers={"Cookie": cookie}).text
        token = re.search(r'action="/incident"><input type="hidden" name="token" value="([^"]+)"', page).group(1)
        theirs = get(self.notifier.port, f"/incident?id={number}", headers={"Cookie": self.session("zhang.wei")}).text
        theirs = re.search(r'action="/incident"><input type="hidden" name="token" value="([^"]+)"', theirs).group(1)
        fields = {"incident": number, "action": "acknowledge", "duration": "2h", "comment": "x"}
        bad = [({}, {}), ({"token": another(token, 0)}, {}), ({"token": theirs}, {}), ({"token": token}, {"Sec-Fetch-Site": "cross-site"}),
               ({"token": token}, {"Sec-Fetch-Site": "same-site"}), ({"token": token}, {"Origin": "https://evil.example.com"})]
        for path in ("/incident", "/silence", "/logout"):
            for more, headers in bad:
                answer = post(self.notifier.port, path, urllib.parse.urlencode({**fields, **more}), {**FORM, "Cookie": cookie, **headers})
                self.assertEqual(answer.status, 403, f"{path} {more} {headers}: {answer.body!r}")
        for path, body in (("/login", {"user": "chief", "password": self.notifier.password}), ("/code", {"code": "123456"}),
                           ("/ack", {"t": self.link(number).split("t=")[1], "action": "acknowledge"})):
            answer = post(self.notifier.port, path, urllib.parse.urlencode(body), {**FORM, "Sec-Fetch-Site": "cross-site"})
            self.assertEqual(answer.status, 403, f"{path}: {answer.body!r}")
        # A cookie alone opens nothing of the REST interface.
        answer = post(self.notifier.port, "/api/v1/incident/act", json.dumps({"incident": number, "action": "acknowledge"}), {"Cookie": cookie})
        self.assertEqual(answer.status, 401)
        self.assertIn(self.state(number), ("classified", "assigned"))
        answer = post(self.notifier.port, "/incident", urllib.parse.urlencode({**fields, "token": token}),
                      {**FORM, "Cookie": cookie, "Sec-Fetch-Site": "same-origin"})
        self.assertEqual((answer.status, self.state(number)), (303, "acknowledged"))

    def test_clocks_tick_and_rest(self):
        now = datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=8)))
        at = lambda minutes: (now + datetime.timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M")  # noqa: E731
        self.serve(maintenance=f'{{id: now, services: [month_end], from: "{at(-20)}", to: "{at(60)}"}}, '
                               f'{{id: soon, services: [bank], from: "{at(30)}", to: "{at(300)}"}}')
        ticking, resting, soon = (fault(self.notifier, name) for name in ("database", "month_end", "bank"))
        tab = self.log_in("zhang.wei", "en")
        # The time of the page is the test's: it stands until it is pushed.
        tab.ask("Page.addScriptToEvaluateOnNewDocument", source="window.time = 1e12; Date.now = () => window.time;")
        shown = """[...document.querySelectorAll('.clocks li')].map(each =>
            [each.className, each.querySelector('b').innerText, each.querySelector('progress').value])"""
        seconds = lambda words: sum(int(part) * each for part, each in zip(words.split()[0].split(":"), (3600, 60, 1)))  # noqa: E731

        def push(length):
            before = tab.value(f"(() => {{ const all = {shown}; window.time += {length * 1000}; return all; }})()")
            return before, eventually(lambda: (after := tab.value(shown)) != before and after, 20, lambda: str(tab.value(shown)))

        self.visit(tab, f"/incident?id={ticking}")
        level, words, share = tab.value(shown)[0]
        check(level in ("half", "late") and re.fullmatch(r"0:0[23]:\d\d left", words) and share > 790, f"{level} {words} {share}")
        before, after = push(1)
        self.assertEqual([seconds(old[1]) - seconds(new[1]) for old, new in zip(before, after)], [1, 1, 1])
        before, after = push(3600)
        self.assertEqual([each[0] for each in after], ["breached", "breached", "quiet-clock"])
        self.assertEqual((seconds(before[0][1]) + seconds(after[0][1]), after[0][2]), (3600, 1000))
        check(after[0][1].endswith(" over") and after[2][1].endswith(" left"), after)
        self.look(tab)

        self.visit(tab, f"/incident?id={soon}")  # its clocks go on until the maintenance begins
        steady = int(tab.value("document.querySelector('.clocks li').dataset.steady"))
        check(1680 < steady <= 1800, steady)
        before, after = push(3600)
        self.assertEqual(seconds(before[1][1]) - seconds(after[1][1]), steady)

        self.visit(tab, f"/incident?id={resting}")
        tab.value("window.time += 3600 * 1000")
        check(all(each[1].endswith(" paused") for each in tab.value(shown)), tab.value(shown))
        self.assertEqual(tab.value("document.querySelectorAll('[data-left]').length"), 0)

    def test_without_script_all_works(self):
        self.serve()
        number = fault(self.notifier, "database")
        tab = self.browser.tab()
        tab.ask("Emulation.setScriptExecutionDisabled", value=True)
        tab.open(self.link(number) + "&lang=zh")
        check("剩 2 分钟" in tab.text or "剩 3 分钟" in tab.text, tab.text)
        tab.click("button.first")
        self.assertEqual(self.state(number), "acknowledged")
        check(not tab.complaints, tab.complaints)

    def test_every_page_of_a_night(self):
        self.serve()
        numbers = night(self.notifier, self.providers)
        pages = {"incidents": "/incidents", "closed": "/incidents?state=all&search=db", "incident": f"/incident?id={numbers['voucher']}",
                 "over": f"/incident?id={numbers['certificate']}", "on-call": "/on-call", "deliveries": "/deliveries", "figures": "/figures",
                 "ack": self.link(numbers["voucher"])[len(self.base):], "code": "/code", "login": "/login"}
        for user, language, screen in (("chief", "zh", DESK), ("chief", "en", TELEPHONE), ("zhang.wei", "zh", TELEPHONE), ("auditor", "en", DESK)):
            tab = self.log_in(user, language, screen)
            for name, path in pages.items():
                with self.subTest(user=user, language=language, page=name):
                    self.visit(tab, path)
                    check(tab.value("document.documentElement.lang") == {"zh": "zh-CN", "en": "en"}[language], "the chosen language is forgotten")
            self.visit(tab, "/incident?id=INC-999", 404)
        if PICTURES:
            self.take_pictures(pages, numbers)

    def take_pictures(self, pages, numbers):
        os.makedirs(PICTURES, exist_ok=True)
        desk = self.log_in("zhang.wei", "zh", (1100, 900))
        for name, path, height in (("incidents", pages["incidents"], 756), ("incident", f"/incident?id={numbers['voucher']}", 1180),
                                   ("on-call", "/on-call", 775)):
            self.visit(desk, path)
            desk.picture(f"{PICTURES}/notifier-{name}-zh.png", height)
        telephone = self.browser.tab()
        telephone.screen(*TELEPHONE)
        self.visit(telephone, pages["ack"] + "&lang=en")
        telephone.picture(f"{PICTURES}/notifier-ack-en.png")


if __name__ == "__main__":
    unittest.main()
