#include "conf/tree_builder.h"

#include <yaml-cpp/mark.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace finwatch {
namespace {

constexpr std::size_t kMostLevels = 64;
constexpr int kMostValues = 100'000;

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

}  // namespace

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
  if (++values_ > kMostValues)
    throw ConfigError{tree.where, "more than 100,000 values, aliases counted as often as they are used"};
  for (const Tree& item : tree.items) count(item, level + 1);
}

}  // namespace finwatch
