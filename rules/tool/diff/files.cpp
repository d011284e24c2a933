// Sections of which a key is worth a sentence of its own, and what is made of the contract.
#include <algorithm>
#include <array>

#include "core/text.h"
#include "rules/tool/diff/changes.h"

namespace finwatch::rules {
namespace {

// Those that others of this room tell of.
constexpr std::string_view kTold[] = {"version",  "organisation", "targets", "calendar", "classes",   "severities",
                                      "policies", "people",       "duties",  "services", "thresholds"};

void flatten(const Tree& tree, const std::string& path, std::map<std::string, std::string>& out) {
  if (tree.kind == Tree::Kind::scalar) out[path] = tree.shown();
  for (std::size_t i = 0; i < tree.keys.size(); ++i)
    flatten(tree.items[i], path.empty() ? tree.keys[i] : path + "." + tree.keys[i], out);
  if (tree.kind != Tree::Kind::list) return;
  const bool plain =
      std::all_of(tree.items.begin(), tree.items.end(), [](const Tree& one) { return one.kind == Tree::Kind::scalar; });
  std::vector<std::string> texts;
  for (const Tree& item : tree.items) texts.push_back(item.shown());
  if (plain) out[path] = "[" + joined(texts) + "]";
  for (std::size_t i = 0; !plain && i < tree.items.size(); ++i)
    flatten(tree.items[i], path + "[" + std::to_string(i) + "]", out);
}

std::map<std::string, std::string> settings_of(const Tree& file) {
  std::map<std::string, std::string> settings;
  for (std::size_t i = 0; i < file.keys.size(); ++i)
    if (std::find(std::begin(kTold), std::end(kTold), file.keys[i]) == std::end(kTold))
      flatten(file.items[i], file.keys[i], settings);
  return settings;
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  for (LineReader reader(text); const auto line = reader.next();) lines.push_back(*line);
  return lines;
}

}  // namespace

void compare_settings(const Tree& before, const Tree& after, Changes& changes) {
  changes.section({"渠道、采集与其他设置", "Channels, scraping and other settings"});
  const auto name = [](const std::string& path, const std::string& value) { return both(path + ": " + value); };
  changes.members(
      settings_of(before), settings_of(after), name,
      [&](const std::string& path, const std::string& old, const std::string& now) { changes.value(both(path), old, now); });
}

// How far one must go along the edits (Myers): from D edits on a diagonal to D + 1, until both ends are reached.
Lines changed_lines(std::string_view before, std::string_view after) {
  const std::vector<std::string_view> a = lines_of(before), b = lines_of(after);
  const auto n = static_cast<long>(a.size()), m = static_cast<long>(b.size()), most = n + m;
  std::vector<long> reached(static_cast<std::size_t>(2 * most + 3), 0);
  const auto at = [&](long diagonal) -> long& { return reached[static_cast<std::size_t>(diagonal + most + 1)]; };
  for (long edits = 0; edits <= most; ++edits)
    for (long diagonal = -edits; diagonal <= edits; diagonal += 2) {
      const bool down = diagonal == -edits || (diagonal != edits && at(diagonal - 1) < at(diagonal + 1));
      long x = down ? at(diagonal + 1) : at(diagonal - 1) + 1;
      while (x < n && x - diagonal < m && a[static_cast<std::size_t>(x)] == b[static_cast<std::size_t>(x - diagonal)]) ++x;
      at(diagonal) = x;
      if (x >= n && x - diagonal >= m)  // edits = more + less, and m - n = more - less
        return {static_cast<std::size_t>((edits + m - n) / 2), static_cast<std::size_t>((edits - m + n) / 2)};
    }
  return {};
}

void compare_files(const std::vector<File>& before, const std::vector<File>& after, Changes& changes) {
  changes.section({"生成的文件", "Files"});
  const auto by_path = [](const std::vector<File>& files) {
    std::map<std::string, const File*> found;
    for (const File& file : files) found.emplace(file.path, &file);
    return found;
  };
  const auto name = [](const std::string& path, const File* file) {
    const std::string lines = std::to_string(std::count(file->text.begin(), file->text.end(), '\n'));
    return Words{path + "（" + lines + " 行）", path + " (" + lines + " lines)"};
  };
  changes.members(by_path(before), by_path(after), name, [&](const std::string& path, const File* old, const File* now) {
    if (old->text == now->text) return;
    const Lines lines = changed_lines(old->text, now->text);
    const std::string more = std::to_string(lines.more), less = std::to_string(lines.less);
    changes.say(
        {path + "：新增 " + more + " 行，删除 " + less + " 行", path + ": lines: " + more + " more, " + less + " less"});
  });
}

}  // namespace finwatch::rules
