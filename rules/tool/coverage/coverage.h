// Is there what the rules, the panels and the routes ask for? Each metric and each label, against all that is known of the exporters.
//
//   const Coverage coverage = cover({metrics, pages, subjects, wishes, {"site"}});
//   for (const Row& row : coverage.rows)
//     if (row.standing == Standing::missing) …
//
// A label is looked for where it is named: a matcher's on its metric, those of by() on what is aggregated, those of on() on both sides,
// those of a title on what the expression leaves over.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/tree.h"
#include "rules/tool/coverage/metrics.h"
#include "rules/tool/coverage/page.h"
#include "rules/tool/rulefile/rule_file.h"

namespace finwatch::rules {

enum class SubjectKind : unsigned char { alert, recording, panel, route };
constexpr std::string_view to_string(SubjectKind kind) {
  constexpr std::string_view kNames[] = {"alert", "recording", "panel", "route"};
  return kNames[static_cast<unsigned char>(kind)];
}

/// A query inside a text, {{ range query "…" }}, and the labels of its result that the text shows.
struct TextQuery {
  std::string expression;
  std::vector<std::string> shown;
};

/// A rule or a query of a panel.
struct CoverageSubject {
  SubjectKind kind = SubjectKind::alert;
  std::string name;
  Position where;
  std::string expression;
  std::vector<std::string> shown;  // labels that its texts show
  std::vector<TextQuery> queries;  // of its texts
  Pairs labels;                    // that the rule adds
  std::string awaits;              // the program that it waits for
};

/// A label that a route or an inhibition asks alerts for.
struct Wish {
  std::string name;  // of the route
  Position where;
  std::string label;
  std::string value;  // exactly; empty when it is asked for otherwise
};

struct Row {
  SubjectKind kind = SubjectKind::alert;
  std::string subject;
  Position where;
  std::string metric;  // of a label that several carry: all of them
  std::string label;   // empty: the metric itself
  Standing standing = Standing::missing;
  std::string by, why;
};

/// An alert that cannot fire on the machine whose pages were looked at: nothing that it selects is there.
struct Inert {
  std::string alert;
  Position where;
  std::vector<std::string> lacks;  // the selectors that select nothing
  std::string awaits;
  bool program_is_here = false;  // one that exports a part of it: what it looks at is not there
};

struct Unused {
  std::string program;
  std::size_t metrics = 0;  // how many it has
  std::vector<std::string> names;
};

struct Coverage {
  std::vector<Row> rows;  // in the order of the subjects
  std::vector<Inert> inert;
  std::vector<Unused> unused;
  std::size_t alerts = 0, recordings = 0, panels = 0, routes = 0;  // looked at
  std::size_t count(Standing standing) const;
};

struct CoverageQuestion {
  const Metrics& metrics;  // those of the pages among them
  const std::vector<Page>& pages;
  const std::vector<CoverageSubject>& subjects;
  const std::vector<Wish>& wishes;
  LabelNames target_labels;  // that scraping adds, beside job and instance
};

Coverage cover(const CoverageQuestion& question);

/// The rules of a file as subjects.
void add_rules(const RuleFile& file, std::vector<CoverageSubject>& subjects);

/// The metrics of a page, as exported by it.
void add_page(const Page& page, Metrics& metrics);

/// What a template shows: labels of the alert ({{ $labels.instance }}, {{ .Labels.instance }}, {{ index $labels "instance" }}), and
/// queries with the labels of theirs ({{ range query "…" }}{{ .Labels.reason }}{{ end }}).
void add_template(std::string_view text, CoverageSubject& subject);

}  // namespace finwatch::rules
