#include <sys/stat.h>

#include <cerrno>
#include <optional>
#include <string>

#include "core/files.h"
#include "host/sources/os_release.h"
#include "run/collector.h"

namespace finwatch::host {
namespace {

constexpr MetricDesc kInfo{MetricType::info,
                           "node_os_info",
                           "The operating system, value is always 1, from os-release.",
                           "build_id",
                           "id",
                           "id_like",
                           "image_id",
                           "image_version",
                           "name",
                           "pretty_name",
                           "variant",
                           "variant_id",
                           "version",
                           "version_codename",
                           "version_id"};
constexpr MetricDesc kVersion{MetricType::gauge,
                              "node_os_version",
                              "Major and minor version of the operating system as one number, from VERSION_ID in os-release.",
                              "id",
                              "id_like",
                              "name"};
constexpr MetricDesc kSupportEnd{MetricType::gauge, "node_os_support_end_timestamp_seconds",
                                 "When support by the maker ends, seconds since 1970, from SUPPORT_END in os-release."};
constexpr MetricRef kMetrics[] = {kInfo, kVersion, kSupportEnd};

/// What distinguishes a file from the one that stood in its place before, or from itself before an edit.
struct Identity {
  explicit Identity(const struct stat& about)
      : device(about.st_dev),
        inode(about.st_ino),
        size(about.st_size),
        seconds(about.st_mtim.tv_sec),
        nanos(about.st_mtim.tv_nsec) {}
  bool operator==(const Identity&) const = default;

  dev_t device;
  ino_t inode;
  off_t size;
  time_t seconds;
  long nanos;
};

class OperatingSystem final : public Collector {
 public:
  explicit OperatingSystem(const Env& env) : paths_{env.root("etc/os-release"), env.root("usr/lib/os-release")} {}

  Status collect(const Scrape&, MetricSink& sink) override {
    Status found = refresh(paths_[0]);
    if (!found && found.error().code == Errc::no_data) found = refresh(paths_[1]);
    if (!found) return found;
    const auto value = [&](std::string_view name) { return release_.value(name); };
    sink.family(kInfo).add(1, value("BUILD_ID"), value("ID"), value("ID_LIKE"), value("IMAGE_ID"), value("IMAGE_VERSION"),
                           value("NAME"), value("PRETTY_NAME"), value("VARIANT"), value("VARIANT_ID"), value("VERSION"),
                           value("VERSION_CODENAME"), value("VERSION_ID"));
    if (const auto version = major_minor(value("VERSION_ID")); version && *version > 0)
      sink.family(kVersion).add(*version, value("ID"), value("ID_LIKE"), value("NAME"));
    if (const auto end = parse_date(value("SUPPORT_END")))
      sink.add(kSupportEnd, std::chrono::duration_cast<std::chrono::seconds>(end->time_since_epoch()).count());
    return ok();
  }

 private:
  /// Reads the file, unless it is the one that was read last.
  Status refresh(const std::string& path) {
    struct stat about {};
    if (::stat(path.c_str(), &about) != 0) return errno == ENOENT ? Status(Errc::no_data) : error_from_errno(errno, path);
    if (seen_ == Identity(about)) return ok();
    const Result<std::string> text = read_file(path);
    if (!text) return text.error();
    OsRelease release = parse_os_release(*text);
    if (release.empty()) return {Errc::malformed, path + ": expected lines such as ID=debian"};
    release_ = std::move(release);
    seen_ = Identity(about);
    return ok();
  }

  const std::string paths_[2];
  OsRelease release_;
  std::optional<Identity> seen_;
};

}  // namespace

extern const CollectorInfo os_collector{
    .name = "os",
    .summary = "Name, version and end of support of the operating system, from /etc/os-release or /usr/lib/os-release.",
    .metrics = kMetrics,
    .make = make_collector<OperatingSystem>,
};

}  // namespace finwatch::host
