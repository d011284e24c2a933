// Has every alert a page in both languages that says what to do, with all its sections?
#include <algorithm>
#include <array>
#include <filesystem>
#include <set>

#include "core/files.h"
#include "core/text.h"
#include "rules/tool/check/subject.h"
#include "rules/tool/contract/read.h"

namespace finwatch::rules {
namespace {

struct Pages {
  std::string_view tail;
  std::array<std::string_view, 7> sections;
};
constexpr Pages kPages[] = {
    {".md", {"What it means", "Who is hit", "First diagnosis", "How to solve", "How to verify", "How to close", "If it lasts"}},
    {".zh-CN.md", {"含义", "影响范围", "初步诊断", "处理", "验证", "关闭", "持续不恢复时"}},
};
constexpr std::size_t kMostBytes = std::size_t{1} << 20;

// The lines of a page that begin a section, and whether anything stands below them.
struct Section {
  std::string_view title;
  int line;
  bool filled;
};
std::vector<Section> sections_of(std::string_view text) {
  std::vector<Section> sections;
  int number = 0;
  bool code = false;
  for (LineReader lines(text); const auto line = lines.next();) {
    ++number;
    const std::string_view content = trim(*line);
    if (content.starts_with("```")) code = !code;
    if (!code && content.starts_with("## "))
      sections.push_back({trim(content.substr(3)), number, false});
    else if (!content.empty() && !sections.empty())
      sections.back().filled = true;
  }
  return sections;
}

void check_page(const std::string& path, const Alert& alert, const Pages& pages, Problems& problems) {
  const Result<std::string> text = read_file(path, kMostBytes);
  if (!text)
    return problems.error(alert.where, alert.id + " has no runbook: " + path + ": " + text.error().message + ". Write it");
  const std::string_view heading = std::string_view(*text).substr(0, text->find('\n'));
  const std::string begin = "# " + alert.id;
  if (!heading.starts_with(begin) || (heading.size() > begin.size() && is_id(heading.substr(2, begin.size() - 1))))
    problems.error({path, 1, 1}, "expected the heading '" + begin + ": …', found '" + valid_utf8(heading) + "'");
  const std::vector<Section> sections = sections_of(*text);
  for (const std::string_view wanted : pages.sections) {
    const auto found = std::find_if(sections.begin(), sections.end(), [&](const Section& one) { return one.title == wanted; });
    if (found == sections.end())
      problems.error({path, 1, 1}, "no section '## " + std::string(wanted) + "'. Write it");
    else if (!found->filled)
      problems.error({path, found->line, 1}, "nothing stands under '## " + std::string(wanted) + "'. Write it");
  }
}

// Pages of alerts that are gone, or are spelt otherwise.
void check_strays(const Subject& subject, const std::set<std::string>& wanted, Problems& problems) {
  std::vector<std::string> strays;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(subject.input.runbooks, failed)) {
    const std::string name = entry.path().filename().string();
    if (name.ends_with(".md") && !name.starts_with("README") && !name.starts_with("index") && !wanted.contains(name))
      strays.push_back(entry.path().string());
  }
  for (const std::string& path : strays)
    problems.warning({path, 1, 1}, "no alert has this runbook. Take it away, or rename it");
}

}  // namespace

void check_runbooks(const Subject& subject, Problems& problems) {
  std::set<std::string> wanted;
  for (const Area& area : subject.areas)
    for (const Alert& alert : area.alerts)
      for (const Pages& pages : kPages) {
        const std::string name = alert.id + std::string(pages.tail);
        wanted.insert(name);
        check_page((std::filesystem::path(subject.input.runbooks) / name).string(), alert, pages, problems);
      }
  check_strays(subject, wanted, problems);
}

}  // namespace finwatch::rules
