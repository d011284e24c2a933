#include "rules/tool/prove/outcome.h"

#include <algorithm>

#include "core/markup.h"
#include "core/text.h"

namespace finwatch::rules {
namespace {

// Its groups in the order in which they come.
std::vector<std::string> groups_of(const std::vector<Outcome>& outcomes) {
  std::vector<std::string> groups;
  for (const Outcome& one : outcomes)
    if (std::find(groups.begin(), groups.end(), one.group) == groups.end()) groups.push_back(one.group);
  return groups;
}

std::size_t count_in(const std::vector<Outcome>& outcomes, const std::string& group, Verdict verdict) {
  return static_cast<std::size_t>(std::count_if(outcomes.begin(), outcomes.end(), [&](const Outcome& one) {
    return one.verdict == verdict && (group.empty() || one.group == group);
  }));
}

// XML 1.0 has no words at all for control characters, nor for U+FFFE and U+FFFF.
std::string xml(std::string_view text) {
  std::string out;
  for (const char c : valid_utf8(text))
    if (c == '\n' || c == '\t')
      out += c == '\n' ? "&#10;" : "&#9;";
    else
      append_markup(static_cast<unsigned char>(c) < 0x20 ? '?' : c, out);
  return out;
}

std::string numbers(const std::vector<Outcome>& outcomes, const std::string& group) {
  std::string out;
  for (const auto& [name, verdict] : {std::pair("failures", Verdict::failed), std::pair("skipped", Verdict::skipped)})
    out.append(" ").append(name).append("=\"").append(std::to_string(count_in(outcomes, group, verdict))).append("\"");
  return out;
}

}  // namespace

std::size_t count(const std::vector<Outcome>& outcomes, Verdict verdict) { return count_in(outcomes, "", verdict); }

std::string summary_text(const std::vector<Outcome>& outcomes) {
  std::string out;
  for (const Outcome& one : outcomes) {
    if (one.verdict != Verdict::failed) continue;
    out.append(one.where.text()).append(": ").append(one.name).append("\n");
    for (LineReader lines(one.text); const auto line = lines.next();) out.append("    ").append(*line).append("\n");
  }
  for (const std::string& group : groups_of(outcomes)) {
    const std::size_t passed = count_in(outcomes, group, Verdict::passed), failed = count_in(outcomes, group, Verdict::failed);
    const std::size_t skipped = count_in(outcomes, group, Verdict::skipped);
    out.append(group).append(": ").append(std::to_string(passed)).append(" passed");
    if (failed > 0) out.append(", ").append(std::to_string(failed)).append(" failed");
    if (skipped > 0) out.append(", ").append(std::to_string(skipped)).append(" skipped");
    // What was skipped has one reason for all of it more often than not.
    if (skipped > 0) {
      const auto first = std::find_if(outcomes.begin(), outcomes.end(), [&](const Outcome& one) {
        return one.group == group && one.verdict == Verdict::skipped;
      });
      out.append(" (").append(first->text).append(")");
    }
    out.append("\n");
  }
  return out;
}

std::string junit_xml(const std::vector<Outcome>& outcomes) {
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"finwatch test\" tests=\"" +
                    std::to_string(outcomes.size()) + "\"" + numbers(outcomes, "") + ">\n";
  for (const std::string& group : groups_of(outcomes)) {
    std::size_t all = 0;
    std::string cases;
    for (const Outcome& one : outcomes) {
      if (one.group != group) continue;
      ++all;
      cases.append("    <testcase classname=\"finwatch.").append(xml(group)).append("\" name=\"").append(xml(one.name));
      cases.append("\" file=\"")
          .append(xml(one.where.file ? *one.where.file : ""))
          .append("\" line=\"")
          .append(std::to_string(one.where.line))
          .append("\"");
      if (one.verdict == Verdict::passed) {
        cases.append("/>\n");
        continue;
      }
      const bool failed = one.verdict == Verdict::failed;
      const std::string first = one.text.substr(0, one.text.find('\n'));
      cases.append(failed ? ">\n      <failure message=\"" : ">\n      <skipped message=\"").append(xml(first)).append("\"");
      cases.append(failed ? ">" + xml(one.text) + "</failure>" : "/>").append("\n    </testcase>\n");
    }
    out.append("  <testsuite name=\"").append(xml(group)).append("\" tests=\"").append(std::to_string(all)).append("\"");
    out.append(numbers(outcomes, group)).append(">\n").append(cases).append("  </testsuite>\n");
  }
  return out.append("</testsuites>\n");
}

}  // namespace finwatch::rules
