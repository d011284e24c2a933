// The text of a configuration file as a Tree. All that is known of yaml-cpp is in here.
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <sstream>
#include <utility>

#include "conf/yaml.h"
#include "core/files.h"
#include "core/text.h"

namespace finwatch {
namespace {

constexpr std::string_view kEndKey = "finwatch-end-of-file";
constexpr std::size_t kMostLevels = 64;

struct ConfigError {
  Position where;
  std::string message;
};

// 100000 as 100,000.
std::string with_commas(int number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, ",");
  return text;
}

std::string size_error(std::size_t most_bytes) { return ": larger than " + std::to_string(most_bytes >> 20) + " MiB"; }

std::string environment(const std::string& expression, const Position& where) {
  const std::size_t bar = expression.find(":-");
  const std::string name = expression.substr(0, bar);
  if (const char* value = std::getenv(name.c_str())) return value;
  if (bar != std::string::npos) return expression.substr(bar + 2);
  throw ConfigError{where, "environment variable '" + name + "' is not set; set it, or write ${" + name + ":-default}"};
}

std::string substitute(const std::string& text, const Position& where) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    if (text.compare(i, 2, "$$") == 0) {
      out += '$';
      i += 2;
    } else if (text.compare(i, 2, "${") == 0) {
      const std::size_t end = text.find('}', i);
      if (end == std::string::npos) throw ConfigError{where, "'${' without its '}'; a dollar by itself is written '$$'"};
      out += environment(text.substr(i + 2, end - i - 2), where);
      i = end + 1;
    } else {
      out += text[i++];
    }
  }
  return out;
}

void fill_in(Tree& tree) {
  if (tree.scalar.find('$') == std::string::npos) return;
  std::string filled = substitute(tree.scalar, tree.where);
  if (filled == tree.scalar) return;
  tree.written = std::move(tree.scalar);
  tree.scalar = std::move(filled);
}

void add_key(Tree& map, Tree key) {
  if (key.kind != Tree::Kind::scalar) throw ConfigError{key.where, "a key must be a word, not a list or a map"};
  for (std::size_t i = 0; i < map.keys.size(); ++i)
    if (map.keys[i] == key.scalar)
      throw ConfigError{key.where, "key '" + key.scalar + "' stands here again; it stood at line " +
                                       std::to_string(map.key_where[i].line) + " first: remove one of them"};
  map.keys.push_back(std::move(key.scalar));
  map.key_where.push_back(std::move(key.where));
}

// Makes a Tree of the library's events, within the bounds that yaml.h names. Its nodes, which take ten times the memory, are never
// made. Throws ConfigError.
class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(std::shared_ptr<const std::string> file, const YamlOptions& options)
      : file_(std::move(file)), options_(options) {}

  /// Of the one document that was handled; null when there was nothing but comments.
  Tree take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, const std::string& value) override;
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor, YAML::EmitterStyle::value) override;
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor, YAML::EmitterStyle::value) override;
  void OnMapEnd() override { close(); }

 private:
  // What an anchor names. A null or a scalar is kept as the file has it, since a key may repeat it and is never filled in. Of
  // a list or a map only the way from the top is kept: copies of anchors in anchors would be a bomb.
  struct Anchored {
    std::optional<Tree> leaf;
    std::vector<std::uint32_t> way;
  };

  Tree at(const YAML::Mark& mark) const;
  void add_leaf(Tree tree, YAML::anchor_t anchor);
  void open(Tree::Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor);
  void close();
  void add(Tree tree);
  void count(const Tree& tree, std::size_t level);

  std::shared_ptr<const std::string> file_;
  YamlOptions options_;
  int values_ = 0;
  Tree root_;
  std::vector<Tree*> open_;        // the innermost last; a list grows only while none of its items is open, so that none moves
  std::vector<Anchored> anchors_;  // the library numbers them from 1
};

void TreeBuilder::OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) { add_leaf(at(mark), anchor); }

void TreeBuilder::OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, const std::string& value) {
  Tree tree = at(mark);
  tree.kind = Tree::Kind::scalar;
  tree.quoted = tag == "!";
  tree.scalar = value;
  add_leaf(std::move(tree), anchor);
}

void TreeBuilder::OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                                  YAML::EmitterStyle::value) {
  open(Tree::Kind::list, mark, anchor);
}

void TreeBuilder::OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor, YAML::EmitterStyle::value) {
  open(Tree::Kind::map, mark, anchor);
}

void TreeBuilder::OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) {
  const Anchored& known = anchors_[anchor - 1];
  if (known.leaf) return add(*known.leaf);
  const Tree* tree = &root_;
  for (const std::uint32_t index : known.way) tree = &tree->items[index];
  if (std::find(open_.begin(), open_.end(), tree) != open_.end())
    throw ConfigError{at(mark).where, "an alias stands inside the very value that it repeats"};
  add(*tree);
}

Tree TreeBuilder::at(const YAML::Mark& mark) const {
  Tree tree;
  tree.where = Position(file_, mark.line + 1, mark.column + 1);
  return tree;
}

void TreeBuilder::add_leaf(Tree tree, YAML::anchor_t anchor) {
  if (anchor != YAML::NullAnchor) anchors_.push_back({.leaf = tree, .way = {}});
  add(std::move(tree));
}

void TreeBuilder::open(Tree::Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor) {
  Tree tree = at(mark);
  tree.kind = kind;
  add(std::move(tree));
  if (anchor != YAML::NullAnchor) {
    Anchored& known = anchors_.emplace_back();
    for (const Tree* outer : open_) known.way.push_back(static_cast<std::uint32_t>(outer->items.size() - 1));
  }
  open_.push_back(open_.empty() ? &root_ : &open_.back()->items.back());
}

// What grew by doubling has up to half of its memory to spare.
void TreeBuilder::close() {
  Tree& tree = *open_.back();
  tree.items.shrink_to_fit();
  tree.keys.shrink_to_fit();
  tree.key_where.shrink_to_fit();
  open_.pop_back();
}

// The next key or value of the innermost list or map.
void TreeBuilder::add(Tree tree) {
  Tree* parent = open_.empty() ? nullptr : open_.back();
  const bool in_map = parent != nullptr && parent->kind == Tree::Kind::map;
  if (in_map && parent->keys.size() == parent->items.size()) return add_key(*parent, std::move(tree));
  count(tree, open_.size() + 1);
  if (tree.kind == Tree::Kind::scalar && options_.substitute_environment) fill_in(tree);
  if (in_map && tree.kind == Tree::Kind::null) tree.where = parent->key_where.back();
  (parent == nullptr ? root_ : parent->items.emplace_back()) = std::move(tree);
}

void TreeBuilder::count(const Tree& tree, std::size_t level) {
  if (level > kMostLevels) throw ConfigError{tree.where, "nested deeper than 64 levels"};
  if (++values_ > options_.most_values)
    throw ConfigError{tree.where,
                      "more than " + with_commas(options_.most_values) + " values, aliases counted as often as they are used"};
  for (const Tree& item : tree.items) count(item, level + 1);
}

// What is asked about a text whose values do not matter: where its last document began, and whether its top is a map in lines
// that has kEndKey.
struct Outline final : YAML::EventHandler {
  void OnDocumentStart(const YAML::Mark& mark) override { begin = mark; }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string& value) override {
    has_end_key = has_end_key || (depth == 1 && value == kEndKey);
  }
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override { ++depth; }
  void OnSequenceEnd() override { --depth; }
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value style) override {
    if (depth++ == 0) map_in_lines = style != YAML::EmitterStyle::Flow;
  }
  void OnMapEnd() override { --depth; }

  YAML::Mark begin;
  bool map_in_lines = false;
  bool has_end_key = false;
  int depth = 0;
};

// The first document goes to the handler. Where a second one begins, nothing when there is none. The library's own LoadAll is
// never used: it hangs, and eats all memory, where text continues nothing that stands before it ("- a\n, b"), because it finds
// an empty document there, for ever.
std::optional<YAML::Mark> parse(std::string text, YAML::EventHandler& first) {
  std::istringstream stream(std::move(text));
  YAML::Parser parser(stream);
  Outline second;
  const bool more = parser.HandleNextDocument(first) && parser.HandleNextDocument(second);
  return more ? std::optional(second.begin) : std::nullopt;
}

// What stands at a place that should have been the end of the file.
std::string_view not_the_end(std::string_view text, const YAML::Mark& mark) {
  LineReader lines(text);
  for (int i = 0; i < mark.line; ++i) lines.next();
  if (lines.next().value_or("").starts_with("---")) return "a second document begins here; one file holds one";
  return "this continues nothing that stands before it; is a bracket, a quote or an indentation missing?";
}

// yaml-cpp reads a quote that is never closed to the end of the file without a word. A key put behind the text tells: it
// becomes a part of such a scalar, and is a key of the top map otherwise. (In a top map in braces an unclosed quote is an error
// of its own.)
bool swallows_what_follows(std::string_view text) {
  try {
    Outline outline;
    if (parse(std::string(text) + "\n" + std::string(kEndKey) + ": 1\n", outline)) return false;  // the file ended with "..."
    return outline.map_in_lines && !outline.has_end_key;
  } catch (const YAML::Exception&) {
    return false;
  }
}

// The last scalar of the tree in file order: the one that ran away.
const Tree& last_scalar(const Tree& tree) {
  const Tree* last = &tree;
  while (!last->items.empty()) last = &last->items.back();
  return *last;
}

// The library's own message may end in half a character: it names the byte after a backslash.
Error describe(const ConfigError& error) { return {Errc::config, error.where.text() + ": " + valid_utf8(error.message)}; }

}  // namespace

Result<Tree> load_yaml(const std::string& path, const YamlOptions& options) {
  const Result<std::string> text = read_file(path, options.most_bytes);
  if (!text && text.error().code == Errc::malformed) return {Errc::config, path + size_error(options.most_bytes)};
  if (!text) return text.error();
  return parse_yaml(*text, path, options);
}

Result<Tree> parse_yaml(std::string_view text, const std::string& file_name, const YamlOptions& options) {
  if (text.size() > options.most_bytes) return {Errc::config, file_name + size_error(options.most_bytes)};
  if (utf8_prefix(text) != text.size()) {
    const auto line = std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(utf8_prefix(text)), '\n') + 1;
    return {Errc::config, file_name + ":" + std::to_string(line) + ": not UTF-8; save the file as UTF-8"};
  }
  // YAML forbids them, and the library never comes back from some of them.
  const auto forbidden = std::find_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) < ' ' && c != '\t' && c != '\n' && c != '\r') || c == '\x7f';
  });
  if (forbidden != text.end())
    return {Errc::config, file_name + ":" + std::to_string(std::count(text.begin(), forbidden, '\n') + 1) +
                              ": a control character; save the file as plain text"};
  const auto file = std::make_shared<const std::string>(file_name);
  try {
    const bool swallows = swallows_what_follows(text);  // before there is a tree, as both take memory
    TreeBuilder builder(file, options);
    if (const auto mark = parse(std::string(text), builder))
      return describe({{file, mark->line + 1, mark->column + 1}, std::string(not_the_end(text, *mark))});
    Tree tree = builder.take();
    if (tree.kind == Tree::Kind::null) {  // nothing but comments: every default holds
      tree.kind = Tree::Kind::map;
      tree.where = {file, 1, 1};
    }
    if (tree.kind != Tree::Kind::map) return describe({tree.where, "expected a map at the top, found " + shown(tree)});
    if (swallows) return describe({last_scalar(tree).where, "a quote opens here and never closes"});
    return tree;
  } catch (const ConfigError& error) {
    return describe(error);
  } catch (const YAML::Exception& error) {
    const Position where{file, error.mark.line + 1, error.mark.column + 1};
    return describe({where, error.msg});
  } catch (const std::exception& error) {
    return {Errc::config, file_name + ": " + error.what()};
  }
}

}  // namespace finwatch
