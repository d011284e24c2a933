"""finwatch-notifier as a real process, its providers as fakes, and what it must keep.

    with Providers(where) as providers, Notifier(where, providers) as notifier:
        notifier.alert({"alertname": "DatabaseDisconnected", "severity": "severe", "target": "erp"})
        eventually(lambda: providers.accepted("dingtalk"), 10, "a message")
        notifier.kill()
        notifier.start()

The contract is a small one of its own: severe faults ring zhang.wei at once by SMS and DingTalk, then by voice, then li.na. `compiled`
is the path of one that `finwatch compile` made.
"""
import collections
import datetime
import hashlib
import json
import os
import re
import signal
import sqlite3
import subprocess
import urllib.parse

from servers import ROOT, check, eventually, write
from harness import Process, free_port, get, read

PROGRAM = os.environ.get("FINWATCH_NOTIFIER_PROGRAM", ROOT + "/build/release/bin/finwatch-notifier")
FAKES = ROOT + "/build/release/bin/finwatch_fake_providers"

CONTRACT = """
version: 1
organisation: {name: {zh: 集团财务部, en: Group Finance}, time_zone: Asia/Shanghai, languages: [zh, en]}
alertmanager: {says_again_every: 15m%(heartbeat)s}
calendar: {business_hours: {days: [mon, tue, wed, thu, fri], from: "08:00", to: "20:00"}, maintenance: []}
classes:
  major: {name: {zh: 重大故障, en: Major fault}, first_diagnosis: 2h}
  ordinary: {name: {zh: 一般故障, en: Ordinary fault}, answer: 30m, solve: 4h}
severities:
  light: {name: {zh: 轻微, en: Light}, policy: by_mail, when: always}
  severe: {name: {zh: 严重, en: Severe}, policy: at_once, when: always}
policies:
  at_once:
    - {after: 0s, tell: on_call, by: [sms, dingtalk]}
    - {after: %(voice_after)s, unless: acknowledged, tell: on_call, by: [voice]}
    - {after: 15m, unless: acknowledged, tell: manager, by: [sms, voice]}
  by_mail:
    - {after: 0s, tell: team, by: [], by_alertmanager: [email]}
    - {after: 24m, unless: acknowledged, tell: on_call, by: [dingtalk]}
    - {after: 30m, unless: acknowledged, tell: manager, by: [sms]}
duties:
  manager: {name: {zh: 运维经理, en: Operations manager}, people: [li.na]}
  on_call: {name: {zh: 值班工程师, en: Engineer on duty}, people: [zhang.wei]}
  team: {name: {zh: 运维组, en: Operations team}, people: [zhang.wei]}
people:
  li.na: {name: {zh: 李娜, en: Li Na}, email: li.na@example.com, phone: "13800000003"}
  zhang.wei: {name: {zh: 张伟, en: Zhang Wei}, email: zhang.wei@example.com, phone: "13800000001"}
services:
  - {id: database, name: {zh: 财务数据库, en: Finance database}, class: major}
channels:
  email: {smarthost: "127.0.0.1:%(smtp)d", from: finwatch@example.com, require_tls: false}
  dingtalk: {url_file: %(where)s/dingtalk.url, secret_file: %(where)s/dingtalk.secret, most_per_minute: 20}
  sms: {provider: aliyun, region: cn-hangzhou, key_id_file: %(where)s/aliyun.id, key_secret_file: %(where)s/aliyun.secret,
        sign_name: 集团财务部, template: SMS_000000000, variables: [id, service, severity, time], most_per_day: %(sms_per_day)d}
  voice: {provider: aliyun, region: cn-hangzhou, key_id_file: %(where)s/aliyun.id, key_secret_file: %(where)s/aliyun.secret,
          template: TTS_000000000, variables: [id, service], most_per_day: 20}
"""


class Providers:
    """DingTalk, Aliyun and their kin as one process on one port; `accepted` is what they said yes to, whatever happened since."""

    SECRET = "SEC0123456789abcdef"

    def __init__(self, where):
        self.record = os.path.join(where, "accepted.jsonl")
        self.port = free_port()
        self.process = None

    def __enter__(self):
        self.start()
        return self

    def start(self):
        check(os.access(FAKES, os.X_OK), f"{FAKES} is not built")
        self.process = subprocess.Popen([FAKES, "--port", str(self.port), "--record", self.record, "--dingtalk-secret", self.SECRET],
                                        stdout=subprocess.PIPE, text=True, start_new_session=True)
        check(self.process.stdout.readline().strip() == str(self.port), "the fake providers do not start")

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.kill()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def be(self, provider, mood, for_calls=-1, code=""):
        body = json.dumps({"provider": provider, "mood": mood, "for_calls": for_calls, "code": code})
        done = post(self.port, "/control", body)
        check(done.status == 200, f"{done.status}: {done.body!r}")

    def accepted(self, provider=None):
        if not os.path.exists(self.record):
            return []
        rows = [json.loads(line) for line in read(self.record).split("\n") if line]
        return [row for row in rows if provider in (None, row["provider"])]


def post(port, path, body, headers=None, timeout=30):
    import http.client
    from harness import Answer
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request("POST", path, body=body.encode() if isinstance(body, str) else body,
                           headers={"Content-Type": "application/json", **(headers or {})})
        return Answer(connection.getresponse())
    finally:
        connection.close()


def instant(time=None):
    time = time or datetime.datetime.now(datetime.timezone.utc)
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def fingerprint(labels):
    return hashlib.sha256(json.dumps(labels, sort_keys=True).encode()).hexdigest()[:16]


def payload(*alerts, receiver="notifier"):
    """(labels, starts, ended or None) each, as Alertmanager posts them."""
    rows = [{"status": "resolved" if ended else "firing", "labels": labels,
             "annotations": {"summary": labels["alertname"] + " 告警", "summary_en": labels["alertname"], "runbook": labels["alertname"]},
             "startsAt": starts, "endsAt": ended or "0001-01-01T00:00:00Z", "generatorURL": "http://prometheus/graph",
             "fingerprint": fingerprint(labels)} for labels, starts, ended in alerts]
    return json.dumps({"receiver": receiver, "status": "firing", "alerts": rows, "groupLabels": {}, "commonLabels": {},
                       "commonAnnotations": {}, "externalURL": "http://alertmanager", "version": "4", "groupKey": "{}", "truncatedAlerts": 0})


class Notifier:
    """One process. With `database`, a servers.Postgres, the journal is kept there, and `name` is the name of the instance."""

    def __init__(self, where, providers=None, name="notifier", database=None, port=None, contract=None, compiled=None, extra="", smtp=1, voice_after="5m",
                 heartbeat="", sms_per_day=50, page_users=True, tokens=False):
        self.where, self.name, self.port, self.database = where, name, port or free_port(), database
        self.journal = f"{where}/{name}/journal.db"
        store = f"sqlite: {self.journal}"
        if database:
            store = f"instance: {name}, postgresql: {{host: 127.0.0.1, port: {database.port}, user: postgres, database: postgres, tls: off}}"
        self.process = None
        for file, text in (("dingtalk.url", f"{providers.url if providers else 'http://127.0.0.1:1'}/robot/send?access_token=token"),
                           ("dingtalk.secret", Providers.SECRET), ("aliyun.id", "LTAI-test"), ("aliyun.secret", "aliyun-secret"),
                           ("token", "s3cret-token")):
            write(f"{where}/{file}", text)
        write(f"{where}/contract.yml", (contract or CONTRACT) % {"where": where, "smtp": smtp, "voice_after": voice_after, "heartbeat": heartbeat,
                                                                   "sms_per_day": sms_per_day})
        self.password = "correct horse"
        if page_users:
            hashed = subprocess.run([PROGRAM, "--hash-password"], input=self.password + "\n", capture_output=True, text=True, check=True).stdout.strip()
            write(f"{where}/users.yml", "users:\n" + "".join(f"  {user}: {{password: \"{hashed}\", role: {role}}}\n"
                                                             for user, role in (("zhang.wei", "responder"), ("chief", "admin"), ("auditor", "viewer"))))
        url = providers.url if providers else "http://127.0.0.1:1"
        self.configuration = write(f"{where}/{name}.yml", f"""
contract: {compiled or where + "/contract.yml"}
store: {{{store}}}
intake: {"{token_file: " + where + "/token}" if tokens else "{open: true}"}
page: {{address: "http://127.0.0.1:{self.port}", key_file: {where}/page.key{", users_file: " + where + "/users.yml" if page_users else ""}}}
providers: {{aliyun_sms: "{url}", aliyun_voice: "{url}"}}
{extra}
""")

    def __enter__(self):
        self.start()
        return self

    def start(self, wait=True):
        self.process = Process([PROGRAM, f"--config.file={self.configuration}", f"--web.listen-address=127.0.0.1:{self.port}"],
                               log=f"{self.where}/{self.name}.log")
        if wait:
            eventually(self._ready, 20, lambda: f"the notifier does not listen:\n{self.log()}")

    def _ready(self):
        check(self.process.alive(), f"the notifier ended:\n{self.log()}")
        try:
            return get(self.port, "/-/ready", timeout=5).status == 200
        except OSError:
            return False

    def log(self):
        """Of all its lives."""
        return self.process.log()

    def kill(self):
        """Without a word, as the power would."""
        self.process.end(signal.SIGKILL)

    def stop(self):
        self.process.end(signal.SIGTERM)

    def __exit__(self, *_):
        if self.process.alive():
            self.process.end(signal.SIGTERM)

    def send(self, body, path="/alertmanager", **options):
        return post(self.port, path, body, **options)

    def alert(self, labels, starts=None, ended=None):
        starts = starts or instant()
        answer = self.send(payload((labels, starts, ended)))
        check(answer.status == 200, f"{answer.status}: {answer.body!r}\n{self.log()}")
        return starts

    def api(self, path, body=None, user="zhang.wei"):
        import base64
        auth = {"Authorization": "Basic " + base64.b64encode(f"{user}:{self.password}".encode()).decode()}
        answer = get(self.port, path, headers=auth) if body is None else post(self.port, path, json.dumps(body), headers=auth)
        return answer.status, json.loads(answer.body or b"null")

    def incidents(self, state="all"):
        status, body = self.api(f"/api/v1/incidents?state={state}&limit=1000")
        check(status == 200, f"{status}: {body}")
        return body["incidents"]

    def incident(self, number):
        status, body = self.api(f"/api/v1/incident?id={number}")
        check(status == 200, f"{status}: {body}")
        return body["incident"]

    def act(self, number, action, user="zhang.wei", **rest):
        return self.api("/api/v1/incident/act", {"incident": number, "action": action, **rest}, user)

    def metrics(self):
        return get(self.port, "/metrics").text

    def value(self, sample):
        found = re.search("^" + re.escape(sample) + r" (\S+)$", self.metrics(), re.M)
        return float(found.group(1)) if found else None

    def rows(self, statement):
        """From the journal itself, which may be open elsewhere."""
        if self.database:
            text = self.database.sql(f"SET search_path = finwatch_notifier; SELECT coalesce(json_agg(found), '[]') FROM ({statement}) AS found")
            return [tuple(row.values()) for row in json.loads(text)]
        with sqlite3.connect(f"file:{urllib.parse.quote(self.journal)}?mode=ro", uri=True, timeout=10) as journal:
            return journal.execute(statement).fetchall()


def references(rows):
    """How often each reference was accepted."""
    return collections.Counter((row["provider"], row["reference"]) for row in rows)


def judge(case, notifier, providers, places):
    """What must hold when all is said: each place is one incident, paged once by each way, and nothing was said twice unless it says so.
    Returns a line about it."""
    incidents = dict(notifier.rows("SELECT place, count(*) AS times FROM incidents GROUP BY 1"))
    case.assertEqual(sorted(incidents), sorted(places))
    case.assertEqual(set(incidents.values()), {1}, "an alert opened a second incident")
    rows = notifier.rows("SELECT id, incident, channel, state, carried_by, maybe_twice FROM deliveries WHERE purpose = 'page'")
    # One page by each way and incident: no restart has made a second one.
    per_way = collections.Counter((row[1], row[2]) for row in rows)
    case.assertEqual({count for count in per_way.values()}, {1}, "an incident was paged twice by one channel")
    case.assertEqual(len(per_way), 2 * len(incidents))
    case.assertEqual({row[3] for row in rows}, {"delivered"})
    # Every call that is said to be delivered was taken by the provider.
    accepted = collections.defaultdict(list)
    for row in providers.accepted():
        accepted[int(re.match(r"D(\d+)", row["reference"]).group(1))].append(row)
    lost = [row for row in rows if not accepted[row[4] or row[0]]]
    case.assertEqual(lost, [], "delivered, and the provider never heard of it")
    # What was taken twice is said to be so: in the text of a robot, on the incident; never by SMS, which can be asked.
    twice = {lead: taken for lead, taken in accepted.items() if len(taken) > 1}
    for lead, taken in twice.items():
        case.assertEqual({row["provider"] for row in taken}, {"dingtalk"}, f"a text message was sent twice: {taken}")
        for again in taken[1:]:
            case.assertIn("可能重复", again["text"])
    marked = {row[4] or row[0] for row in rows if row[5]}
    case.assertLessEqual(set(twice), marked | {lead for lead, taken in twice.items() if "可能重复" in taken[-1]["text"]})
    lines = notifier.rows("SELECT count(*) AS lines FROM timeline WHERE kind = 'maybe_told_twice'")[0][0]
    return (f"{len(rows)} pages in {sum(len(taken) for taken in accepted.values())} calls; {len(twice)} of them taken twice and marked, "
            f"{lines} lines about it")
