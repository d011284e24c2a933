// A public rule file as an area of the alert catalogue, with what it lacks marked.
//
//   const Imported imported = import_rules(*file, "redis", {"light", "severe"});
//   write("rules/alerts/redis.yaml", imported.text);
//   for (const Gap& gap : imported.gaps) …        // "redis.yml:4:7: RedisDown: no runbook_url: …"
//
// What a public file cannot have, words in Chinese, the class of the fault, cases that prove it, stands in the area as an empty value
// with a comment, so that `finwatch check` names the place.
#pragma once

#include <string>
#include <vector>

#include "rules/tool/rulefile/rule_file.h"

namespace finwatch::rules {

/// What a rule lacks, or had to give up.
struct Gap {
  Position where;
  std::string rule;
  std::string text;
};

struct Imported {
  std::string text;  // of the area's file
  std::vector<Gap> gaps;
  std::vector<Error> refused;  // rules that are left out: their expressions cannot be read
  std::size_t alerts = 0, recordings = 0;
};

/// `severities` are the contract's; a rule's own is taken over where it is among them.
Imported import_rules(const RuleFile& file, const std::string& area, const std::vector<std::string>& severities);

/// "Host out of memory" → "HostOutOfMemory": an alert's id.
std::string id_of(std::string_view name);

/// The forms that a rule worked out every 30 s may not have: windows over an hour, subqueries, patterns for names. Empty when it has none.
std::string dear_form(const Expression& expression);

}  // namespace finwatch::rules
