// A report as a document in one language, before it is Markdown or a page.
//
//   const Document document = compose(contract, figures, Language::zh);
//   to_markdown(document);  to_html(document);  to_csv(contract, figures, Language::zh);
//
// The same figures give the same bytes: nothing here asks for the time.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "rules/tool/report/figures.h"

namespace finwatch::rules {

enum class Language : unsigned char { zh, en };
constexpr std::string_view to_string(Language language) { return language == Language::zh ? "zh" : "en"; }

enum class Tone : unsigned char { plain, good, bad, faint };

struct Cell {
  std::string text;
  Tone tone = Tone::plain;
};

struct Table {
  std::string caption;
  std::vector<std::string> heads;
  std::size_t words = 1;  // so many columns hold words, the ones behind them numbers
  std::vector<std::vector<Cell>> rows;
  bool folded = false;  // the data of a plot: on a page behind a click
};

/// Seen on a page only; its data stand in a table as well.
struct Plot {
  std::string caption, svg;
};

struct Paragraph {
  std::string text;
};

using Block = std::variant<Paragraph, Table, Plot>;

struct Section {
  std::string id, heading;
  std::vector<Block> blocks;
};

/// What is seen first.
struct Fact {
  std::string label, value, note;
  Tone tone = Tone::plain;
};

struct Document {
  Language language = Language::en;
  std::string title, organisation, subtitle;
  std::vector<Fact> facts;
  std::vector<Section> sections;
};

Document compose(const Contract& contract, const Figures& figures, Language language);
std::string to_markdown(const Document& document);
/// One file: styles and plots inside, no script.
std::string to_html(const Document& document);
/// A line a figure, with a byte order mark, as Excel wants it.
std::string to_csv(const Contract& contract, const Figures& figures, Language language);

}  // namespace finwatch::rules
