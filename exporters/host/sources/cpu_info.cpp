#include "host/sources/cpu_info.h"

#include "core/text.h"
#include "host/sources/cpu_numbers.h"

namespace finwatch::host {
namespace {

struct Key {
  std::string_view name;
  CpuField field;
};
constexpr Key kKeys[] = {
    {"vendor_id", CpuField::vendor},
    {"vendor", CpuField::vendor},
    {"cpu", CpuField::vendor},  // POWER
    {"cpu family", CpuField::family},
    {"CPU Family", CpuField::family},  // LoongArch, like all keys with two capitals
    {"model", CpuField::model},
    {"model name", CpuField::model_name},
    {"Model Name", CpuField::model_name},
    {"isa", CpuField::model_name},  // RISC-V
    {"microcode", CpuField::microcode},
    {"stepping", CpuField::stepping},
    {"cache size", CpuField::cache_size},
    {"physical id", CpuField::package},
    {"package", CpuField::package},
    {"core id", CpuField::core},
    {"core", CpuField::core},
    {"hart", CpuField::core},  // RISC-V
    {"cpu MHz", CpuField::megahertz},
    {"CPU MHz", CpuField::megahertz},
    {"clock", CpuField::megahertz},            // POWER
    {"cpu MHz dynamic", CpuField::megahertz},  // s390
    {"flags", CpuField::flags},
    {"Features", CpuField::flags},  // ARM
    {"features", CpuField::flags},  // s390
    {"bugs", CpuField::bugs},
};

class Reader {
 public:
  explicit Reader(std::vector<CpuInfo>& cpus) : cpus_(cpus) { cpus_.clear(); }

  bool read(std::string_view line) {
    // An empty line ends a processor. POWER goes on with the machine, s390 with the next "cpu number".
    if (trim(line).empty()) current_.reset();
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return true;
    const std::string_view key = trim(line.substr(0, colon));
    const std::string_view value = trim(line.substr(colon + 1));
    if (key == "processor") return begin(value);
    if (key.starts_with("processor ")) return begin(trim(key.substr(10)));  // s390: "processor 3: version = FF, …"
    if (key == "cpu number") return go_back_to(value);                      // s390 tells the rest in a second round
    for (const Key& known : kKeys)
      if (CpuInfo* cpu = into(); cpu != nullptr && key == known.name) (*cpu)[known.field] = value;
    return true;
  }

 private:
  bool begin(std::string_view number) {
    const auto parsed = to_number<std::uint32_t>(number);
    if (!parsed || *parsed >= kMostCpus || cpus_.size() >= kMostCpus) return false;
    if (!cpus_.empty() && *to_number<std::uint32_t>(cpus_.back()[CpuField::number]) >= *parsed) return false;
    cpus_.push_back(common_);
    cpus_.back()[CpuField::number] = number;
    current_ = cpus_.size() - 1;
    return true;
  }

  bool go_back_to(std::string_view number) {
    for (current_ = 0; *current_ < cpus_.size(); ++*current_)
      if (cpus_[*current_][CpuField::number] == number) return true;
    return false;
  }

  // What stands before the first processor holds for all of them, what stands between two for none.
  CpuInfo* into() {
    if (cpus_.empty()) return &common_;
    return current_ ? &cpus_[*current_] : nullptr;
  }

  std::vector<CpuInfo>& cpus_;
  std::optional<std::size_t> current_;
  CpuInfo common_;
};

}  // namespace

std::optional<double> CpuInfo::hertz() const {
  std::string_view text = (*this)[CpuField::megahertz];
  if (text.ends_with("MHz")) text.remove_suffix(3);
  const auto megahertz = to_number<double>(text);
  if (!megahertz) return std::nullopt;
  return *megahertz * 1e6;
}

bool parse_cpu_info(std::string_view text, std::vector<CpuInfo>& cpus) {
  Reader reader(cpus);
  for (LineReader lines(text); const auto line = lines.next();)
    if (!reader.read(*line)) return false;
  return !cpus.empty();
}

}  // namespace finwatch::host
