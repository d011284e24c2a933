#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "host/sources/device_class.h"
#include "host/sources/firmware_text.h"
#include "host/sources/sensor_file.h"
#include "run/collector.h"

namespace finwatch::host {
namespace {

constexpr MetricDesc kCorrectable{
    MetricType::counter, "node_edac_correctable_errors_total",
    "Memory errors that the controller corrected, from ce_count in /sys/devices/system/edac/mc/mc*.", "controller"};
constexpr MetricDesc kUncorrectable{
    MetricType::counter, "node_edac_uncorrectable_errors_total",
    "Memory errors that the controller could not correct, from ue_count in /sys/devices/system/edac/mc/mc*.", "controller"};
constexpr MetricDesc kRowCorrectable{MetricType::counter, "node_edac_csrow_correctable_errors_total",
                                     "Corrected errors of a row of chips (unknown: no row was named), from csrow*/ce_count and "
                                     "ce_noinfo_count.",
                                     "controller", "csrow"};
constexpr MetricDesc kRowUncorrectable{
    MetricType::counter, "node_edac_csrow_uncorrectable_errors_total",
    "Uncorrected errors of a row of chips (unknown: no row was named), from csrow*/ue_count and "
    "ue_noinfo_count.",
    "controller", "csrow"};
constexpr MetricDesc kChannelCorrectable{MetricType::counter,
                                         "node_edac_channel_correctable_errors_total",
                                         "Corrected errors of one channel of a row, which is one memory module, from "
                                         "csrow*/ch*_ce_count.",
                                         "channel",
                                         "controller",
                                         "csrow",
                                         "dimm_label"};
constexpr MetricDesc kChannelUncorrectable{MetricType::counter,
                                           "node_edac_channel_uncorrectable_errors_total",
                                           "Uncorrected errors of one channel of a row, which is one memory module, from "
                                           "csrow*/ch*_ue_count.",
                                           "channel",
                                           "controller",
                                           "csrow",
                                           "dimm_label"};
constexpr MetricRef kMetrics[] = {kCorrectable,      kUncorrectable,      kRowCorrectable,
                                  kRowUncorrectable, kChannelCorrectable, kChannelUncorrectable};

// Each kind of counter exists for errors that were corrected and for those that were not.
enum Severity { kCe, kUe };
constexpr std::string_view kCountFile[] = {"ce_count", "ue_count"};
constexpr std::string_view kNoInfoFile[] = {"ce_noinfo_count", "ue_noinfo_count"};
using Pair = std::array<std::optional<SensorFile>, 2>;

struct Row {
  std::string controller, row;
  Pair counts;
};
struct Channel {
  std::string controller, row, channel, module;
  Pair counts;
};

std::optional<SensorFile> if_there(std::string path) {
  if (!is_file(path)) return std::nullopt;
  return SensorFile(std::move(path));
}

Pair pair_of(const std::string& before, const std::string_view (&files)[2]) {
  return {if_there(before + std::string(files[kCe])), if_there(before + std::string(files[kUe]))};
}

/// The number behind `prefix`, as written: 12 of csrow12.
std::optional<std::string> number_after(std::string_view name, std::string_view prefix) {
  if (!name.starts_with(prefix) || !to_number<unsigned>(name.substr(prefix.size()))) return std::nullopt;
  return std::string(name.substr(prefix.size()));
}

void replace_all(std::string& text, std::string_view what, std::string_view with) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
}

/// mc0_csrow0_channel1 for the kernel's own mc#0csrow#0channel#1; what the maker wrote on the board for others.
std::string module_name(const std::string& path) {
  std::string label = firmware_attribute(path);
  if (label.empty()) return "unknown";
  replace_all(label, "#", "");
  replace_all(label, "csrow", "_csrow");
  replace_all(label, "channel", "_channel");
  return label;
}

class Edac final : public Collector {
 public:
  explicit Edac(const Env& env) : controllers_(env, "devices/system/edac/mc") {}

  Status collect(const Scrape& scrape, MetricSink& sink) override {
    const Result<bool> changed = controllers_.refresh(scrape.number);
    if (!changed) return changed.error();
    if (*changed) list();
    write_totals(sink.family(kCorrectable), kCe);
    write_totals(sink.family(kUncorrectable), kUe);
    write_rows(sink.family(kRowCorrectable), kCe);
    write_rows(sink.family(kRowUncorrectable), kUe);
    write_channels(sink.family(kChannelCorrectable), kCe);
    write_channels(sink.family(kChannelUncorrectable), kUe);
    return ok();
  }

 private:
  void list() {
    totals_.clear();
    rows_.clear();
    channels_.clear();
    for (const std::string& name : controllers_.names()) {
      const auto controller = number_after(name, "mc");
      if (!controller) continue;
      const std::string folder = controllers_.path(name);
      totals_.push_back({*controller, "", pair_of(folder, kCountFile)});
      rows_.push_back({*controller, "unknown", pair_of(folder, kNoInfoFile)});
      const auto entries = list_folder(folder);
      if (!entries) continue;
      for (const std::string& entry : *entries)
        if (const auto row = number_after(entry, "csrow")) list_row(folder + entry + "/", *controller, *row);
    }
  }

  void list_row(const std::string& folder, const std::string& controller, const std::string& row) {
    rows_.push_back({controller, row, pair_of(folder, kCountFile)});
    const auto files = list_folder(folder);
    if (!files) return;
    for (const std::string& file : *files) {
      if (!file.ends_with("_ce_count")) continue;
      const auto channel = number_after(std::string_view(file).substr(0, file.find('_')), "ch");
      if (!channel) continue;
      const std::string before = folder + "ch" + *channel + "_";
      channels_.push_back({controller, row, *channel, module_name(before + "dimm_label"), pair_of(before, kCountFile)});
    }
  }

  std::optional<std::uint64_t> count(Pair& counts, Severity severity) {
    return counts[severity] ? counts[severity]->number<std::uint64_t>(room_) : std::nullopt;
  }
  void write_totals(Family<1> family, Severity severity) {
    for (Row& total : totals_)
      if (const auto errors = count(total.counts, severity)) family.add(*errors, total.controller);
  }
  void write_rows(Family<2> family, Severity severity) {
    for (Row& row : rows_)
      if (const auto errors = count(row.counts, severity)) family.add(*errors, row.controller, row.row);
  }
  void write_channels(Family<4> family, Severity severity) {
    for (Channel& one : channels_)
      if (const auto errors = count(one.counts, severity))
        family.add(*errors, one.channel, one.controller, one.row, one.module);
  }

  DeviceClass controllers_;
  std::vector<Row> totals_;
  std::vector<Row> rows_;
  std::vector<Channel> channels_;
  Buffer room_;
};

}  // namespace

extern const CollectorInfo edac_collector{
    .name = "edac",
    .summary = "Memory errors, corrected and not, by controller, row and module, from /sys/devices/system/edac/mc.",
    .metrics = kMetrics,
    .make = make_collector<Edac>,
};

}  // namespace finwatch::host
