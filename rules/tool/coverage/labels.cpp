#include "rules/tool/coverage/labels.h"

#include "conf/pattern.h"
#include "rules/tool/promql/functions.h"
#include "rules/tool/promql/parse.h"
#include "rules/tool/promql/print.h"

namespace finwatch::rules {
namespace {

const std::string kName(kNameLabel);

ResultLabels any() { return {true, {}}; }

class Asking {
 public:
  explicit Asking(const SelectorLabels& of) : of_(of) {}

  void ask(const Expression& expression) {
    if (const auto* selector = expression.as<Selector>()) matchers(expression, *selector);
    if (const auto* aggregation = expression.as<Aggregation>()) {
      const std::string where = aggregation->grouping == Aggregation::Grouping::by ? "by" : "without";
      for (const Label& label : aggregation->labels) add(label.name, where, expression.parts.back());
    }
    if (const auto* binary = expression.as<Binary>()) this->binary(expression, *binary);
    if (const auto* call = expression.as<Call>()) this->call(expression, std::string(call->function->name));
    for (const Expression& part : expression.parts) ask(part);
  }

  std::vector<AskedLabel> take() { return std::move(all_); }

 private:
  void add(const std::string& label, std::string where, const Expression& carrier) {
    if (label != kName && !label.empty())
      all_.push_back({label, metrics_of(carrier), std::move(where), result_labels(carrier, of_)});
  }
  void matchers(const Expression& expression, const Selector& selector) {
    for (const Matcher& matcher : selector.matchers) {
      const bool asks_for_none = matcher.kind == MatchKind::equal && matcher.value.empty();
      if (matcher.form == Matcher::Form::full && !asks_for_none) add(matcher.label.name, "a matcher", expression);
    }
  }
  void binary(const Expression& expression, const Binary& binary) {
    const Expression& left = expression.parts.front();
    const Expression& right = expression.parts.back();
    for (const Label& label : binary.labels) {
      if (binary.matching == Binary::Matching::on) {
        add(label.name, "on, left side", left);
        add(label.name, "on, right side", right);
      } else {
        all_.push_back({label.name, metrics_of(expression), "ignoring", result_labels(left, of_) | result_labels(right, of_)});
      }
    }
    const bool is_left = binary.group == Binary::Group::left;
    for (const Label& label : binary.include) add(label.name, is_left ? "group_left" : "group_right", is_left ? right : left);
  }
  // Labels that stand in texts: those that are read, not those that are written.
  void call(const Expression& expression, const std::string& name) {
    std::size_t from = expression.parts.size(), to = from;
    if (name == "label_replace") from = 3, to = std::min<std::size_t>(to, 4);
    if (name == "label_join") from = 3;
    if (name.starts_with("sort_by_label")) from = 1;
    for (std::size_t i = from; i < to; ++i)
      if (const auto* text = bare(expression.parts[i]).as<Text>()) add(text->value, name, expression.parts.front());
  }

  const SelectorLabels& of_;
  std::vector<AskedLabel> all_;
};

bool matches(const Matcher& matcher, std::string_view value) {
  if (matcher.kind == MatchKind::equal) return value == matcher.value;
  if (matcher.kind == MatchKind::not_equal) return value != matcher.value;
  const Result<Pattern> pattern = Pattern::compile("^(?s:" + matcher.value + ")$");
  return !pattern || pattern->matches(value) == (matcher.kind == MatchKind::pattern);
}

// Does a page have a series that the selector selects? What scraping adds is not on a page, and cannot be asked for there.
bool is_on_a_page(const Selector& selector, const Ground& ground) {
  const auto fits = [&](const PageSeries& series) {
    for (const Matcher& matcher : selector.matchers) {
      if (matcher.label.name == kName) continue;
      const auto label = series.labels.find(matcher.label.name);
      const bool added = matcher.label.name == "job" || matcher.label.name == "instance" ||
                         ground.question().target_labels.contains(matcher.label.name);
      if (label == series.labels.end() && added) continue;
      if (!matches(matcher, label == series.labels.end() ? std::string_view() : label->second)) return false;
    }
    return true;
  };
  const Matcher* name = selector.name();
  const bool exact = name != nullptr && name->kind == MatchKind::equal;
  for (const Page& page : ground.question().pages) {
    auto [at, end] = exact ? page.series.equal_range(name->value) : std::pair(page.series.begin(), page.series.end());
    for (; at != end; ++at)
      if ((exact || name == nullptr || matches(*name, at->first)) && fits(at->second)) return true;
  }
  return false;
}

std::string text_of(const Selector& selector) {
  const Matcher* name = selector.name();
  std::string labels;
  for (const Matcher& matcher : selector.matchers)
    if (matcher.form == Matcher::Form::full && matcher.label.name != kName)
      labels.append(labels.empty() ? "{" : ",")
          .append(matcher.label.name)
          .append(to_string(matcher.kind))
          .append(print_text(matcher.value));
  return (name != nullptr ? name->value : "") + (labels.empty() ? "" : labels + "}");
}

class Lacking {
 public:
  explicit Lacking(const Ground& ground) : ground_(ground) {}

  bool gives(const Expression& expression) {
    if (const auto* selector = expression.as<Selector>()) return selects(*selector);
    if (const auto* call = expression.as<Call>())
      if (call->function->name == "absent" || call->function->name == "absent_over_time") return true;
    if (const auto* binary = expression.as<Binary>()) {
      const bool left = gives(expression.parts.front());
      if (binary->op == Operator::unless) return left;
      const bool right = gives(expression.parts.back());
      return binary->op == Operator::or_ ? left || right : left && right;
    }
    bool all = true;
    for (const Expression& part : expression.parts) all = gives(part) && all;
    return all;
  }
  std::vector<std::string> take() { return {lacks_.begin(), lacks_.end()}; }

 private:
  bool selects(const Selector& selector) {
    const Matcher* name = selector.name();
    const bool exact = name != nullptr && name->kind == MatchKind::equal;
    if (exact) {
      if (const auto* recordings = ground_.recordings(name->value)) {
        for (const std::size_t one : *recordings) {
          if (!inside_.insert(one).second) return true;  // it records itself: what was is there
          const Expression* tree = ground_.tree(one);
          const bool given = tree == nullptr || gives(*tree);
          inside_.erase(one);
          if (given) return true;
        }
        return false;
      }
      const Found found = ground_.question().metrics.find(name->value);
      if (found.origin == Origin::peer && found.standing == Standing::exported) return true;  // Prometheus makes it itself
    }
    if (is_on_a_page(selector, ground_)) return true;
    lacks_.insert(text_of(selector));
    return false;
  }

  const Ground& ground_;
  std::set<std::size_t> inside_;
  std::set<std::string> lacks_;
};

}  // namespace

std::string metrics_of(const Expression& expression) {
  LabelNames names;
  walk(expression, [&](const Expression& node) {
    if (const auto* selector = node.as<Selector>())
      if (const Matcher* name = selector->name()) names.insert(name->value);
  });
  std::string all;
  for (const std::string& name : names) all.append(all.empty() ? "" : ", ").append(name);
  return all;
}

std::vector<AskedLabel> asked_labels(const Expression& expression, const SelectorLabels& of) {
  Asking asking(of);
  asking.ask(expression);
  return asking.take();
}

std::vector<std::string> lacking(const Expression& expression, const Ground& ground) {
  Lacking lacking(ground);
  if (lacking.gives(expression)) return {};
  return lacking.take();
}

Ground::Ground(const CoverageQuestion& question) : question_(question), target_labels_(question.target_labels) {
  target_labels_.insert({"job", "instance"});
  for (std::size_t i = 0; i < question.subjects.size(); ++i) {
    const CoverageSubject& subject = question.subjects[i];
    Result<Expression> tree = parse_promql(subject.expression);
    refusals_.push_back(tree ? "" : tree.error().message);
    trees_.push_back(tree ? std::optional(std::move(*tree)) : std::nullopt);
    if (subject.kind == SubjectKind::recording) recordings_[subject.name].push_back(i);
  }
}

const std::vector<std::size_t>* Ground::recordings(std::string_view name) const {
  const auto found = recordings_.find(name);
  return found == recordings_.end() ? nullptr : &found->second;
}

Found Ground::find(std::string_view name) const {
  if (const auto* own = recordings(name))
    return {Standing::exported, {}, "recording", "worked out at " + question_.subjects[own->front()].where.text()};
  return question_.metrics.find(name);
}

ResultLabels Ground::labels_of_recording(std::size_t subject) const {
  const auto [known, fresh] = known_.emplace(subject, any());
  if (fresh) known_[subject] = labels_with_own(subject);
  return known_[subject];
}

ResultLabels Ground::labels_with_own(std::size_t subject) const {
  if (!trees_[subject]) return any();
  ResultLabels all = without(labels(*trees_[subject]), {kName});
  for (const auto& [name, value] : question_.subjects[subject].labels) all = all | ResultLabels{false, {name}};
  return all;
}

ResultLabels Ground::labels(const Selector& selector) const {
  const Matcher* name = selector.name();
  if (name == nullptr || name->kind != MatchKind::equal) return any();
  ResultLabels labels{false, {kName}};
  if (const auto* own = recordings(name->value)) {
    for (const std::size_t one : *own) labels = labels | labels_of_recording(one);
    return labels;
  }
  const Found found = question_.metrics.find(name->value);
  if (found.standing == Standing::missing || found.labels.contains(kAnyLabel)) return any();
  return labels | ResultLabels{false, found.labels} | ResultLabels{false, target_labels_};
}

ResultLabels Ground::labels(const Expression& expression) const {
  return result_labels(expression, [this](const Selector& selector) { return labels(selector); });
}

}  // namespace finwatch::rules
