"""How finwatch-database logs in, and who may ask it to: TLS with both checks, password files, /probe and its fences, reload."""
import json
import os
import subprocess
import unittest

from database import PASSWORD, Database, add_monitor, target_of
from harness import check, eventually, get, write
from servers import Mariadb, Postgres, account_of


def make_certificates(folder, host, owner):
    """An authority and a certificate for `host`, in PEM."""
    def openssl(*words):
        done = subprocess.run(["openssl", *words], cwd=folder, capture_output=True, text=True, check=False)
        check(done.returncode == 0, done.stderr)
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=finwatch test")
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "server.key", "-out", "server.csr", "-subj", f"/CN={host}")
    write(folder + "/san", f"subjectAltName=DNS:{host}\n")
    openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-out", "server.pem", "-days", "2", "-extfile", "san")
    for name in ("server.key", "server.pem", "ca.pem"):
        if os.geteuid() == 0:
            account = account_of(owner)
            os.chown(f"{folder}/{name}", account.pw_uid, account.pw_gid)
        os.chmod(f"{folder}/{name}", 0o600 if name == "server.key" else 0o644)


class Encrypted(Postgres):
    def __init__(self, host):
        super().__init__({"ssl": "on"})
        make_certificates(self.folder, host, self.account)
        self.settings |= {"ssl_cert_file": f"'{self.folder}/server.pem'", "ssl_key_file": f"'{self.folder}/server.key'"}


class EncryptedMariadb(Mariadb):
    def __init__(self, host):
        super().__init__()
        make_certificates(self.folder, host, self.account)
        self.options += [f"--ssl-cert={self.folder}/server.pem", f"--ssl-key={self.folder}/server.key", f"--ssl-ca={self.folder}/ca.pem"]


class WaysIn(unittest.TestCase):
    def test_verify_full_takes_the_right_name_and_refuses_another(self):
        for make in (Encrypted, EncryptedMariadb):
            for host, well in (("localhost", True), ("db.example", False)):
                with self.subTest(server=make.__name__, certificate=host), make(host) as server:
                    add_monitor(server)
                    target = target_of(server, "t", host="localhost", tls="verify_full", tls_ca=server.folder + "/ca.pem")
                    with Database([target]) as exporter:
                        if well:
                            eventually(lambda: exporter.scrape().up("t"), 20, lambda: f"{exporter.scrape().reason('t')}: {exporter.log()}")
                        else:
                            page = exporter.scrape()
                            check(not page.up("t") and page.reason("t") == "tls", f"{page.reason('t')}: {exporter.log()}")

    def test_a_server_without_tls_is_refused_where_tls_is_asked_for(self):
        with Postgres() as server, Mariadb() as other:
            for each in (server, other):
                add_monitor(each)
            with Database([target_of(server, tls="require"), target_of(other, tls="require")]) as exporter:
                page = exporter.scrape()
                for name in ("pg", "maria"):
                    check(not page.up(name) and page.reason(name) == "tls", f"{name}: {page.reason(name)}: {exporter.log()}")

    def test_password_files_of_the_engines(self):
        with Postgres() as server, Mariadb() as other:
            for each in (server, other):
                add_monitor(each)
            escaped = PASSWORD.replace("\\", "\\\\").replace(":", "\\:")
            passfile = write(server.folder + "/pgpass", f"127.0.0.1:{server.port}:*:monitor:{escaped}\n")
            os.chmod(passfile, 0o600)
            option_file = write(other.folder + "/my.cnf", f"[client]\nuser=monitor\npassword={PASSWORD}\n")
            first, second = target_of(server), target_of(other, my_cnf=option_file)
            del first["password"], second["password"], second["user"]
            os.environ["PGPASSFILE"] = passfile
            try:
                with Database([first, second]) as exporter:
                    eventually(lambda: (lambda page: page.up("pg") and page.up("maria"))(exporter.scrape()), 20, exporter.log)
                    with open(f"/proc/{exporter.pid}/cmdline", "rb") as title:
                        check(PASSWORD.encode() not in title.read(), "the password is in the process title")
                    check(PASSWORD not in exporter.log(), "the password is in the log")
            finally:
                del os.environ["PGPASSFILE"]

    def test_probe_takes_configured_names_and_allowed_hosts_only(self):
        with Postgres() as server:
            add_monitor(server)
            module = {"engine": "postgresql", "user": "monitor", "password": PASSWORD, "timeout": "2s", "hosts": ["127.0.0.*"]}
            with Database([target_of(server)], auth_modules={"erp": module}) as exporter:
                page = exporter.scrape("/probe?target=pg")
                check(page.up("pg"), page.text[:500])
                check("pg_" not in page.text or 'target="pg"' not in "".join(line for line in page.text.split("\n") if line.startswith("pg_")), "pg_* with target")
                name = f"127.0.0.1:{server.port}"
                page = exporter.scrape(f"/probe?target={name}&auth_module=erp")
                check(page.up(name), f"{page.reason(name)}: {exporter.log()}")
                shown = json.loads(get(exporter.port, "/locks?format=json").text)["targets"]
                check([(each["target"], each["up"]) for each in shown] == [("pg", True), (name, True)], f"/locks shows {shown}")
                one = get(exporter.port, f"/locks?lang=en&target={name}").text
                link = f"?lang=zh&amp;target=127.0.0.1%3A{server.port}"
                check(f'href="{link}"' in one and one.count("<h2>") == 1, one)
                check(get(exporter.port, "/locks" + link.replace("&amp;", "&")).text.count("<h2>") == 1, "the link leads elsewhere")
                for path, status in (("/probe", 400), ("/probe?target=other", 404), (f"/probe?target={name}", 404),
                                     (f"/probe?target={name}&auth_module=none", 404), ("/probe?target=10.0.0.1:5432&auth_module=erp", 403),
                                     ("/probe?target=postgresql://monitor:geheim@127.0.0.1/x&auth_module=erp", 403)):
                    answer = get(exporter.port, path)
                    check(answer.status == status, f"{path}: {answer.status} {answer.text}")
                check("geheim" not in exporter.log() and PASSWORD not in exporter.log(), "a password is in the log")

    def test_sql_of_the_operators_own(self):
        with Postgres() as server, Mariadb() as other:
            for each in (server, other):
                add_monitor(each)
            server.sql("CREATE TABLE gl_voucher (maker text, posted bool); INSERT INTO gl_voucher VALUES ('li', false), ('li', false), ('wang', true);"
                       "GRANT SELECT ON gl_voucher TO monitor")
            metric = [{"column": "unposted", "name": "ledger_unposted_vouchers", "help": "Vouchers that wait."}]
            queries = [{"name": "unposted", "engines": ["postgresql"], "lane": "fast", "labels": ["maker"], "metrics": metric,
                        "sql": "SELECT maker, count(*) FILTER (WHERE NOT posted) AS unposted FROM gl_voucher GROUP BY maker"},
                       {"name": "writes", "engines": ["postgresql"], "lane": "fast", "metrics": [{"column": "x", "name": "ledger_written", "help": "None."}],
                        "sql": "DELETE FROM gl_voucher RETURNING 1 AS x"},
                       {"name": "slow", "lane": "fast", "engines": ["mariadb"], "timeout": "300ms", "sql": "SELECT SLEEP(20) AS x",
                        "metrics": [{"column": "x", "name": "ledger_slept", "help": "None."}]},
                       {"name": "broken", "sql": "SELECT 1", "metrics": [{"column": "x", "name": "pg_up", "help": "None."}]}]
            with Database([target_of(server), target_of(other)], queries=queries) as exporter:
                page = exporter.scrape()
                check(page.value("ledger_unposted_vouchers", target="pg", maker="li") == 2, page.text[-2000:] + exporter.log())
                check(page.value("ledger_unposted_vouchers", target="pg", maker="wang") == 0, "0 is a number too")
                check(page.value("finwatch_config_queries_disabled") == 1, "the broken query is not counted")
                check("a query is disabled" in exporter.log() and "finwatch-database.yml:1:" in exporter.log(), exporter.log())
                check(page.value("finwatch_db_collector_success", target="pg", collector="query_writes") == 0, "a write was let through")
                check(server.sql("SELECT count(*) FROM gl_voucher") == "3", "the voucher is gone")
                check(page.value("finwatch_db_collector_failed", target="maria", collector="query_slow", reason="timeout") == 1, exporter.log())
                check(page.up("pg"), "a failing query takes the server down")

    def test_reload_takes_a_target_more_and_keeps_the_old_ones_when_the_file_is_bad(self):
        with Postgres() as server, Mariadb() as other:
            for each in (server, other):
                add_monitor(each)
            with Database([target_of(server)]) as exporter:
                eventually(lambda: exporter.scrape().up("pg"), 20, exporter.log)
                write(exporter.file, "targets: [{name: pg, engine: oracle, user: x}]\n")
                answer = get(exporter.port, "/-/reload", method="POST")
                check(answer.status == 500 and "expected one of" in answer.text, answer.text)
                check(exporter.scrape().up("pg"), "the old configuration is gone")
                with Database([target_of(server), target_of(other)]) as model:
                    with open(model.file, encoding="utf-8") as file:
                        write(exporter.file, file.read())
                check(get(exporter.port, "/-/reload", method="POST").status == 200, exporter.log())
                eventually(lambda: (lambda page: page.up("pg") and page.up("maria"))(exporter.scrape()), 20, exporter.log)
                eventually(lambda: exporter.sessions(server.port) <= 2, 10, "the sessions of the old configuration stay")


if __name__ == "__main__":
    unittest.main()
