#include "conf/flags.h"

#include "conf/pattern.h"
#include "conf/words.h"
#include "conf/yaml.h"
#include "core/text.h"

namespace finwatch {
namespace {

constexpr std::size_t kColumns = 100;
constexpr std::size_t kIndent = 6;

std::string dashed(std::string_view name) { return "--" + std::string(name); }

void wrap(std::string& out, std::string_view text) {
  std::size_t column = 0;
  for (FieldReader words(text); !words.done();) {
    const std::string_view word = words.next();
    if (column > 0 && column + 1 + word.size() > kColumns) {
      out += '\n';
      column = 0;
    }
    if (column == 0) {
      out.append(kIndent, ' ');
      column = kIndent;
    } else {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
  }
  out += '\n';
}

std::string_view placeholder(FlagKind kind) {
  switch (kind) {
    case FlagKind::boolean: return "";
    case FlagKind::integer: return "=NUMBER";
    case FlagKind::duration: return "=TIME";
    case FlagKind::regexp: return "=REGEXP";
    case FlagKind::list: return "=TEXT …";
    case FlagKind::text: break;
  }
  return "=TEXT";
}

}  // namespace

Status check_flag_value(FlagKind kind, std::string_view name, std::string_view value) {
  const auto wrong = [&](std::string_view expected) -> Status {
    return {Errc::config, std::string(name) + ": expected " + std::string(expected) + ", found \"" + valid_utf8(value) + "\""};
  };
  std::chrono::nanoseconds length{};
  if (kind == FlagKind::boolean && value != "true" && value != "false") return wrong("true or false");
  if (kind == FlagKind::integer && !to_number<long long>(value)) return wrong("a whole number");
  if (kind == FlagKind::duration && !parse_duration(value, length)) return wrong("a length of time such as 500ms, 30s or 5m");
  if (kind == FlagKind::regexp)
    if (const Result<Pattern> pattern = Pattern::compile(value); !pattern)
      return {Errc::config, std::string(name) + ": " + pattern.error().message};
  return ok();
}

Flags::Flags(std::vector<FlagSpec> specs) : order_(std::move(specs)) {
  for (const FlagSpec& spec : order_) {
    specs_.emplace(spec.name, &spec);
    if (spec.kind != FlagKind::list) continue;
    std::vector<std::string>& items = defaults_[spec.name];
    for (FieldReader fields(spec.default_value, ','); !fields.done();) items.emplace_back(fields.next());
  }
}

Status Flags::parse(std::span<const char* const> arguments, std::string_view operands) {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    std::string_view word = arguments[i];
    if (!operands.empty() && !word.starts_with("--")) {
      if (Status status = take(*specs_.at(operands), word); !status) return status;
      continue;
    }
    if (!word.starts_with("--") || word.size() == 2)
      return {Errc::config, "expected a flag such as --help, found \"" + valid_utf8(word) + "\""};
    word.remove_prefix(2);
    const std::size_t equals = word.find('=');
    const std::string_view name = word.substr(0, equals);
    auto found = specs_.find(name);
    const bool negated = found == specs_.end() && name.starts_with("no-") && equals == std::string_view::npos;
    if (negated) {
      found = specs_.find(name.substr(3));
      if (found != specs_.end() && found->second->kind != FlagKind::boolean) found = specs_.end();
    }
    if (found == specs_.end()) {
      std::vector<std::string_view> names;
      for (const auto& [known, spec] : specs_)
        if (!spec->hidden) names.push_back(known);
      return {Errc::config, "unknown flag " + dashed(valid_utf8(name)) + did_you_mean(name, names) + " --help lists them"};
    }
    const FlagSpec& spec = *found->second;
    std::string_view value = negated ? "false" : spec.kind == FlagKind::boolean ? "true" : spec.bare_value;
    if (equals != std::string_view::npos) {
      value = word.substr(equals + 1);
    } else if (value.empty()) {
      if (i + 1 == arguments.size()) return {Errc::config, dashed(spec.name) + " needs a value"};
      value = arguments[++i];
    }
    if (Status status = take(spec, value); !status) return status;
  }
  return ok();
}

Status Flags::take(const FlagSpec& spec, std::string_view value) {
  if (given(spec.name) && spec.kind != FlagKind::list)
    return {Errc::config, "flag " + dashed(spec.name) + " cannot be repeated"};
  if (Status status = check_flag_value(spec.kind, dashed(spec.name), value); !status) return status;
  values_[spec.name].emplace_back(value);
  return ok();
}

std::string_view Flags::text(std::string_view name) const {
  const auto value = values_.find(name);
  return value != values_.end() ? std::string_view(value->second.back()) : specs_.at(name)->default_value;
}

long long Flags::integer(std::string_view name) const { return to_number<long long>(text(name)).value_or(0); }

std::chrono::nanoseconds Flags::duration(std::string_view name) const {
  std::chrono::nanoseconds length{};
  parse_duration(text(name), length);
  return length;
}

std::span<const std::string> Flags::list(std::string_view name) const {
  const auto value = values_.find(name);
  return value != values_.end() ? value->second : defaults_.at(name);
}

std::string Flags::help() const {
  std::string out;
  for (const FlagSpec& spec : order_) {
    if (spec.hidden) continue;
    const bool is_on = spec.kind == FlagKind::boolean && spec.default_value == "true";
    out += "  --";
    if (spec.kind == FlagKind::boolean && spec.name != "help" && spec.name != "version") out += "[no-]";
    out += spec.name;
    out += placeholder(spec.kind);
    out += '\n';
    std::string text(spec.help);
    if (is_on)
      text += " (on)";
    else if (spec.kind != FlagKind::boolean && !spec.default_value.empty())
      text += " (" + std::string(spec.default_value) + ")";
    wrap(out, text);
  }
  return out;
}

}  // namespace finwatch
