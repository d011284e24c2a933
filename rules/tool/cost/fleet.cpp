#include "rules/tool/cost/fleet.h"

#include <algorithm>
#include <cmath>

#include "conf/pattern.h"
#include "conf/words.h"
#include "core/text.h"
#include "rules/tool/cost/families.h"
#include "rules/tool/promql/print.h"

namespace finwatch::rules {
namespace {

using std::chrono::milliseconds;

// The keys of --fleet. Those of other people's programs are 0 unless they are named.
struct Number {
  std::string_view key;
  double usual;
};
constexpr Number kNumbers[] = {{"hosts", 1000}, {"postgresql", 100}, {"mysql", 100},    {"flows", 500}, {"books", 20},
                               {"windows", 0},  {"probes", 0},       {"middleware", 0}, {"scrape", 30}};
constexpr double kDatabasesOfAnExporter = 20, kFlowsOfAnExporter = 50, kBooksOfAnExporter = 2;
constexpr std::string_view kFlows[] = {"voucher_entry", "trial_balance", "general_ledger", "balance_query", "period_state"};

// Whose series a family's are that the table does not have.
struct Prefix {
  std::string_view beginning, unit;
};
constexpr Prefix kPrefixes[] = {{"finwatch_db_", "mysql"},
                                {"pg_", "postgresql"},
                                {"mysql_", "mysql"},
                                {"finwatch_flow_", "flow"},
                                {"finwatch_step_", "flow"},
                                {"finwatch_integrity_", "book"},
                                {"probe_", "probe"},
                                {"windows_", "windows"},
                                {"jvm_", "middleware"},
                                {"tomcat_", "middleware"},
                                {"weblogic_", "middleware"},
                                {"redis_", "middleware"},
                                {"memcached_", "middleware"},
                                {"prometheus_", "prometheus"},
                                {"alertmanager_", "prometheus"},
                                {"blackbox_", "prometheus"},
                                {"finwatch_incident", "notifier"},
                                {"finwatch_notif", "notifier"},
                                {"slo:", "flow"}};

double ratio_up(double all, double each) { return all > 0 ? std::max(1.0, std::ceil(all / each)) : 0; }

Dimension read_dimension(std::string_view text) {
  Dimension dimension;
  const std::size_t at = text.find_first_of("=*");
  dimension.label = std::string(text.substr(0, at));
  const std::string_view rest = text.substr(at + 1);
  if (text[at] == '*') {
    dimension.count = to_number<double>(rest).value_or(1);
    return dimension;
  }
  for (std::size_t from = 0; from <= rest.size();) {
    const std::size_t end = std::min(rest.find('|', from), rest.size());
    dimension.values.emplace_back(rest.substr(from, end - from));
    from = end + 1;
  }
  dimension.count = static_cast<double>(dimension.values.size());
  return dimension;
}

// Values may have blanks in them: a word that has neither = nor * belongs to the one before.
std::vector<Dimension> read_dimensions(std::string_view rest) {
  std::vector<std::string> words;
  for (FieldReader fields(rest); !fields.done();) {
    const std::string word(fields.next());
    if (word.find_first_of("=*") == std::string::npos && !words.empty())
      words.back().append(" ").append(word);
    else
      words.push_back(word);
  }
  std::vector<Dimension> dimensions;
  for (const std::string& word : words) dimensions.push_back(read_dimension(word));
  return dimensions;
}

template <class Take>
void for_each_word(std::string_view list, Take take) {
  for (FieldReader words(list, ','); !words.done();) take(words.next());
}

bool matches(const Matcher& matcher, std::string_view value, const std::optional<Pattern>& pattern) {
  switch (matcher.kind) {
    case MatchKind::equal: return value == matcher.value;
    case MatchKind::not_equal: return value != matcher.value;
    case MatchKind::pattern: return pattern && pattern->matches(value);
    case MatchKind::not_pattern: return !pattern || !pattern->matches(value);
  }
  return true;
}

// Leaves of `shape` what the matcher takes; false when that is nothing.
bool narrow(Shape& shape, const Matcher& matcher) {
  std::optional<Pattern> pattern;
  if (matcher.kind == MatchKind::pattern || matcher.kind == MatchKind::not_pattern)
    if (Result<Pattern> compiled = Pattern::compile("^(?:" + matcher.value + ")$")) pattern = std::move(*compiled);
  const auto found = std::find_if(shape.dimensions.begin(), shape.dimensions.end(),
                                  [&](const Dimension& one) { return one.label == matcher.label.name; });
  if (found == shape.dimensions.end()) return matches(matcher, "", pattern);
  if (!found->values.empty()) {
    std::erase_if(found->values, [&](const std::string& value) { return !matches(matcher, value, pattern); });
    found->count = static_cast<double>(found->values.size());
    return found->count > 0;
  }
  // Nobody knows the values: one is taken by its name, none is empty, and a pattern is taken to match all.
  if (matcher.kind == MatchKind::equal) {
    if (matcher.value.empty()) return false;
    found->count = 1;
  }
  return true;
}

}  // namespace

double Shape::series() const {
  double product = share;
  for (const Dimension& dimension : dimensions) product *= dimension.count;
  return product;
}

const Dimension* Shape::find(std::string_view label) const {
  for (const Dimension& dimension : dimensions)
    if (dimension.label == label) return &dimension;
  return nullptr;
}

double SeriesSet::series() const {
  double sum = 0;
  for (const Shape& shape : shapes) sum += shape.series();
  return sum;
}

Fleet Fleet::by_default() {
  Fleet fleet;
  for (const auto& [key, usual] : kNumbers) fleet.numbers_.emplace(key, usual);
  fleet.fill();
  return fleet;
}

Result<Fleet> Fleet::read(std::string_view text) {
  Fleet fleet;
  std::vector<std::string_view> known{"databases"};
  for (const auto& [key, usual] : kNumbers) {
    fleet.numbers_.emplace(key, usual);
    known.push_back(key);
  }
  for (FieldReader words(text, ','); !words.done();) {
    const std::string_view word = trim(words.next());
    const std::size_t at = std::min(word.find('='), word.size());
    const std::string_view key = trim(word.substr(0, at));
    if (std::find(known.begin(), known.end(), key) == known.end()) {
      std::string all;
      for (const std::string_view one : known) all.append(all.empty() ? "" : ", ").append(one);
      return Error{Errc::config, "fleet: no '" + std::string(key) + "'" + did_you_mean(key, known) + "; there are " + all};
    }
    const auto number = to_number<unsigned>(at < word.size() ? trim(word.substr(at + 1)) : std::string_view());
    if (!number || (key == "scrape" && *number == 0))
      return Error{Errc::config, "fleet: " + std::string(key) + " needs a number, as in " + std::string(key) + "=100"};
    if (key == "databases") {
      const unsigned half = *number / 2;
      fleet.numbers_["postgresql"] = *number - half;
      fleet.numbers_["mysql"] = half;
    } else {
      fleet.numbers_[std::string(key)] = *number;
    }
  }
  fleet.fill();
  return fleet;
}

std::string Fleet::text() const {
  std::string all;
  for (const auto& [key, usual] : kNumbers)
    all.append(all.empty() ? "" : ", ").append(key).append("=").append(print_number(numbers_.find(key)->second));
  return all;
}

// The labels that tell the units apart.
std::vector<Dimension> Fleet::identity_of(std::string_view unit) const {
  const auto number = [&](std::string_view key) { return numbers_.find(key)->second; };
  const auto labelled = [](std::string_view job, double instances) {
    return std::vector<Dimension>{{"job", {std::string(job)}, 1}, {"instance", {}, instances}};
  };
  const double databases = number("postgresql") + number("mysql");
  if (unit == "postgresql" || unit == "mysql") {
    const double instances = ratio_up(number(unit), kDatabasesOfAnExporter);
    std::vector<Dimension> labels = labelled("finwatch-database", instances);
    // One exporter's databases are of one kind here, so that their names differ from those of the other kind.
    for (int i = 0; i < static_cast<int>(instances); ++i) labels.back().values.push_back(std::string(unit) + std::to_string(i));
    labels.push_back({"target", {}, instances > 0 ? number(unit) / instances : 0});
    labels.push_back({"engine", {std::string(unit)}, 1});
    return labels;
  }
  if (unit == "flow") {
    const double instances = ratio_up(number("flows"), kFlowsOfAnExporter);
    std::vector<Dimension> labels = labelled("finwatch-workflow", instances);
    Dimension flow{"flow", {}, 0};
    const auto each = static_cast<int>(std::lround(instances > 0 ? number("flows") / instances : 0));
    for (int i = 0; i < each; ++i) flow.values.push_back("s" + std::to_string(i / 5) + "_" + std::string(kFlows[i % 5]));
    flow.count = each;
    labels.push_back(std::move(flow));
    return labels;
  }
  if (unit == "book") {
    const double instances = ratio_up(number("books"), kBooksOfAnExporter);
    std::vector<Dimension> labels = labelled("finwatch-workflow", instances);
    labels.push_back({"book", {}, instances > 0 ? number("books") / instances : 0});
    return labels;
  }
  if (unit == "host") return labelled("finwatch-host", number("hosts"));
  if (unit == "database_exporter") return labelled("finwatch-database", ratio_up(databases, kDatabasesOfAnExporter));
  if (unit == "workflow_exporter")
    return labelled("finwatch-workflow",
                    std::max(ratio_up(number("flows"), kFlowsOfAnExporter), ratio_up(number("books"), kBooksOfAnExporter)));
  if (unit == "probe") return labelled("blackbox", number("probes"));
  if (unit == "prometheus") return labelled("prometheus", 1);
  if (unit == "notifier") return labelled("finwatch-notifier", 1);
  if (unit == "none") return labelled("none", 0);
  return labelled(unit, number(unit));  // windows, middleware
}

void Fleet::fill() {
  for (LineReader lines(kFamilies); const auto line = lines.next();) {
    FieldReader fields(*line);
    if (fields.done() || line->starts_with('#')) continue;
    const std::string_view units = fields.next(), names = fields.next();
    const std::vector<Dimension> own = read_dimensions(fields.rest());
    for_each_word(units, [&](std::string_view unit) {
      Shape shape{identity_of(unit), 1};
      shape.dimensions.insert(shape.dimensions.end(), own.begin(), own.end());
      for_each_word(names, [&](std::string_view name) { families_[std::string(name)].push_back(shape); });
    });
  }
}

std::string Fleet::families() const {
  std::string out;
  for (const auto& [name, shapes] : families_)
    for (const Shape& shape : shapes) {
      if (shape.series() <= 0) continue;
      out.append(name).append("\t").append(print_number(static_cast<double>(step_of(name).count()) / 1000));
      out.append("\t").append(print_number(shape.share));
      for (const Dimension& dimension : shape.dimensions) {
        out.append("\t").append(dimension.label);
        if (dimension.values.empty()) {
          out.append("*").append(print_number(dimension.count));
          continue;
        }
        std::string_view between = "=";
        for (const std::string& value : dimension.values) {
          out.append(between).append(value);
          between = "|";
        }
      }
      out.append("\n");
    }
  return out;
}

SeriesSet Fleet::select(const Selector& selector, std::vector<std::string>& unknown) const {
  const Matcher* name = selector.name();
  std::vector<Shape> shapes;
  if (name == nullptr || name->kind != MatchKind::equal) {
    // Any family may be meant: all that the pattern takes.
    std::optional<Pattern> pattern;
    if (name != nullptr)
      if (Result<Pattern> compiled = Pattern::compile("^(?:" + name->value + ")$")) pattern = std::move(*compiled);
    for (const auto& [family, all] : families_)
      if (name == nullptr || matches(*name, family, pattern)) shapes.insert(shapes.end(), all.begin(), all.end());
  } else if (const auto known = families_.find(name->value); known != families_.end()) {
    shapes = known->second;
  } else {
    unknown.push_back(name->value);
    std::string_view unit = "host";
    for (const auto& [beginning, its] : kPrefixes)
      if (std::string_view(name->value).starts_with(beginning)) unit = its;
    shapes.push_back({identity_of(unit), 1});
  }
  SeriesSet found;
  for (Shape& shape : shapes) {
    const bool taken = std::all_of(selector.matchers.begin(), selector.matchers.end(), [&](const Matcher& matcher) {
      return matcher.label.name == kNameLabel || narrow(shape, matcher);
    });
    if (taken && shape.series() > 0) found.shapes.push_back(std::move(shape));
  }
  return found;
}

milliseconds Fleet::step_of(std::string_view family) const {
  return recorded_every(family).value_or(milliseconds(static_cast<std::int64_t>(numbers_.find("scrape")->second * 1000)));
}

void Fleet::add_recording(const std::string& name, const SeriesSet& what, milliseconds every) {
  recordings_[name] = every;
  families_.try_emplace(name, what.shapes);
}

double Fleet::series_of(std::string_view family) const {
  const auto found = families_.find(family);
  return found == families_.end() ? 0 : SeriesSet{found->second}.series();
}

std::optional<milliseconds> Fleet::recorded_every(std::string_view name) const {
  const auto found = recordings_.find(name);
  return found == recordings_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace finwatch::rules
