#include "rules/tool/coverage/coverage.h"

#include <algorithm>
#include <tuple>

#include "conf/pattern.h"
#include "conf/words.h"
#include "core/text.h"
#include "rules/tool/coverage/labels.h"
#include "rules/tool/promql/parse.h"

namespace finwatch::rules {
namespace {

// foo for foo_bucket, foo_sum and foo_count: who uses one of them uses the family.
std::string_view family(std::string_view name) {
  for (const std::string_view end : {"_bucket", "_sum", "_count"})
    if (name.ends_with(end)) return name.substr(0, name.size() - end.size());
  return name;
}

class Cover {
 public:
  explicit Cover(const CoverageQuestion& question) : question_(question), ground_(question) {}

  Coverage take() {
    find_programs();
    for (std::size_t i = 0; i < question_.subjects.size(); ++i) look_at(i);
    look_at_routes();
    find_unused();
    return std::move(coverage_);
  }

 private:
  void find_programs();
  void look_at(std::size_t i);
  void metrics(const CoverageSubject& subject, const Analysis& analysis);
  void labels(const CoverageSubject& subject, const Expression& tree, const std::vector<std::string>& shown, const char* where);
  void text_query(const CoverageSubject& subject, const TextQuery& query);
  LabelNames programs_behind(std::string_view name) const;
  void look_at_routes();
  void wish(const Wish& wish, const LabelNames& carried, const std::map<std::string, LabelNames>& constants, bool unknown);
  void find_unused();
  void add(Row row);
  std::size_t& counter(SubjectKind kind);

  const CoverageQuestion& question_;
  Ground ground_;
  LabelNames here_;  // programs with a metric of their own on a page
  Coverage coverage_;
  std::set<std::tuple<const void*, std::string, std::string>> seen_;  // a subject's metric and label
  LabelNames used_;                                                   // names, and families of names
  std::vector<Pattern> used_patterns_;
};

std::size_t& Cover::counter(SubjectKind kind) {
  if (kind == SubjectKind::alert) return coverage_.alerts;
  if (kind == SubjectKind::recording) return coverage_.recordings;
  return kind == SubjectKind::panel ? coverage_.panels : coverage_.routes;
}

// A program is here when a page holds a metric that nobody else is known to export.
void Cover::find_programs() {
  for (const Metric& metric : question_.metrics.all()) {
    if (metric.origin != Origin::page) continue;
    LabelNames programs;
    for (const Metric& known : question_.metrics.all())
      if (known.origin != Origin::page && matches_name(known.name, metric.name)) programs.insert(known.by);
    if (programs.size() == 1) here_.insert(*programs.begin());
  }
}

void Cover::add(Row row) { coverage_.rows.push_back(std::move(row)); }

void Cover::look_at(std::size_t i) {
  const CoverageSubject& subject = question_.subjects[i];
  ++counter(subject.kind);
  const Expression* tree = ground_.tree(i);
  if (tree == nullptr)
    return add({subject.kind, subject.name, subject.where, "", "", Standing::missing, "",
                "the expression cannot be read: " + ground_.refusal(i)});
  metrics(subject, analyse_promql(*tree));
  labels(subject, *tree, subject.shown, "a text");
  for (const TextQuery& query : subject.queries) text_query(subject, query);
  if (subject.kind != SubjectKind::alert || question_.pages.empty()) return;
  std::vector<std::string> lacks = lacking(*tree, ground_);
  if (lacks.empty()) return;
  bool is_here = false;
  for (const Selected& one : analyse_promql(*tree).selected)
    for (const std::string& program : programs_behind(one.name)) is_here = is_here || here_.contains(program);
  coverage_.inert.push_back({subject.name, subject.where, std::move(lacks), subject.awaits, is_here});
}

// The programs that are known to export a metric, or what a recording is worked out from.
LabelNames Cover::programs_behind(std::string_view name) const {
  LabelNames names{std::string(name)}, programs;
  for (bool grew = true; grew;) {
    grew = false;
    for (const std::string& one : LabelNames(names))
      if (const auto* own = ground_.recordings(one))
        for (const std::size_t subject : *own)
          if (const Expression* tree = ground_.tree(subject))
            for (const Selected& inner : analyse_promql(*tree).selected) grew = names.insert(inner.name).second || grew;
  }
  for (const Metric& metric : question_.metrics.all())
    if (metric.origin != Origin::page)
      for (const std::string& one : names)
        if (matches_name(metric.name, one)) programs.insert(metric.by);
  return programs;
}

// A text that cannot be read as a query is shown as an error in the alert's place, when it fires.
void Cover::text_query(const CoverageSubject& subject, const TextQuery& query) {
  const Result<Expression> tree = parse_promql(query.expression);
  if (!tree)
    return add({subject.kind, subject.name, subject.where, "", "", Standing::missing, "",
                "the query of a text cannot be read: " + tree.error().message});
  metrics(subject, analyse_promql(*tree));
  labels(subject, *tree, query.shown, "a text's query");
}

void Cover::metrics(const CoverageSubject& subject, const Analysis& analysis) {
  for (const Selected& one : analysis.selected) {
    Row row{subject.kind, subject.name, subject.where, one.name, "", Standing::exported, "", ""};
    if (!seen_.emplace(&subject, one.name, "").second) continue;
    Found found;
    if (one.name_is_pattern) {
      const Result<Pattern> pattern = Pattern::compile("^(?s:" + one.name + ")$");
      if (one.name.empty() || !pattern) continue;  // any metric with these labels
      found = question_.metrics.find_where([&](std::string_view name) { return pattern->matches(name); });
      used_patterns_.push_back(*pattern);
    } else {
      found = ground_.find(one.name);
      used_.insert(one.name);
      used_.emplace(family(one.name));
    }
    row.standing = found.standing;
    row.by = found.by;
    row.why = found.standing == Standing::missing ? "nobody who is known exports it" + question_.metrics.did_you_mean(one.name)
                                                  : found.why;
    add(std::move(row));
  }
}

void Cover::labels(const CoverageSubject& subject, const Expression& tree, const std::vector<std::string>& shown,
                   const char* where) {
  const auto take = [&](const AskedLabel& asked) {
    if (!seen_.emplace(&subject, asked.of, asked.label + asked.where).second) return;
    const bool there = asked.carried.may_carry(asked.label);
    Row row{subject.kind, subject.name, subject.where, asked.of, asked.label, Standing::exported, "", asked.where};
    if (there && asked.carried.any_but) {
      row.standing = Standing::conditional;
      row.why += ": the labels of these series are not known";
    }
    if (!there) {
      row.standing = Standing::missing;
      const std::vector<std::string_view> names(asked.carried.names.begin(), asked.carried.names.end());
      row.why += ": no such label" + finwatch::did_you_mean(asked.label, names);
    }
    add(std::move(row));
  };
  const SelectorLabels of = [this](const Selector& selector) { return ground_.labels(selector); };
  for (const AskedLabel& asked : asked_labels(tree, of)) take(asked);
  const ResultLabels left = ground_.labels(tree);
  for (const std::string& label : shown) take({label, metrics_of(tree), where, left});
}

void Cover::look_at_routes() {
  LabelNames carried{"alertname"};
  std::map<std::string, LabelNames> constants;  // values that rules themselves write
  bool unknown = false;
  for (const std::string& name : question_.target_labels) carried.insert(name);
  for (std::size_t i = 0; i < question_.subjects.size(); ++i) {
    const CoverageSubject& subject = question_.subjects[i];
    if (subject.kind != SubjectKind::alert) continue;
    constants["alertname"].insert(subject.name);
    for (const auto& [name, value] : subject.labels) constants[name].insert(value);
    const ResultLabels left = ground_.tree(i) != nullptr ? ground_.labels(*ground_.tree(i)) : ResultLabels{true, {}};
    unknown = unknown || left.any_but;
    if (!left.any_but) carried.insert(left.names.begin(), left.names.end());
  }
  for (const Wish& one : question_.wishes) wish(one, carried, constants, unknown);
  LabelNames routes;
  for (const Wish& one : question_.wishes) routes.insert(one.name);
  coverage_.routes = routes.size();
}

void Cover::wish(const Wish& wish, const LabelNames& carried, const std::map<std::string, LabelNames>& constants,
                 bool unknown) {
  Row row{SubjectKind::route, wish.name, wish.where, "", wish.label, Standing::exported, "", ""};
  const auto own = constants.find(wish.label);
  // alertname is always the rule's own; of another label, series may carry more values than the rules write.
  const bool only_own = own != constants.end() && (wish.label == "alertname" || !carried.contains(wish.label)) &&
                        std::none_of(own->second.begin(), own->second.end(),
                                     [](const std::string& value) { return value.find("{{") != std::string::npos; });
  std::vector<std::string_view> near;
  if (only_own && !wish.value.empty() && !own->second.contains(wish.value)) {
    near.assign(own->second.begin(), own->second.end());
    row.standing = Standing::missing;
    row.why = "no alert has the value '" + wish.value + "'" + finwatch::did_you_mean(wish.value, near);
  } else if (own == constants.end() && !carried.contains(wish.label)) {
    near.assign(carried.begin(), carried.end());
    for (const auto& [name, values] : constants) near.push_back(name);
    row.standing = unknown ? Standing::conditional : Standing::missing;
    row.why = unknown ? "only an alert whose labels are not known may carry it"
                      : "no alert carries it" + finwatch::did_you_mean(wish.label, near);
  }
  add(std::move(row));
}

void Cover::find_unused() {
  std::map<std::string, Unused> programs;
  std::set<std::pair<std::string, std::string>> listed;
  for (const Metric& metric : question_.metrics.all()) {
    const bool of_a_page = metric.origin == Origin::page;
    // With pages, what stands on them is of interest, by the program that is known to export it; else what the catalogues hold.
    if (question_.pages.empty() ? metric.origin != Origin::program : !of_a_page) continue;
    std::string program = metric.by;
    if (of_a_page)
      for (const Metric& known : question_.metrics.all())
        if (known.origin != Origin::page && matches_name(known.name, metric.name)) {
          program = known.by;
          break;
        }
    if (!listed.emplace(program, std::string(family(metric.name))).second) continue;
    Unused& unused = programs[program];
    unused.program = program;
    ++unused.metrics;
    bool used = used_.contains(metric.name) || used_.contains(family(metric.name));
    if (metric.name.find('*') != std::string::npos)
      used = std::any_of(used_.begin(), used_.end(), [&](const auto& name) { return matches_name(metric.name, name); });
    for (const Pattern& pattern : used_patterns_) used = used || pattern.matches(metric.name);
    if (!used) unused.names.emplace_back(family(metric.name));
  }
  for (auto& [name, unused] : programs) {
    std::sort(unused.names.begin(), unused.names.end());
    coverage_.unused.push_back(std::move(unused));
  }
}

}  // namespace

std::size_t Coverage::count(Standing standing) const {
  return static_cast<std::size_t>(
      std::count_if(rows.begin(), rows.end(), [&](const Row& row) { return row.standing == standing; }));
}

Coverage cover(const CoverageQuestion& question) { return Cover(question).take(); }

void add_rules(const RuleFile& file, std::vector<CoverageSubject>& subjects) {
  for (const RuleGroup& group : file.groups)
    for (const PrometheusRule& rule : group.rules) {
      CoverageSubject subject;
      subject.kind = rule.is_alert ? SubjectKind::alert : SubjectKind::recording;
      subject.name = rule.name;
      subject.where = rule.where;
      subject.expression = rule.expression;
      subject.labels = rule.labels;
      for (const Pairs* texts : {&rule.labels, &rule.annotations})
        for (const auto& [name, text] : *texts) add_template(text, subject);
      subjects.push_back(std::move(subject));
    }
}

void add_page(const Page& page, Metrics& metrics) {
  for (auto at = page.series.begin(); at != page.series.end();) {
    Metric metric;
    metric.name = at->first;
    metric.by = page.name;
    metric.origin = Origin::page;
    for (; at != page.series.end() && at->first == metric.name; ++at)
      for (const auto& [label, value] : at->second.labels) metric.labels.insert(label);
    metrics.add(std::move(metric));
  }
}

}  // namespace finwatch::rules
