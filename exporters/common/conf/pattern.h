// Regular expressions of operators, in RE2's linear time, with the Go exporters' spelling.
//
//   Result<NameFilter> filter = NameFilter::make(settings.text("collector.x.device-include"),
//                                                settings.text("collector.x.device-exclude"));
//   if (!filter->accepts("eth0")) continue;       // answers are remembered: the second time it is a look-up
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/result.h"
#include "core/text_hash.h"

namespace finwatch {

/// A compiled expression. Copies share the compiled form.
class Pattern {
 public:
  /// config, with the expression and what is wrong with it, when it does not compile.
  static Result<Pattern> compile(std::string_view expression);

  /// A part of `text` matches (anchor the expression with ^ and $ to mean all of it).
  bool matches(std::string_view text) const;

  /// The names of its groups, (?P<name>…), in alphabetical order.
  std::vector<std::string> group_names() const;

  /// What each of group_names() matched in `text` (empty for one that took no part); nothing when it does not match.
  std::optional<std::vector<std::string>> capture(std::string_view text) const;

  /// How many groups it has, named or not.
  int group_count() const;
  /// What group `number` matched in `text`, 0 for all of it: a part of `text`, or empty for a group that took no part; nothing
  /// when the expression does not match.
  std::optional<std::string_view> group(std::string_view text, int number) const;

 private:
  struct Compiled;
  std::shared_ptr<const Compiled> compiled_;
};

/// Which names an include and an exclude expression let through; an empty expression does not decide. Giving both is an
/// error, as in node_exporter. Remembers up to 10,000 answers.
class NameFilter {
 public:
  static Result<NameFilter> make(std::string_view include, std::string_view exclude);
  bool accepts(std::string_view name);

 private:
  std::shared_ptr<Pattern> include_;
  std::shared_ptr<Pattern> exclude_;
  std::unordered_map<std::string, bool, TextHash, std::equal_to<>> known_;
};

}  // namespace finwatch
