// The rules of the house that a compiler does not see: who may include whom, where each library may be named, how long a
// file may be. A new room or a new library gets its row here, in the commit that brings it.
#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/files.h"
#include "core/text.h"
#include "support/catch.h"
#include "support/test_folder.h"

using namespace finwatch;
namespace fs = std::filesystem;

namespace {

// A room of exporters/common and the rooms it may look into. "app" is what stands in exporters/common itself.
struct Room {
  std::string_view name;
  std::string_view opens;
};
constexpr Room kRooms[] = {
    {"core", "core"},
    {"run", "core run"},
    {"conf", "core run conf"},  // run: the Settings that a collector sees are filled in by conf
    {"sql", "core conf sql"},
    {"crypto", "core"},
    {"http", "core"},
    {"web", "core run conf web"},
    {"app", "core run conf sql web app"},
    {"workflow/when", "core conf"},
    {"workflow/value", "core conf crypto"},
    {"workflow/net", "core conf"},
    {"workflow/flow", "core conf workflow/when workflow/value workflow/net"},
    {"workflow/run", "core run conf sql crypto workflow/when workflow/value workflow/net workflow/flow"},
    {"workflow/probe", "core run conf web workflow/when workflow/value workflow/net workflow/flow"},
    {"workflow/page", "core conf web workflow/when workflow/value workflow/net workflow/flow workflow/run workflow/check"},
    {"workflow/check", "core run conf sql workflow/when workflow/value workflow/net workflow/run"},
    {"workflow",
     "core run conf sql web app workflow/when workflow/value workflow/net workflow/flow workflow/run workflow/probe "
     "workflow/check workflow/page"},
    {"notifier/contract", "core conf"},
    {"notifier/incident", "core conf crypto notifier/contract"},
    {"notifier/store", "core conf sql notifier/contract notifier/incident"},
    {"notifier/channel", "core conf crypto http notifier/contract notifier/incident"},
    {"notifier/engine", "core conf http notifier notifier/contract notifier/incident notifier/store notifier/channel"},
    {"notifier/desk",
     "core conf crypto http web notifier notifier/contract notifier/incident notifier/store notifier/channel notifier/engine"},
    {"notifier",
     "core run conf sql crypto http web app notifier/contract notifier/incident notifier/store notifier/channel "
     "notifier/engine "
     "notifier/desk"},
    {"rules/tool/promql", "core conf"},
    {"rules/tool/contract", "core conf"},
    {"rules/tool/alerts", "core conf rules/tool/contract rules/tool/promql"},
    {"rules/tool/cost", "core conf rules/tool/contract rules/tool/alerts rules/tool/promql"},
    {"rules/tool/compile", "core conf rules/tool/contract rules/tool/alerts rules/tool/promql rules/tool/cost"},
    {"rules/tool/explain", "core conf rules/tool/contract rules/tool/alerts rules/tool/compile"},
    {"rules/tool/check", "core conf rules/tool/contract rules/tool/alerts rules/tool/promql"},
    {"rules/tool/diff", "core conf rules/tool/contract rules/tool/alerts rules/tool/compile rules/tool/promql"},
    {"rules/tool/rulefile", "core conf rules/tool/promql"},
    {"rules/tool/coverage", "core conf rules/tool/promql rules/tool/rulefile http"},
    {"rules/tool/import", "core conf rules/tool/promql rules/tool/rulefile rules/tool/contract rules/tool/alerts"},
    {"rules/tool/run", "core"},
    {"rules/tool/prove",
     "core conf rules/tool/run rules/tool/contract rules/tool/alerts rules/tool/promql rules/tool/rulefile "
     "rules/tool/coverage rules/tool/prometheus"},
    {"rules/tool/mutate",
     "core conf rules/tool/run rules/tool/prove rules/tool/contract rules/tool/alerts rules/tool/compile rules/tool/promql"},
    {"rules/tool/prometheus", "core http"},
    {"rules/tool/notifier", "core conf http"},
    {"rules/tool/report", "core conf rules/tool/contract rules/tool/prometheus"},
    {"rules/tool/command",
     "core conf rules/tool/contract rules/tool/alerts rules/tool/compile rules/tool/cost rules/tool/explain rules/tool/check "
     "rules/tool/diff rules/tool/rulefile rules/tool/coverage rules/tool/import rules/tool/run rules/tool/prove "
     "rules/tool/mutate rules/tool/notifier rules/tool/prometheus rules/tool/report rules/tool/promql"},
    {"rules/tool", "core conf rules/tool/command"},
};
constexpr std::string_view kProgramOpens = "core run conf sql crypto http web app";
constexpr std::string_view kPrograms[] = {"host", "database", "workflow", "middleware", "assurance", "notifier"};

// A library, the only folders that may name it, and how many files may. A library with a small own surface stays in one file.
struct Library {
  std::string_view header;  // the beginning of its includes
  std::string_view rooms;
  std::size_t most_files = 100;
};
constexpr Library kLibraries[] = {
    {"yaml-cpp/", "conf", 1},
    {"re2/", "conf", 1},
    {"isa-l/", "run", 1},
    {"prometheus/", "run"},
    {"microhttpd.h", "web"},
    {"gnutls/", "web"},
    {"crypt.h", "web", 1},
    {"systemd/", "host", 1},
    {"pqxx/", "sql", 1},
    {"mysql_", "sql", 1},
    {"cppconn/", "sql", 1},
    {"sql.h", "sql", 1},
    {"date/", "conf", 1},
    {"curl/", "http workflow notifier"},
    {"ares.h", "workflow", 1},
    {"openssl/", "crypto workflow"},
    {"pugixml.hpp", "workflow", 1},
    {"rapidjson/", "core", 1},
    {"sqlite3.h", "notifier", 1},
};

// What POSIX, Linux and glibc offer. Everything else with an .h belongs to a library and needs a row above.
constexpr std::string_view kSystemFolders[] = {"sys/", "linux/", "net/", "netinet/", "arpa/", "asm/", "mtd/"};
constexpr std::string_view kSystemHeaders[] = {
    "dirent.h",  "dlfcn.h",  "elf.h",     "fcntl.h",   "fnmatch.h", "glob.h",  "grp.h",    "link.h",  "malloc.h",
    "mntent.h",  "netdb.h",  "poll.h",    "pthread.h", "pwd.h",     "sched.h", "signal.h", "spawn.h", "string.h",
    "strings.h", "syslog.h", "termios.h", "time.h",    "unistd.h",  "utmp.h",  "utmpx.h"};

constexpr std::size_t kMostLines = 500;      // of a source file; few pass 350
constexpr std::size_t kMostTestLines = 600;  // of a test file, which is a list

bool has_word(std::string_view words, std::string_view word) {
  for (FieldReader reader(words); !reader.done();)
    if (reader.next() == word) return true;
  return false;
}

bool begins_with_one_of(std::string_view text, std::span<const std::string_view> beginnings) {
  return std::any_of(beginnings.begin(), beginnings.end(), [&](std::string_view start) { return text.starts_with(start); });
}

bool is_one_of(std::string_view text, std::span<const std::string_view> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

// These programs have rooms of their own.
bool has_rooms(std::string_view program) { return program == "workflow" || program == "notifier"; }

// "workflow/when" for workflow/when/cron.h.
std::string_view program_room(std::string_view path) { return path.substr(0, path.find('/', path.find('/') + 1)); }

// "rules/tool/promql" for rules/tool/promql/parse.h: every folder of the command line is a room.
std::string_view rules_room(std::string_view path) { return path.substr(0, path.rfind('/')); }

// The room of a file: "core" for exporters/common/core/text.h, "app" for exporters/common/app.h, "host" for exporters/host/….
std::string_view room_of(std::string_view path) {
  if (path.starts_with("rules/")) return rules_room(path);
  FieldReader folders(path, '/');
  folders.skip(1);  // exporters
  const std::string_view inside = folders.rest();
  const std::string_view first = folders.next();
  if (has_rooms(first) && folders.rest().find('/') != std::string_view::npos) return program_room(inside);
  if (first != "common") return first;
  const std::string_view second = folders.next();
  return folders.rest().empty() ? "app" : second;
}

// The room that an #include "…" leads to: "core/text.h" to core, "app.h" to app. version.h is generated and belongs to all.
std::string_view room_behind(std::string_view header) {
  if (header.starts_with("rules/")) return rules_room(header);
  const std::size_t slash = header.find('/');
  if (slash != std::string_view::npos && has_rooms(header.substr(0, slash)) &&
      header.find('/', slash + 1) != std::string_view::npos)
    return program_room(header);
  return slash == std::string_view::npos ? "app" : header.substr(0, slash);
}

const Library* library_of(std::string_view header) {
  for (const Library& library : kLibraries)
    if (header.starts_with(library.header)) return &library;
  return nullptr;
}

struct Include {
  int line = 0;
  std::string_view header;
  bool quoted = false;
};

std::vector<Include> includes_of(std::string_view text) {
  std::vector<Include> found;
  int number = 0;
  for (LineReader lines(text); auto line = lines.next();) {
    ++number;
    std::string_view rest = trim(*line);
    if (!rest.starts_with('#')) continue;
    rest = trim(rest.substr(1));
    if (!rest.starts_with("include")) continue;
    rest = trim(rest.substr(7));
    const std::size_t end = rest.find_first_of("\">", 1);
    if (end == std::string_view::npos || rest.empty()) continue;
    found.push_back({number, rest.substr(1, end - 1), rest.front() == '"'});
  }
  return found;
}

std::string closed_door(std::string_view room, std::string_view header) {
  const std::string_view behind = room_behind(header);
  if (header == "version.h" || behind == room) return {};
  std::string_view opens = is_one_of(room, kPrograms) ? kProgramOpens : std::string_view();
  for (const Room& row : kRooms)
    if (row.name == room) opens = row.opens;
  if (opens.empty()) return "the room " + std::string(room) + " has no row in kRooms";
  if (has_word(opens, behind)) return {};
  return std::string(room) + " may not include \"" + std::string(header) + "\": it opens to " + std::string(opens);
}

std::string foreign_header(std::string_view path, std::string_view room, std::string_view header) {
  if (!header.ends_with(".h") && header.find('/') == std::string_view::npos) return {};  // C++'s own
  const Library* library = library_of(header);
  if (library == nullptr) {
    if (is_one_of(header, kSystemHeaders) || begins_with_one_of(header, kSystemFolders)) return {};
    return "<" + std::string(header) + "> is no header of C++ or the system: a library needs a row in kLibraries";
  }
  if (!has_word(library->rooms, room.substr(0, room.find('/'))))
    return "<" + std::string(header) + "> may be included in " + std::string(library->rooms) + " only";
  if (library->most_files == 1 && path.ends_with(".h"))
    return "<" + std::string(header) + "> belongs into one .cpp, not into a header";
  return {};
}

// What is wrong with one file, one line each.
std::vector<std::string> faults_of(std::string_view path, std::string_view text) {
  std::vector<std::string> faults;
  const std::string_view room = room_of(path);
  for (const Include& include : includes_of(text)) {
    const std::string fault = include.quoted ? closed_door(room, include.header) : foreign_header(path, room, include.header);
    if (!fault.empty()) faults.push_back(std::string(path) + ":" + std::to_string(include.line) + ": " + fault);
  }
  return faults;
}

// Every C++ file below the folders, by its path from the root of the tree.
std::map<std::string, std::string> sources(std::initializer_list<std::string_view> folders) {
  std::map<std::string, std::string> found;
  const fs::path root = fs::path(test::test_folder("")).parent_path().parent_path();
  for (const std::string_view folder : folders)
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      const std::string extension = entry.path().extension().string();
      if (extension != ".h" && extension != ".cpp") continue;
      found.emplace(entry.path().lexically_relative(root).string(), *read_file(entry.path().string()));
    }
  return found;
}

std::string lines_of(const std::vector<std::string>& all) {
  std::string text;
  for (const std::string& line : all) text += line + "\n";
  return text;
}

}  // namespace

TEST_CASE("doors: an opened door is not reported, a closed one is, with its place") {
  CHECK(faults_of("exporters/common/web/a.cpp", "#include <vector>\n#include \"run/runner.h\"\n#include <microhttpd.h>\n")
            .empty());
  CHECK(faults_of("exporters/host/a.cpp", "#include \"host/sources/links.h\"\n#include <linux/if.h>\n#include \"app.h\"\n")
            .empty());
  CHECK(lines_of(faults_of("exporters/common/core/a.h", "\n# include  \"run/runner.h\"\n")) ==
        "exporters/common/core/a.h:2: core may not include \"run/runner.h\": it opens to core\n");
  CHECK(faults_of("exporters/host/a.cpp", "#include \"database/lane.h\"\n").size() == 1);
  CHECK(faults_of("exporters/common/run/a.cpp", "#include \"app.h\"\n").size() == 1);
  CHECK(faults_of("exporters/common/core/a.cpp", "#include <re2/re2.h>\n").size() == 1);
  CHECK(faults_of("exporters/common/conf/a.h", "#include <re2/re2.h>\n").size() == 1);
  CHECK(faults_of("exporters/host/a.cpp", "#include <nlohmann/json.hpp>\n#include <zlib.h>\n").size() == 2);
  CHECK(faults_of("exporters/workflow/run/a.cpp", "#include \"workflow/when/cron.h\"\n#include <curl/curl.h>\n").empty());
  CHECK(faults_of("exporters/workflow/a.cpp", "#include \"workflow/run/runner.h\"\n#include \"workflow/b.h\"\n").empty());
  CHECK(faults_of("exporters/workflow/when/a.cpp", "#include \"workflow/run/runner.h\"\n#include \"sql/sql.h\"\n").size() == 2);
  CHECK(faults_of("rules/tool/promql/a.cpp", "#include \"rules/tool/promql/b.h\"\n#include \"core/text.h\"\n").empty());
  CHECK(faults_of("rules/tool/promql/a.cpp", "#include \"app.h\"\n#include \"rules/tool/check/b.h\"\n").size() == 2);
  CHECK(faults_of("exporters/host/a.cpp", "#include \"rules/tool/promql/b.h\"\n").size() == 1);
  CHECK(faults_of("exporters/cellar/a.cpp", "#include \"core/text.h\"\n").size() == 1);
}

TEST_CASE("doors: the tree keeps them shut") {
  std::vector<std::string> faults;
  for (const auto& [path, text] : sources({"exporters", "rules"}))
    for (std::string& fault : faults_of(path, text)) faults.push_back(std::move(fault));
  CHECK(lines_of(faults) == "");
}

TEST_CASE("doors: a library that belongs into one file is in one file") {
  std::map<std::string_view, std::set<std::string>> users;
  const auto tree = sources({"exporters", "rules"});
  for (const auto& [path, text] : tree)
    for (const Include& include : includes_of(text))
      if (const Library* library = library_of(include.header); library != nullptr && !include.quoted)
        users[library->header].insert(path);
  for (const Library& library : kLibraries) {
    CAPTURE(library.header);
    CHECK(users[library.header].size() <= library.most_files);
  }
}

// Two of one name in one namespace are one type to the linker: whichever destructor it keeps ruins the other's objects.
TEST_CASE("house: no two headers give one name to two types") {
  std::map<std::string, std::set<std::string>> headers;
  for (const auto& [path, text] : sources({"exporters", "rules", "test"})) {
    if (!path.ends_with(".h")) continue;
    std::string space;
    for (LineReader lines(text); const auto line = lines.next();) {
      FieldReader words(*line);
      const std::string_view kind = words.next(), name = words.next();
      if (kind == "namespace") space = name;
      if ((kind != "struct" && kind != "class") || !line->starts_with(kind) || line->find('{') == std::string_view::npos)
        continue;
      headers[space + "::" + std::string(name.substr(0, name.find_first_of(";{")))].insert(path);
    }
  }
  CHECK(headers.size() > 200);
  for (const auto& [type, paths] : headers) {
    CAPTURE(type, paths);
    CHECK(paths.size() == 1);
  }
}

TEST_CASE("house: a header says what it is for before anything else, and may be included twice") {
  for (const auto& [path, text] : sources({"exporters", "rules", "test/support"})) {
    if (!path.ends_with(".h")) continue;
    CAPTURE(path);
    CHECK(text.starts_with("// "));
    CHECK(text.find("\n#pragma once\n") != std::string::npos);
  }
}

TEST_CASE("house: no file grows past what one sitting can read") {
  for (const auto& [path, text] : sources({"exporters", "rules", "test"})) {
    CAPTURE(path);
    const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
    CHECK(lines <= (path.starts_with("test/") ? kMostTestLines : kMostLines));
  }
}
