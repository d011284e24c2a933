#include "host/sources/prom_text.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "core/text.h"

namespace finwatch::host {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_blank(char c) { return c == ' ' || c == '\t'; }

std::string quoted(std::string_view text) { return "\"" + valid_utf8(text.substr(0, 60)) + "\""; }

// As Prometheus reads numbers: decimal, or Inf and NaN in any case. from_chars alone would take nan(1), too.
std::optional<double> to_value(std::string_view text) {
  if (text.find('(') != std::string_view::npos || text.starts_with("+-")) return std::nullopt;
  return to_number<double>(text);
}

std::optional<MetricType> to_type(std::string_view word) {
  if (word == "counter") return MetricType::counter;
  if (word == "gauge") return MetricType::gauge;
  if (word == "untyped") return MetricType::unknown;
  if (word == "histogram") return MetricType::histogram;
  if (word == "summary") return MetricType::summary;
  return std::nullopt;
}

/// What a sample of a histogram or a summary says of its series.
enum class Part : unsigned char { value, point, sum, count };

/// The characters of one line, taken from the left.
class Cursor {
 public:
  explicit Cursor(std::span<char> line) : next_(line.data()), end_(line.data() + line.size()) {}

  bool done() const { return next_ == end_; }
  bool at(char c) const { return next_ != end_ && *next_ == c; }
  bool take(char c) {
    if (!at(c)) return false;
    ++next_;
    return true;
  }
  void skip_blanks() {
    while (next_ != end_ && is_blank(*next_)) ++next_;
  }
  std::string_view name(bool colons) {
    const char* start = next_;
    while (next_ != end_ && (is_letter(*next_) || (colons && *next_ == ':') || (next_ != start && is_digit(*next_)))) ++next_;
    return {start, static_cast<std::size_t>(next_ - start)};
  }
  std::string_view word() {
    const char* start = next_;
    while (next_ != end_ && !is_blank(*next_)) ++next_;
    return {start, static_cast<std::size_t>(next_ - start)};
  }
  std::string_view rest() const { return {next_, static_cast<std::size_t>(end_ - next_)}; }

  /// Up to a closing quote that is taken as well, or (`until` 0) to the end. Escapes are replaced where they stand, which
  /// never makes the text longer. Nothing when an escape is unknown or the quote is missing.
  std::optional<std::string_view> unescaped(char until) {
    char* const start = next_;
    char* out = start;
    while (next_ != end_ && (until == 0 || *next_ != until)) {
      char c = *next_++;
      if (c == '\\') {
        if (next_ == end_) return std::nullopt;
        const char escape = *next_++;
        if (escape != '\\' && escape != 'n' && (until == 0 || escape != until)) return std::nullopt;
        c = escape == 'n' ? '\n' : escape;
      }
      *out++ = c;
    }
    if (until != 0 && !take(until)) return std::nullopt;
    return std::string_view(start, static_cast<std::size_t>(out - start));
  }

 private:
  char* next_;
  char* end_;
};

}  // namespace

class PromText::Reader {
 public:
  explicit Reader(PromText& into) : into_(into) {}

  bool line(std::span<char> text) {
    ++line_;
    if (!text.empty() && text.back() == '\r') return fail("the line ends in CR LF; expected LF alone");
    if (std::find(text.begin(), text.end(), '\0') != text.end()) return fail("expected text, found a NUL byte");
    Cursor cursor(text);
    cursor.skip_blanks();
    if (cursor.done()) return true;
    return cursor.take('#') ? comment(cursor) : sample(cursor);
  }
  bool finish() {
    for (PromFamily& family : into_.families_)
      if ((family.type == MetricType::histogram || family.type == MetricType::summary) && !finish(family)) return false;
    return true;
  }
  bool fail(std::string message, PromProblem::Kind kind = PromProblem::Kind::malformed) {
    problem_ = PromProblem{kind, line_, std::move(message)};
    return false;
  }
  std::optional<PromProblem> problem() { return std::move(problem_); }

 private:
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  bool comment(Cursor& cursor) {
    cursor.skip_blanks();
    const std::string_view keyword = cursor.word();
    if (keyword != "HELP" && keyword != "TYPE") return true;
    cursor.skip_blanks();
    if (cursor.done()) return true;  // a sentence that happens to be this word
    const std::string_view name = cursor.name(true);
    if (name.empty() || (!cursor.done() && !cursor.at(' ') && !cursor.at('\t')))
      return fail("expected a metric name after " + std::string(keyword));
    cursor.skip_blanks();
    return keyword == "HELP" ? help(name, cursor) : type(name, trim(cursor.rest()));
  }

  bool help(std::string_view name, Cursor& cursor) {
    if (cursor.done()) return true;
    PromFamily& family = into_.families_[find_or_make(name)];
    if (family.help) return fail("a second HELP for " + std::string(name));
    family.help = cursor.unescaped(0);
    return family.help ? true : fail("HELP with an escape other than \\\\ and \\n");
  }

  bool type(std::string_view name, std::string_view word) {
    const auto type = to_type(word);
    if (!type) return fail("expected counter, gauge, histogram, summary or untyped after TYPE, found " + quoted(word));
    PromFamily& family = into_.families_[find_or_make(name)];
    if (family.typed) return fail("a second TYPE for " + std::string(name));
    if (!family.series.empty()) return fail("TYPE of " + std::string(name) + " after its samples");
    family.type = *type;
    family.typed = true;
    return true;
  }

  bool sample(Cursor& cursor) {
    const std::string_view name = cursor.name(true);
    if (name.empty()) return fail("expected a metric name, found " + quoted(cursor.rest()));
    const auto first_label = static_cast<std::uint32_t>(into_.labels_.size());
    cursor.skip_blanks();
    if (cursor.take('{') && !labels(cursor)) return false;
    cursor.skip_blanks();
    const std::string_view number = cursor.word();
    const auto value = to_value(number);
    if (!value) return fail("expected a number, found " + quoted(number));
    if (const std::string_view rest = trim(cursor.rest()); !rest.empty()) {
      if (to_number<std::int64_t>(rest)) return fail("samples must have no timestamp", PromProblem::Kind::timestamp);
      return fail("expected the end of the line, found " + quoted(rest));
    }
    return keep(name, first_label, *value);
  }

  bool labels(Cursor& cursor) {
    while (true) {
      cursor.skip_blanks();
      if (cursor.take('}')) return true;
      const std::string_view name = cursor.name(false);
      if (name.empty() || name == "__name__") return fail("expected a label name or }, found " + quoted(cursor.rest()));
      cursor.skip_blanks();
      if (!cursor.take('=')) return fail("expected = after the label name " + std::string(name));
      cursor.skip_blanks();
      if (!cursor.take('"')) return fail("expected a quoted value of the label " + std::string(name));
      const auto value = cursor.unescaped('"');
      if (!value)
        return fail("the value of the label " + std::string(name) + " has no end, or an escape other than \\\\, \\\" and \\n");
      if (utf8_prefix(*value) != value->size())
        return fail("the value of the label " + std::string(name) + " is not valid UTF-8 text");
      into_.labels_.push_back({name, *value});
      cursor.skip_blanks();
      if (!cursor.take(',') && !cursor.at('}')) return fail("expected , or } after the label " + std::string(name));
    }
  }

  // The family that a sample belongs to: of its own name, or that of the histogram or summary of which it is a part.
  std::size_t family_of(std::string_view name, Part& part) {
    if (const std::size_t own = find(name); own != kNone) {
      if (into_.families_[own].type == MetricType::summary) part = Part::point;
      return own;
    }
    const std::size_t underscore = name.rfind('_');
    if (underscore != std::string_view::npos) {
      const std::string_view suffix = name.substr(underscore);
      const std::size_t parent = find(name.substr(0, underscore));
      const MetricType type = parent == kNone ? MetricType::unknown : into_.families_[parent].type;
      const bool histogram = type == MetricType::histogram;
      if (histogram || type == MetricType::summary) {
        part = suffix == "_sum"                   ? Part::sum
               : suffix == "_count"               ? Part::count
               : histogram && suffix == "_bucket" ? Part::point
                                                  : Part::value;
        if (part != Part::value) return parent;
      }
    }
    return find_or_make(name);
  }

  bool keep(std::string_view name, std::uint32_t first_label, double value) {
    Part part = Part::value;
    PromFamily& family = into_.families_[family_of(name, part)];
    PromPoint point{.value = value};
    if (part == Part::value && family.type == MetricType::histogram)
      return fail(std::string(name) + " is a histogram: expected _bucket, _sum or _count");
    if (part == Part::point && !take_bound(family.type == MetricType::histogram ? "le" : "quantile", first_label, point))
      return false;
    const auto label_count = sort_labels(first_label);
    if (!label_count) return fail("a label stands twice");
    if (part == Part::value) {
      family.series.push_back({.first_label = first_label, .label_count = *label_count, .value = value});
      return true;
    }
    const std::uint32_t index = group(family, first_label, *label_count);
    PromSeries& series = family.series[index];
    if (part == Part::point) {
      point.series = index;
      family.points.push_back(point);
      return true;
    }
    std::optional<double>& slot = part == Part::sum ? series.sum : series.count;
    if (slot) return fail(std::string(name) + " stands twice with the same labels");
    slot = value;
    return true;
  }

  // Takes the label that says which bucket or quantile it is out of the labels of the line.
  bool take_bound(std::string_view name, std::uint32_t first_label, PromPoint& point) {
    auto& labels = into_.labels_;
    const auto found =
        std::find_if(labels.begin() + first_label, labels.end(), [&](const LabelPair& pair) { return pair.name == name; });
    if (found == labels.end()) return fail("expected the label " + std::string(name));
    const auto bound = to_value(found->value);
    if (!bound || std::isnan(*bound))
      return fail("expected a number in the label " + std::string(name) + ", found " + quoted(found->value));
    point.bound = *bound;
    point.label = found->value;
    labels.erase(found);
    return true;
  }

  // Sorts the labels behind `first`, without those that are empty. Nothing when one stands twice.
  std::optional<std::uint32_t> sort_labels(std::uint32_t first) {
    auto& labels = into_.labels_;
    const auto begin = labels.begin() + first;
    std::sort(begin, labels.end(), [](const LabelPair& a, const LabelPair& b) { return a.name < b.name; });
    if (std::adjacent_find(begin, labels.end(), [](const LabelPair& a, const LabelPair& b) { return a.name == b.name; }) !=
        labels.end())
      return std::nullopt;
    labels.erase(std::remove_if(begin, labels.end(), [](const LabelPair& pair) { return pair.value.empty(); }), labels.end());
    return static_cast<std::uint32_t>(labels.size() - first);
  }

  // The series of a histogram or summary with the labels that were just read.
  std::uint32_t group(PromFamily& family, std::uint32_t first_label, std::uint32_t label_count) {
    std::string key(family.name);
    for (const LabelPair& pair : into_.labels({.first_label = first_label, .label_count = label_count})) {
      key += '\0';
      key += pair.name;
      key += '\0';
      key += pair.value;
    }
    const auto [entry, is_new] = groups_.emplace(std::move(key), static_cast<std::uint32_t>(family.series.size()));
    if (is_new)
      family.series.push_back({.first_label = first_label, .label_count = label_count});
    else
      into_.labels_.resize(first_label);
    return entry->second;
  }

  bool finish(PromFamily& family) {
    auto& points = family.points;
    std::stable_sort(points.begin(), points.end(), [](const PromPoint& a, const PromPoint& b) {
      return a.series != b.series ? a.series < b.series : a.bound < b.bound;
    });
    for (std::size_t i = 0; i < points.size(); ++i) {
      PromSeries& series = family.series[points[i].series];
      if (series.point_count++ == 0) {
        series.first_point = static_cast<std::uint32_t>(i);
      } else if (points[i - 1].bound == points[i].bound) {
        return fail(std::string(family.name) + ": a bucket or quantile stands twice with the same labels");
      }
    }
    if (family.type == MetricType::summary) return true;
    for (PromSeries& series : family.series) {
      const PromPoint* last = series.point_count == 0 ? nullptr : &points[series.first_point + series.point_count - 1];
      const bool has_infinity = last != nullptr && std::isinf(last->bound) && last->bound > 0;
      if (!series.count && !has_infinity)
        return fail(std::string(family.name) + ": expected _count, or a bucket of le=\"+Inf\", with each set of labels");
      if (!series.count) series.count = last->value;
    }
    return true;
  }

  std::size_t find(std::string_view name) const {
    const auto found = index_.find(name);
    return found == index_.end() ? kNone : found->second;
  }
  std::size_t find_or_make(std::string_view name) {
    const auto [entry, is_new] = index_.emplace(name, into_.families_.size());
    if (is_new) into_.families_.push_back({.name = name});
    return entry->second;
  }

  PromText& into_;
  int line_ = 0;
  std::optional<PromProblem> problem_;
  std::unordered_map<std::string_view, std::size_t> index_;
  std::unordered_map<std::string, std::uint32_t> groups_;
};

std::optional<PromProblem> PromText::parse(std::string_view text) {
  text_.clear();
  text_.append(text);
  labels_.clear();
  families_.clear();
  Reader reader(*this);
  char* at = text_.data();
  char* const end = at + text_.size();
  bool well = true;
  while (well && at != end) {
    char* const newline = std::find(at, end, '\n');
    well = reader.line({at, newline});
    // A script that writes the file in place may be in the middle of a number.
    if (well && newline == end) well = reader.fail("expected a newline at the end of the file");
    at = newline == end ? end : newline + 1;
  }
  if (well) well = reader.finish();
  if (well) return std::nullopt;
  labels_.clear();
  families_.clear();
  return reader.problem();
}

}  // namespace finwatch::host
