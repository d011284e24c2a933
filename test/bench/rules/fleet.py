"""A fleet's series as lines for remote_write: the shapes that `finwatch cost` counts with, and around them all that the programs' real pages hold,
so that the head of Prometheus is as large as it would be.

pages/*.prom are pages of finwatch-host and finwatch-database (PostgreSQL 15, MariaDB 10.11) without their help texts."""
import collections
import os
import re
import subprocess

PAGES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "pages")
FAR = 86400  # an offset of more seconds is reached by samples of its own, not by all between
AHEAD = 1200  # seconds into the future, so that ingestion can stand still while rules run
SELECTOR = re.compile(r"([a-zA-Z_:][\w:]*)\s*(?:\{[^}]*\})?\s*(?:\[(\w+)\])?(?:\s*offset\s+(\w+))?")
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}

# What is not so in a sound fleet would wake an alert on every host. By the first that matches: how it goes, its value, that of one unit in a
# hundred, its pace.
VALUES = [(re.compile(f"^(?:{name})$"), *value) for name, value in [
    (r"up|finwatch_db_up|pg_up|mysql_up|probe_success|finwatch_flow_success", ("constant", 1, 0, 0)),
    (r".*_(success|supported|successful|verified|connected)|finwatch_.*_running|node_timex_sync_status|node_network_carrier|finwatch_working_day|"
     r"mysql_slave_status_slave_.*running|.*_notifications_alertmanagers_discovered", ("constant", 1, None, 0)),
    (r"finwatch_flow_refused", ("constant", 0, None, 0)),
    (r"scrape_duration_seconds", ("gauge", 0.05, 9, 0)),
    (r"scrape_timeout_seconds", ("constant", 10, None, 0)),
    (r"node_memory_Mem(Total|Free)_bytes", ("constant", 64e9, None, 0)),
    (r"node_memory_MemAvailable_bytes", ("gauge", 32e9, 3e9, 0)),
    (r"node_filesystem_(size|files).*", ("constant", 2e11, None, 0)),
    (r"node_filesystem_(avail|free).*", ("line", 9e10, 1e10, -3e3)),
    (r"node_cpu_seconds_total", ("counter", 0, 0.02, 0.11)),
    (r"node_(pressure|kernel_hung|edac|vmstat_oom|network_.*_(errs|drop)).*", ("counter", 0, 0.001, 0)),
    (r"node_(load|procs_blocked|nf_conntrack_entries$|filefd_allocated).*", ("gauge", 2, 40, 0)),
    (r"node_(nf_conntrack_entries_limit|filefd_maximum)", ("constant", 1e6, None, 0)),
    (r"node_hwmon_temp_celsius", ("gauge", 45, 98, 0)),
    (r"node_hwmon_temp_.*", ("constant", 95, None, 0)),
    (r"node_md_disks(_required)?", ("constant", 2, None, 0)),
    (r"node_disk_(read|write)_time_seconds_total", ("counter", 0, 9, 0.05)),
    (r"node_disk_io_time_weighted_seconds_total", ("counter", 0, 18, 0.12)),
    (r"node_time_seconds|.*_last_(success|run|login)_timestamp_seconds|finwatch_flow_next_run_timestamp_seconds", ("age", 0, None, 0)),
    (r"finwatch_log_oldest_entry_timestamp_seconds|finwatch_log_begin_timestamp_seconds|node_boot_time_seconds|namedprocess_.*_start_time_seconds", ("constant", 1.6e9, None, 0)),
    (r"finwatch_period_start_timestamp_seconds", ("age", -8.6e5, None, 0)),
    (r".*_(not_after|not_after_timestamp_seconds|known_until_timestamp_seconds|deadline|cert_expiry)", ("age", 1e7, 1e6, 0)),
    (r".*_(limit|max_connections|headroom|slo_seconds|maxthreads|capacity|limit_bytes|per_day|interval_seconds|checkpoint_max_age)", ("constant", 1000, None, 0)),
    (r"finwatch_db_connections_used|.*_numbackends|.*threads_connected", ("gauge", 400, 900, 0)),
    (r"finwatch_(db_size_bytes|db_table_bytes|backup_.*_bytes)|pg_database_size_bytes", ("line", 2e10, None, 1e2)),
    (r"finwatch_db_(deadlocks|own_logins|refused|connections_refused|settings_changes|role_changes|failed_logins|slow_queries|temp).*", ("counter", 0, 0.05, 0)),
    (r"finwatch_db_cache_hits_total|.*blks_hit|.*read_requests", ("counter", 0, 10, 1000)),
    (r"finwatch_flow_release_.*", ("counter", 0, None, 0.03)),
    (r"finwatch_flow_(overruns|journal_errors|failures).*|finwatch_login_failures_total", ("counter", 0, None, 0)),
    (r"finwatch_flow_(runs_total|duration_seconds_(sum|count|bucket))", ("counter", 0, None, 0.016)),
    (r"finwatch_flow_(last_duration_seconds|schedule_lag_seconds)", ("gauge", 0.8, 20, 0)),
    (r"finwatch_integrity_time_seconds", ("constant", 9e6, None, 0)),
    (r"namedprocess_namegroup_memory_bytes", ("gauge", 2e9, None, 0)),
    (r"mysql_global_status_innodb_checkpoint_age", ("gauge", 100, 900, 0)),
    (r"(mysql_global_status_(slow|aborted|innodb_deadlocks|connection_err|created_tmp_disk)|pg_stat_(archiver|bgwriter|database_(dead|temp))).*", ("counter", 0, 0.05, 0)),
    (r"mount:filesystem_used:ratio_every6h|target:db_connections_used:ratio.*", ("line", 0.5, 0.85, 1e-9)),
    (r"mount:node_filesystem_avail_low:ratio", ("line", 0.3, None, -1e-8)),
    (r".*:bytes_every6h", ("line", 2e10, None, 1e2)),
    (r".*_(total|sum|count|bucket)|mysql_global_status_.*|pg_stat_(database|user_tables)_.*|pg_statio.*", ("counter", 0, None, 1)),
    (r".*", ("constant", 0, None, 0)),
]]


def seconds(length):
    return sum(int(number) * SECONDS[unit] for number, unit in re.findall(r"(\d+)([smhdw])", length or ""))


def windows(expressions):
    """By metric: how far back the rules read it, in seconds."""
    found = collections.defaultdict(int)
    for text in expressions:
        for name, window, offset in SELECTOR.findall(text):
            found[name] = max(found[name], seconds(window) + (seconds(offset) if seconds(offset) <= FAR else 0))
    return found


def pasts(expressions):
    """By metric: the far offsets at which the rules read it, in seconds, and how far back from there."""
    found = {}
    for text in expressions:
        for name, window, offset in SELECTOR.findall(text):
            if seconds(offset) > FAR:
                key = name, seconds(offset)
                found[key] = max(found.get(key, 0), seconds(window))
    return found


def line(name, step, labels, reads, ahead):
    way, value, troubled, pace = next(rest for pattern, *rest in VALUES if pattern.match(name))
    begin = reads[name] + 600 if name in reads else 600
    return "\t".join([str(-begin), str(ahead if name in reads else 0), str(step), way, repr(float(value)), "-" if troubled is None else repr(float(troubled)),
                      repr(float(pace)), name, *labels])


def shapes(program, fleet, reads):
    """The families that the estimate knows. Recordings, which are not scraped, end now, and only what is read through a window has a past."""
    said = subprocess.run([program, "cost", "--families", f"--fleet={fleet}"], capture_output=True, text=True, check=True).stdout
    for row in said.splitlines():
        name, step, share, *labels = row.split("\t")
        if name.startswith("service:"):
            continue  # what the objectives record: rules_slo.py
        if ":" in name:
            if reads.get(name, 0) < 600:
                continue
            labels = [re.sub(r"^(instance\*)(\d+)$", lambda found: found[1] + str(max(1, round(int(found[2]) * float(share)))), label) for label in labels]
        yield name, line(name, int(float(step)), labels, reads, 0 if ":" in name else AHEAD)


def page(name, identity, known, reads):
    """The other families of a page, as each of the units has them."""
    with open(f"{PAGES}/{name}.prom", encoding="utf-8") as text:
        for sample in text:
            family, labels = re.match(r"([\w:]+)(?:\{(.*)\})? ", sample).groups()
            if family in known:
                continue
            own = [f"{label}={value.replace('|', '/')}" for label, value in re.findall(r'(\w+)="((?:\\.|[^"\\])*)"', labels or "")]
            yield line(family, 30, [*identity, *own], reads, AHEAD)


def lines(program, numbers, expressions):
    """All of it. numbers: hosts, postgresql, mysql, flows."""
    reads = windows(expressions)
    fleet = ",".join(f"{key}={value}" for key, value in numbers.items())
    made = list(shapes(program, fleet, reads))
    known = {name for name, _ in made}
    everything = [text for _, text in made]
    for (name, offset), window in pasts(expressions).items():
        for text in (text for family, text in made if family == name):
            _, _, rest = text.split("\t", 2)
            everything.append(f"{-offset - window - 600}\t{AHEAD - offset}\t{rest}")
    everything += page("host", ["job=finwatch-host", f"instance*{numbers['hosts']}"], known, reads)
    for engine in ("postgresql", "mysql"):
        instances = -(-numbers[engine] // 20)
        if instances:
            everything += page(engine, ["job=finwatch-database", "instance=" + "|".join(f"{engine}{i}" for i in range(instances)), f"target*{numbers[engine] // instances}"], known, reads)
    # The longest first, or one of the two writers would be left with them.
    everything.sort(key=lambda text: int(text.split("\t")[0]) / int(text.split("\t")[2]))
    return everything
