#include "conf/pattern.h"

#include <re2/re2.h>

#include "core/text.h"

namespace finwatch {
namespace {

constexpr int kMostMemory = 1 << 20;  // of one expression's automaton
constexpr std::size_t kMostRemembered = 10'000;

}  // namespace

struct Pattern::Compiled {
  explicit Compiled(std::string_view expression, const re2::RE2::Options& options)
      : re2(re2::StringPiece(expression.data(), expression.size()), options) {}
  re2::RE2 re2;
};

Result<Pattern> Pattern::compile(std::string_view expression) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kMostMemory);
  auto compiled = std::make_shared<const Compiled>(expression, options);
  if (!compiled->re2.ok())
    return {Errc::config, valid_utf8("regular expression '" + std::string(expression) + "': " + compiled->re2.error())};
  Pattern pattern;
  pattern.compiled_ = std::move(compiled);
  return pattern;
}

bool Pattern::matches(std::string_view text) const {
  return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), compiled_->re2);
}

std::vector<std::string> Pattern::group_names() const {
  std::vector<std::string> names;
  for (const auto& [name, number] : compiled_->re2.NamedCapturingGroups()) names.push_back(name);
  return names;
}

std::optional<std::vector<std::string>> Pattern::capture(std::string_view text) const {
  const auto& names = compiled_->re2.NamedCapturingGroups();
  std::vector<re2::StringPiece> groups(static_cast<std::size_t>(compiled_->re2.NumberOfCapturingGroups()) + 1);
  if (!compiled_->re2.Match(re2::StringPiece(text.data(), text.size()), 0, text.size(), re2::RE2::UNANCHORED, groups.data(),
                            static_cast<int>(groups.size())))
    return std::nullopt;
  std::vector<std::string> captured;
  for (const auto& [name, number] : names) {
    const re2::StringPiece& group = groups[static_cast<std::size_t>(number)];
    captured.emplace_back(group.data() == nullptr ? "" : std::string(group.data(), group.size()));
  }
  return captured;
}

int Pattern::group_count() const { return compiled_->re2.NumberOfCapturingGroups(); }

std::optional<std::string_view> Pattern::group(std::string_view text, int number) const {
  std::vector<re2::StringPiece> groups(static_cast<std::size_t>(number) + 1);
  if (!compiled_->re2.Match(re2::StringPiece(text.data(), text.size()), 0, text.size(), re2::RE2::UNANCHORED, groups.data(),
                            number + 1))
    return std::nullopt;
  const re2::StringPiece& group = groups.back();
  return group.data() == nullptr ? std::string_view() : std::string_view(group.data(), group.size());
}

Result<NameFilter> NameFilter::make(std::string_view include, std::string_view exclude) {
  if (!include.empty() && !exclude.empty())
    return {Errc::config, "an include and an exclude expression exclude each other: give one of them"};
  NameFilter filter;
  const auto compile = [](std::string_view expression, std::shared_ptr<Pattern>& into) -> Status {
    if (expression.empty()) return ok();
    Result<Pattern> pattern = Pattern::compile(expression);
    if (!pattern) return pattern.error();
    into = std::make_shared<Pattern>(std::move(*pattern));
    return ok();
  };
  if (const Status status = compile(include, filter.include_); !status) return status.error();
  if (const Status status = compile(exclude, filter.exclude_); !status) return status.error();
  return filter;
}

bool NameFilter::accepts(std::string_view name) {
  if (!include_ && !exclude_) return true;
  if (const auto known = known_.find(name); known != known_.end()) return known->second;
  const bool accepted = (!include_ || include_->matches(name)) && (!exclude_ || !exclude_->matches(name));
  if (known_.size() < kMostRemembered) known_.emplace(name, accepted);
  return accepted;
}

}  // namespace finwatch
