"""What happens to a program in its life: reload, kill -9, upgrade, a full disk under its log."""
import os
import shutil
import signal
import stat
import subprocess
import time
import unittest

from harness import HOST_PROGRAM, Host, check, eventually, folder, free_port, get, names, need, need_root, read, run, write


class LifeTest(unittest.TestCase):
    def test_sighup_takes_a_good_configuration_and_refuses_a_bad_one(self):
        with folder() as where:
            path = write(f"{where}/host.yml", "collectors: {loadavg: {enabled: true}}\n")
            with Host(f"--config.file={path}") as host:
                check("node_load1" in names(host.page()), "loadavg is on at first")

                write(path, "collectors: {loadavg: {enabled: false}}\n")
                host.signal(signal.SIGHUP)
                eventually(lambda: "node_load1" not in names(host.page()), 5, "loadavg is still on")
                check("finwatch_config_last_reload_successful 1" in host.page(), "the reload went well")

                write(path, "collectors: {loadavgg: {enabled: true}}\n")
                host.signal(signal.SIGHUP)
                eventually(lambda: "finwatch_config_last_reload_successful 0" in host.page(), 5, "no word of the bad configuration")
                page = host.page()
                check("node_load1" not in names(page) and "node_memory_MemTotal_bytes" in names(page), "the old configuration is in force")
                check(f"{path}:1:" in host.log() and "did you mean 'loadavg'" in host.log(), host.log())

                write(path, "collectors: {}\n")
                check(get(host.port, "/-/reload", method="POST").status == 200, "POST /-/reload")
                check("node_load1" in names(host.page()), "loadavg is back")
                check(host.alive(), "it lives")

    def test_what_was_killed_starts_again_on_the_same_port(self):
        port = free_port()
        for _ in range(5):
            host = Host(port=port)
            with host:
                eventually(lambda: answers(port), 5, f"port {port} does not answer")
                check(host.end(signal.SIGKILL) == -signal.SIGKILL, "killed")

    def test_an_upgrade_replaces_the_running_file_and_restarts(self):
        with folder() as where:
            program = shutil.copy(HOST_PROGRAM, f"{where}/finwatch-host")
            port = free_port()
            with Host(program=program, port=port) as old:
                eventually(lambda: answers(port), 5, "the old one")
                shutil.copy(HOST_PROGRAM, f"{program}.new")
                os.replace(f"{program}.new", program)  # as dpkg does
                check("node_load1" in names(old.page()), "the old one serves on")
                begun = time.monotonic()
                check(old.end() == 0, "it ends well")
                with Host(program=program, port=port) as new:
                    eventually(lambda: answers(port), 5, "the new one")
                    check(time.monotonic() - begun < 3, f"without a page for {time.monotonic() - begun:.1f} s")
                    check("node_load1" in names(new.page()), "the new one serves")

    def test_a_full_disk_under_the_log_stops_nothing(self):
        need_root()
        with folder() as where:
            status, text = run(need("mount"), "-t", "tmpfs", "-o", "size=64k", "finwatch-e2e", where)
            if status != 0:
                raise unittest.SkipTest(f"no mount here: {text}")
            try:
                write(f"{where}/host.yml", "collectors: {}\n")
                with open(f"{where}/ballast", "wb", buffering=0) as ballast:
                    try:
                        while True:
                            ballast.write(b"." * 4096)
                    except OSError:
                        pass  # full
                port = free_port()
                with Host(f"--config.file={where}/host.yml", "--log.level=debug", port=port, log=f"{where}/log") as host:
                    eventually(lambda: answers(port), 5, "it did not start beside a full disk")
                    for _ in range(20):
                        host.signal(signal.SIGHUP)
                        check("node_load1" in names(host.page()), "a page")
                    check(os.path.getsize(f"{where}/log") == 0, "the disk was not full")
                    os.unlink(f"{where}/ballast")
                    write(f"{where}/host.yml", "collectors: {nonsense: {}}\n")  # another line than those before: repeats are counted
                    host.signal(signal.SIGHUP)
                    eventually(lambda: "nonsense" in read(f"{where}/log"), 5, "the log goes on once there is room")
                    check(host.end() == 0, "it ends well")
            finally:
                run(need("umount"), "-l", where)

    def test_a_socket_file_left_by_a_killed_one_is_taken_over(self):
        with folder() as where:
            path = f"{where}/host.sock"
            for _ in range(3):
                process = subprocess.Popen([HOST_PROGRAM, f"--web.listen-address=unix:{path}"], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                try:
                    eventually(lambda: run(need("curl"), "-fsS", "--unix-socket", path, "http://t/-/healthy")[0] == 0, 5, "no answer")
                    check(stat.S_ISSOCK(os.stat(path).st_mode), "a socket")
                finally:
                    process.kill()
                    process.wait()


def answers(port):
    try:
        return get(port, "/-/ready", timeout=2).status == 200
    except OSError:
        return False


if __name__ == "__main__":
    unittest.main()
