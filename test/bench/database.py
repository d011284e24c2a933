#!/usr/bin/env python3
"""finwatch-database beside postgres_exporter and mysqld_exporter, on the same private servers, in one run.

  test/bench/database.sh [--tables 2000] [--scrapes 20] [--only pg,maria] [--json FILE]

Starts PostgreSQL and MariaDB from Debian's packages with N tables, then each exporter in turn, and prints a table; figures, a scrape each:
  cpu      ms of the exporter's processes          server   ms of all of the server's processes, those that ended included
  exec     ms that pg_stat_statements adds up      calls    statements        logins   sessions opened
  p50 p99  ms from request to last byte            rss peak MiB of the exporter at the end, and the most while it was measured
Rows "ten at once" let ten scrapers ask at one moment, one of them for plain text; a scrape is then a round of ten.
Peers: POSTGRES_EXPORTER and MYSQLD_EXPORTER, by default prometheus-postgres-exporter and prometheus-mysqld-exporter of Debian's packages,
which may be unpacked anywhere on PATH. A machine on which other work runs gives figures that mean little: look at the load first.
"""
import argparse
import concurrent.futures
import json
import os
import shutil
import signal
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(ROOT, "test/live"), os.path.join(ROOT, "test/e2e")]
from database import Database, add_monitor, target_of  # noqa: E402
from figures import cpu_ms, forget_peak, memory_mib, percentile  # noqa: E402
from harness import eventually, free_port, get, write  # noqa: E402
from servers import Mariadb, Postgres  # noqa: E402


def logins(server):
    if isinstance(server, Postgres):
        time.sleep(0.7)  # the statistics are a moment behind
        return float(server.sql("SELECT coalesce(sum(sessions), 0) FROM pg_stat_database", "erp01"))
    return float(server.sql("SHOW GLOBAL STATUS LIKE 'Connections'").split()[1])


def statements(server):
    if isinstance(server, Postgres):
        count, ms = server.sql("SELECT coalesce(sum(calls), 0), coalesce(sum(total_exec_time + total_plan_time), 0) FROM pg_stat_statements "
                               "WHERE query NOT LIKE '%pg_stat_statements%reset%'", "erp01").split("|")
        return float(count), float(ms)
    return float(server.sql("SHOW GLOBAL STATUS LIKE 'Questions'").split()[1]), 0.0


def measure(server, pid, port, scrapes, pause=0.0, at_once=1):
    def ask(number=1):
        page = get(port, headers={"Accept-Encoding": "gzip" if number else "identity", "X-Prometheus-Scrape-Timeout-Seconds": "30"}, timeout=60)
        assert page.status == 200

    for _ in range(3):
        ask()
    plain = get(port, timeout=60).text
    time.sleep(1)
    if isinstance(server, Postgres):
        server.sql("SELECT pg_stat_statements_reset()", "erp01")
    opened, (calls, ms) = logins(server), statements(server)
    own_opened, (own_calls, own_ms) = logins(server), statements(server)  # what the measuring itself adds
    own = own_opened - opened, own_calls - calls, own_ms - ms
    forget_peak(pid)
    before, server_before, walls = cpu_ms([pid]), cpu_ms(server.processes()), []
    with concurrent.futures.ThreadPoolExecutor(at_once) as scrapers:
        for _ in range(scrapes):
            begun = time.monotonic()
            list(scrapers.map(ask, range(at_once))) if at_once > 1 else ask()
            walls.append((time.monotonic() - begun) * 1000)
            time.sleep(pause)
    time.sleep(0.5)  # sessions that end
    after, server_after = cpu_ms([pid]), cpu_ms(server.processes())
    now_opened, (now_calls, now_ms) = logins(server), statements(server)
    return {"series": sum(1 for line in plain.split("\n") if line and line[0] != "#"), "bytes": len(plain.encode()),
            "cpu": (after - before) / scrapes, "server": (server_after - server_before) / scrapes,
            "exec": max(0.0, now_ms - own_ms - own[2]) / scrapes, "calls": (now_calls - own_calls - own[1]) / scrapes,
            "logins": (now_opened - own_opened - own[0]) / scrapes, "p50": percentile(walls, 0.5), "p99": percentile(walls, 0.99),
            "rss": memory_mib(pid, "VmRSS"), "peak": memory_mib(pid, "VmHWM")}


def peer(program, arguments, environment, scrapes, server):
    port = free_port()
    process = subprocess.Popen([program, f"--web.listen-address=127.0.0.1:{port}", *arguments], env={**os.environ, **environment},
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        eventually(lambda: answers(port), 20, f"{program} does not answer")
        return measure(server, process.pid, port, scrapes)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def answers(port):
    try:
        return get(port, "/").status < 500
    except OSError:
        return False


def ours(targets, flags, scrapes, server, **how):
    with Database(targets, *flags) as exporter:
        eventually(lambda: exporter.scrape(timeout=30).up(targets[0]["name"]), 60, exporter.log)
        time.sleep(3)  # the first round of the slow lanes
        result = measure(server, exporter.pid, exporter.port, scrapes, **how)
        result["threads"] = exporter.threads()
        return result


def postgres_rows(options, rows):
    with Postgres({"fsync": "off", "track_io_timing": "on", "autovacuum": "off", "max_locks_per_transaction": 2048, "max_connections": 200}) as server:
        add_monitor(server)
        server.sql("ALTER ROLE monitor CONNECTION LIMIT -1")  # 51 targets here are one server
        for number in range(1, 21):
            name = f"erp{number:02d}"
            server.sql(f"CREATE DATABASE {name}")
        server.sql("CREATE EXTENSION pg_stat_statements", "erp01")
        server.sql(f"DO $$ BEGIN FOR i IN 1..{options.tables} LOOP EXECUTE format('CREATE TABLE gl_voucher_%s (id bigint PRIMARY KEY, debit numeric, "
                   "note text)', i); EXECUTE format('INSERT INTO gl_voucher_%s SELECT g, 1, ''x'' FROM generate_series(1, 5) g', i); "
                   "END LOOP; END $$", "erp01")
        server.sql("ANALYZE", "erp01")
        peer_program = os.environ.get("POSTGRES_EXPORTER", "prometheus-postgres-exporter")
        if shutil.which(peer_program):
            source = {"DATA_SOURCE_NAME": f"postgresql://postgres@127.0.0.1:{server.port}/erp01?sslmode=disable"}
            rows["postgres_exporter"] = peer(peer_program, [], source, options.scrapes, server)
        target = target_of(server, database="erp01", timeout="10s")
        rows["finwatch, defaults"] = ours([target], [], options.scrapes, server)
        # The peer's families, all tables, read anew for each scrape: a scrape every 250 ms, and the slower lanes as often.
        equal = {**target, "series_budget": 1000000, "medium_interval": "250ms", "slow_interval": "250ms"}
        flags = ["--collector.pg_stat_user_tables.top=0", "--collector.pg_statio_user_tables.top=0"]
        rows["finwatch, all tables"] = ours([equal], flags, options.scrapes, server, pause=0.24)
        rows["finwatch, all tables, ten at once"] = ours([equal], flags, options.scrapes, server, pause=0.24, at_once=10)
        for count in (1, 21, 51):
            targets = [target_of(server, f"t{i}", database=f"erp{i % 20 + 1:02d}", timeout="10s") for i in range(1, count + 1)]
            rows[f"finwatch, {count} target" + "s" * (count > 1)] = ours(targets, [], options.scrapes, server)


def mariadb_rows(options, rows):
    with Mariadb() as server:
        add_monitor(server)
        text = []
        for schema in range(20):
            text.append(f"CREATE DATABASE erp{schema:02d};")
            for table in range(max(1, options.tables // 20)):
                text.append(f"CREATE TABLE erp{schema:02d}.voucher_{table} (id bigint PRIMARY KEY, debit decimal(18,2)) ENGINE=InnoDB;")
        server.sql("\n".join(text))
        peer_program = os.environ.get("MYSQLD_EXPORTER", "prometheus-mysqld-exporter")
        if shutil.which(peer_program):
            server.sql("CREATE USER peer@'127.0.0.1' IDENTIFIED BY 'peer'; GRANT ALL ON *.* TO peer@'127.0.0.1'")
            login = write(server.folder + "/peer.cnf", f"[client]\nuser=peer\npassword=peer\nhost=127.0.0.1\nport={server.port}\n")
            rows["mysqld_exporter"] = peer(peer_program, [f"--config.my-cnf={login}"], {}, options.scrapes, server)
        rows["finwatch, MariaDB"] = ours([target_of(server)], [], options.scrapes, server)


def both_rows(options, rows):
    with Postgres() as first, Mariadb() as second:
        add_monitor(first)
        add_monitor(second)
        first.sql("CREATE DATABASE erp01")
        first.sql("CREATE EXTENSION pg_stat_statements", "erp01")
        rows["finwatch, PostgreSQL + MariaDB"] = ours([target_of(first), target_of(second)], [], options.scrapes, first)


COLUMNS = ("series", "bytes", "cpu", "server", "exec", "calls", "logins", "p50", "p99", "rss", "peak")


class Rows(dict):
    """Prints each row when it comes."""

    def __setitem__(self, name, row):
        super().__setitem__(name, row)
        print(f"| {name} |" + "|".join(f"{row[column]:.0f}" if column in ("series", "bytes") else f"{row[column]:.2f}" for column in COLUMNS) + "|",
              flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", type=int, default=2000)
    parser.add_argument("--scrapes", type=int, default=20)
    parser.add_argument("--only", default="pg,maria,both")
    parser.add_argument("--json")
    options = parser.parse_args()
    os.environ["PATH"] = os.path.join(ROOT, "build/debian/bin") + ":" + os.environ["PATH"]
    rows = Rows()
    print("| |" + "|".join(COLUMNS) + "|\n|---|" + "---|" * len(COLUMNS))
    for name, run in (("pg", postgres_rows), ("maria", mariadb_rows), ("both", both_rows)):
        if name in options.only.split(","):
            print(f"measuring {name} …", file=sys.stderr)
            run(options, rows)
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(rows, file, indent=1)


if __name__ == "__main__":
    main()
