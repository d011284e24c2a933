"""Debian's Prometheus scrapes finwatch-host: OpenMetrics, text, TLS with a password; and finds what node-mixin asks for."""
import contextlib
import os
import unittest

from harness import FIXTURES, Host, Prometheus, certificate, check, eventually, fixture_flags, folder, get, names, need, run, samples, write
from relay import Relay

PASSWORD = "correct horse"

# What the rules and dashboards of node-mixin read, wherever Linux runs…
MIXIN_EVERYWHERE = """
    node_cpu_seconds_total node_load1 node_load5 node_load15 node_memory_MemTotal_bytes node_memory_MemFree_bytes
    node_memory_MemAvailable_bytes node_memory_Buffers_bytes node_memory_Cached_bytes node_memory_Slab_bytes node_vmstat_pgmajfault
    node_filesystem_size_bytes node_filesystem_avail_bytes node_filesystem_files node_filesystem_files_free node_filesystem_readonly
    node_disk_io_time_seconds_total node_disk_io_time_weighted_seconds_total node_disk_read_bytes_total node_disk_written_bytes_total
    node_network_receive_bytes_total node_network_transmit_bytes_total node_network_receive_packets_total
    node_network_transmit_packets_total node_network_receive_errs_total node_network_transmit_errs_total
    node_network_receive_drop_total node_network_transmit_drop_total node_filefd_allocated node_filefd_maximum
    node_timex_offset_seconds node_timex_sync_status node_timex_maxerror_seconds node_time_seconds node_uname_info
    node_textfile_scrape_error node_exporter_build_info""".split()
# …and where there is RAID, bonding, connection tracking: on the machine made of files.
MIXIN_FIXTURE = """
    node_md_disks node_md_disks_required node_bonding_slaves node_bonding_active node_nf_conntrack_entries
    node_nf_conntrack_entries_limit""".split()


def secure(where):
    """A certificate for 127.0.0.1 and a web-config.yml with a user."""
    certificate(where)
    status, digest = run(need("perl"), "-e", 'print crypt($ARGV[0], q($2b$05$abcdefghijklmnopqrstuu))', PASSWORD)
    check(status == 0 and digest.startswith("$2b$05$"), f"no bcrypt here: {digest}")
    return write(f"{where}/web-config.yml", "tls_server_config: {cert_file: cert.pem, key_file: key.pem, min_version: TLS12}\n"
                                            f"basic_auth_users: {{prometheus: {digest}}}\n")


def job(name, port, **more):
    return {"job_name": name, "static_configs": [{"targets": [f"127.0.0.1:{port}"]}], **more}


class PrometheusTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with contextlib.ExitStack() as stack:
            where = stack.enter_context(folder())
            textfiles = os.path.join(where, "textfiles")
            os.mkdir(textfiles)
            write(f"{textfiles}/job.prom", "# TYPE nightly_job_success gauge\nnightly_job_success 1\n")
            cls.plain = stack.enter_context(Host(f"--collector.textfile.directory={textfiles}"))
            cls.fixture = stack.enter_context(Host(*fixture_flags()))
            cls.secure = stack.enter_context(Host(f"--web.config.file={secure(where)}"))
            cls.open_metrics = stack.enter_context(Relay(cls.plain.port))
            cls.text = stack.enter_context(Relay(cls.plain.port, accept="text/plain;version=0.0.4"))
            cls.certificate = f"{where}/cert.pem"
            tls = {"scheme": "https", "tls_config": {"ca_file": cls.certificate}}
            cls.prometheus = stack.enter_context(Prometheus(where, [
                job("plain", cls.plain.port), job("open_metrics", cls.open_metrics.port), job("text", cls.text.port),
                job("fixture", cls.fixture.port),
                job("secure", cls.secure.port, basic_auth={"username": "prometheus", "password": PASSWORD}, **tls),
                job("wrong_password", cls.secure.port, basic_auth={"username": "prometheus", "password": "wrong"}, **tls),
            ]))
            eventually(lambda: len(cls.prometheus.query("scrape_samples_scraped > 0")) == 5 and len(cls.prometheus.query("up")) == 6, 20,
                       lambda: cls.prometheus.api("targets")["activeTargets"])
            cls.addClassCleanup(stack.pop_all().close)

    def test_every_target_is_up_and_reports_no_error(self):
        targets = {each["scrapePool"]: each for each in self.prometheus.api("targets")["activeTargets"]}
        for name in ("plain", "open_metrics", "text", "fixture", "secure"):
            check(targets[name]["health"] == "up" and targets[name]["lastError"] == "", f"{name}: {targets[name]}")
            check(self.prometheus.value(f'min_over_time(up{{job="{name}"}}[1m])') == 1, f"{name} was down once")
        check("out of order" not in self.prometheus.log() and "duplicate" not in self.prometheus.log(), self.prometheus.log())

    def test_a_wrong_password_is_told_by_401(self):
        target = next(each for each in self.prometheus.api("targets")["activeTargets"] if each["scrapePool"] == "wrong_password")
        check(target["health"] == "down" and "401" in target["lastError"], target)

    def test_open_metrics_is_what_prometheus_asks_for_and_gets(self):
        check("application/openmetrics-text" in self.open_metrics.asked, self.open_metrics.asked)
        check(self.open_metrics.content_type.startswith("application/openmetrics-text; version=1.0.0"), self.open_metrics.content_type)
        check(self.open_metrics.page.endswith("# EOF\n"), self.open_metrics.page[-100:])
        check(self.text.content_type.startswith("text/plain; version=0.0.4"), self.text.content_type)

    def test_every_sample_line_is_a_sample(self):
        for name, relay in (("open_metrics", self.open_metrics), ("text", self.text)):
            def scraped():
                return self.prometheus.value('scrape_samples_scraped{job="%s"}' % name), len(samples(relay.page))

            eventually(lambda: scraped()[0] == scraped()[1] > 150, 10, lambda: f"{name}: Prometheus counts %d samples, the page %d" % scraped())

    def test_the_same_names_come_over_every_door(self):
        def found(name):
            return {labels["__name__"] for labels, _ in self.prometheus.query(f'count by (__name__) ({{job="{name}"}})')}
        plain = found("plain")
        check(len(plain) > 150, plain)
        check(found("text") == plain and found("open_metrics") == plain, plain ^ found("text") | plain ^ found("open_metrics"))
        differs = {name for name in plain ^ found("secure") if not name.startswith("nightly_job")}
        check(not {name for name in differs if not name.startswith(("node_textfile", "finwatch_textfile"))}, differs)

    def test_what_node_mixin_reads_is_there(self):
        everywhere = names(self.text.page)
        check(not (missing := [name for name in MIXIN_EVERYWHERE if name not in everywhere]), f"missing on this machine: {missing}")
        fixture = names(self.fixture.page())
        check(not (missing := [name for name in MIXIN_FIXTURE if name not in fixture]), f"missing over {FIXTURES}: {missing}")

    def test_rules_of_node_mixin_find_series(self):
        for expression in ('1 - avg without (cpu) (sum without (mode) (rate(node_cpu_seconds_total{job="plain",mode=~"idle|iowait|steal"}[10s])))',
                           'node_filesystem_avail_bytes{job="plain",fstype!=""} / node_filesystem_size_bytes{job="plain",fstype!=""} * 100 < 101',
                           'rate(node_network_receive_errs_total{job="plain"}[10s]) / rate(node_network_receive_packets_total{job="plain"}[10s])',
                           'node_md_disks_required{job="fixture"} - ignoring (state) (node_md_disks{state="active",job="fixture"})',
                           'node_filefd_allocated{job="plain"} * 100 / node_filefd_maximum{job="plain"} > 0',
                           'nightly_job_success{job="plain"} == 1'):
            eventually(lambda: self.prometheus.query(expression), 15, expression)

    def test_who_has_no_password_gets_no_page(self):
        answer = get(self.secure.port, tls=self.certificate)
        check(answer.status == 401 and "node_" not in answer.text, answer.status)
        check(get(self.secure.port, tls=self.certificate, user=("prometheus", PASSWORD)).status == 200, "the right one")


if __name__ == "__main__":
    unittest.main()
