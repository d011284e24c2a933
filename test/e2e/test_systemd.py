"""The shipped unit and the collector systemd, with a real systemd."""
import os
import unittest

from harness import HOST_PROGRAM, ROOT, check, eventually
from real_systemd import Systemd

UNIT = os.path.join(ROOT, "deploy/systemd/finwatch-host.service")
FILES = [("/usr/bin/finwatch-host", HOST_PROGRAM), ("/etc/systemd/system/finwatch-host.service", UNIT)]
UNITS = {
    "finwatch-host.service.d/test.conf": "[Service]\nEnvironment='FLAGS=--collector.systemd --collector.systemd.enable-restarts-metrics"
                                         " --collector.systemd.enable-start-time-metrics'\nWatchdogSec=3s\nRestartSec=100ms\n",
    "ledger.service": "[Service]\nExecStart=/bin/sleep 1000\n",
    "broken.service": "[Service]\nExecStart=/bin/false\n",
    "night.service": "[Service]\nType=oneshot\nExecStart=/bin/true\n",
    "night.timer": "[Timer]\nOnActiveSec=100ms\nAccuracySec=1ms\nUnit=night.service\n",
    "door.socket": "[Socket]\nListenStream=/run/door\nService=ledger.service\n",
}


def among(page):
    return "\n".join(line for line in page.splitlines() if line.startswith("node_systemd") and ".device" not in line)[-6000:]


class RealSystemd(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.systemd = Systemd(UNITS, ["finwatch-host.service", "ledger.service", "broken.service", "night.timer", "door.socket", "dbus.socket"],
                              FILES, ["finwatch-host"])
        cls.systemd.__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.systemd.__exit__()

    def page(self):
        return self.systemd.run("curl", "-sS", "--max-time", "10", "http://127.0.0.1:19600/metrics").stdout

    def shown(self, name):
        return self.systemd.run("systemctl", "show", "--value", "-p", name, "finwatch-host.service").stdout.strip()

    def running(self):
        eventually(lambda: self.shown("SubState") == "running", 20, lambda: self.systemd.run("journalctl", "-n", "30").stdout)

    def test_1_the_unit_says_that_it_is_ready_and_serves_as_its_own_user(self):
        self.running()
        page = self.page()
        check("node_load1 " in page, "no page: " + page[:200])
        main = self.shown("MainPID")
        status = self.systemd.run("cat", f"/proc/{main}/status").stdout
        check("CapEff:\t0000000000000000" in status, status)
        check("NoNewPrivs:\t1" in status, status)
        check("Uid:\t64900" in status, status)
        failed = [line for line in page.splitlines() if line.startswith("finwatch_collector_failed{")]
        check(not failed, "\n".join(failed))

    def test_2_the_collector_shows_what_systemctl_shows(self):
        self.running()
        eventually(lambda: 'node_systemd_timer_last_trigger_seconds{name="night.timer"} 1' in self.page(), 20, lambda: among(self.page()))
        page = self.page()
        for line in ('node_systemd_unit_state{name="ledger.service",state="active",type="simple"} 1',
                     'node_systemd_unit_state{name="broken.service",state="failed",type="simple"} 1',
                     'node_systemd_unit_state{name="finwatch-host.service",state="active",type="notify"} 1',
                     'node_systemd_service_restart_total{name="broken.service"} 0',
                     "node_systemd_system_running 0"):  # a failed unit makes it degraded
            check(line in page.splitlines(), f"{line} is missing among\n" + among(page))
        for start in ('node_systemd_version{version="',
                      'node_systemd_socket_accepted_connections_total{name="door.socket"} 0',
                      'node_systemd_unit_start_time_seconds{name="ledger.service"} 1'):
            check(any(line.startswith(start) for line in page.splitlines()), f"{start} is missing among\n" + among(page))
        failed = self.systemd.run("systemctl", "list-units", "--failed", "--no-legend", "--plain").stdout.splitlines()
        check(f'node_systemd_units{{state="failed"}} {len(failed)}' in page.splitlines(), "\n".join(failed))

    def test_3_reload_keeps_the_process(self):
        self.running()
        main = self.shown("MainPID")
        check(self.systemd.run("systemctl", "reload", "finwatch-host.service").returncode == 0, "reload failed")
        check(self.shown("MainPID") == main, "reload made a new process")
        check("finwatch_config_last_reload_successful 1" in self.page().splitlines(), "the reload failed")

    def test_4_systemd_starts_it_again_when_it_hangs(self):
        self.running()
        main = self.shown("MainPID")
        self.systemd.run("kill", "-STOP", main)
        eventually(lambda: self.shown("MainPID") not in (main, "0"), 30, lambda: self.systemd.run("journalctl", "-n", "30").stdout)
        self.running()
        check("node_load1 " in self.page(), "it does not serve again")

    def test_5_it_ends_when_it_is_told_to(self):
        self.running()
        check(self.systemd.run("systemctl", "stop", "finwatch-host.service").returncode == 0, "stop failed")
        check(self.shown("Result") == "success", self.shown("Result"))
        self.systemd.run("systemctl", "start", "finwatch-host.service")
        self.running()


if __name__ == "__main__":
    unittest.main()
