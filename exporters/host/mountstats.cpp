#include <array>
#include <vector>

#include "core/files.h"
#include "core/text.h"
#include "run/collector.h"

namespace finwatch::host {
namespace {

#define FINWATCH_NFS(type, name, help, ...)                                                                    \
  MetricDesc {                                                                                                 \
    MetricType::type, "node_mountstats_nfs_" name, help ", from /proc/self/mountstats.", "export", "protocol", \
        "mountaddr" __VA_OPT__(, ) __VA_ARGS__                                                                 \
  }
constexpr auto kMountpoint = FINWATCH_NFS(info, "mountpoint_info", "Where the export is mounted", "mountpoint");
constexpr auto kAge = FINWATCH_NFS(counter, "age_seconds_total", "Seconds since it was mounted");

constexpr MetricDesc<3> kBytes[] = {
    FINWATCH_NFS(counter, "read_bytes_total", "Bytes read by read(2)"),
    FINWATCH_NFS(counter, "write_bytes_total", "Bytes written by write(2)"),
    FINWATCH_NFS(counter, "direct_read_bytes_total", "Bytes read past the cache (O_DIRECT)"),
    FINWATCH_NFS(counter, "direct_write_bytes_total", "Bytes written past the cache (O_DIRECT)"),
    FINWATCH_NFS(counter, "total_read_bytes_total", "Bytes that came from the server"),
    FINWATCH_NFS(counter, "total_write_bytes_total", "Bytes that went to the server"),
    FINWATCH_NFS(counter, "read_pages_total", "Pages read through mmap(2)"),
    FINWATCH_NFS(counter, "write_pages_total", "Pages written through mmap(2)"),
};
constexpr std::size_t kByteCount = std::size(kBytes);

/// A number of a line, by its place there; the numbers that are not shown are left out.
template <std::size_t N>
struct Placed {
  std::size_t place;
  MetricDesc<N> desc;
};
constexpr Placed<3> kEvents[] = {
    {0, FINWATCH_NFS(counter, "event_inode_revalidate_total", "Times cached attributes of a file were checked")},
    {1, FINWATCH_NFS(counter, "event_dnode_revalidate_total", "Times cached names were checked")},
    {2, FINWATCH_NFS(counter, "event_data_invalidate_total", "Times the cached data of a file were dropped")},
    {3, FINWATCH_NFS(counter, "event_attribute_invalidate_total", "Times the cached attributes of a file were dropped")},
    {4, FINWATCH_NFS(counter, "event_vfs_open_total", "Files and folders opened")},
    {5, FINWATCH_NFS(counter, "event_vfs_lookup_total", "Names looked up")},
    {6, FINWATCH_NFS(counter, "event_vfs_access_total", "Permissions checked")},
    {7, FINWATCH_NFS(counter, "event_vfs_update_page_total", "Pages changed")},
    {8, FINWATCH_NFS(counter, "event_vfs_read_page_total", "Single pages read")},
    {9, FINWATCH_NFS(counter, "event_vfs_read_pages_total", "Groups of pages read")},
    {10, FINWATCH_NFS(counter, "event_vfs_write_page_total", "Single pages written")},
    {11, FINWATCH_NFS(counter, "event_vfs_write_pages_total", "Groups of pages written")},
    {12, FINWATCH_NFS(counter, "event_vfs_getdents_total", "Folders listed")},
    {13, FINWATCH_NFS(counter, "event_vfs_setattr_total", "Attributes set")},
    {14, FINWATCH_NFS(counter, "event_vfs_flush_total", "Files flushed to the server")},
    {15, FINWATCH_NFS(counter, "event_vfs_fsync_total", "Calls of fsync(2)")},
    {16, FINWATCH_NFS(counter, "event_vfs_lock_total", "Locks tried")},
    {17, FINWATCH_NFS(counter, "event_vfs_file_release_total", "Files closed for the last time")},
    {19, FINWATCH_NFS(counter, "event_truncation_total", "Files cut shorter")},
    {20, FINWATCH_NFS(counter, "event_write_extension_total", "Files grown by a write past their end")},
    {21, FINWATCH_NFS(counter, "event_silly_rename_total", "Files removed while somebody had them open")},
    {22, FINWATCH_NFS(counter, "event_short_read_total", "Reads that brought less than asked for")},
    {23, FINWATCH_NFS(counter, "event_short_write_total", "Writes that took less than given")},
    {24, FINWATCH_NFS(counter, "event_jukebox_delay_total", "Times the server asked to wait for slow storage")},
    {25, FINWATCH_NFS(counter, "event_pnfs_read_total", "Reads by pNFS")},
    {26, FINWATCH_NFS(counter, "event_pnfs_write_total", "Writes by pNFS")},
};
constexpr std::size_t kEventCount = 27;

enum Transport : std::size_t {
  bind,
  connect,
  idle,
  sends,
  receives,
  bad_xids,
  backlog,
  slots,
  sending,
  pending,
  kTransportCount
};
constexpr std::array<MetricDesc<4>, kTransportCount> kTransports = {
    FINWATCH_NFS(counter, "transport_bind_total", "Times the connection was set up from the start", "transport"),
    FINWATCH_NFS(counter, "transport_connect_total", "TCP connections made", "transport"),
    FINWATCH_NFS(gauge, "transport_idle_time_seconds", "Seconds since the last remote call", "transport"),
    FINWATCH_NFS(counter, "transport_sends_total", "Remote calls sent", "transport"),
    FINWATCH_NFS(counter, "transport_receives_total", "Answers received", "transport"),
    FINWATCH_NFS(counter, "transport_bad_transaction_ids_total", "Answers to calls that were never made", "transport"),
    FINWATCH_NFS(counter, "transport_backlog_queue_total", "Calls found waiting for a slot, summed up at each call",
                 "transport"),
    FINWATCH_NFS(gauge, "transport_maximum_rpc_slots", "The most calls that were ever under way at once", "transport"),
    FINWATCH_NFS(counter, "transport_sending_queue_total", "Calls found waiting to be sent, summed up at each call",
                 "transport"),
    FINWATCH_NFS(counter, "transport_pending_queue_total", "Calls found waiting for an answer, summed up at each call",
                 "transport"),
};
// Where each of them stands after "xprt: tcp" and "xprt: udp"; 0, the port, stands for what UDP does not have.
constexpr std::array<std::size_t, kTransportCount> kTcpPlaces = {1, 2, 4, 5, 6, 7, 9, 10, 11, 12};
constexpr std::array<std::size_t, kTransportCount> kUdpPlaces = {1, 0, 0, 2, 3, 4, 6, 7, 8, 9};
constexpr std::size_t kRdmaKnown = backlog + 1;  // RDMA goes on with numbers of its own

struct OperationNumber {
  std::size_t place;
  bool milliseconds;
  MetricDesc<4> desc;
};
constexpr OperationNumber kOperations[] = {
    {0, false, FINWATCH_NFS(counter, "operations_requests_total", "Requests", "operation")},
    {1, false, FINWATCH_NFS(counter, "operations_transmissions_total", "Times requests were sent", "operation")},
    {2, false,
     FINWATCH_NFS(counter, "operations_major_timeouts_total", "Requests that ran into the long time limit", "operation")},
    {3, false, FINWATCH_NFS(counter, "operations_sent_bytes_total", "Bytes sent", "operation")},
    {4, false, FINWATCH_NFS(counter, "operations_received_bytes_total", "Bytes received", "operation")},
    {5, true, FINWATCH_NFS(counter, "operations_queue_time_seconds_total", "Seconds requests waited to be sent", "operation")},
    {6, true,
     FINWATCH_NFS(counter, "operations_response_time_seconds_total", "Seconds the server took to answer", "operation")},
    {7, true, FINWATCH_NFS(counter, "operations_request_time_seconds_total", "Seconds requests took in all", "operation")},
    {8, false, FINWATCH_NFS(counter, "operations_errors_total", "Requests that ended in an error", "operation")},
};
constexpr std::size_t kOperationCount = std::size(kOperations);
#undef FINWATCH_NFS

constexpr auto kMetrics = [] {
  std::array<MetricRef, 2 + kByteCount + std::size(kEvents) + kTransportCount + kOperationCount> all{kMountpoint, kAge};
  std::size_t at = 2;
  for (const auto& desc : kBytes) all[at++] = desc;
  for (const auto& event : kEvents) all[at++] = event.desc;
  for (const auto& desc : kTransports) all[at++] = desc;
  for (const auto& operation : kOperations) all[at++] = operation.desc;
  return all;
}();

/// The numbers of a line; how many there are depends on the kernel.
template <std::size_t N>
struct Numbers {
  std::array<std::uint64_t, N> values{};
  std::size_t count = 0;

  void read(FieldReader fields) {
    count = 0;
    while (count < N) {
      const auto value = fields.next_number<std::uint64_t>();
      if (!value) return;
      values[count++] = *value;
    }
  }
};

/// One NFS mount. The texts point into the file as it was read; the lists are kept for the next scrape.
struct Mount {
  std::string_view source;
  std::string_view point;
  std::string_view address;
  Numbers<1> age;
  Numbers<kByteCount> bytes;
  Numbers<kEventCount> events;
  struct Wire {
    std::string_view protocol;
    Numbers<13> numbers;
  };
  std::vector<Wire> wires;
  struct Operation {
    std::string_view name;
    Numbers<kOperationCount> numbers;
  };
  std::vector<Operation> operations;

  void begin(std::string_view its_source, std::string_view its_point) {
    source = its_source;
    point = its_point;
    address = {};
    age = {};
    bytes = {};
    events = {};
    wires.clear();
    operations.clear();
  }
};

/// A mount as seen through one of its protocols.
struct View {
  const Mount* mount;
  std::string_view protocol;
};

std::optional<std::uint64_t> transport_number(const Mount::Wire& wire, std::size_t which) {
  const bool udp = wire.protocol == "udp";
  if (udp && kUdpPlaces[which] == 0) return 0;
  if (wire.protocol == "rdma" && which >= kRdmaKnown) return std::nullopt;
  const std::size_t place = (udp ? kUdpPlaces : kTcpPlaces)[which];
  if (place >= wire.numbers.count) return std::nullopt;
  return wire.numbers.values[place];
}

/// addr= of the mount on `point` in /proc/self/mountinfo, which escapes the path as mountstats does.
std::string_view address_of(std::string_view mountinfo, std::string_view point) {
  std::string_view address;
  for (LineReader lines(mountinfo); const auto line = lines.next();) {
    if (FieldReader(*line, ' ').skip(4).next() != point) continue;
    const std::size_t dash = line->find(" - nfs");
    if (dash == std::string_view::npos) continue;
    FieldReader after(line->substr(dash + 3), ' ');
    for (FieldReader options(after.skip(2).next(), ','); !options.done();)
      if (const std::string_view option = options.next(); option.starts_with("addr=")) address = option.substr(5);
  }
  return address;
}

class MountStats final : public Collector {
 public:
  explicit MountStats(const Env& env)
      : stats_(env.proc("self/mountstats"), ReadMode::to_end), mountinfo_(env.proc("self/mountinfo"), ReadMode::to_end) {}

  Status collect(const Scrape&, MetricSink& sink) override {
    const Result<std::string_view> text = stats_.read();
    if (!text) return text.error();
    if (!parse(*text))
      return {Errc::malformed, stats_.path() + ": expected lines such as 'device … mounted on … with fstype …'"};
    find_addresses();
    choose();
    write(sink);
    return ok();
  }

 private:
  bool parse(std::string_view text) {
    count_ = 0;
    bool understood = trim(text).empty();
    Mount* mount = nullptr;
    bool in_operations = false;
    for (LineReader lines(text); const auto line = lines.next();) {
      FieldReader fields(*line);
      const std::string_view word = fields.next();
      if (word == "device") {
        const std::string_view source = fields.next();
        const std::string_view point = fields.skip(2).next();
        const std::string_view type = fields.skip(2).next();
        understood = understood || !type.empty();
        in_operations = false;
        mount = type == "nfs" || type == "nfs4" ? &next_mount() : nullptr;
        if (mount != nullptr) mount->begin(source, point);
      } else if (mount == nullptr) {
        continue;
      } else if (word == "per-op") {
        in_operations = true;
      } else if (in_operations) {
        if (!word.ends_with(':')) continue;
        mount->operations.push_back({word.substr(0, word.size() - 1), {}});
        mount->operations.back().numbers.read(fields);
      } else if (word == "age:") {
        mount->age.read(fields);
      } else if (word == "bytes:") {
        mount->bytes.read(fields);
      } else if (word == "events:") {
        mount->events.read(fields);
      } else if (word == "xprt:") {
        mount->wires.push_back({fields.next(), {}});
        mount->wires.back().numbers.read(fields);
      }
    }
    return understood;
  }

  Mount& next_mount() {
    if (count_ == mounts_.size()) mounts_.emplace_back();
    return mounts_[count_++];
  }

  void find_addresses() {
    if (count_ == 0) return;
    const Result<std::string_view> mountinfo = mountinfo_.read();
    if (!mountinfo) return;
    for (std::size_t i = 0; i < count_; ++i) mounts_[i].address = address_of(*mountinfo, mounts_[i].point);
  }

  /// The same export may be mounted twice, and has the same numbers then: they are shown once for each protocol.
  void choose() {
    exports_.clear();
    points_.clear();
    for (std::size_t i = 0; i < count_; ++i) {
      const Mount& mount = mounts_[i];
      for (const Mount::Wire& wire : mount.wires) {
        const auto same = [&](const View& view) {
          return view.protocol == wire.protocol && view.mount->source == mount.source && view.mount->address == mount.address;
        };
        bool point_known = false;
        for (const View& view : points_) point_known = point_known || (same(view) && view.mount->point == mount.point);
        if (!point_known) points_.push_back({&mount, wire.protocol});
        bool export_known = false;
        for (const View& view : exports_) export_known = export_known || same(view);
        if (!export_known) exports_.push_back({&mount, wire.protocol});
      }
    }
  }

  void write(MetricSink& sink) const {
    {
      auto family = sink.family(kMountpoint);
      for (const View& view : points_) family.add(1, view.mount->source, view.protocol, view.mount->address, view.mount->point);
    }
    const auto each = [&](const MetricDesc<3>& desc, auto numbers, std::size_t place) {
      auto family = sink.family(desc);
      for (const View& view : exports_)
        if (const auto& all = view.mount->*numbers; place < all.count)
          family.add(all.values[place], view.mount->source, view.protocol, view.mount->address);
    };
    each(kAge, &Mount::age, 0);
    for (std::size_t i = 0; i < kByteCount; ++i) each(kBytes[i], &Mount::bytes, i);
    for (const auto& event : kEvents) each(event.desc, &Mount::events, event.place);
    for (std::size_t i = 0; i < kTransportCount; ++i) {
      auto family = sink.family(kTransports[i]);
      for (const View& view : exports_)
        for (std::size_t wire = 0; wire < view.mount->wires.size(); ++wire)
          if (const auto number = transport_number(view.mount->wires[wire], i))
            family.add(*number, view.mount->source, view.protocol, view.mount->address, index_text(wire));
    }
    for (const OperationNumber& number : kOperations) {
      auto family = sink.family(number.desc);
      for (const View& view : exports_)
        for (const Mount::Operation& operation : view.mount->operations) {
          if (number.place >= operation.numbers.count) continue;
          const std::uint64_t value = operation.numbers.values[number.place];
          if (number.milliseconds)
            family.add(static_cast<double>(value) / 1000.0, view.mount->source, view.protocol, view.mount->address,
                       operation.name);
          else
            family.add(value, view.mount->source, view.protocol, view.mount->address, operation.name);
        }
    }
  }

  std::string_view index_text(std::size_t index) const {
    const auto [end, error] = std::to_chars(digits_.data(), digits_.data() + digits_.size(), index);
    return {digits_.data(), static_cast<std::size_t>(end - digits_.data())};
  }

  KeptFile stats_;
  KeptFile mountinfo_;
  std::vector<Mount> mounts_;  // the first count_ of them are of this scrape
  std::size_t count_ = 0;
  std::vector<View> exports_;
  std::vector<View> points_;
  mutable std::array<char, 20> digits_{};
};

}  // namespace

extern const CollectorInfo mountstats_collector{
    .name = "mountstats",
    .summary = "What every NFS mount does and how long its server takes, from /proc/self/mountstats.",
    .by_default = ByDefault::off,
    .metrics = kMetrics,
    .make = make_collector<MountStats>,
};

}  // namespace finwatch::host
