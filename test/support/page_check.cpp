#include "support/page_check.h"

#include <optional>
#include <set>

#include "core/text.h"

namespace finwatch::test {
namespace {

// Colons are for rules and for textfiles of people who do as rules do; a label has none.
enum class Name { metric, label };

bool is_name(std::string_view text, Name kind) {
  if (text.empty() || (text[0] >= '0' && text[0] <= '9')) return false;
  for (const char c : text)
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
          (c == ':' && kind == Name::metric)))
      return false;
  return true;
}

bool is_value(std::string_view text) {
  return text == "NaN" || text == "+Inf" || text == "-Inf" || to_number<double>(text).has_value();
}

struct Sample {
  std::string_view name;
  std::string_view series;
  std::map<std::string, std::string> labels;
};

// name{label="value",…} number
std::optional<Sample> parse_sample(std::string_view line) {
  Sample sample;
  std::size_t at = line.find_first_of("{ ");
  if (at == std::string_view::npos || !is_name(line.substr(0, at), Name::metric)) return std::nullopt;
  sample.name = line.substr(0, at);
  if (line[at] == '{') {
    ++at;
    while (at < line.size() && line[at] != '}') {
      const std::size_t equals = line.find("=\"", at);
      if (equals == std::string_view::npos || !is_name(line.substr(at, equals - at), Name::label)) return std::nullopt;
      const std::string label(line.substr(at, equals - at));
      std::string value;
      at = equals + 2;
      while (at < line.size() && line[at] != '"') {
        if (line[at] == '\\') {
          ++at;
          if (at >= line.size() || (line[at] != '\\' && line[at] != '"' && line[at] != 'n')) return std::nullopt;
        }
        value += line[at++];
      }
      if (at >= line.size() || !sample.labels.emplace(label, value).second) return std::nullopt;
      ++at;
      if (at < line.size() && line[at] == ',') ++at;
    }
    if (at >= line.size()) return std::nullopt;
    ++at;
  }
  sample.series = line.substr(0, at);
  if (at >= line.size() || line[at] != ' ' || !is_value(line.substr(at + 1))) return std::nullopt;
  return sample;
}

}  // namespace

CheckedPage check_page(std::string_view page) {
  CheckedPage checked;
  const auto wrong = [&](std::string_view line, std::string_view rule) {
    if (checked.problem.empty()) checked.problem = std::string(rule) + ": " + std::string(line.substr(0, 300));
  };
  if (utf8_prefix(page) != page.size()) wrong(page.substr(utf8_prefix(page)), "not UTF-8");
  if (!page.empty() && !page.ends_with('\n')) wrong(page, "the last line does not end");
  std::set<std::string, std::less<>> seen;
  std::string open;
  PageFamily* family = nullptr;
  for (LineReader lines(page); const auto line = lines.next();) {
    if (line->starts_with("# HELP ")) {
      FieldReader fields(line->substr(7));
      open = fields.next();
      if (!is_name(open, Name::metric)) wrong(*line, "no name in HELP");
      if (checked.families.contains(open)) wrong(*line, "a family stands in two pieces");
      family = &checked.families[open];
    } else if (line->starts_with("# TYPE ")) {
      FieldReader fields(line->substr(7));
      if (family == nullptr || fields.next() != open) wrong(*line, "TYPE without its HELP");
      if (family != nullptr) family->type = fields.next();
    } else {
      const std::optional<Sample> sample = parse_sample(*line);
      if (!sample) {
        wrong(*line, "not a sample");
        continue;
      }
      std::string_view base = sample->name;
      if (family != nullptr && (family->type == "histogram" || family->type == "summary"))
        for (const std::string_view suffix : {"_bucket", "_sum", "_count"})
          if (base.size() == open.size() + suffix.size() && base.ends_with(suffix)) base.remove_suffix(suffix.size());
      if (family == nullptr || base != open) {
        wrong(*line, "a sample outside its family");
        continue;
      }
      family->series.emplace_back(sample->series);
      family->labels.push_back(sample->labels);
      if (!seen.emplace(sample->series).second && checked.first_duplicate.empty()) checked.first_duplicate = sample->series;
    }
  }
  return checked;
}

}  // namespace finwatch::test
