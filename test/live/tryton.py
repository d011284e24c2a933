"""A real ERP for the live tests, as deploy/tryton.sh makes it, and the ways in which it can go wrong.

    with Tryton() as erp:
        voucher = erp.maker.save(note="PROBE 1")
        erp.checker.call("model.account.move.post", [voucher])
        with erp.database_stopped(): …

The first start of a tree makes tables and company (a minute or more) and keeps them in build/live; later ones take seconds. All past periods
are closed in it and its accounts are old, so that no check finds anything. Each fault is taken back by its own method or block.
"""
import base64
import contextlib
import datetime
import fcntl
import functools
import glob
import hashlib
import http.client
import json
import os
import shutil
import signal
import subprocess
import tempfile

from servers import Session, signal_family  # it also tells where harness is
from harness import ROOT, check, eventually, free_port, need, read, run, write

SCRIPT = os.path.join(ROOT, "deploy/tryton.sh")
KEPT = os.path.join(ROOT, "build/live")
MADE_OF = ("deploy/tryton.sh", "deploy/tryton_company.py", "deploy/cluster.sh", "deploy/packages/unpacked-erp.txt", "deploy/sql/tryton.sql",
           "deploy/sql/fin_views_tryton.sql", "test/live/tryton.py")


class Refused(Exception):
    """The ERP said no: HTTP status and, with 200, its own words."""

    def __init__(self, status, text):
        super().__init__(f"{status}: {text}")
        self.status, self.text = status, text


def decimal(text):
    return {"__class__": "Decimal", "decimal": text}


def day(date):
    return {"__class__": "date", "year": date.year, "month": date.month, "day": date.day}


class Client:
    """One person's session, over JSON-RPC. The words of a refusal are Tryton's."""

    def __init__(self, port, login, password, timeout=60):
        self.port, self.timeout, self.authorization = port, timeout, None
        user, token = self.call("common.db.login", login, {"password": password}, "en", context=False)
        self.user, self.authorization = user, "Session " + base64.b64encode(f"{login}:{user}:{token}".encode()).decode()
        self.company = self.call("model.res.user.get_preferences", True, {}, context=False)["company"]

    def call(self, method, *params, timeout=None, context=True, **more):
        params = list(params) + ([{"company": self.company, "language": "en", **more}] if context else [])
        return ask(self.port, method, params, self.authorization, timeout or self.timeout)

    def period(self, date):
        found = self.call("model.account.period.search", [["start_date", "<=", day(date)], ["end_date", ">=", day(date)]], 0, 1, None)
        check(found, f"no period for {date}")
        return found[0]

    def account(self, code):
        return self.call("model.account.account.search", [["code", "=", code]], 0, 1, None)[0]

    @functools.cached_property
    def journal(self):
        return self.call("model.account.journal.search", [["code", "=", "PROBE"]], 0, 1, None)[0]

    def save(self, note, debit="1.00", credit="1.00", date=None, timeout=None):
        """A draft from cash to income; its id."""
        date = date or datetime.date.today()
        lines = [{"account": self.account("1001"), "debit": decimal(debit), "credit": decimal("0")},
                 {"account": self.account("6001"), "debit": decimal("0"), "credit": decimal(credit)}]
        voucher = {"company": self.company, "period": self.period(date), "journal": self.journal, "date": day(date), "description": note,
                   "lines": [["create", lines]]}
        return self.call("model.account.move.create", [voucher], timeout=timeout)[0]

    def read(self, voucher):
        return self.call("model.account.move.read", [voucher], ["state", "number", "post_number", "description", "lines"])[0]

    def post(self, *vouchers):
        self.call("model.account.move.post", list(vouchers))

    def delete(self, *vouchers):
        self.call("model.account.move.delete", list(vouchers))

    def reverse(self, voucher, note):
        """The draft that takes a posted voucher back; its id."""
        about = {"active_model": "account.move", "active_id": voucher, "active_ids": [voucher]}
        wizard = self.call("wizard.account.move.cancel.create")[0]
        self.call("wizard.account.move.cancel.execute", wizard, {"default": {"description": note}}, "cancel", **about)
        self.call("wizard.account.move.cancel.delete", wizard)
        return self.call("model.account.move.search", [["origin", "=", f"account.move,{voucher}"]], 0, 1, None)[0]

    def trial_balance(self):
        """Debit and credit of this year by account code."""
        year, = self.call("model.account.fiscalyear.search", [["name", "=", str(datetime.date.today().year)]], 0, 1, None)
        rows = self.call("model.account.account.search_read", [["type", "!=", None]], 0, None, None, ["code", "debit", "credit"],
                         fiscalyear=year, date=day(datetime.date.today()))
        return {row["code"]: (row["debit"]["decimal"], row["credit"]["decimal"]) for row in rows}


def ask(port, method, params, authorization=None, timeout=60, path="/tryton/"):
    """One call; its result, or Refused."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    with contextlib.closing(connection):
        headers = {"Content-Type": "application/json", **({"Authorization": authorization} if authorization else {})}
        connection.request("POST", path, json.dumps({"id": 1, "method": method, "params": params}), headers)
        answer = connection.getresponse()
        text = answer.read().decode()
    if answer.status != 200:
        raise Refused(answer.status, text)
    answer = json.loads(text)
    if "error" in answer:
        raise Refused(200, json.dumps(answer["error"]))
    return answer["result"]


class Tryton:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="finwatch-live-tryton-")
        os.chmod(self.folder, 0o755)
        self.state = self.folder + "/state"

    def __enter__(self):
        try:
            unpack(self.folder)
            for program in ("postgres", "trytond"):
                write(f"{self.state}/run/{program}.port", f"{free_port()}\n")
            self.up()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for program in ("postgres", "trytond"):
            with contextlib.suppress(OSError, ValueError):
                self.signal(program, signal.SIGCONT)
        run("bash", SCRIPT, "--state", self.state, "--wipe")
        shutil.rmtree(self.folder, ignore_errors=True)

    def up(self):
        """Starts what does not run."""
        start(self.state)

    def process(self, program):
        return int(read(f"{self.state}/run/{program}").split()[0])

    def signal(self, program, number):
        signal_family(self.process(program), number)

    def port(self, program):
        return int(read(f"{self.state}/run/{program}.port"))

    def password(self, name):
        return read(f"{self.state}/tryton/{name}.password").strip()

    # ---- its people, and the database as its owner and as the account of the checks
    def login(self, name, password=None, timeout=60):
        return Client(self.port("trytond"), name, password or self.password(name), timeout)

    @functools.cached_property
    def maker(self):
        return self.login("maker")

    @functools.cached_property
    def checker(self):
        return self.login("checker")

    @functools.cached_property
    def admin(self):
        return self.login("admin")

    def psql(self, user, name):
        return [need("psql"), "-X", "-q", "-A", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", str(self.port("postgres")), "-U", user,
                "-d", "tryton"], {"PGPASSWORD": self.password(name)}

    def _run_sql(self, user, name, text, *words):
        command, environment = self.psql(user, name)
        return subprocess.run([*command, *words], input=text, capture_output=True, text=True, timeout=300, check=False,
                              env={**os.environ, **environment})

    def sql(self, text):
        done = self._run_sql("tryton_owner", "owner", text, "-t")
        check(done.returncode == 0, done.stderr)
        return done.stdout.strip()

    def probe(self, text):
        """What the account of the checks reads: rows by column name; NULL is None."""
        done = self._run_sql("finwatch_probe", "probe", text, "-F", "\t", "-P", "null=\\N", "-P", "footer=off")
        check(done.returncode == 0, done.stderr)
        names, *rows = [line.split("\t") for line in done.stdout.splitlines()]
        return [{name: None if cell == "\\N" else cell for name, cell in zip(names, row)} for row in rows]

    def refuses_probe(self, text):
        """The words with which the account of the checks is turned away."""
        done = self._run_sql("finwatch_probe", "probe", text, "-t")
        check(done.returncode != 0, f"{text}: {done.stdout}")
        return done.stderr

    # ---- faults of machines
    @contextlib.contextmanager
    def frozen(self, program):
        self.signal(program, signal.SIGSTOP)
        try:
            yield
        finally:
            self.signal(program, signal.SIGCONT)

    def database_frozen(self):
        return self.frozen("postgres")

    def application_frozen(self):
        return self.frozen("trytond")

    @contextlib.contextmanager
    def ended(self, program, number):
        process = self.process(program)
        os.kill(process, number)
        eventually(lambda: gone(process), 60, f"{program} does not end")
        try:
            yield
        finally:
            self.up()

    def database_stopped(self):
        return self.ended("postgres", signal.SIGINT)

    def application_killed(self):
        return self.ended("trytond", signal.SIGKILL)

    # ---- faults of the database
    @contextlib.contextmanager
    def vouchers_locked(self, seconds=600):
        """Vouchers can be read and not written, for so many seconds or until the block ends."""
        command, environment = self.psql("tryton_owner", "owner")
        with Session(command, environment) as holder:
            holder.send(f"BEGIN; LOCK TABLE account_move IN EXCLUSIVE MODE; SELECT pg_sleep({seconds}); COMMIT;")
            locked = "SELECT count(*) FROM pg_locks WHERE relation = 'account_move'::regclass AND mode = 'ExclusiveLock' AND granted"
            eventually(lambda: self.sql(locked) == "1", 30, "the table is not locked")
            yield
        self.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'BEGIN; LOCK TABLE%' OR query LIKE 'SELECT pg_sleep%'")

    @contextlib.contextmanager
    def insert_revoked(self):
        self.sql("REVOKE INSERT ON account_move FROM tryton")
        try:
            yield
        finally:
            self.sql("GRANT INSERT ON account_move TO tryton")

    # ---- faults of bookkeeping. Planted by SQL where the program refuses them.
    def close_period(self, date):
        self.checker.call("model.account.period.close", [self.checker.period(date)])

    def reopen_period(self, date):
        self.checker.call("model.account.period.reopen", [self.checker.period(date)])

    def plant(self, date="current_date", debit="1", credit="1", state="posted", number=None, note="planted", ago="0", lines=2, maker=2, checker=3):
        """A voucher past the program; its id. date is SQL; ago is how long ago it was made, as an interval."""
        number = number or "(SELECT coalesce(max(post_number::bigint), 0) + 1 FROM account_move WHERE post_number IS NOT NULL)"
        stamp = f"now() AT TIME ZONE 'UTC' - interval '{ago}'"
        voucher = self.sql(
            "INSERT INTO account_move (company, period, journal, date, description, number, state, post_number, post_date, create_uid, create_date,"
            f" write_uid, write_date) SELECT 1, p.id, (SELECT id FROM account_journal WHERE code = 'PROBE'), {date}, '{note}', 'planted', '{state}',"
            f" CASE WHEN '{state}' = 'posted' THEN {number} END, CASE WHEN '{state}' = 'posted' THEN {date} END, {maker}, {stamp},"
            f" CASE WHEN '{state}' = 'posted' THEN {checker} END, CASE WHEN '{state}' = 'posted' THEN {stamp} END"
            f" FROM account_period p WHERE {date} BETWEEN p.start_date AND p.end_date RETURNING id")
        for account, left, right in (("1001", debit, "0"), ("6001", "0", credit))[:lines]:
            self.sql(f"INSERT INTO account_move_line (move, account, debit, credit, state) SELECT {voucher}, id, {left}, {right}, 'valid'"
                     f" FROM account_account WHERE code = '{account}'")
        return int(voucher)

    def uproot(self, *vouchers):
        """Takes planted ones away, without a trace."""
        self.sql(f"DELETE FROM account_move WHERE id IN ({', '.join(map(str, vouchers))})")

    def grow(self, vouchers):
        """So many posted vouchers of two lines more, numbered on; the program goes on counting behind them."""
        self.sql(f"""
          BEGIN;
          WITH last AS (SELECT coalesce(max(post_number::bigint), 0) AS number FROM account_move WHERE post_number IS NOT NULL),
               made AS (INSERT INTO account_move (company, period, journal, date, description, number, state, post_number, post_date, create_uid,
                                                  create_date, write_uid, write_date)
                        SELECT 1, p.id, (SELECT id FROM account_journal WHERE code = 'PROBE'), current_date, 'grown ' || n, 'grown', 'posted',
                               last.number + n, current_date, 2, now() AT TIME ZONE 'UTC', 3, now() AT TIME ZONE 'UTC'
                          FROM last, generate_series(1, {vouchers}) n, account_period p
                         WHERE current_date BETWEEN p.start_date AND p.end_date RETURNING id)
          INSERT INTO account_move_line (move, account, debit, credit, state)
          SELECT made.id, a.id, CASE a.code WHEN '1001' THEN 1 ELSE 0 END, CASE a.code WHEN '6001' THEN 1 ELSE 0 END, 'valid'
            FROM made, account_account a WHERE a.code IN ('1001', '6001');
          SELECT setval('"ir_sequence_' || y.post_move_sequence || '"', (SELECT max(post_number::bigint) FROM account_move))
            FROM account_fiscalyear y WHERE current_date BETWEEN y.start_date AND y.end_date;
          COMMIT;
          ANALYZE account_move, account_move_line""")

    # ---- faults of accounts
    @contextlib.contextmanager
    def privilege_given(self, login="maker", group="Account Administration"):
        user, = self.admin.call("model.res.user.search", [["login", "=", login]], 0, 1, None)
        group, = self.admin.call("model.res.group.search", [["name", "=", group]], 0, 1, None)
        self.admin.call("model.res.user.write", [user], {"groups": [["add", [group]]]})
        try:
            yield
        finally:
            self.admin.call("model.res.user.write", [user], {"groups": [["remove", [group]]]})

    @contextlib.contextmanager
    def account(self, login, age):
        """One made so long ago, with a password and never used."""
        self.sql("INSERT INTO res_user (login, name, active, menu, password_hash, create_date, create_uid)"
                 f" SELECT '{login}', '{login}', true, menu, password_hash, now() AT TIME ZONE 'UTC' - interval '{age}', 1 FROM res_user WHERE login = 'maker'")
        try:
            yield
        finally:
            self.sql(f"DELETE FROM res_user WHERE login = '{login}'")

    @contextlib.contextmanager
    def login_throttled(self, login="maker"):
        """One wrong password, and five more as Tryton writes them down: each real one costs up to 2^n seconds of its penance."""
        try:
            self.login(login, "wrong password")
            check(False, "a wrong password was taken")
        except Refused as refused:
            check(refused.status == 401, f"a wrong password: {refused}")
        self.sql("INSERT INTO res_user_login_attempt (login, ip_address, ip_network, create_uid, create_date)"
                 " SELECT login, ip_address, ip_network, create_uid, create_date FROM res_user_login_attempt, generate_series(1, 5)")
        try:
            yield
        finally:
            self.sql("DELETE FROM res_user_login_attempt")

    def residue(self, tag):
        """How many vouchers bear the tag."""
        return int(self.sql(f"SELECT count(*) FROM account_move WHERE starts_with(description, '{tag}')"))


def gone(process):
    """Ended, with its sockets closed: only its exit status may still wait for somebody."""
    try:
        return read(f"/proc/{process}/stat").rsplit(") ", 1)[1][0] in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return True


def start(state):
    status, text = run("bash", SCRIPT, "--state", state, "--no-install", "--lang", "en")
    check(status == 0, f"tryton.sh failed with {status}:\n{text}")
    return text


def unpack(folder):
    """A state folder that was made before, with nothing running in it."""
    made_of = hashlib.sha256(str(datetime.date.today().year).encode())
    for name in MADE_OF:
        made_of.update(read(os.path.join(ROOT, name)).encode())
    kept = f"{KEPT}/tryton-{made_of.hexdigest()[:16]}.tar"
    os.makedirs(KEPT, exist_ok=True)
    with open(f"{KEPT}/lock", "wb") as lock:  # files of tests run side by side: the first makes it, the others wait
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.exists(kept):
            make(kept)
    status, text = run("tar", "-xpf", kept, "-C", folder)
    check(status == 0, text)


def make(kept):
    erp = Tryton()
    try:
        start(erp.state)
        # Books as they are between two closings, and accounts that nobody made yesterday.
        erp.sql("UPDATE account_period SET state = 'close', write_date = now() AT TIME ZONE 'UTC', write_uid = 3 WHERE end_date < current_date;"
                "UPDATE res_user SET create_date = create_date - interval '30 days';"
                "UPDATE \"res_user-res_group\" SET create_date = create_date - interval '30 days'")
        status, text = run("bash", SCRIPT, "--state", erp.state, "--down")
        check(status == 0, text)
        status, text = run("tar", "-cf", kept + ".new", "-C", erp.folder, "state")
        check(status == 0, text)
        for old in glob.glob(KEPT + "/tryton-*.tar"):
            os.unlink(old)
        os.rename(kept + ".new", kept)
    finally:
        erp.__exit__()
