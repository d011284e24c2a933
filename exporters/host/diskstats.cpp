#include <array>
#include <optional>
#include <vector>

#include "core/device_watch.h"
#include "core/files.h"
#include "core/text.h"
#include "host/sources/attribute.h"
#include "host/sources/flag_filter.h"
#include "run/collector.h"

namespace finwatch::host {
namespace {

/// A column of /proc/diskstats after the name, and what turns it into the metric's unit.
enum class Unit : unsigned char { plain, sectors_to_bytes, milliseconds };
struct Column {
  MetricDesc<1> desc;
  Unit unit = Unit::plain;
};
constexpr std::size_t kLeastColumns = 11;  // 15 since Linux 4.18 (discards), 17 since 5.5 (flushes)
constexpr Column kColumns[] = {
    {{MetricType::counter, "node_disk_reads_completed_total", "Reads completed, from /proc/diskstats.", "device"}},
    {{MetricType::counter, "node_disk_reads_merged_total", "Reads merged into another one, from /proc/diskstats.", "device"}},
    {{MetricType::counter, "node_disk_read_bytes_total", "Bytes read, from /proc/diskstats.", "device"},
     Unit::sectors_to_bytes},
    {{MetricType::counter, "node_disk_read_time_seconds_total", "Seconds that all reads took together, from /proc/diskstats.",
      "device"},
     Unit::milliseconds},
    {{MetricType::counter, "node_disk_writes_completed_total", "Writes completed, from /proc/diskstats.", "device"}},
    {{MetricType::counter, "node_disk_writes_merged_total", "Writes merged into another one, from /proc/diskstats.", "device"}},
    {{MetricType::counter, "node_disk_written_bytes_total", "Bytes written, from /proc/diskstats.", "device"},
     Unit::sectors_to_bytes},
    {{MetricType::counter, "node_disk_write_time_seconds_total", "Seconds that all writes took together, from /proc/diskstats.",
      "device"},
     Unit::milliseconds},
    {{MetricType::gauge, "node_disk_io_now", "Requests that are under way, from /proc/diskstats.", "device"}},
    {{MetricType::counter, "node_disk_io_time_seconds_total",
      "Seconds in which at least one request was under way, from /proc/diskstats.", "device"},
     Unit::milliseconds},
    {{MetricType::counter, "node_disk_io_time_weighted_seconds_total",
      "Seconds, each counted once for every request under way in it, from /proc/diskstats.", "device"},
     Unit::milliseconds},
    {{MetricType::counter, "node_disk_discards_completed_total", "Discards (TRIM) completed, from /proc/diskstats.", "device"}},
    {{MetricType::counter, "node_disk_discards_merged_total", "Discards (TRIM) merged into another one, from /proc/diskstats.",
      "device"}},
    {{MetricType::counter, "node_disk_discarded_sectors_total", "Sectors of 512 bytes discarded, from /proc/diskstats.",
      "device"}},
    {{MetricType::counter, "node_disk_discard_time_seconds_total",
      "Seconds that all discards took together, from /proc/diskstats.", "device"},
     Unit::milliseconds},
    {{MetricType::counter, "node_disk_flush_requests_total", "Cache flushes completed, from /proc/diskstats.", "device"}},
    {{MetricType::counter, "node_disk_flush_requests_time_seconds_total",
      "Seconds that all cache flushes took together, from /proc/diskstats.", "device"},
     Unit::milliseconds},
};
constexpr std::size_t kColumnCount = std::size(kColumns);

constexpr MetricDesc kInfo{MetricType::info,
                           "node_disk_info",
                           "What the disk is, from udev's data and /sys/block/*/queue.",
                           "device",
                           "major",
                           "minor",
                           "path",
                           "wwn",
                           "model",
                           "serial",
                           "revision",
                           "rotational"};
constexpr MetricDesc kFilesystemInfo{MetricType::info,
                                     "node_disk_filesystem_info",
                                     "The file system on the device, from udev's data.",
                                     "device",
                                     "type",
                                     "usage",
                                     "uuid",
                                     "version"};
constexpr MetricDesc kMapperInfo{MetricType::info,
                                 "node_disk_device_mapper_info",
                                 "The logical volume or mapping behind a dm device, from udev's data.",
                                 "device",
                                 "name",
                                 "uuid",
                                 "vg_name",
                                 "lv_name",
                                 "lv_layer"};

/// Properties of ATA disks that are numbers.
struct AtaProperty {
  std::string_view name;
  MetricDesc<1> desc;
};
constexpr AtaProperty kAta[] = {
    {"ID_ATA_ROTATION_RATE_RPM",
     {MetricType::gauge, "node_disk_ata_rotation_rate_rpm", "Revolutions a minute, 0 for an SSD, from udev's data.", "device"}},
    {"ID_ATA_WRITE_CACHE",
     {MetricType::gauge, "node_disk_ata_write_cache", "1 when the disk has a write cache, from udev's data.", "device"}},
    {"ID_ATA_WRITE_CACHE_ENABLED",
     {MetricType::gauge, "node_disk_ata_write_cache_enabled", "1 when the write cache is in use, from udev's data.", "device"}},
};
constexpr std::size_t kAtaCount = std::size(kAta);

constexpr auto kMetrics = [] {
  std::array<MetricRef, kColumnCount + kAtaCount + 3> all{kInfo, kFilesystemInfo, kMapperInfo};
  for (std::size_t i = 0; i < kColumnCount; ++i) all[3 + i] = kColumns[i].desc;
  for (std::size_t i = 0; i < kAtaCount; ++i) all[3 + kColumnCount + i] = kAta[i].desc;
  return all;
}();

constexpr FlagSpec kFlags[] = {
    {FlagKind::regexp, "collector.diskstats.device-exclude", R"(^(z?ram|loop|fd|(h|s|v|xv)d[a-z]|nvme\d+n\d+p)\d+$)",
     "Block devices to leave out, as a regular expression."},
    {FlagKind::regexp, "collector.diskstats.device-include", "",
     "Block devices to show, all others are left out, as a regular expression."},
};

/// What seldom changes about a disk: read when it appears and when the kernel announced a change.
struct Identity {
  std::string path, wwn, model, serial, revision, rotational;
  std::string fs_type, fs_usage, fs_uuid, fs_version;
  std::string dm_name, dm_uuid, dm_vg, dm_lv, dm_layer;
  std::array<std::optional<double>, kAtaCount> ata;
};

struct Disk {
  std::string name;
  std::string major;
  std::string minor;
  std::array<std::uint64_t, kColumnCount> values{};
  std::size_t columns = 0;
  Identity identity;
  std::uint64_t generation = 0;

  bool is(std::string_view its_name, std::string_view its_major, std::string_view its_minor) const {
    return name == its_name && major == its_major && minor == its_minor;
  }
};

// udev's data are lines such as "E:ID_MODEL=PERC_H755".
Identity parse_udev(std::string_view text) {
  Identity id;
  std::string scsi_serial, short_serial, long_serial;
  std::array<std::string_view, kAtaCount> ata{};
  bool is_ata = false;
  const std::pair<std::string_view, std::string*> wanted[] = {
      {"ID_PATH", &id.path},
      {"ID_WWN", &id.wwn},
      {"ID_MODEL", &id.model},
      {"ID_REVISION", &id.revision},
      {"SCSI_IDENT_SERIAL", &scsi_serial},
      {"ID_SERIAL_SHORT", &short_serial},
      {"ID_SERIAL", &long_serial},
      {"ID_FS_TYPE", &id.fs_type},
      {"ID_FS_USAGE", &id.fs_usage},
      {"ID_FS_UUID", &id.fs_uuid},
      {"ID_FS_VERSION", &id.fs_version},
      {"DM_NAME", &id.dm_name},
      {"DM_UUID", &id.dm_uuid},
      {"DM_VG_NAME", &id.dm_vg},
      {"DM_LV_NAME", &id.dm_lv},
      {"DM_LV_LAYER", &id.dm_layer},
  };
  for (LineReader lines(text); const auto line = lines.next();) {
    if (!line->starts_with("E:")) continue;
    const std::size_t equals = line->find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view key = line->substr(2, equals - 2);
    const std::string_view value = line->substr(equals + 1);
    for (const auto& [name, into] : wanted)
      if (key == name) *into = value;
    for (std::size_t i = 0; i < kAtaCount; ++i)
      if (key == kAta[i].name) ata[i] = value;
    if (key == "ID_ATA") is_ata = !value.empty();
  }
  // What is printed on the disk; ID_SERIAL alone is what virtio disks have.
  id.serial = !scsi_serial.empty() ? scsi_serial : !short_serial.empty() ? short_serial : long_serial;
  for (std::size_t i = 0; is_ata && i < kAtaCount; ++i) id.ata[i] = to_number<double>(ata[i]);
  return id;
}

class DiskStats final : public Collector {
 public:
  DiskStats(const Env& env, NameFilter devices)
      : block_(env.sys("block")),
        udev_(env.udev_data),
        file_(env.proc("diskstats"), ReadMode::to_end),
        watch_(env.shared<DeviceWatch>()),
        devices_(std::move(devices)) {}

  Status collect(const Scrape& scrape, MetricSink& sink) override {
    const Result<std::string_view> text = file_.read();
    if (!text) return text.error();
    if (!parse(*text)) return {Errc::malformed, file_.path() + ": expected lines such as '8 0 sda' and 11 numbers or more"};
    const std::uint64_t generation = watch_->generation(scrape.number);
    for (Disk& disk : disks_)
      if (disk.generation != generation) identify(disk, generation);
    write(sink);
    return ok();
  }

 private:
  /// False when there is text and not one line of it is a disk.
  bool parse(std::string_view text) {
    std::size_t count = 0;
    bool understood = trim(text).empty();
    for (LineReader lines(text); const auto line = lines.next();) {
      FieldReader fields(*line);
      const std::string_view major = fields.next();
      const std::string_view minor = fields.next();
      const std::string_view name = fields.next();
      if (!to_number<std::uint32_t>(major) || !to_number<std::uint32_t>(minor) || name.empty()) continue;
      std::array<std::uint64_t, kColumnCount> values{};
      std::size_t columns = 0;
      while (columns < kColumnCount) {
        const auto value = fields.next_number<std::uint64_t>();
        if (!value) break;
        values[columns++] = *value;
      }
      if (columns < kLeastColumns) continue;
      understood = true;
      if (!devices_.accepts(name)) continue;
      Disk& disk = place(count++, name, major, minor);
      disk.values = values;
      disk.columns = columns;
    }
    disks_.erase(disks_.begin() + static_cast<std::ptrdiff_t>(count), disks_.end());
    return understood;
  }

  Disk& place(std::size_t index, std::string_view name, std::string_view major, std::string_view minor) {
    return kept_row(
        disks_, index, [&](const Disk& disk) { return disk.is(name, major, minor); },
        [&] {
          Disk disk;
          disk.name = name;
          disk.major = major;
          disk.minor = minor;
          return disk;
        });
  }

  void identify(Disk& disk, std::uint64_t generation) const {
    disk.identity = parse_udev(read_file(Env::join(udev_, "b" + disk.major + ":" + disk.minor)).value_or({}));
    const std::string rotational = read_attribute(Env::join(block_, disk.name + "/queue/rotational"));
    disk.identity.rotational = rotational.empty() ? "0" : rotational;
    disk.generation = generation;
  }

  void write(MetricSink& sink) const {
    for (std::size_t i = 0; i < kColumnCount; ++i) {
      auto family = sink.family(kColumns[i].desc);
      for (const Disk& disk : disks_) {
        if (i >= complete(disk.columns)) continue;
        const std::uint64_t value = disk.values[i];
        switch (kColumns[i].unit) {
          case Unit::plain: family.add(value, disk.name); break;
          case Unit::sectors_to_bytes: family.add(static_cast<double>(value) * 512.0, disk.name); break;
          case Unit::milliseconds: family.add(static_cast<double>(value) / 1000.0, disk.name); break;
        }
      }
    }
    {
      auto family = sink.family(kInfo);
      for (const Disk& disk : disks_) {
        const Identity& id = disk.identity;
        family.add(1, disk.name, disk.major, disk.minor, id.path, id.wwn, id.model, id.serial, id.revision, id.rotational);
      }
    }
    {
      auto family = sink.family(kFilesystemInfo);
      for (const Disk& disk : disks_) {
        const Identity& id = disk.identity;
        if (!id.fs_type.empty()) family.add(1, disk.name, id.fs_type, id.fs_usage, id.fs_uuid, id.fs_version);
      }
    }
    {
      auto family = sink.family(kMapperInfo);
      for (const Disk& disk : disks_) {
        const Identity& id = disk.identity;
        if (!id.dm_name.empty()) family.add(1, disk.name, id.dm_name, id.dm_uuid, id.dm_vg, id.dm_lv, id.dm_layer);
      }
    }
    for (std::size_t i = 0; i < kAtaCount; ++i) {
      auto family = sink.family(kAta[i].desc);
      for (const Disk& disk : disks_)
        if (disk.identity.ata[i]) family.add(*disk.identity.ata[i], disk.name);
    }
  }

  /// Discards and flushes come as whole groups; half a group is none.
  static std::size_t complete(std::size_t columns) { return columns >= 17 ? 17 : columns >= 15 ? 15 : kLeastColumns; }

  const std::string block_;
  const std::string udev_;
  KeptFile file_;
  const std::shared_ptr<DeviceWatch> watch_;
  NameFilter devices_;
  std::vector<Disk> disks_;
};

MadeCollector make_diskstats(const Env& env, const Settings& settings) {
  auto devices = filter_from(settings, kFlags, "collector.diskstats.device-include", "collector.diskstats.device-exclude");
  if (!devices) return devices.error();
  return std::unique_ptr<Collector>(std::make_unique<DiskStats>(env, std::move(*devices)));
}

}  // namespace

extern const CollectorInfo diskstats_collector{
    .name = "diskstats",
    .summary = "Reads, writes, discards and flushes of block devices and what they are, from /proc/diskstats and udev's data.",
    .metrics = kMetrics,
    .flags = kFlags,
    .make = make_diskstats,
};

}  // namespace finwatch::host
