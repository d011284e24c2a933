// Configuration files: YAML into a Tree with positions, and a strict reader of its maps.
//
//   Result<Tree> tree = load_yaml("finwatch-host.yml");
//   if (!tree) die(tree.error().message);                  // "finwatch-host.yml:3:11: …"
//   MapReader reader(*tree, "");
//   const std::string host = reader.text("host", "localhost");
//   const long long port = reader.integer("port", 5432, 1, 65535);
//   if (Status status = reader.finish(); !status) die(status.error().message);
//
// A file has at most 1 MiB, 64 levels and 100,000 values (an alias counts as often as it is used) unless its reader allows more,
// one document, a map at the top, and no key twice. `${NAME}` in a value is the environment's NAME, `${NAME:-text}` has a default, `$$` is a dollar.
#pragma once

#include <chrono>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "core/secret.h"
#include "core/tree.h"

namespace finwatch {

struct YamlOptions {
  bool substitute_environment = true;
  std::size_t most_bytes = std::size_t{1} << 20;  // more for files that others wrote by machine
  int most_values = 100'000;
};

/// config with "file:line:column: what was found, what was expected", no_data when there is no file, permission.
Result<Tree> load_yaml(const std::string& path, const YamlOptions& options = {});
Result<Tree> parse_yaml(std::string_view text, const std::string& file_name, const YamlOptions& options = {});

/// What a message says was found: "a list", or the text in its quotes.
std::string shown(const Tree& tree);

/// "1.5s", "1m30s", "500ms", "2h", "7d" as a length of time; nothing when it is none. A bare number is refused.
bool parse_duration(std::string_view text, std::chrono::nanoseconds& out);

/// Reads one map. Every key that may be there is asked for; the first error in file order, and any key that nobody asked
/// for, comes out of finish(). A getter that found an error returns its fallback.
class MapReader {
 public:
  /// `path` names the map in messages ("collectors.filesystem"); empty at the top.
  MapReader(const Tree& map, std::string path);

  bool has(std::string_view key);
  std::string text(std::string_view key, std::string_view fallback = {});
  std::string required_text(std::string_view key);
  bool boolean(std::string_view key, bool fallback);
  long long integer(std::string_view key, long long fallback, long long least, long long most);
  double number(std::string_view key, double fallback, double least, double most);
  std::chrono::nanoseconds duration(std::string_view key, std::chrono::nanoseconds fallback);
  /// A list of scalars; a single scalar is a list of one.
  std::vector<std::string> texts(std::string_view key);
  /// `key`, or the trimmed content of the file that `key`_file names (relative to the folder of the configuration file).
  Secret secret(std::string_view key);
  /// The value as it is, nullptr when the key is absent.
  const Tree* child(std::string_view key);
  /// The same, and it must be a map / a list.
  const Tree* map(std::string_view key);
  const Tree* list(std::string_view key);

  /// An error of the caller's own about a value; by its key, or about the map where that lacks the key.
  void fail(const Tree& at, std::string_view message);
  void fail(std::string_view key, std::string_view message);
  /// Path of a key, for messages and for readers of children.
  std::string path_of(std::string_view key) const;

  Status finish();

 private:
  const Tree* scalar(std::string_view key, std::string_view what);
  void expected(const Tree& at, std::string_view key, std::string_view what);

  const Tree& map_;
  std::string path_;
  std::vector<std::string> asked_;
  Position first_where_;
  std::string first_error_;
};

/// While it lives, every MapReader of this thread that finishes says here which keys it asked for: a test holds them beside a
/// schema.
///
///   AskedKeys asked;
///   read_contract(tree);
///   asked.by_path().at("calendar.close_window");           // {"days_of_month", "weight"}
class AskedKeys {
 public:
  AskedKeys();
  ~AskedKeys();
  AskedKeys(const AskedKeys&) = delete;
  AskedKeys& operator=(const AskedKeys&) = delete;

  /// Paths as messages write them: "services[0].latency", "" at the top.
  const std::map<std::string, std::set<std::string>>& by_path() const { return by_path_; }

 private:
  friend class MapReader;
  std::map<std::string, std::set<std::string>> by_path_;
};

}  // namespace finwatch
