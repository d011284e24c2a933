// Makes a Tree of yaml-cpp's events, within the bounds that conf/yaml.h names. The library's own nodes, which take ten times
// the memory, are never made.
//
//   TreeBuilder builder(file, options);
//   parser.HandleNextDocument(builder);  // throws ConfigError, or what the library throws
//   Tree tree = builder.take();
#pragma once

#include <yaml-cpp/eventhandler.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "conf/yaml.h"
#include "core/tree.h"

namespace finwatch {

struct ConfigError {
  Position where;
  std::string message;
};

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

}  // namespace finwatch
