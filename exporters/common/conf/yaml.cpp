#include "conf/yaml.h"

#include <algorithm>

#include "conf/words.h"
#include "core/files.h"
#include "core/text.h"

namespace finwatch {

std::string shown(const Tree& tree) {
  switch (tree.kind) {
    case Tree::Kind::null: return "nothing";
    case Tree::Kind::list: return "a list";
    case Tree::Kind::map: return "a map";
    case Tree::Kind::scalar: break;
  }
  return (tree.quoted ? "the text \"" : "\"") + valid_utf8(tree.shown().substr(0, 80)) + "\"";
}

bool parse_duration(std::string_view text, std::chrono::nanoseconds& out) {
  struct Unit {
    std::string_view name;
    double nanoseconds;
  };
  constexpr Unit kUnits[] = {{"ms", 1e6}, {"us", 1e3}, {"ns", 1}, {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}, {"d", 86400e9}};
  constexpr double kLongest = 100.0 * 365 * 86400e9;
  double total = 0;
  if (text.empty()) return false;
  while (!text.empty()) {
    const std::size_t digits = std::min(text.find_first_not_of("0123456789."), text.size());
    const auto number = to_number<double>(text.substr(0, digits));
    if (!number) return false;
    text.remove_prefix(digits);
    const auto unit = std::find_if(std::begin(kUnits), std::end(kUnits), [&](const Unit& candidate) {
      const std::string_view rest = text.substr(std::min(candidate.name.size(), text.size()));
      return text.starts_with(candidate.name) && (rest.empty() || (rest[0] >= '0' && rest[0] <= '9'));
    });
    if (unit == std::end(kUnits)) return false;
    total += *number * unit->nanoseconds;
    text.remove_prefix(unit->name.size());
  }
  if (total > kLongest) return false;
  out = std::chrono::nanoseconds{static_cast<std::int64_t>(total)};
  return true;
}

namespace {

thread_local AskedKeys* listener = nullptr;  // the one that lives

}  // namespace

AskedKeys::AskedKeys() { listener = this; }
AskedKeys::~AskedKeys() { listener = nullptr; }

MapReader::MapReader(const Tree& map, std::string path) : map_(map), path_(std::move(path)) {
  if (map_.kind != Tree::Kind::map && map_.kind != Tree::Kind::null)
    fail(map_, (path_.empty() ? "" : path_ + ": ") + "expected a map, found " + shown(map_));
}

std::string MapReader::path_of(std::string_view key) const {
  return path_.empty() ? std::string(key) : path_ + "." + std::string(key);
}

void MapReader::fail(const Tree& at, std::string_view message) {
  const bool earlier =
      at.where.line < first_where_.line || (at.where.line == first_where_.line && at.where.column < first_where_.column);
  if (!first_error_.empty() && !earlier) return;
  first_where_ = at.where;
  first_error_ = at.where.text() + ": " + std::string(message);
}

void MapReader::fail(std::string_view key, std::string_view message) {
  const Tree* value = map_.find(key);
  fail(value != nullptr ? *value : map_, message);
}

void MapReader::expected(const Tree& at, std::string_view key, std::string_view what) {
  fail(at, path_of(key) + ": expected " + std::string(what) + ", found " + shown(at));
}

const Tree* MapReader::child(std::string_view key) {
  asked_.emplace_back(key);
  return map_.find(key);
}

bool MapReader::has(std::string_view key) { return child(key) != nullptr; }

const Tree* MapReader::scalar(std::string_view key, std::string_view what) {
  const Tree* value = child(key);
  if (value == nullptr || value->kind == Tree::Kind::scalar) return value;
  expected(*value, key, what);
  return nullptr;
}

std::string MapReader::text(std::string_view key, std::string_view fallback) {
  const Tree* value = scalar(key, "text");
  return value == nullptr ? std::string(fallback) : value->scalar;
}

std::string MapReader::required_text(std::string_view key) {
  const Tree* value = scalar(key, "text");
  if (value != nullptr && !value->scalar.empty()) return value->scalar;
  if (value != nullptr || map_.find(key) == nullptr) fail(value != nullptr ? *value : map_, path_of(key) + ": must be given");
  return {};
}

bool MapReader::boolean(std::string_view key, bool fallback) {
  const Tree* value = scalar(key, "true or false");
  if (value == nullptr) return fallback;
  if (!value->quoted && (value->scalar == "true" || value->scalar == "false")) return value->scalar == "true";
  expected(*value, key, "true or false");
  return fallback;
}

long long MapReader::integer(std::string_view key, long long fallback, long long least, long long most) {
  const std::string what = "a whole number from " + std::to_string(least) + " to " + std::to_string(most);
  const Tree* value = scalar(key, what);
  if (value == nullptr) return fallback;
  const auto number = value->quoted ? std::nullopt : to_number<long long>(value->scalar);
  if (number && *number >= least && *number <= most) return *number;
  expected(*value, key, what);
  return fallback;
}

double MapReader::number(std::string_view key, double fallback, double least, double most) {
  const Tree* value = scalar(key, "a number");
  if (value == nullptr) return fallback;
  const auto number = value->quoted ? std::nullopt : to_number<double>(value->scalar);
  if (number && *number >= least && *number <= most) return *number;
  expected(*value, key, "a number from " + std::to_string(least) + " to " + std::to_string(most));
  return fallback;
}

std::chrono::nanoseconds MapReader::duration(std::string_view key, std::chrono::nanoseconds fallback) {
  constexpr std::string_view kWhat = "a length of time such as 500ms, 30s, 5m or 2h";
  const Tree* value = scalar(key, kWhat);
  std::chrono::nanoseconds length{};
  if (value == nullptr) return fallback;
  if (parse_duration(value->scalar, length)) return length;
  expected(*value, key, kWhat);
  return fallback;
}

std::vector<std::string> MapReader::texts(std::string_view key) {
  const Tree* value = child(key);
  if (value == nullptr || value->kind == Tree::Kind::null) return {};
  if (value->kind == Tree::Kind::scalar) return {value->scalar};
  std::vector<std::string> all;
  if (value->kind != Tree::Kind::list) expected(*value, key, "a list of texts");
  for (const Tree& item : value->items) {
    if (value->kind != Tree::Kind::list) break;
    if (item.kind != Tree::Kind::scalar) expected(item, key, "text in the list");
    all.push_back(item.scalar);
  }
  return all;
}

Secret MapReader::secret(std::string_view key) {
  const std::string file_key = std::string(key) + "_file";
  const Tree* value = child(key);
  const Tree* file = child(file_key);
  if (value != nullptr && file != nullptr) {
    fail(*file, path_of(file_key) + ": given beside " + std::string(key) + "; give one of them");
    return {};
  }
  if (value != nullptr) {
    if (value->kind == Tree::Kind::scalar) return Secret(value->scalar);
    fail(*value, path_of(key) + ": expected text");  // what was found may be the secret itself: it is not shown
    return {};
  }
  if (file == nullptr) return {};
  if (file->kind != Tree::Kind::scalar) {
    expected(*file, file_key, "the path of a file");
    return {};
  }
  Result<std::string> text = read_file(map_.where.beside(file->scalar), 65536);
  if (!text) {
    fail(*file, path_of(file_key) + ": " + text.error().message);
    return {};
  }
  if (trim(*text).empty()) fail(*file, path_of(file_key) + ": the file is empty");
  return Secret(std::string(trim(*text)));
}

const Tree* MapReader::map(std::string_view key) {
  const Tree* value = child(key);
  if (value == nullptr || value->kind == Tree::Kind::null) return nullptr;
  if (value->kind == Tree::Kind::map) return value;
  expected(*value, key, "a map");
  return nullptr;
}

const Tree* MapReader::list(std::string_view key) {
  const Tree* value = child(key);
  if (value == nullptr || value->kind == Tree::Kind::null) return nullptr;
  if (value->kind == Tree::Kind::list) return value;
  expected(*value, key, "a list");
  return nullptr;
}

Status MapReader::finish() {
  if (listener != nullptr) listener->by_path_[path_].insert(asked_.begin(), asked_.end());
  const std::vector<std::string_view> known(asked_.begin(), asked_.end());
  for (std::size_t i = 0; i < map_.keys.size(); ++i) {
    const std::string& key = map_.keys[i];
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    Tree at;
    at.where = map_.key_where[i];
    fail(at, (path_.empty() ? "" : path_ + ": ") + "unknown key '" + valid_utf8(key) + "'" + did_you_mean(key, known));
  }
  if (first_error_.empty()) return ok();
  return {Errc::config, first_error_};
}

}  // namespace finwatch
