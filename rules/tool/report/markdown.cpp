#include "rules/tool/report/document.h"

namespace finwatch::rules {
namespace {

// A text inside a line or a table's cell: nothing in it may begin something else.
std::string inside(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '<') {
      out += "&lt;";
      continue;
    }
    if (c == '|' || c == '\\' || c == '`' || c == '*' || c == '[') out += '\\';
    out += c == '\n' || c == '\r' ? ' ' : c;
  }
  return out;
}

std::string cell_text(const Cell& cell) {
  const std::string text = inside(cell.text);
  return cell.tone == Tone::bad && !text.empty() ? "**" + text + "**" : text;
}

std::string table_text(const Table& table, std::string_view heading) {
  std::string out = table.caption == heading ? "" : "**" + inside(table.caption) + "**\n\n";
  std::string rule = "|";
  out += "|";
  for (std::size_t i = 0; i < table.heads.size(); ++i) {
    out += " " + inside(table.heads[i]) + " |";
    rule += i < table.words ? " --- |" : " ---: |";
  }
  out += "\n" + rule + "\n";
  for (const auto& row : table.rows) {
    out += "|";
    for (const Cell& cell : row) out += " " + cell_text(cell) + " |";
    out += "\n";
  }
  return out + "\n";
}

}  // namespace

std::string to_markdown(const Document& document) {
  std::string out =
      "# " + inside(document.title) + "\n\n" + inside(document.organisation) + "  \n" + inside(document.subtitle) + "\n\n";
  for (const Fact& fact : document.facts)
    out += "- " + inside(fact.label) + (document.language == Language::zh ? "：" : ": ") + "**" + inside(fact.value) + "**" +
           (fact.note.empty() ? ""
                              : (document.language == Language::zh ? "（" : " (") + inside(fact.note) +
                                    (document.language == Language::zh ? "）" : ")")) +
           "\n";
  for (const Section& section : document.sections) {
    out += "\n## " + inside(section.heading) + "\n\n";
    for (const Block& block : section.blocks) {
      if (const auto* paragraph = std::get_if<Paragraph>(&block)) out += inside(paragraph->text) + "\n\n";
      if (const auto* table = std::get_if<Table>(&block)) out += table_text(*table, section.heading);
    }
    out.pop_back();  // one empty line before the next heading, none at the end
  }
  return out;
}

}  // namespace finwatch::rules
