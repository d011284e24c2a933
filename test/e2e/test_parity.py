"""Names, types and labels are those of node_exporter: Debian's own runs beside ours, on this machine and the same collectors."""
import json
import re
import unittest

from harness import HOST_PROGRAM, Host, Process, check, eventually, free_port, get, need, run

# Families of node_exporter that are not on our page, and why.
LEFT_OUT = {
    r"go_.*|promhttp_.*": "the runtime and the library of node_exporter",
    r"node_filesystem_purgeable_bytes": "of macOS; always 0 on Linux",
    r"process_network_(receive|transmit)_bytes_total": "of the library of node_exporter since 1.9; the whole machine's bytes, not the process's",
    r"node_exporter_build_info": "other labels: nothing here was built by Go",
}

# Families whose labels grew after the node_exporter that Debian 12 has (1.5); 1.11 is our measure.
GREW = r"node_(arp_entries|disk_info|filesystem_.*|cpu_.*|time_clocksource_.*|os_.*|mount.*|network_info|selinux.*|thermal.*|hwmon.*)"

# Collectors of node_exporter that we chose not to have: no Linux server under an ERP wants them, or they are deprecated.
NOT_OURS = set("""bcache bcachefs btrfs drbd drm infiniband ipvs ksmd lnstat logind nfsd ntp pcidevice perf qdisc runit supervisord
    wifi zfs""".split())


def families(page):
    """{family: (type, the label names of its series)}"""
    found = {}
    for line in page.split("\n"):
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            found[name] = (kind, set())
        elif line and not line.startswith("#"):
            series = line[: line.rindex(" ")]
            name = series.split("{")[0]
            base = name if name in found else re.sub(r"_(bucket|sum|count)$", "", name)
            found[base][1].update(re.findall(r'([a-zA-Z_][a-zA-Z0-9_]*)="(?:[^"\\]|\\.)*"', series))
    return found


def left_out(name):
    return any(re.fullmatch(pattern, name) for pattern in LEFT_OUT)


class Parity(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        peer = need("prometheus-node-exporter")
        there = set(re.findall(r"--(?:\[no-\])?collector\.([a-z_]+)\s", run(peer, "--help")[1]))
        here = {each["name"] for each in json.loads(run(HOST_PROGRAM, "--catalogue")[1])["collectors"]}
        cls.missing = there - here - NOT_OURS - {"netclass_rtnl"}
        shared = sorted((there & here) - {"systemd"})  # D-Bus: a unit test brings a bus of its own
        flags = ["--collector.disable-defaults", *(f"--collector.{name}" for name in shared)]
        cls.shared = shared
        port = free_port()
        with Process([peer, f"--web.listen-address=127.0.0.1:{port}", *flags]) as process, Host(*flags) as host:

            def page():
                check(process.alive(), f"node_exporter ended:\n{process.log()}")
                try:
                    return get(port).text
                except OSError:
                    return None

            cls.theirs = families(eventually(page, 20, "node_exporter does not answer"))
            cls.ours = families(host.page())

    def test_we_have_its_collectors_but_those_we_chose_to_lack(self):
        check(not self.missing, f"node_exporter has collectors that we lack: {sorted(self.missing)}")
        check(len(self.shared) >= 50, f"only {len(self.shared)} collectors are shared: {self.shared}")

    def test_every_family_of_theirs_is_ours_too(self):
        missing = [name for name in self.theirs if name not in self.ours and not left_out(name)]
        check(not missing, f"families of node_exporter that are missing: {missing}")

    def test_types_agree(self):
        differ = [f"{name}: {self.ours[name][0]}, there {kind}" for name, (kind, _) in self.theirs.items()
                  if name in self.ours and self.ours[name][0] != kind]
        check(not differ, f"types differ: {differ}")

    def test_label_names_agree(self):
        differ = []
        for name, (_, there) in self.theirs.items():
            if name not in self.ours or left_out(name):
                continue
            here = self.ours[name][1]
            if there - here or (here - there and not re.fullmatch(GREW, name)):
                differ.append(f"{name}: {sorted(here)}, there {sorted(there)}")
        check(not differ, f"labels differ: {differ}")


if __name__ == "__main__":
    unittest.main()
