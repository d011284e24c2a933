#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "core/files.h"
#include "support/catch.h"
#include "support/collector_test.h"

namespace finwatch::host {
extern const CollectorInfo readonly_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::host::readonly_collector;

namespace {

bool has(const Collected& got, std::string_view line) { return got.samples.find(line) != std::string::npos; }

}  // namespace

TEST_CASE("readonly: the file systems of the fixture machine") {
  const Collected got = collect(readonly_collector, fixture_host());
  REQUIRE(got.status);
  CHECK(compare_golden("host/readonly.prom", got.page).empty());
}

namespace {

std::string mount(std::string_view options, std::string_view super = "rw") {
  return "30 28 8:2 / /data " + std::string(options) + " - ext4 /dev/sda2 " + std::string(super) + "\n";
}
std::string line(std::string_view name, int value) {
  return std::string(name) + "{device=\"/dev/sda2\",mountpoint=\"/data\",fstype=\"ext4\"} " + std::to_string(value) + "\n";
}
constexpr std::string_view kFlips = "finwatch_filesystem_read_only_flips_total";
constexpr std::string_view kFlipped = "finwatch_filesystem_read_only_flipped";

}  // namespace

TEST_CASE("readonly: a file system that turns itself read-only, is mended, and turns again") {
  const TemporaryTree tree;
  tree.write("proc/1/mountinfo", mount("rw"));
  KeptCollector collector(readonly_collector, tree.env());
  const Collected before = collector.collect();
  CHECK(has(before, line(kFlips, 0)));
  CHECK(has(before, line(kFlipped, 0)));
  tree.write("proc/1/mountinfo", mount("rw,relatime", "ro,errors=remount-ro"));
  for (int scrape = 0; scrape < 3; ++scrape) {
    const Collected flipped = collector.collect();
    CHECK(has(flipped, line(kFlips, 1)));
    CHECK(has(flipped, line(kFlipped, 1)));
  }
  tree.write("proc/1/mountinfo", mount("rw"));
  const Collected mended = collector.collect();
  CHECK(has(mended, line(kFlips, 1)));
  CHECK(has(mended, line(kFlipped, 0)));
  tree.write("proc/1/mountinfo", "28 1 8:1 / / rw - xfs /dev/sda1 rw\n");
  CHECK_FALSE(has(collector.collect(), "/data"));
  tree.write("proc/1/mountinfo", mount("ro"));
  CHECK(has(collector.collect(), line(kFlips, 2)));
}

TEST_CASE("readonly: emergency_ro of ext4 counts and is shown") {
  const TemporaryTree tree;
  tree.write("proc/1/mountinfo", mount("rw"));
  KeptCollector collector(readonly_collector, tree.env());
  CHECK(has(collector.collect(), line("finwatch_filesystem_emergency_read_only", 0)));
  tree.write("proc/1/mountinfo", mount("rw", "rw,emergency_ro"));
  const Collected got = collector.collect();
  CHECK(has(got, line("finwatch_filesystem_emergency_read_only", 1)));
  CHECK(has(got, line(kFlips, 1)));
}

TEST_CASE("readonly: what is read-only from the beginning is so on purpose, unless fstab says otherwise") {
  const TemporaryTree tree;
  tree.write("proc/1/mountinfo", mount("ro"));
  CHECK(has(collect(readonly_collector, tree.env()), line(kFlipped, 0)));
  tree.write("root/etc/fstab", "/dev/sda2 /data ext4 ro 0 2\n");
  CHECK(has(collect(readonly_collector, tree.env()), line(kFlipped, 0)));
  tree.write("root/etc/fstab", "/dev/sda2 /data ext4 defaults 0 2\n");
  const Collected got = collect(readonly_collector, tree.env());
  CHECK(has(got, line(kFlipped, 1)));
  CHECK(has(got, line(kFlips, 1)));
}

TEST_CASE("readonly: only what keeps data, and each once") {
  const TemporaryTree tree;
  tree.write("proc/1/mountinfo",
             "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n2 1 0:9 / /run rw - tmpfs tmpfs rw\n3 1 11:0 / /cd ro - iso9660 /dev/sr0 ro\n"
             "4 1 8:1 /srv/pod1 /var/lib/pods/1 rw - ext4 /dev/sda1 rw\n5 1 0:47 / /n rw - nfs4 nas:/n rw\n"
             "6 1 8:2 / /d rw - xfs /dev/sda2 rw\n7 6 8:3 / /d rw - xfs /dev/sda3 rw\n8 1 0:50 / /sys rw - sysfs sysfs rw\n");
  const Collected got = collect(readonly_collector, tree.env());
  CHECK(got.series == 3 + 3 + 1);
  CHECK(has(got, "nas:/n"));
  CHECK(has(got, "/dev/sda3"));
  CHECK_FALSE(has(got, "/dev/sda2"));
  CHECK_FALSE(has(got, "pods"));
}

TEST_CASE("readonly: no mountinfo is no data, garbage is malformed") {
  const TemporaryTree tree;
  CHECK(collect(readonly_collector, tree.env()).status.error().code == Errc::no_data);
  tree.write("proc/1/mountinfo", "garbage \xff\n");
  CHECK(collect(readonly_collector, tree.env()).status.error().code == Errc::malformed);
}

namespace {

/// An ext4 in a file, mounted, in which an error can be made to happen.
class BreakableDisk {
 public:
  explicit BreakableDisk(const TemporaryTree& tree) : image_(tree.path("disk")), point_(tree.path("root")) {
    std::ofstream(image_).close();
    if (::geteuid() != 0 || ::truncate(image_.c_str(), 16 << 20) != 0) return;
    mounted_ = run("mkfs.ext4 -q " + image_) && run("mount -o loop,errors=remount-ro " + image_ + " " + point_);
  }
  ~BreakableDisk() {
    if (mounted_) run("umount " + point_);
  }
  BreakableDisk(const BreakableDisk&) = delete;
  BreakableDisk& operator=(const BreakableDisk&) = delete;

  bool mounted() const { return mounted_; }
  const std::string& point() const { return point_; }
  /// True when the kernel can be made to find an error in it.
  bool fail() const {
    const Result<std::string> mountinfo = read_file("/proc/self/mountinfo");
    const std::size_t at = mountinfo->find(point_ + " ");
    const std::size_t loop = mountinfo->find("/dev/", at);
    if (at == std::string::npos || loop == std::string::npos) return false;
    const std::string device = mountinfo->substr(loop + 5, mountinfo->find(' ', loop) - loop - 5);
    std::ofstream trigger("/sys/fs/ext4/" + device + "/trigger_fs_error");
    return static_cast<bool>(trigger << "a test of finwatch" << std::flush);
  }

 private:
  static bool run(const std::string& command) { return std::system((command + " >/dev/null 2>&1").c_str()) == 0; }

  std::string image_;
  std::string point_;
  bool mounted_ = false;
};

}  // namespace

TEST_CASE("readonly: live, an ext4 that met an error is seen though the kernel announces nothing") {
  const TemporaryTree tree;
  const BreakableDisk disk(tree);
  if (!disk.mounted()) {
    WARN("skipped: no ext4 can be mounted from a file here");
    return;
  }
  ManualClock clock;
  Env env;
  env.clock = &clock;
  KeptCollector collector(readonly_collector, env);
  const std::string flipped = "mountpoint=\"" + disk.point() + "\",fstype=\"ext4\"}";
  CHECK(has(collector.collect(), flipped + " 0\n"));
  if (!disk.fail()) {
    WARN("skipped: this kernel has no trigger_fs_error");
    return;
  }
  clock.advance(std::chrono::seconds{10});
  CHECK(has(collector.collect(), flipped + " 1\n"));
}
