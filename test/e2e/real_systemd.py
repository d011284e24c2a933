"""A real systemd as process 1 of its own namespaces, on a copy of this machine's files that goes away with it.

    with Systemd({"demo.service": "[Service]\\nExecStart=/bin/sleep 100\\n"}, wants=["demo.service"]) as systemd:
        systemd.run("systemctl", "is-active", "demo.service")

Needs root, overlayfs, and a systemd that is installed; it need not be the one that started this machine. Nothing of the machine's own
systemd, network, processes or files is touched: the copy is an overlay in memory, and the network is a loopback of its own.
"""
import os
import shutil
import signal
import subprocess
import tempfile

from harness import eventually, need, need_root, write

BOOT = r"""
set -e
room=$1 root=$1/memory/root
mount --make-rprivate /
mount -t tmpfs tmpfs "$room/memory"
mkdir "$room"/memory/{up,work,root}
mount -t overlay overlay -o lowerdir=/,upperdir="$room/memory/up",workdir="$room/memory/work" "$root"
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
mount -t tmpfs tmpfs "$root/run"
mount --rbind /dev "$root/dev"
cp -r "$room"/files/. "$root/"
ip link set lo up
cd "$root"
mkdir old
pivot_root . old
umount -l /old
exec env -i container=finwatch PATH=/usr/sbin:/usr/bin:/sbin:/bin \
  /lib/systemd/systemd --system --unit=test.target --log-target=journal --show-status=0
"""


class Systemd:
    def __init__(self, units, wants, files=(), users=()):
        """units: text by name; wants: what starts with it; files: (path inside, file to copy); users: names to add."""
        need_root()
        self.room = tempfile.mkdtemp(prefix="finwatch-systemd-")
        self.process = None
        os.mkdir(self.room + "/memory")
        etc = self.room + "/files/etc/systemd/system"
        os.makedirs(etc)
        for name, text in units.items():  # "demo.service", or a drop-in: "demo.service.d/more.conf"
            os.makedirs(os.path.dirname(f"{etc}/{name}"), exist_ok=True)
            write(f"{etc}/{name}", text)
        write(f"{etc}/test.target", "[Unit]\nDescription=What the test starts\nWants=" + " ".join(wants) + "\n")
        for inside, file in files:
            target = self.room + "/files" + inside
            os.makedirs(os.path.dirname(target), exist_ok=True)
            shutil.copy(file, target)
        for number, user in enumerate(users, 64900):
            for list_name, line in (("passwd", f"{user}:x:{number}:{number}::/nonexistent:/usr/sbin/nologin"),
                                    ("group", f"{user}:x:{number}:")):
                with open(f"/etc/{list_name}", encoding="utf-8") as file:
                    write(f"{self.room}/files/etc/{list_name}", file.read().rstrip("\n") + "\n" + line + "\n")

    def __enter__(self):
        self.log = open(self.room + "/log", "wb")
        self.process = subprocess.Popen(
            [need("unshare"), "--mount", "--pid", "--fork", "--net", "--uts", "--ipc", "--cgroup", "--kill-child",
             "/bin/bash", "-c", BOOT, "boot", self.room],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        try:
            self.first = eventually(self._first, 20, self._said)
            eventually(lambda: self.run("systemctl", "is-system-running").stdout.strip() in ("running", "degraded"), 60, self._said)
        except BaseException:
            self.__exit__()
            raise
        return self

    def _first(self):
        """Process 1 of the namespaces, as this machine numbers it, once it is systemd."""
        if self.process.poll() is not None:
            raise AssertionError("it ended: " + self._said())
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children", encoding="ascii") as children:
            child = children.read().strip()
        if not child:
            return None
        with open(f"/proc/{child}/comm", encoding="ascii") as comm:
            return child if comm.read().strip() == "systemd" else None

    def _said(self):
        with open(self.room + "/log", encoding="utf-8", errors="replace") as log:
            return "systemd does not run: " + log.read()[-2000:]

    def run(self, *command):
        """Runs a command inside; its output and exit status."""
        return subprocess.run([need("nsenter"), "-t", self.first, "-a", *command], capture_output=True, text=True, timeout=30)

    def __exit__(self, *_):
        if self.process:
            self.process.send_signal(signal.SIGKILL)  # --kill-child takes process 1 with it, and so all of them
            self.process.wait()
            self.log.close()
        shutil.rmtree(self.room, ignore_errors=True)
