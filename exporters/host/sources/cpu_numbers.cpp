#include "host/sources/cpu_numbers.h"

#include <array>

#include "core/text.h"

namespace finwatch::host {
namespace {

constexpr std::size_t kDigits = 4;

struct Label {
  char text[kDigits];
};

// Made while compiling, so that every collector shares it and a scrape prints no numbers of processors.
constexpr auto kLabels = [] {
  std::array<Label, kMostCpus> labels{};
  for (std::uint32_t number = 0; number < kMostCpus; ++number) {
    std::uint32_t rest = number;
    std::size_t digits = number < 10 ? 1 : number < 100 ? 2 : number < 1000 ? 3 : 4;
    for (; digits > 0; rest /= 10) labels[number].text[--digits] = static_cast<char>('0' + rest % 10);
  }
  return labels;
}();

}  // namespace

std::string_view cpu_label(std::uint32_t number) {
  return {kLabels[number].text, number < 10 ? 1U : number < 100 ? 2U : number < 1000 ? 3U : 4U};
}

std::optional<std::uint32_t> parse_cpu_name(std::string_view name, std::string_view prefix) {
  if (!name.starts_with(prefix)) return std::nullopt;
  const auto number = to_number<std::uint32_t>(name.substr(prefix.size()));
  return number && *number < kMostCpus ? number : std::nullopt;
}

bool parse_cpu_heading(std::string_view line, std::vector<std::uint32_t>& cpus) {
  cpus.clear();
  for (FieldReader fields(line); !fields.done();) {
    const auto number = parse_cpu_name(fields.next(), "CPU");
    if (!number || (!cpus.empty() && cpus.back() >= *number)) return false;
    cpus.push_back(*number);
  }
  return !cpus.empty();
}

bool parse_cpu_list(std::string_view text, std::vector<std::uint32_t>& cpus) {
  cpus.clear();
  for (FieldReader ranges(trim(text), ','); !ranges.done();) {
    const std::string_view range = ranges.next();
    const std::size_t dash = range.find('-');
    const auto first = to_number<std::uint32_t>(range.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : to_number<std::uint32_t>(range.substr(dash + 1));
    if (!first || !last || *last < *first || *last >= kMostCpus) return false;
    if (!cpus.empty() && cpus.back() >= *first) return false;
    for (std::uint32_t number = *first; number <= *last; ++number) cpus.push_back(number);
  }
  return true;
}

}  // namespace finwatch::host
