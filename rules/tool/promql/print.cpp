#include "rules/tool/promql/print.h"

#include <array>
#include <charconv>
#include <cmath>

#include "core/text.h"
#include "rules/tool/promql/functions.h"
#include "rules/tool/promql/lexer.h"

namespace finwatch::rules {
namespace {

std::string print_label(const std::string& name, bool in_braces) {
  const bool is_number = same_word(name, "inf") || same_word(name, "nan");
  return is_plain_label(name) && (in_braces || !is_number) ? name : print_text(name);
}

void append_labels(const std::vector<Label>& labels, std::string& out) {
  out += " (";
  for (const Label& label : labels) {
    if (&label != &labels.front()) out += ", ";
    out += print_label(label.name, false);
  }
  out += ")";
}

void append_when(const When& when, std::string& out) {
  if (when.at == When::At::start) out += " @ start()";
  if (when.at == When::At::end) out += " @ end()";
  if (when.at == When::At::time) out += " @ " + print_number(when.at_seconds);
  if (when.offset) out += " offset " + print_length(when.offset->time);
}

class Printer {
 public:
  std::string print(const Expression& expression) {
    append(expression);
    return std::move(out_);
  }

 private:
  void append(const Expression& expression) {
    std::visit([this, &expression](const auto& node) { this->append(node, expression.parts); }, expression.node);
  }

  void append(const Number& number, const std::vector<Expression>&) {
    const auto time = std::chrono::milliseconds(number.is_duration ? std::llround(number.value * 1000) : 0);
    out_ += number.is_duration ? print_length(time) : print_number(number.value);
  }
  void append(const Text& text, const std::vector<Expression>&) { out_ += print_text(text.value); }
  void append(const Selector& selector, const std::vector<Expression>&) {
    std::string braces;
    for (const Matcher& matcher : selector.matchers) {
      if (matcher.form != Matcher::Form::full && !needs_quotes(matcher.value)) {
        out_ += matcher.value;
        continue;
      }
      if (!braces.empty()) braces += ", ";
      if (matcher.form == Matcher::Form::full) {
        braces += print_label(matcher.label.name, true);
        braces += to_string(matcher.kind);
      }
      braces += print_text(matcher.value);
    }
    if (!braces.empty() || selector.matchers.empty()) out_ += "{" + braces + "}";
    if (selector.range) out_ += "[" + print_length(selector.range->time) + "]";
    append_when(selector.when, out_);
  }
  void append(const Subquery& subquery, const std::vector<Expression>& parts) {
    append(parts.front());
    out_ += "[" + print_length(subquery.range.time) + ":" + (subquery.step ? print_length(subquery.step->time) : "") + "]";
    append_when(subquery.when, out_);
  }
  void append(const Call& call, const std::vector<Expression>& parts) {
    out_ += call.function->name;
    append_arguments(parts);
  }
  void append(const Aggregation& aggregation, const std::vector<Expression>& parts) {
    out_ += aggregation.aggregate->name;
    if (aggregation.grouping != Aggregation::Grouping::all) {
      out_ += aggregation.grouping == Aggregation::Grouping::by ? " by" : " without";
      append_labels(aggregation.labels, out_);
      out_ += " ";
    }
    append_arguments(parts);
  }
  void append(const Binary& binary, const std::vector<Expression>& parts) {
    append(parts.front());
    out_ += " ";
    out_ += to_string(binary.op);
    if (binary.returns_bool) out_ += " bool";
    if (binary.matching != Binary::Matching::all) {
      out_ += binary.matching == Binary::Matching::on ? " on" : " ignoring";
      append_labels(binary.labels, out_);
    }
    // Always with its parentheses: without them it would take those of what follows.
    if (binary.group != Binary::Group::none) {
      out_ += binary.group == Binary::Group::left ? " group_left" : " group_right";
      append_labels(binary.include, out_);
    }
    out_ += " ";
    append(parts.back());
  }
  void append(const Unary& unary, const std::vector<Expression>& parts) {
    out_ += unary.negative ? "-" : "+";
    append(parts.front());
  }
  void append(const Parentheses&, const std::vector<Expression>& parts) { append_arguments(parts); }

  void append_arguments(const std::vector<Expression>& arguments) {
    out_ += "(";
    for (const Expression& argument : arguments) {
      if (&argument != &arguments.front()) out_ += ", ";
      append(argument);
    }
    out_ += ")";
  }

  std::string out_;
};

}  // namespace

std::string print_promql(const Expression& expression) { return Printer().print(expression); }

std::string print_length(std::chrono::milliseconds time) {
  struct Unit {
    std::string_view name;
    long long milliseconds;
    bool only_whole;  // 8d is clearer than 1w1d
  };
  constexpr long long kDay = 24LL * 3600 * 1000;
  constexpr Unit kUnits[] = {{"y", 365 * kDay, true}, {"w", 7 * kDay, true}, {"d", kDay, false}, {"h", 3'600'000, false},
                             {"m", 60'000, false},    {"s", 1000, false},    {"ms", 1, false}};
  if (time.count() == 0) return "0s";
  std::string text = time.count() < 0 ? "-" : "";
  long long rest = std::abs(time.count());
  for (const Unit& unit : kUnits) {
    if (rest < unit.milliseconds || (unit.only_whole && rest % unit.milliseconds != 0)) continue;
    text += std::to_string(rest / unit.milliseconds);
    text += unit.name;
    rest %= unit.milliseconds;
  }
  return text;
}

std::string print_number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "-Inf" : "Inf";
  std::array<char, 32> text{};
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} ? std::string(text.data(), end) : std::string("NaN");
}

std::string print_text(std::string_view value) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out = "\"";
  while (!value.empty()) {
    const std::size_t valid = utf8_prefix(value);
    for (std::size_t i = 0; i < std::max<std::size_t>(valid, 1); ++i) {
      const char c = value[i];
      const auto byte = static_cast<unsigned char>(c);
      if (c == '"' || c == '\\') {
        out += '\\';
        out += c;
      } else if (c == '\n') {
        out += "\\n";
      } else if (c == '\t') {
        out += "\\t";
      } else if (i >= valid || byte < 0x20 || byte == 0x7F) {  // bytes that are no text
        out += "\\x";
        out += kDigits[byte >> 4U];
        out += kDigits[byte & 0xFU];
      } else {
        out += c;
      }
    }
    value.remove_prefix(std::max<std::size_t>(valid, 1));
  }
  return out + "\"";
}

bool needs_quotes(std::string_view metric) {
  constexpr std::string_view kWords[] = {"on", "ignoring", "group_left", "group_right", "bool", "atan2", "inf", "nan"};
  for (const std::string_view word : kWords)
    if (same_word(word, metric)) return true;
  return !is_plain_metric(metric);
}

std::string_view to_string(MatchKind kind) {
  constexpr std::string_view kNames[] = {"=", "!=", "=~", "!~"};
  return kNames[static_cast<unsigned char>(kind)];
}

}  // namespace finwatch::rules
