#include "rules/tool/coverage/page.h"

#include <algorithm>
#include <utility>

#include "core/text.h"

namespace finwatch::rules {
namespace {

bool is_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == ':' || c == '.';
}

// One line of a sample, from its begin.
class Line {
 public:
  explicit Line(std::string_view text) : rest_(text) {}

  bool series(PageSeries& series);
  const char* expected() const { return expected_; }

 private:
  bool take(char c) {
    blanks();
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void blanks() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t"), rest_.size())); }
  std::string name();
  bool quoted(std::string& out);
  bool labels(PageSeries& series);
  bool fail(const char* expected) {
    expected_ = expected;
    return false;
  }

  std::string_view rest_;
  const char* expected_ = "";
};

std::string Line::name() {
  blanks();
  const auto end = std::find_if_not(rest_.begin(), rest_.end(), is_name);
  std::string name(rest_.begin(), end);
  rest_.remove_prefix(name.size());
  return name;
}

bool Line::quoted(std::string& out) {
  if (!take('"')) return fail("a value in quotes");
  for (std::size_t i = 0; i < rest_.size(); ++i) {
    if (rest_[i] == '"') {
      rest_.remove_prefix(i + 1);
      return true;
    }
    if (rest_[i] == '\\' && i + 1 < rest_.size()) {
      ++i;
      out += rest_[i] == 'n' ? '\n' : rest_[i];
    } else {
      out += rest_[i];
    }
  }
  return fail("the quote that ends a value");
}

bool Line::labels(PageSeries& series) {
  while (!take('}')) {
    blanks();
    std::string label, value;
    const bool in_quotes = rest_.starts_with('"');
    if (in_quotes && !quoted(label)) return false;
    if (!in_quotes) label = name();
    if (label.empty()) return fail("a label");
    if (take('=')) {
      if (!quoted(value)) return false;
      if (!value.empty()) series.labels.insert_or_assign(std::move(label), std::move(value));
    } else if (in_quotes && series.name.empty()) {
      series.name = std::move(label);
    } else {
      return fail("= after a label");
    }
    if (!take(',') && !rest_.starts_with('}')) return fail("a comma or }");
  }
  return true;
}

bool Line::series(PageSeries& series) {
  series.name = name();
  if (take('{') && !labels(series)) return false;
  if (series.name.empty()) return fail("the name of a metric");
  blanks();
  const std::string_view value = FieldReader(rest_).next();
  if (!to_number<double>(value) && !same_word(value, "nan") && !same_word(value, "+inf") && !same_word(value, "-inf"))
    return fail("a value after the series");
  return true;
}

}  // namespace

Result<Page> parse_page(std::string_view text, const std::string& name) {
  Page page;
  page.name = name;
  int number = 0;
  for (LineReader lines(text); auto line = lines.next();) {
    ++number;
    const std::string_view content = trim(*line);
    if (content.empty() || content.starts_with('#')) continue;
    PageSeries series;
    Line reader(content);
    if (!reader.series(series))
      return {Errc::malformed, name + ":" + std::to_string(number) + ": expected " + reader.expected() + ", found '" +
                                   valid_utf8(content.substr(0, 60)) + "'; is this a page of metrics?"};
    std::string key = series.name;
    page.series.emplace(std::move(key), std::move(series));
  }
  if (page.series.empty()) return {Errc::malformed, name + ": no metric on this page"};
  return page;
}

}  // namespace finwatch::rules
