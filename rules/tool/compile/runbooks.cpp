// runbooks/index.md and index.zh-CN.md: every alert with its severity, its class and the page that says what to do.
#include "rules/tool/alerts/readable.h"
#include "rules/tool/compile/compile.h"

namespace finwatch::rules {
namespace {

struct Language {
  bool zh;
  std::string_view path, tail, title, other, columns;
  const std::string& of(const Words& words) const { return zh ? words.zh : words.en; }
};
constexpr Language kEnglish{false,
                            "runbooks/index.md",
                            ".md",
                            "# Runbooks\n",
                            "中文：[index.zh-CN.md](index.zh-CN.md)\n",
                            "| alert | what it says | severity | class | still to come |\n|---|---|---|---|---|\n"};
constexpr Language kChinese{
    true,           "runbooks/index.zh-CN.md",         ".zh-CN.md",
    "# 处置手册\n", "English: [index.md](index.md)\n", "| 告警 | 内容 | 级别 | 类别 | 待交付 |\n|---|---|---|---|---|\n"};

// What would end a cell, or be taken for a tag.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text)
    if (c == '|')
      out += "\\|";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else
      out += c == '\n' ? ' ' : c;
  return out;
}

File index(const Contract& contract, const std::vector<Area>& areas, const Language& language) {
  std::string out = std::string(kMadePage) + std::string(language.title) + "\n" + std::string(language.other);
  for (const Area& area : areas) {
    if (area.alerts.empty()) continue;
    out.append("\n## ").append(language.of(area.name)).append("\n\n").append(language.columns);
    for (const Alert& alert : area.alerts) {
      out.append("| [").append(alert.id).append("](../../runbooks/").append(alert.id).append(language.tail).append(") | ");
      out.append(cell(readable(language.of(alert.title)))).append(" | ");
      out.append(cell(language.of(contract.severities.at(alert.severity).name))).append(" | ");
      out.append(cell(language.of(contract.classes.at(alert.fault_class).name))).append(" | ");
      out.append(alert.awaits.empty() ? "" : cell(alert.awaits) + " ");
      out.append("|\n");
    }
  }
  return {std::string(language.path), std::move(out)};
}

}  // namespace

Result<std::vector<File>> compile_runbooks(const Contract& contract, const std::vector<Area>& areas) {
  std::vector<File> files;
  for (const std::string& language : contract.languages)
    files.push_back(index(contract, areas, language == "zh" ? kChinese : kEnglish));
  return files;
}

}  // namespace finwatch::rules
