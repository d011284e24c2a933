#include "rules/tool/report/html_style.h"
#include "rules/tool/report/text.h"

namespace finwatch::rules {
namespace {

std::string_view class_of(Tone tone) {
  switch (tone) {
    case Tone::good: return "good";
    case Tone::bad: return "bad";
    case Tone::faint: return "faint";
    case Tone::plain: break;
  }
  return "";
}

// <td class="number bad">…</td>; a column of words has no class of its own.
std::string cell(std::string_view element, std::string_view more, bool number, Tone tone, const std::string& text) {
  std::string classes(number ? "number" : "");
  if (const std::string_view own = class_of(tone); !own.empty()) classes.append(classes.empty() ? "" : " ").append(own);
  return "<" + std::string(element) + std::string(more) + (classes.empty() ? "" : " class=\"" + classes + "\"") + ">" +
         html_text(text) + "</" + std::string(element) + ">";
}

std::string table_html(const Table& table, std::string_view heading) {
  std::string out = "<div class=\"wide\"><table>\n";
  // Not twice: the heading or the summary says it already.
  if (table.caption != heading && !table.folded) out += "<caption>" + html_text(table.caption) + "</caption>\n";
  out += "<thead><tr>";
  for (std::size_t i = 0; i < table.heads.size(); ++i)
    out += cell("th", " scope=\"col\"", i >= table.words, Tone::plain, table.heads[i]);
  out += "</tr></thead>\n<tbody>\n";
  for (const auto& row : table.rows) {
    out += "<tr>";
    for (std::size_t i = 0; i < row.size(); ++i)
      out += i == 0 ? cell("th", " scope=\"row\"", false, Tone::plain, row[i].text)
                    : cell("td", "", i >= table.words, row[i].tone, row[i].text);
    out += "</tr>\n";
  }
  out += "</tbody></table></div>\n";
  return table.folded ? "<details><summary>" + html_text(table.caption) + "</summary>\n" + out + "</details>\n" : out;
}

std::string block_html(const Block& block, std::string_view heading) {
  if (const auto* paragraph = std::get_if<Paragraph>(&block)) return "<p>" + html_text(paragraph->text) + "</p>\n";
  if (const auto* table = std::get_if<Table>(&block)) return table_html(*table, heading);
  const auto& plot = std::get<Plot>(block);
  return "<figure><figcaption>" + html_text(plot.caption) + "</figcaption>\n" + plot.svg + "</figure>\n";
}

}  // namespace

std::string to_html(const Document& document) {
  const std::string_view language = document.language == Language::zh ? "zh-CN" : "en";
  std::string out =
      "<!DOCTYPE html>\n<html lang=\"" + std::string(language) +
      "\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<title>" +
      html_text(document.title + " – " + document.organisation) + "</title>\n<style>\n" + std::string(kHtmlStyle) +
      "</style>\n</head>\n<body>\n<main>\n<header>\n<p>" + html_text(document.organisation) + "</p>\n<h1>" +
      html_text(document.title) + "</h1>\n<p>" + html_text(document.subtitle) + "</p>\n</header>\n<dl class=\"facts\">\n";
  for (const Fact& fact : document.facts)
    out += "<div class=\"fact " + std::string(class_of(fact.tone)) + "\"><dt>" + html_text(fact.label) +
           "</dt><dd class=\"value\">" + html_text(fact.value) + "</dd><dd class=\"note\">" + html_text(fact.note) +
           "</dd></div>\n";
  out += "</dl>\n";
  for (const Section& section : document.sections) {
    out += "<section aria-labelledby=\"" + section.id + "\">\n<h2 id=\"" + section.id + "\">" + html_text(section.heading) +
           "</h2>\n";
    for (const Block& block : section.blocks) out += block_html(block, section.heading);
    out += "</section>\n";
  }
  return out + "</main>\n</body>\n</html>\n";
}

}  // namespace finwatch::rules
