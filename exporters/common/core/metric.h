// A metric is data, and its name, labels and help are checked while compiling.
//
//   constexpr MetricDesc kLogins{MetricType::counter, "finwatch_logins_total", "Logins by outcome.", "outcome"};
//   sink.family(kLogins).add(count, outcome);        // the wrong number of labels does not compile
//
// A name may hold one `*` where the kernel decides the rest (node_memory_*_bytes): such a family is opened with its full
// name, sink.family(kField, "node_memory_MemFree_bytes").
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

namespace finwatch {

/// `unknown` is written `untyped` in text 0.0.4; `info` and `stateset` are gauges there.
enum class MetricType : unsigned char { counter, gauge, unknown, info, stateset, histogram, summary };

namespace detail {
// Reached only while compiling: the compiler then prints the name of the rule that was broken.
void metric_name_must_be_snake_case_words();
void label_name_must_be_snake_case_words();
void label_name_le_and_quantile_are_reserved();
void counter_name_must_end_in_total();
void only_counters_may_end_in_total();
void info_name_must_end_in_info();
void help_must_end_in_a_full_stop();

constexpr bool is_name(std::string_view text, bool star) {
  if (text.empty() || (text[0] >= '0' && text[0] <= '9')) return false;
  int stars = 0;
  for (const char c : text) {
    if (c == '*' && star && ++stars == 1) continue;
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_')) return false;
  }
  return true;
}
}  // namespace detail

/// Marks a name that another exporter established: kept as it is, whatever our own rules say of it.
struct Established {};

template <std::size_t N>
struct MetricDesc {
  MetricType type;
  std::string_view name;
  std::string_view help;
  std::array<std::string_view, N> labels;

  template <class... L>
  consteval MetricDesc(MetricType t, std::string_view n, std::string_view h, L... l)
      : type(t), name(n), help(h), labels{std::string_view(l)...} {
    if (!detail::is_name(n, true)) detail::metric_name_must_be_snake_case_words();
    if (t == MetricType::counter && !n.ends_with("_total") && !n.ends_with("*")) detail::counter_name_must_end_in_total();
    if (t == MetricType::info && !n.ends_with("_info")) detail::info_name_must_end_in_info();
    check_words(h);
  }
  /// `pg_stat_database_deadlocks` is a counter although its name does not say so.
  template <class... L>
  consteval MetricDesc(Established, MetricType t, std::string_view n, std::string_view h, L... l)
      : type(t), name(n), help(h), labels{std::string_view(l)...} {
    if (!detail::is_name(n, true)) detail::metric_name_must_be_snake_case_words();
    check_words(h);
  }

 private:
  consteval void check_words(std::string_view h) const {
    if (!h.ends_with('.')) detail::help_must_end_in_a_full_stop();
    for (const std::string_view label : labels) {
      if (!detail::is_name(label, false) || label.starts_with("__")) detail::label_name_must_be_snake_case_words();
      if (label == "le" || label == "quantile") detail::label_name_le_and_quantile_are_reserved();
    }
  }
};

template <class... L>
MetricDesc(Established, MetricType, std::string_view, std::string_view, L...) -> MetricDesc<sizeof...(L)>;
template <class... L>
MetricDesc(MetricType, std::string_view, std::string_view, L...) -> MetricDesc<sizeof...(L)>;

/// A MetricDesc without its label count: the row of a catalogue. It points into the description, which must outlive it.
struct MetricRef {
  MetricType type = MetricType::gauge;
  std::string_view name;
  std::string_view help;
  std::span<const std::string_view> labels;

  constexpr MetricRef() = default;
  template <std::size_t N>
  constexpr MetricRef(const MetricDesc<N>& desc) : type(desc.type), name(desc.name), help(desc.help), labels(desc.labels) {}
};

/// `text` matches `pattern`, in which one `*` stands for one or more characters.
constexpr bool name_matches(std::string_view pattern, std::string_view text) {
  const std::size_t star = pattern.find('*');
  if (star == std::string_view::npos) return pattern == text;
  const std::string_view tail = pattern.substr(star + 1);
  return text.size() >= pattern.size() && text.starts_with(pattern.substr(0, star)) && text.ends_with(tail);
}

std::string_view to_string(MetricType type);

/// The base unit that ends the name, as OpenMetrics wants it in `# UNIT` ("seconds", "bytes", …); empty when there is none.
std::string_view unit_of(std::string_view name);

}  // namespace finwatch
