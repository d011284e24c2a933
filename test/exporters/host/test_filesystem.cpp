#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <condition_variable>
#include <cstring>
#include <map>
#include <mutex>
#include <thread>

#include "host/sources/mount_table.h"
#include "host/sources/stat_call.h"
#include "support/catch.h"
#include "support/collector_test.h"
#include "support/hanging_mount.h"

namespace finwatch::host {
extern const CollectorInfo filesystem_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::host::filesystem_collector;
using finwatch::host::StatCall;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

/// Stands for statvfs: mounts by path that answer, fail, answer slowly, or hang until they are released.
class Mounts {
 public:
  void hang(const std::string& path) {
    set(path, [](Behaviour& b) { b.hangs = true; });
  }
  void release(const std::string& path) {
    set(path, [](Behaviour& b) { b.hangs = false; });
  }
  void fail(const std::string& path, int error) {
    set(path, [&](Behaviour& b) { b.error = error; });
  }
  void slow(const std::string& path, milliseconds by) {
    set(path, [&](Behaviour& b) { b.delay = by; });
  }
  void flags(const std::string& path, unsigned long flags) {
    set(path, [&](Behaviour& b) { b.flags = flags; });
  }

  int waiting() const {
    const std::lock_guard lock(mutex_);
    return waiting_;
  }
  int asked(const std::string& path) const {
    const std::lock_guard lock(mutex_);
    const auto known = behaviours_.find(path);
    return known == behaviours_.end() ? 0 : known->second.asked;
  }
  /// Waits until no call hangs any more.
  void settle() const {
    std::unique_lock lock(mutex_);
    REQUIRE(changed_.wait_for(lock, seconds{10}, [&] { return waiting_ == 0; }));
    lock.unlock();
    std::this_thread::sleep_for(milliseconds{20});  // the thread has left the call; let it come home
  }

  int answer(const char* path, struct statvfs& into) {
    std::unique_lock lock(mutex_);
    Behaviour& mount = behaviours_[path];
    ++mount.asked;
    if (mount.hangs) {
      ++waiting_;
      changed_.wait(lock, [&] { return !mount.hangs; });
      --waiting_;
      changed_.notify_all();
    }
    const Behaviour now = mount;
    lock.unlock();
    if (now.delay.count() > 0) std::this_thread::sleep_for(now.delay);
    into.f_frsize = 4096;
    into.f_blocks = 1'000'000;
    into.f_bfree = 500'000;
    into.f_bavail = 450'000;
    into.f_files = 65'536;
    into.f_ffree = 60'000;
    into.f_flag = now.flags;
    return now.error;
  }

  void use_in(const Env& env) const {
    env.shared<StatCall>()->replace(
        [this](const char* path, struct statvfs& into) { return const_cast<Mounts*>(this)->answer(path, into); });
  }

 private:
  struct Behaviour {
    bool hangs = false;
    int error = 0;
    milliseconds delay{0};
    unsigned long flags = 0;
    int asked = 0;
  };
  template <class Change>
  void set(const std::string& path, Change change) {
    const std::lock_guard lock(mutex_);
    change(behaviours_[path]);
    changed_.notify_all();
  }

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::map<std::string, Behaviour> behaviours_;
  int waiting_ = 0;
};

/// A machine with the mounts of `table` over an empty tree, and what they answer.
struct Machine {
  explicit Machine(std::string_view table) : env(tree.env()) {
    env.rootfs = "/";
    write(table);
    mounts.use_in(env);
  }
  void write(std::string_view table) const { tree.write("proc/1/mountinfo", table); }

  TemporaryTree tree;
  Env env;
  Mounts mounts;
};

constexpr std::string_view kThree =
    "28 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
    "29 28 0:47 / /backup rw - nfs4 nas:/backup rw\n"
    "30 28 8:2 / /data rw - xfs /dev/sda2 rw\n";

bool has(const Collected& got, std::string_view line) { return got.samples.find(line) != std::string::npos; }
bool has_size(const Collected& got, std::string_view mount_point) {
  for (std::size_t at = 0; (at = got.samples.find("node_filesystem_size_bytes{", at)) != std::string::npos; ++at) {
    const std::string line = got.samples.substr(at, got.samples.find('\n', at) - at);
    if (line.find("mountpoint=\"" + std::string(mount_point) + "\"") != std::string::npos) return true;
  }
  return false;
}

constexpr std::string_view kBackupTimedOut =
    "node_filesystem_device_error{device=\"nas:/backup\",mountpoint=\"/backup\",fstype=\"nfs4\","
    "device_error=\"mountpoint timeout\"} 1\n";

}  // namespace

TEST_CASE("filesystem: the mounts of the fixture machine") {
  const Env env = fixture_host();
  Mounts mounts;
  mounts.use_in(env);
  mounts.fail(env.root("srv/share"), EHOSTDOWN);
  mounts.flags(env.root("boot"), ST_RDONLY);
  const Collected got = collect(filesystem_collector, env);
  REQUIRE(got.status);
  CHECK(compare_golden("host/filesystem.prom", got.page).empty());
}

TEST_CASE("filesystem: a mount that hangs from the first scrape costs itself only") {
  Machine machine(kThree);
  machine.mounts.hang("/backup");
  KeptCollector collector(filesystem_collector, machine.env, {{"collector.filesystem.mount-timeout", "300ms"}});
  for (int scrape = 0; scrape < 50; ++scrape) {
    const SteadyTime begun = std::chrono::steady_clock::now();
    const Collected got = collector.collect();
    REQUIRE(got.status);
    REQUIRE(has(got, kBackupTimedOut));
    REQUIRE_FALSE(has_size(got, "/backup"));
    REQUIRE(has_size(got, "/"));
    REQUIRE(has_size(got, "/data"));
    REQUIRE(machine.mounts.waiting() == 1);
    CHECK(std::chrono::steady_clock::now() - begun < seconds{3});
  }
  CHECK(machine.mounts.asked("/backup") == 1);
  CHECK(machine.mounts.asked("/data") == 50);

  machine.mounts.release("/backup");
  machine.mounts.settle();
  const Collected got = collector.collect();
  CHECK(has_size(got, "/backup"));
  CHECK_FALSE(has(got, "mountpoint timeout"));
}

TEST_CASE("filesystem: a mount may hang later, and again") {
  Machine machine(kThree);
  KeptCollector collector(filesystem_collector, machine.env, {{"collector.filesystem.mount-timeout", "250ms"}});
  for (int round = 0; round < 2; ++round) {
    CHECK(has_size(collector.collect(), "/backup"));
    machine.mounts.hang("/backup");
    const Collected hung = collector.collect();
    CHECK(has(hung, kBackupTimedOut));
    CHECK(has_size(hung, "/data"));
    machine.mounts.release("/backup");
    machine.mounts.settle();
  }
  CHECK(has_size(collector.collect(), "/backup"));
}

TEST_CASE("filesystem: an answer after the patience and before the time limit counts") {
  Machine machine(kThree);
  machine.mounts.slow("/backup", milliseconds{400});
  KeptCollector collector(filesystem_collector, machine.env, {{"collector.filesystem.mount-timeout", "10s"}});
  const Collected got = collector.collect(seconds{20});
  CHECK(has_size(got, "/backup"));
  CHECK_FALSE(has(got, "mountpoint timeout"));
}

TEST_CASE("filesystem: the deadline of the scrape comes before the time limit of the mounts") {
  Machine machine(kThree);
  machine.mounts.hang("/backup");
  KeptCollector collector(filesystem_collector, machine.env, {{"collector.filesystem.mount-timeout", "10m"}});
  const SteadyTime begun = std::chrono::steady_clock::now();
  const Collected got = collector.collect(milliseconds{500});
  CHECK(std::chrono::steady_clock::now() - begun < seconds{5});
  CHECK(has(got, kBackupTimedOut));
  CHECK(has_size(got, "/data"));
  machine.mounts.release("/backup");
  machine.mounts.settle();
}

TEST_CASE("filesystem: two that hang keep two threads and nobody else") {
  Machine machine(std::string(kThree) + "31 28 0:48 / /share rw - cifs //files/share rw\n");
  machine.mounts.hang("/backup");
  machine.mounts.hang("/share");
  KeptCollector collector(filesystem_collector, machine.env, {{"collector.filesystem.mount-timeout", "600ms"}});
  for (int scrape = 0; scrape < 5; ++scrape) {
    const Collected got = collector.collect();
    CHECK(has_size(got, "/data"));
    CHECK(has(got, kBackupTimedOut));
    CHECK_FALSE(has_size(got, "/share"));
  }
  CHECK(machine.mounts.waiting() == 2);
  machine.mounts.release("/share");
  for (int tries = 0; tries < 100 && !has_size(collector.collect(), "/share"); ++tries)
    std::this_thread::sleep_for(milliseconds{10});
  CHECK(has_size(collector.collect(), "/share"));
  machine.mounts.release("/backup");
  machine.mounts.settle();
}

TEST_CASE("filesystem: disks of this machine are asked before many dead servers") {
  std::string table;
  for (int i = 0; i < 12; ++i)
    table += std::to_string(100 + i) + " 28 0:" + std::to_string(60 + i) + " / /n" + std::to_string(i) + " rw - nfs4 nas:/n" +
             std::to_string(i) + " rw\n";
  Machine machine(table + std::string(kThree));
  for (int i = 0; i < 12; ++i) machine.mounts.hang("/n" + std::to_string(i));
  KeptCollector collector(filesystem_collector, machine.env, {{"collector.filesystem.mount-timeout", "300ms"}});
  const Collected first = collector.collect();
  CHECK(has_size(first, "/"));
  CHECK(has_size(first, "/data"));
  for (int scrape = 0; scrape < 20; ++scrape) collector.collect();
  CHECK(has_size(collector.collect(), "/backup"));
  CHECK(machine.mounts.waiting() == 12);
  for (int i = 0; i < 12; ++i) machine.mounts.release("/n" + std::to_string(i));
  machine.mounts.settle();
  CHECK(has_size(collector.collect(), "/n11"));
}

TEST_CASE("filesystem: a mount that goes away while it hangs, and one that comes in its place") {
  Machine machine(kThree);
  machine.mounts.hang("/backup");
  KeptCollector collector(filesystem_collector, machine.env, {{"collector.filesystem.mount-timeout", "250ms"}});
  CHECK(has(collector.collect(), kBackupTimedOut));

  machine.write("28 1 8:1 / / rw - ext4 /dev/sda1 rw\n30 28 8:2 / /data rw - xfs /dev/sda2 rw\n");
  const Collected without = collector.collect();
  CHECK_FALSE(has(without, "/backup"));
  CHECK(has_size(without, "/data"));

  // However often a dead server is mounted anew, the number of threads that wait for it has an end.
  for (int id = 40; id < 60; ++id) {
    machine.write("28 1 8:1 / / rw - ext4 /dev/sda1 rw\n" + std::to_string(id) +
                  " 28 0:47 / /backup rw - nfs4 nas:/backup rw\n");
    const Collected again = collector.collect(milliseconds{80});
    CHECK(has(again, kBackupTimedOut));
    CHECK(has_size(again, "/"));
  }
  CHECK(machine.mounts.waiting() <= 10);
  machine.mounts.release("/backup");
  machine.mounts.settle();
  CHECK(has_size(collector.collect(), "/backup"));
}

TEST_CASE("filesystem: the collector may go away while a mount hangs") {
  auto machine = std::make_unique<Machine>(kThree);
  machine->mounts.hang("/backup");
  {
    KeptCollector collector(filesystem_collector, machine->env, {{"collector.filesystem.mount-timeout", "250ms"}});
    CHECK(has(collector.collect(), kBackupTimedOut));
  }
  machine->mounts.release("/backup");
  machine->mounts.settle();
}

TEST_CASE("filesystem: an error of statvfs is named, and sizes are left out") {
  Machine machine(kThree);
  machine.mounts.fail("/backup", ESTALE);
  machine.mounts.fail("/data", EIO);
  const Collected got = collect(filesystem_collector, machine.env);
  REQUIRE(got.status);
  CHECK(has(got, "fstype=\"nfs4\",device_error=\"stale NFS file handle\"} 1"));
  CHECK(has(got, "fstype=\"xfs\",device_error=\"input/output error\"} 1"));
  CHECK_FALSE(has_size(got, "/backup"));
  CHECK_FALSE(has_size(got, "/data"));
}

TEST_CASE("filesystem: read-only by the mount, by the file system, by an error, and not by how a sandbox shows it") {
  Machine machine(
      "28 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
      "29 28 8:2 / /a ro,nosuid - ext4 /dev/sda2 rw,errors=remount-ro\n"
      "30 28 8:3 / /b rw - ext4 /dev/sda3 ro,errors=remount-ro\n"
      "31 28 8:4 / /c rw - ext4 /dev/sda4 rw,emergency_ro\n"
      "32 28 8:5 / /d rw - ext4 /dev/sda5 rw\n");
  machine.mounts.flags("/d", ST_RDONLY);
  const Collected got = collect(filesystem_collector, machine.env);
  const auto line = [](const std::string& device, const std::string& point, int value) {
    return "node_filesystem_readonly{device=\"" + device + "\",mountpoint=\"" + point +
           "\",fstype=\"ext4\",device_error=\"\"} " + std::to_string(value) + "\n";
  };
  CHECK(has(got, line("/dev/sda1", "/", 0)));
  CHECK(has(got, line("/dev/sda2", "/a", 1)));
  CHECK(has(got, line("/dev/sda3", "/b", 1)));
  CHECK(has(got, line("/dev/sda4", "/c", 1)));
  CHECK(has(got, line("/dev/sda5", "/d", 0)));
}

TEST_CASE("filesystem: of two mounts on one point the upper one is shown") {
  Machine machine(
      "28 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
      "51 50 0:47 / /home rw - nfs4 nas:/home rw\n"  // listed before what it lies on
      "50 28 0:45 / /home rw - ext4 /dev/sdz9 rw\n"
      "60 28 8:2 / /data rw - ext4 /dev/old rw\n"
      "61 60 8:3 / /data rw - ext4 /dev/new rw\n");
  const Collected got = collect(filesystem_collector, machine.env);
  CHECK(has(got, "device=\"nas:/home\""));
  CHECK_FALSE(has(got, "/dev/sdz9"));
  CHECK(has(got, "/dev/new"));
  CHECK_FALSE(has(got, "/dev/old"));
}

TEST_CASE("filesystem: the include and exclude switches") {
  const Machine machine(kThree);
  const auto with = [&](const std::map<std::string, std::string>& flags) {
    return collect(filesystem_collector, machine.env, flags);
  };
  const Collected data = with({{"collector.filesystem.mount-points-include", "^/data$"}});
  CHECK(has_size(data, "/data"));
  CHECK_FALSE(has_size(data, "/"));
  CHECK_FALSE(has_size(with({{"collector.filesystem.mount-points-exclude", "^/data$"}}), "/data"));
  CHECK_FALSE(has_size(with({{"collector.filesystem.fs-types-include", "^ext4$"}}), "/data"));
  CHECK_FALSE(has_size(with({{"collector.filesystem.fs-types-exclude", "xfs"}}), "/data"));
  CHECK_THROWS(with({{"collector.filesystem.fs-types-include", "^ext4$"}, {"collector.filesystem.fs-types-exclude", "xfs"}}));
  CHECK_THROWS(with({{"collector.filesystem.mount-points-exclude", "(("}}));
}

TEST_CASE("filesystem: no mountinfo is no data, another text is malformed, one bad line is skipped") {
  const TemporaryTree tree;
  CHECK(collect(filesystem_collector, tree.env()).status.error().code == Errc::no_data);
  tree.write("proc/1/mountinfo", "no such thing\n\xff\xfe\n");
  CHECK(collect(filesystem_collector, tree.env()).status.error().code == Errc::malformed);
  Machine machine(std::string(kThree) + "29 28 0:47 / /half rw nothing more\n1 2 3 4 5 6 7 8 9\n\n29 28 0:4");
  const Collected got = collect(filesystem_collector, machine.env);
  CHECK(has_size(got, "/data"));
  CHECK_FALSE(has(got, "/half"));
}

TEST_CASE("filesystem: inside a container, /proc/self and the prefix of the root") {
  const TemporaryTree tree;
  tree.link("proc/self", "77");
  Env env = tree.env();
  env.rootfs = "/host";
  tree.write("proc/77/mountinfo",
             "1 0 0:50 / / rw - overlay overlay rw\n2 1 8:1 / /host rw - ext4 /dev/sda1 rw\n"
             "3 2 8:2 / /host/data rw - xfs /dev/sda2 rw\n4 1 8:3 / /hostage rw - xfs /dev/sda3 rw\n");
  Mounts mounts;
  mounts.use_in(env);
  const Collected got = collect(filesystem_collector, env);
  CHECK(has_size(got, "/"));
  CHECK(has_size(got, "/data"));
  CHECK(has_size(got, "/hostage"));
  CHECK(mounts.asked("/host/data") == 1);
  CHECK(mounts.asked("/host/") == 1);
}

TEST_CASE("filesystem: octal escapes") {
  CHECK(host::unescape_mount("/a\\040b\\011c\\134d") == "/a b\tc\\d");
  CHECK(host::unescape_mount("/a\\04") == "/a\\04");
  CHECK(host::unescape_mount("\\999\\777\\") == "\\999\\777\\");
  CHECK(host::has_mount_option("rw,errors=remount-ro", "ro") == false);
  CHECK(host::has_mount_option("rw,ro", "ro"));
}

namespace {

std::size_t threads_of_this_process() { return list_folder("/proc/self/task")->size(); }

}  // namespace

TEST_CASE("filesystem: live, a real mount that never answers costs itself only") {
  const TemporaryTree tree;
  const std::string folder = tree.path("root");
  HangingMount mount(folder);
  if (!mount.refused().empty()) {
    WARN("skipped, no FUSE mount here: " << mount.refused());
    return;
  }
  const Env env;
  KeptCollector collector(filesystem_collector, env,
                          {{"collector.filesystem.mount-points-include", "^(/|" + folder + ".*)$"},
                           {"collector.filesystem.fs-types-include", "."},
                           {"collector.filesystem.mount-timeout", "300ms"}});
  const std::string timed_out =
      "mountpoint=\"" + folder + "\",fstype=\"fuse.finwatch\",device_error=\"mountpoint timeout\"} 1\n";
  const Collected first = collector.collect();
  REQUIRE(first.status);
  CHECK(has(first, timed_out));
  CHECK(has_size(first, "/"));
  CHECK_FALSE(has_size(first, folder));
  collector.collect();
  const std::size_t threads = threads_of_this_process();
  for (int scrape = 0; scrape < 20; ++scrape) {
    const Collected got = collector.collect();
    REQUIRE(has(got, timed_out));
    REQUIRE(has_size(got, "/"));
  }
  CHECK(threads_of_this_process() == threads);

  mount.answer();
  for (int tries = 0; tries < 200 && threads_of_this_process() >= threads; ++tries)
    std::this_thread::sleep_for(milliseconds{5});
  const Collected after = collector.collect();
  CHECK(has(after, "node_filesystem_size_bytes{device=\"finwatch-test\",mountpoint=\"" + folder +
                       "\",fstype=\"fuse.finwatch\",device_error=\"\"} 4096000\n"));
}

TEST_CASE("filesystem: live, a new mount is seen by the next scrape, and one that is gone is not") {
  const TemporaryTree tree;
  const std::string folder = tree.path("root");
  const Env env;
  KeptCollector collector(filesystem_collector, env, {{"collector.filesystem.mount-points-include", "^" + folder}});
  CHECK(collector.collect().series == 0);
  if (::mount("finwatch-test", folder.c_str(), "tmpfs", MS_RDONLY, "size=64k") != 0) {
    WARN("skipped, no mount here: " << std::strerror(errno));
    return;
  }
  const Collected mounted = collector.collect();
  ::umount2(folder.c_str(), MNT_DETACH);
  CHECK(has_size(mounted, folder));
  CHECK(has(mounted, "node_filesystem_readonly{device=\"finwatch-test\",mountpoint=\"" + folder +
                         "\",fstype=\"tmpfs\",device_error=\"\"} 1\n"));
  CHECK(collector.collect().series == 0);
}
