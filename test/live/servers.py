"""Private database servers for the live tests: Debian's PostgreSQL and MariaDB, in temporary folders, on free ports of 127.0.0.1.

    with Postgres() as server:
        server.sql("CREATE TABLE voucher (id int)")
        with server.session("BEGIN; LOCK TABLE voucher") as holder: …     # stays open until the block ends

A system's own instance is never touched. Started as root, a server runs as the account that Debian made for it.
"""
import atexit
import contextlib
import glob
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
from harness import ROOT, check, eventually, free_port, need, write  # noqa: E402


def as_user(name):
    """Arguments for Popen that give up root, which a database server refuses to be; none when we are not root."""
    if os.geteuid() != 0:
        return {}
    account = account_of(name)
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def account_of(name):
    try:
        return pwd.getpwnam(name)
    except KeyError:  # the package is unpacked, not installed
        return pwd.getpwnam("nobody")


_copies = {}


def reachable(folder, account):
    """The folder, or a copy of it where the server's account may not enter the tree."""
    if os.geteuid() != 0 or subprocess.run(["test", "-x", folder], check=False, **as_user(account)).returncode == 0:
        return folder
    if folder not in _copies:
        room = tempfile.mkdtemp(prefix="finwatch-live-programs-")
        os.chmod(room, 0o755)
        atexit.register(shutil.rmtree, room, ignore_errors=True)
        _copies[folder] = shutil.copytree(folder, room + "/usr", symlinks=True)
    return _copies[folder]


def family(pid):
    """The process and all that descend from it: each may have a group of its own."""
    found, todo = [], [pid]
    while todo:
        found.append(todo.pop())
        for children in glob.glob(f"/proc/{found[-1]}/task/*/children"):
            with contextlib.suppress(OSError), open(children, encoding="ascii") as file:
                todo += [int(child) for child in file.read().split()]
    return found


def signal_family(pid, number):
    for member in family(pid):
        with contextlib.suppress(ProcessLookupError):
            os.kill(member, number)


class Server:
    """A server as a process group of its own, so that all of it can be frozen, thawed and killed."""

    account = ""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="finwatch-live-")
        os.chmod(self.folder, 0o755)
        if os.geteuid() == 0:
            account = account_of(self.account)
            os.chown(self.folder, account.pw_uid, account.pw_gid)
        self.port = free_port()
        self.process = None

    def __enter__(self):
        try:
            self.create()
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def start(self):
        with open(self.folder + "/log", "ab") as log:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder,
                                            start_new_session=True, **as_user(self.account))
        eventually(self.answers, 60, self.said)

    def said(self):
        with open(self.folder + "/log", encoding="utf-8", errors="replace") as log:
            return "the server does not answer: " + log.read()[-3000:]

    def processes(self):
        return family(self.process.pid)

    def signal(self, number):
        signal_family(self.process.pid, number)

    def freeze(self):
        self.signal(signal.SIGSTOP)

    def thaw(self):
        self.signal(signal.SIGCONT)

    def kill(self):
        self.signal(signal.SIGKILL)
        self.process.wait()

    def __exit__(self, *_):
        if self.process and self.process.poll() is None:
            self.thaw()
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


class Session:
    """A client that stays: its statements are sent one after another and it waits for more."""

    def __init__(self, command, environment):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                        env={**os.environ, **environment})

    def send(self, statement):
        """Sends, and does not wait: the statement may be one that blocks."""
        self.process.stdin.write(statement + "\n")
        self.process.stdin.flush()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


class Postgres(Server):
    account = "postgres"

    def __init__(self, settings=None):
        super().__init__()
        programs = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb") + glob.glob(ROOT + "/build/debian/postgresql-*/usr/lib/postgresql/*/bin/initdb"))
        check(programs, "PostgreSQL is missing: deploy/install-deps.sh --test")
        self.bin = os.path.dirname(programs[-1])
        usr = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(self.bin))))  # the server finds its files from there
        if self.bin.startswith(ROOT):
            self.bin = reachable(usr, self.account) + self.bin[len(usr):]
        self.settings = settings or {}

    def create(self):
        made = subprocess.run([self.bin + "/initdb", "-D", self.folder + "/data", "-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-sync",
                               "--locale=C.UTF-8"], capture_output=True, text=True, cwd=self.folder, **as_user(self.account))
        check(made.returncode == 0, made.stdout + made.stderr)
        settings = {"listen_addresses": "'127.0.0.1'", "port": self.port, "unix_socket_directories": f"'{self.folder}'", "fsync": "off",
                    "shared_buffers": "'32MB'", "deadlock_timeout": "'200ms'", "shared_preload_libraries": "'pg_stat_statements'",
                    **self.settings}
        with open(self.folder + "/data/postgresql.conf", "a", encoding="utf-8") as conf:
            conf.writelines(f"{name} = {value}\n" for name, value in settings.items())
        # postgres itself is trusted; everybody else needs a password.
        write(self.folder + "/data/pg_hba.conf", "local all all trust\nhost all postgres 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n"
              "host replication all 127.0.0.1/32 trust\n")

    def command(self):
        return [self.bin + "/postgres", "-D", self.folder + "/data"]

    def client(self, database, user="postgres"):
        return [need("psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", self.folder, "-p", str(self.port), "-U", user, "-d", database]

    def answers(self):
        check(self.process.poll() is None, self.said())
        return subprocess.run(self.client("postgres") + ["-c", "SELECT 1"], capture_output=True, check=False).returncode == 0

    def sql(self, text, database="postgres", user="postgres"):
        done = subprocess.run(self.client(database, user), input=text, capture_output=True, text=True, timeout=300, check=False)
        check(done.returncode == 0, done.stderr)
        return done.stdout.strip()

    def session(self, statement="", database="postgres", user="postgres", application="nc-voucher"):
        session = Session(self.client(database, user), {"PGAPPNAME": application})
        if statement:
            session.send(statement)
        return session


class Mariadb(Server):
    account = "mysql"

    def __init__(self, options=()):
        super().__init__()
        self.options = list(options)
        self.socket = self.folder + "/socket"
        self.temporary = self.folder + "/tmp"

    def create(self):
        # A server that starts clears what looks like a temporary table from its tmpdir: in one that is shared, also its neighbours'.
        os.mkdir(self.temporary)
        os.chmod(self.temporary, 0o777)
        made = subprocess.run([need("mariadb-install-db"), "--no-defaults", f"--datadir={self.folder}/data", f"--tmpdir={self.temporary}",
                               "--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve", "--innodb-flush-log-at-trx-commit=0"],
                              capture_output=True, text=True, cwd=self.folder, **as_user(self.account))
        check(made.returncode == 0, made.stdout + made.stderr)

    def command(self):
        # Plugins come with the package that would start a server; the tests have it unpacked.
        unpacked = ROOT + "/build/debian/mariadb-server/usr/lib/mysql/plugin"
        plugins = [f"--plugin-dir={reachable(unpacked, self.account)}"] if os.path.isdir(unpacked) else []
        return [need("mariadbd"), "--no-defaults", f"--datadir={self.folder}/data", f"--tmpdir={self.temporary}", f"--socket={self.socket}",
                f"--port={self.port}", "--bind-address=127.0.0.1", f"--pid-file={self.folder}/pid", "--skip-name-resolve", "--innodb-flush-log-at-trx-commit=0",
                "--innodb-buffer-pool-size=32M", "--performance-schema=ON", *plugins, *self.options]

    def client(self, database, user="root"):
        return [need("mariadb"), "--no-defaults", "-N", "-B", "-S", self.socket, "-u", user, *([database] if database else [])]

    def answers(self):
        check(self.process.poll() is None, self.said())
        return subprocess.run(self.client("") + ["-e", "SELECT 1"], capture_output=True, check=False).returncode == 0

    def sql(self, text, database="", user="root"):
        done = subprocess.run(self.client(database, user), input=text, capture_output=True, text=True, timeout=300, check=False)
        check(done.returncode == 0, done.stderr)
        return done.stdout.strip()

    def session(self, statement="", database="", user="root"):
        session = Session(self.client(database, user) + ["--unbuffered"], {})
        if statement:
            session.send(statement)
        return session
