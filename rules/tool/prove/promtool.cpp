#include "rules/tool/prove/promtool.h"

#include "conf/json.h"
#include "core/text.h"

namespace finwatch::rules {
namespace {

constexpr std::string_view kFile = "Unit Testing:  ", kExpression = "    expr: ", kRule = "    rule: ", kMore = "        ";

std::string between(std::string_view text, std::string_view before, std::string_view after) {
  const std::size_t from = text.find(before);
  if (from == std::string_view::npos) return {};
  const std::size_t begin = from + before.size();
  return std::string(text.substr(begin, text.find(after, begin) - begin));
}

// expr: "ALERTS{alertname=\"A\"} # line 37", time: 7m,
Complaint expression_of_line(std::string_view line) {
  std::string_view quoted = line.substr(kExpression.size());
  quoted = quoted.substr(0, quoted.rfind(", time: "));
  const Result<Tree> text = parse_json(quoted, "promtool");  // as Go quotes what is printable, so does JSON
  const std::string expression = text ? text->scalar : std::string(quoted);
  Complaint complaint;
  complaint.alert = between(expression, "alertname=\"", "\"");
  const std::size_t mark = expression.rfind(" # line ");
  if (mark != std::string::npos)
    complaint.line = to_number<std::size_t>(trim(std::string_view(expression).substr(mark + 8))).value_or(0);
  complaint.text = std::string(trim(line)) + "\n";
  return complaint;
}

}  // namespace

std::vector<FileVerdict> read_test_output(std::string_view output) {
  std::vector<FileVerdict> files;
  bool goes_on = false;
  for (LineReader lines(output); const auto line = lines.next();) {
    if (line->starts_with(kFile)) {
      files.push_back({std::string(line->substr(kFile.size())), false, {}, {}});
      goes_on = false;
    } else if (files.empty() || trim(*line).empty()) {
      continue;
    } else if (FileVerdict& file = files.back(); *line == "  SUCCESS") {
      file.passed = file.rest.empty();  // it warns of a rule file that is not there, and goes on
    } else if (*line == "  FAILED:" || line->starts_with("    name: ")) {
      goes_on = false;
    } else if (line->starts_with(kExpression)) {
      file.complaints.push_back(expression_of_line(*line));
      goes_on = true;
    } else if (line->starts_with(kRule)) {
      file.complaints.push_back({between(*line, kRule, ","), 0, true, std::string(trim(*line)) + "\n"});
      goes_on = false;
    } else if (goes_on && line->starts_with(kMore)) {
      file.complaints.back().text.append("  ").append(trim(*line)).append("\n");
    } else {
      file.rest.append(trim(*line)).append("\n");
      goes_on = false;
    }
  }
  return files;
}

}  // namespace finwatch::rules
