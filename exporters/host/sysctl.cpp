#include <optional>
#include <set>
#include <vector>

#include "core/files.h"
#include "core/text.h"
#include "run/collector.h"

namespace finwatch::host {
namespace {

constexpr MetricDesc kValue{MetricType::unknown, "node_sysctl_*", "A kernel parameter, from /proc/sys."};
constexpr MetricDesc kIndexed{MetricType::unknown, "node_sysctl_*",
                              "A kernel parameter, with an index from 0 when it has several numbers, from /proc/sys.", "index"};
constexpr MetricDesc kInfo{
    MetricType::info, "node_sysctl_info", "A kernel parameter as text, one sample a word, from /proc/sys.", "name", "value",
    "index"};
constexpr MetricRef kMetrics[] = {kInfo, kIndexed};  // kValue is the same family

constexpr std::string_view kInclude = "collector.sysctl.include";
constexpr std::string_view kIncludeInfo = "collector.sysctl.include-info";
constexpr FlagSpec kFlags[] = {
    {FlagKind::list, kInclude, "",
     "Kernel parameters to show as numbers: vm.swappiness, or kernel.sem:semmsl,semmns,semopm,semmni to name the numbers."},
    {FlagKind::list, kIncludeInfo, "", "Kernel parameters to show as text, for example kernel.seccomp.actions_avail."},
};

constexpr std::string_view kIndices[] = {"0",  "1",  "2",  "3",  "4",  "5",  "6",  "7",  "8",  "9",  "10",
                                         "11", "12", "13", "14", "15", "16", "17", "18", "19", "20", "21",
                                         "22", "23", "24", "25", "26", "27", "28", "29", "30", "31"};
constexpr std::size_t kMostWords = std::size(kIndices);

struct Parameter {
  std::string name;
  std::string metric;             // node_sysctl_vm_swappiness
  std::vector<std::string> keys;  // full metric names of the numbers, when they have names
  KeptFile file;
};

// "vm.swappiness" and "net/ipv4/conf/eth0.100/forwarding": like sysctl(8), the separator is the one that comes first.
std::string path_of(std::string_view name) {
  std::string path(name);
  const std::size_t first = path.find_first_of("./");
  if (first == std::string::npos || path[first] == '/') return path;
  for (char& c : path) c = c == '.' ? '/' : c == '/' ? '.' : c;
  return path;
}

std::string metric_of(std::string_view name) {
  std::string metric = "node_sysctl_";
  for (const char c : name)
    metric += (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ? c : '_';
  return metric;
}

// kernel.shmmax is larger than what fits into 63 bits on many machines.
std::optional<double> number_of(std::string_view word) {
  if (const auto number = to_number<std::int64_t>(word)) return static_cast<double>(*number);
  if (const auto number = to_number<std::uint64_t>(word)) return static_cast<double>(*number);
  return std::nullopt;
}

class Sysctl final : public Collector {
 public:
  Sysctl(const Env& env, std::vector<Parameter> numbers, std::vector<Parameter> texts)
      : log_(*env.log), numbers_(std::move(numbers)), texts_(std::move(texts)) {}

  Status collect(const Scrape&, MetricSink& sink) override {
    if (numbers_.empty() && texts_.empty()) return Errc::no_data;  // none was asked for
    Status last = ok();
    const auto note = [&](Status status) {
      if (status) return;
      log_.warn("kernel parameter left out", {{"collector", "sysctl"}, {"error", status.error().message}});
      last = std::move(status);
    };
    for (Parameter& parameter : numbers_) note(write_numbers(parameter, sink));
    auto info = sink.family(kInfo);
    for (Parameter& parameter : texts_) note(write_text(parameter, info));
    return sink.empty() ? last : ok();  // a parameter that cannot be read costs only itself
  }

 private:
  Status read_words(Parameter& parameter) {
    words_.clear();
    const Result<std::string_view> text = parameter.file.read();
    if (!text) return text.error();
    LineReader lines(*text);
    while (const auto line = lines.next())
      for (FieldReader fields(*line); !fields.done() && words_.size() < kMostWords;) words_.push_back(fields.next());
    if (words_.empty()) return {Errc::malformed, parameter.file.path() + ": expected a value"};
    return ok();
  }

  Status write_numbers(Parameter& parameter, MetricSink& sink) {
    if (const Status read = read_words(parameter); !read) return read;
    values_.clear();
    for (const std::string_view word : words_) {
      const auto number = number_of(word);
      if (!number)
        return {Errc::malformed,
                parameter.file.path() + ": expected numbers; ask for it as text with --" + std::string(kIncludeInfo)};
      values_.push_back(*number);
    }
    if (!parameter.keys.empty()) {
      if (parameter.keys.size() != values_.size())
        return {Errc::malformed, parameter.file.path() + ": holds " + std::to_string(values_.size()) + " numbers, and " +
                                     std::to_string(parameter.keys.size()) + " were named"};
      for (std::size_t i = 0; i < values_.size(); ++i) sink.family(kValue, parameter.keys[i]).add(values_[i]);
      return ok();
    }
    if (values_.size() == 1) {
      sink.family(kValue, parameter.metric).add(values_[0]);
      return ok();
    }
    auto family = sink.family(kIndexed, parameter.metric);
    for (std::size_t i = 0; i < values_.size(); ++i) family.add(values_[i], kIndices[i]);
    return ok();
  }

  Status write_text(Parameter& parameter, Family<3>& info) {
    if (const Status read = read_words(parameter); !read) return read;
    for (std::size_t i = 0; i < words_.size(); ++i) info.add(1, parameter.name, words_[i], kIndices[i]);
    return ok();
  }

  Log& log_;
  std::vector<Parameter> numbers_;
  std::vector<Parameter> texts_;
  std::vector<std::string_view> words_;
  std::vector<double> values_;
};

// Somewhere on the way a list may have been split at commas: "kernel.sem:a,b" came as "kernel.sem:a" and "b". No kernel
// parameter has a name without a dot or a slash, so the pieces can be told apart.
std::vector<std::string> joined(std::span<const std::string> list) {
  std::vector<std::string> items;
  for (const std::string& piece : list) {
    const bool belongs_before =
        !items.empty() && items.back().find(':') != std::string::npos && piece.find_first_of("./:") == std::string::npos;
    if (belongs_before)
      items.back() += "," + piece;
    else
      items.push_back(piece);
  }
  return items;
}

Result<Parameter> parse(const Env& env, const std::string& item, bool as_text) {
  const std::size_t colon = item.find(':');
  const std::string name = item.substr(0, colon);
  const std::string path = path_of(name);
  if (name.empty() || path.starts_with('/') || path.find("..") != std::string::npos)
    return {Errc::config, "'" + item + "' is no kernel parameter; expected a name like vm.swappiness"};
  Parameter parameter{name, metric_of(name), {}, KeptFile(env.proc("sys/" + path))};
  if (colon == std::string::npos) return parameter;
  if (as_text) return {Errc::config, "'" + item + "': only numbers can have names of their own"};
  for (FieldReader keys(std::string_view(item).substr(colon + 1), ','); !keys.done();)
    parameter.keys.push_back(metric_of(name + "_" + std::string(keys.next())));
  if (parameter.keys.empty()) return {Errc::config, "'" + item + "': expected names after the colon"};
  return parameter;
}

Result<std::vector<Parameter>> parameters(const Env& env, const Settings& settings, std::string_view flag) {
  std::vector<Parameter> found;
  std::set<std::string> names;
  for (const std::string& item : joined(settings.list(flag))) {
    Result<Parameter> parameter = parse(env, item, flag == kIncludeInfo);
    if (!parameter) return {Errc::config, "--" + std::string(flag) + ": " + parameter.error().message};
    bool fresh = true;
    for (const std::string& key : parameter->keys) fresh = names.insert(key).second && fresh;
    if (parameter->keys.empty()) fresh = names.insert(parameter->metric).second;
    if (!fresh) return {Errc::config, "--" + std::string(flag) + ": '" + item + "' would give one name twice"};
    found.push_back(std::move(*parameter));
  }
  return found;
}

MadeCollector make(const Env& env, const Settings& settings) {
  auto numbers = parameters(env, settings, kInclude);
  if (!numbers) return numbers.error();
  auto texts = parameters(env, settings, kIncludeInfo);
  if (!texts) return texts.error();
  return std::unique_ptr<Collector>(std::make_unique<Sysctl>(env, std::move(*numbers), std::move(*texts)));
}

}  // namespace

extern const CollectorInfo sysctl_collector{
    .name = "sysctl",
    .summary = "Kernel parameters that the operator names, from /proc/sys.",
    .by_default = ByDefault::off,
    .metrics = kMetrics,
    .flags = kFlags,
    .make = make,
};

}  // namespace finwatch::host
