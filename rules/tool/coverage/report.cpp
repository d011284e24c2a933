#include "rules/tool/coverage/report.h"

#include <algorithm>
#include <map>
#include <set>

#include "core/json_text.h"

namespace finwatch::rules {
namespace {

constexpr std::size_t kColumns = 110;

std::string plural(std::size_t count, std::string_view word) {
  return std::to_string(count) + " " + std::string(word) + (count == 1 ? "" : "s");
}

std::string what(const Row& row) {
  if (row.metric.empty() && row.label.empty()) return "";
  if (row.label.empty()) return "metric " + row.metric;
  return "label " + row.label + (row.metric.empty() ? "" : " of " + row.metric);
}

// Names in lines, each beginning with `indent`.
void wrap(std::string& out, const std::string& indent, const std::vector<std::string>& names) {
  std::size_t column = 0;
  for (const std::string& name : names) {
    if (column > 0 && column + 2 + name.size() > kColumns) {
      out += ",\n";
      column = 0;
    }
    const std::string before = column == 0 ? indent : ", ";
    out += before + name;
    column += before.size() + name.size();
  }
  if (!names.empty()) out += '\n';
}

void add_missing(std::string& out, const Coverage& coverage) {
  for (const Row& row : coverage.rows)
    if (row.standing == Standing::missing) out += row_text(row) + "\n";
}

// What each condition decides about.
void add_conditions(std::string& out, const Coverage& coverage) {
  struct Decided {
    std::set<std::string> metrics, subjects;
  };
  std::map<std::string, Decided> conditions;
  for (const Row& row : coverage.rows) {
    if (row.standing != Standing::conditional || !row.label.empty()) continue;
    Decided& decided = conditions[row.why];
    decided.metrics.insert(row.metric);
    decided.subjects.insert(row.subject);
  }
  if (!conditions.empty()) out += "\nThere on a condition:\n";
  for (const auto& [why, decided] : conditions) {
    out += "  " + why + "\n      " + plural(decided.metrics.size(), "metric") + " of ";
    std::vector<std::string> some(decided.subjects.begin(), decided.subjects.end());
    const std::size_t more = some.size() > 3 ? some.size() - 3 : 0;
    some.resize(some.size() - more);
    for (std::size_t i = 0; i < some.size(); ++i) out += (i == 0 ? "" : ", ") + some[i];
    out += more > 0 ? " and " + std::to_string(more) + " more\n" : "\n";
  }
}

void add_all_rows(std::string& out, const Coverage& coverage) {
  std::size_t subject = 0, asked = 0;
  for (const Row& row : coverage.rows) {
    subject = std::max(subject, std::min<std::size_t>(row.subject.size(), 44));
    asked = std::max(asked, std::min<std::size_t>(what(row).size(), 70));
  }
  const auto padded = [](const std::string& text, std::size_t width) {
    return text.size() < width ? text + std::string(width - text.size(), ' ') : text;
  };
  for (const Row& row : coverage.rows)
    out += padded(std::string(to_string(row.standing)), 12) + padded(std::string(to_string(row.kind)), 10) +
           padded(row.subject, subject) + "  " + padded(what(row), asked) + "  " + (row.label.empty() ? row.by : "") +
           (row.why.empty() ? "" : (row.label.empty() && !row.by.empty() ? ": " : "") + row.why) + "\n";
}

void add_inert(std::string& out, const Coverage& coverage) {
  out += "\nInert on this machine: " + std::to_string(coverage.inert.size()) + " of " + plural(coverage.alerts, "alert") + "\n";
  std::vector<std::string> elsewhere, awaiting;
  for (const Inert& inert : coverage.inert)
    if (inert.program_is_here) {
      out += "  " + inert.alert + (inert.awaits.empty() ? "" : " (awaits " + inert.awaits + ")") + ", there is no\n";
      wrap(out, "      ", inert.lacks);
    } else {
      (inert.awaits.empty() ? elsewhere : awaiting).push_back(inert.alert);
    }
  if (!elsewhere.empty()) out += "  whose programs are not on these pages: " + plural(elsewhere.size(), "alert") + "\n";
  wrap(out, "      ", elsewhere);
  if (!awaiting.empty()) out += "  that await a program still to come: " + plural(awaiting.size(), "alert") + "\n";
  wrap(out, "      ", awaiting);
}

void add_unused(std::string& out, const Coverage& coverage, bool list) {
  if (coverage.unused.empty()) return;
  out += "\nUsed by no rule, panel or route:\n";
  for (const Unused& unused : coverage.unused) {
    out +=
        "  " + unused.program + ": " + std::to_string(unused.names.size()) + " of " + plural(unused.metrics, "metric") + "\n";
    if (list) wrap(out, "      ", unused.names);
  }
}

std::string texts_json(const std::vector<std::string>& texts) {
  JsonMembers list('[');
  for (const std::string& text : texts) list.add(json_text(text));
  return list.end();
}

}  // namespace

std::string row_text(const Row& row) {
  const std::string asked = what(row);
  return row.where.text() + ": " + std::string(to_string(row.kind)) + " " + row.subject + ": " +
         (asked.empty() ? "" : asked + ": ") + std::string(to_string(row.standing)) + (row.why.empty() ? "" : ": " + row.why);
}

std::string coverage_text(const Coverage& coverage, const ReportOptions& options) {
  std::string out;
  if (options.all_rows) {
    add_all_rows(out, coverage);
    if (coverage.count(Standing::missing) > 0) out += "\n";
  }
  add_missing(out, coverage);
  if (!options.all_rows) add_conditions(out, coverage);
  if (options.has_pages) add_inert(out, coverage);
  add_unused(out, coverage, options.list_unused);
  if (!out.empty()) out += "\n";
  return out + plural(coverage.alerts, "alert") + ", " + plural(coverage.recordings, "recording") + ", " +
         (coverage.panels == 1 ? "1 query" : std::to_string(coverage.panels) + " queries") + " of panels, " +
         plural(coverage.routes, "route") + ": " + std::to_string(coverage.count(Standing::exported)) + " exported, " +
         std::to_string(coverage.count(Standing::conditional)) + " conditional, " +
         std::to_string(coverage.count(Standing::missing)) + " missing\n";
}

std::string coverage_json(const Coverage& coverage) {
  JsonMembers rows('['), inert('['), unused('[');
  for (const Row& row : coverage.rows)
    rows.add(JsonMembers('{')
                 .add("kind", json_text(to_string(row.kind)))
                 .add("name", json_text(row.subject))
                 .add("place", json_text(row.where.text()))
                 .add("metric", json_text(row.metric))
                 .add("label", json_text(row.label))
                 .add("standing", json_text(to_string(row.standing)))
                 .add("by", json_text(row.by))
                 .add("why", json_text(row.why))
                 .end());
  for (const Inert& one : coverage.inert)
    inert.add(JsonMembers('{')
                  .add("alert", json_text(one.alert))
                  .add("place", json_text(one.where.text()))
                  .add("lacks", texts_json(one.lacks))
                  .add("awaits", json_text(one.awaits))
                  .add("program_is_here", json_truth(one.program_is_here))
                  .end());
  for (const Unused& one : coverage.unused)
    unused.add(JsonMembers('{')
                   .add("program", json_text(one.program))
                   .add("metrics", std::to_string(one.metrics))
                   .add("unused", texts_json(one.names))
                   .end());
  return JsonMembers('{')
             .add("alerts", std::to_string(coverage.alerts))
             .add("recordings", std::to_string(coverage.recordings))
             .add("panels", std::to_string(coverage.panels))
             .add("routes", std::to_string(coverage.routes))
             .add("exported", std::to_string(coverage.count(Standing::exported)))
             .add("conditional", std::to_string(coverage.count(Standing::conditional)))
             .add("missing", std::to_string(coverage.count(Standing::missing)))
             .add("rows", rows.end())
             .add("inert", inert.end())
             .add("unused", unused.end())
             .end() +
         "\n";
}

}  // namespace finwatch::rules
