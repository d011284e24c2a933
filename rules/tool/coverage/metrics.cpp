#include "rules/tool/coverage/metrics.h"

#include <algorithm>

#include "conf/words.h"
#include "conf/yaml.h"

namespace finwatch::rules {
namespace {

// What stands on a page for one family of the catalogue.
void add_family(Metric metric, std::string_view type, Metrics& metrics) {
  if (type == "histogram" || type == "summary") {
    Metric part = metric;
    part.name = metric.name + "_sum";
    metrics.add(part);
    part.name = metric.name + "_count";
    metrics.add(part);
    part.name = type == "histogram" ? metric.name + "_bucket" : metric.name;
    part.labels.insert(type == "histogram" ? "le" : "quantile");
    metrics.add(std::move(part));
  } else {
    metrics.add(std::move(metric));
  }
}

void join(const Metric& metric, Found& found) {
  found.labels.insert(metric.labels.begin(), metric.labels.end());
  if (found.by.empty() || metric.standing < found.standing) {
    found.by = metric.by;
    found.why = metric.why;
    found.origin = metric.origin;
  }
  found.standing = std::min(found.standing, metric.standing);
}

Status add_metric(const Tree& value, const std::string& path, Metric metric, Metrics& metrics) {
  MapReader reader(value, path);
  metric.name = reader.required_text("name");
  const std::string type = reader.text("type", "unknown");
  reader.text("help");
  for (std::string& label : reader.texts("labels")) metric.labels.insert(std::move(label));
  if (metric.standing == Standing::exported && metric.name.find('*') != std::string::npos) {
    metric.standing = Standing::conditional;
    metric.why = metric.name + ": what it is called after the star depends on the machine";
  }
  if (Status read = reader.finish(); !read) return read;
  add_family(std::move(metric), type, metrics);
  return ok();
}

Status add_collector(const Tree& value, const std::string& path, const std::string& program, bool still_to_come,
                     Metrics& metrics) {
  MapReader reader(value, path);
  const std::string name = reader.required_text("name");
  reader.text("summary");
  const bool on = reader.boolean("default", true);
  reader.list("flags");
  const Tree* list = reader.list("metrics");
  if (Status read = reader.finish(); !read) return read;
  Metric metric;
  metric.by = program;
  if (still_to_come) metric.origin = Origin::declared;
  if (!on) metric.why = "collector " + name + " is off unless it is turned on";
  if (still_to_come) metric.why = program + " is still to come";
  if (!metric.why.empty()) metric.standing = Standing::conditional;
  for (std::size_t i = 0; list != nullptr && i < list->items.size(); ++i)
    if (Status added = add_metric(list->items[i], path + ".metrics[" + std::to_string(i) + "]", metric, metrics); !added)
      return added;
  return ok();
}

}  // namespace

bool matches_name(std::string_view pattern, std::string_view name) {
  const std::size_t star = pattern.find('*');
  if (star == std::string_view::npos) return pattern == name;
  const std::string_view end = pattern.substr(star + 1);
  return name.size() > star + end.size() && name.starts_with(pattern.substr(0, star)) && name.ends_with(end);
}

void Metrics::add(Metric metric) {
  if (metric.name.find('*') != std::string::npos)
    patterns_.push_back(all_.size());
  else
    exact_.emplace(metric.name, all_.size());
  all_.push_back(std::move(metric));
}

Found Metrics::find(std::string_view name) const {
  Found found;
  const auto [begin, end] = exact_.equal_range(name);
  for (auto at = begin; at != end; ++at) join(all_[at->second], found);
  for (const std::size_t at : patterns_)
    if (matches_name(all_[at].name, name)) join(all_[at], found);
  return found;
}

Found Metrics::find_where(const std::function<bool(std::string_view)>& matches) const {
  Found found;
  for (const auto& [name, at] : exact_)
    if (matches(name)) join(all_[at], found);
  return found;
}

std::string Metrics::did_you_mean(std::string_view name) const {
  std::vector<std::string_view> names;
  // At most three edits are near; what is longer or begins otherwise need not be held beside it, and there are many.
  for (const auto& [one, at] : exact_)
    if (one.size() <= name.size() + 3 && name.size() <= one.size() + 3 && one.substr(0, 3) == name.substr(0, 3))
      names.push_back(one);
  return finwatch::did_you_mean(name, names);
}

Status add_catalogue(const Tree& catalogue, bool still_to_come, Metrics& metrics) {
  if (catalogue.kind != Tree::Kind::map)
    return {Errc::config, catalogue.where.text() + ": expected a catalogue, such as finwatch-host --catalogue prints it"};
  MapReader reader(catalogue, "");
  const std::string program = reader.required_text("program");
  reader.text("version");
  const Tree* collectors = reader.list("collectors");
  if (Status read = reader.finish(); !read) return read;
  for (std::size_t i = 0; collectors != nullptr && i < collectors->items.size(); ++i)
    if (Status added =
            add_collector(collectors->items[i], "collectors[" + std::to_string(i) + "]", program, still_to_come, metrics);
        !added)
      return added;
  return ok();
}

Status add_peers(const Tree& file, Metrics& metrics) {
  MapReader reader(file, "");
  const Tree* peers = reader.list("peers");
  if (Status read = reader.finish(); !read) return read;
  for (std::size_t i = 0; peers != nullptr && i < peers->items.size(); ++i) {
    MapReader peer(peers->items[i], "peers[" + std::to_string(i) + "]");
    const std::string exporter = peer.required_text("exporter"), version = peer.required_text("version");
    const bool always = peer.boolean("always", false);
    const std::string when = peer.text("when");
    const Tree* names = peer.map("metrics");
    Metric metric;
    metric.by = exporter;
    metric.origin = Origin::peer;
    if (!always) {
      metric.standing = Standing::conditional;
      metric.why = exporter + " " + version + (when.empty() ? "" : ": " + when);
    }
    for (std::size_t k = 0; names != nullptr && k < names->keys.size(); ++k) {
      metric.name = names->keys[k];
      metric.labels.clear();
      for (const Tree& label : names->items[k].items) metric.labels.insert(label.scalar);
      metrics.add(metric);
    }
    if (Status read = peer.finish(); !read) return read;
  }
  return ok();
}

}  // namespace finwatch::rules
