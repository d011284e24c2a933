// What only a file can do wrong: full disks, kills, damage, strangers.
#include <sys/wait.h>

#include <csignal>
#include <random>

#include "engines.h"
#include "notifier/store/disk.h"

namespace finwatch::notifier::test {
namespace {

using Catch::Matchers::Contains;

/// For as long as it lives, files may be written by somebody who is not root.
class AsNobody {
 public:
  AsNobody() : was_root_(::geteuid() == 0) {
    if (was_root_) REQUIRE(::seteuid(65534) == 0);
  }
  ~AsNobody() {
    if (was_root_) static_cast<void>(::seteuid(0) == 0);
  }

 private:
  const bool was_root_;
};

Changes many_changes(std::int64_t incident) {
  Changes changes{.incidents = {incident_of(incident)}};
  for (int i = 0; i < 2000; ++i) {
    changes.alerts.push_back(alert_of(std::to_string(incident * 10'000 + i), incident));
    changes.timeline.push_back(entry_of(incident, "fired", std::string(200, 'x')));
  }
  return changes;
}

/// A commit that must fail, and a journal in which nothing of it is; nor when it is opened again.
enum class Trouble : unsigned char { full, read_only };

void check_nothing_of_it(const SqliteEngine& engine, Trouble trouble, Errc code, const std::string& says) {
  auto database = must(engine.database());
  must(must(open_journal(std::move(database), engine.options("host1:19605")))->commit(many_changes(1)));
  database = must(engine.database());
  Database& same = *database;
  const auto store = must(open_journal(std::move(database), engine.options("host1:19605")));
  SqlTable pages;
  must(same.query("PRAGMA page_count", pages));
  const int room = to_number<int>(pages.text(0, 0)).value_or(0) + 30;  // of some 250 that it takes
  must(same.execute(trouble == Trouble::full ? "PRAGMA max_page_count = " + std::to_string(room) : "PRAGMA query_only = ON"));
  const Status status = store->commit(many_changes(2));
  REQUIRE_FALSE(status);
  CHECK(status.error().code == code);
  CHECK_THAT(status.error().message, Contains(engine.file) && Contains(says));
  CHECK(rows_of(*store, 2) == 0);
  CHECK(rows_of(*must(engine.reader()), 2) == 0);
  CHECK(rows_of(*must(engine.reader()), 1) == 4001);
}

}  // namespace

TEST_CASE("store: sqlite: a disk that is full in the middle of a commit leaves nothing of it, and the next one goes on") {
  const SqliteEngine engine;
  check_nothing_of_it(engine, Trouble::full, Errc::unavailable, "the disk is full");
  const auto store = engine.leading();
  CHECK(rows_of(*store, 2) == 0);
  CHECK(must(store->load(at(0), at(0))).next_incident == 2);
  must(store->commit(many_changes(2)));
  CHECK(rows_of(*store, 2) == 4001);
}

TEST_CASE("store: sqlite: a file that may only be read") {
  const SqliteEngine engine;
  check_nothing_of_it(engine, Trouble::read_only, Errc::permission, "give it and its folder");
  CHECK(rows_of(*engine.leading(), 2) == 0);
}

TEST_CASE("store: sqlite: a file of another user is refused with the next step") {
  const SqliteEngine engine;
  static_cast<void>(engine.leading());
  if (::geteuid() != 0) {
    REQUIRE(::chmod(engine.file.c_str(), 0400) == 0);
    REQUIRE(::chmod(lock_path(engine.file).c_str(), 0400) == 0);
  }
  for (const std::string& folder : {engine.folder.path(), engine.folder.path("state")})
    REQUIRE(::chmod(folder.c_str(), 0755) == 0);
  const AsNobody nobody;
  const auto opened = engine.open();
  REQUIRE_FALSE(opened);
  CHECK(opened.error().code == Errc::permission);
  CHECK_THAT(opened.error().message, Contains("journal.db"));
}

TEST_CASE("store: sqlite: the file and its folder are ours alone") {
  const SqliteEngine engine;
  {
    const auto store = engine.leading();
    must(store->commit({.incidents = {incident_of(1)}}));
    CHECK(mode_of(engine.folder.path("state")) == 0700);
    for (const char* suffix : {"", "-wal", "-shm", ".lock"}) CHECK(mode_of(engine.file + suffix) == 0600);
  }
  REQUIRE(::chmod(engine.file.c_str(), 0644) == 0);  // as a restored backup has it
  const auto store = engine.leading();
  CHECK(mode_of(engine.file) == 0600);
  const auto database = must(engine.database(Access::read));
  SqlTable rows;
  must(database->query("PRAGMA journal_mode", rows));
  CHECK(rows.text(0, 0) == "wal");
}

TEST_CASE("store: sqlite: two notifiers do not write one file") {
  const SqliteEngine engine;
  auto first = engine.leading();
  const auto second = engine.open("host1:19999");
  REQUIRE_FALSE(second);
  CHECK(second.error().code == Errc::config);
  CHECK_THAT(second.error().message, Contains(lock_path(engine.file)) && Contains("host1:19605") &&
                                         Contains("process " + std::to_string(::getpid())) && Contains("stop that one"));
  const auto reader = must(engine.reader());
  CHECK(must(first->leader()) == "host1:19605");
  CHECK(must(reader->leader()) == "host1:19605");
  first.reset();
  CHECK(must(reader->leader()).empty());
  CHECK(must(must(engine.open("host1:19999"))->leader()) == "host1:19999");
}

TEST_CASE("store: sqlite: what is no journal, or a broken one, is named") {
  const SqliteEngine engine;
  {
    const auto store = engine.leading();
    must(store->commit(many_changes(1)));
  }
  const std::string sound = text_of(engine.file);
  REQUIRE(sound.size() > 20 * 4096);
  std::string garbage = sound;
  for (std::size_t i = 0; i < garbage.size(); ++i) garbage[i] = static_cast<char>(i * 7919 >> 3);
  std::string no_tables = sound;
  for (std::size_t i = 100; i < 4096; ++i) no_tables[i] = '\x7f';
  for (const std::string& content :
       {garbage, std::string("this is a text\n"), no_tables, sound.substr(0, sound.size() / 2), sound.substr(0, 5000)}) {
    CAPTURE(content.size(), content.substr(0, 16));
    write_text(engine.file, content);
    const auto opened = engine.open();
    REQUIRE_FALSE(opened);
    CHECK(opened.error().code == Errc::config);
    CHECK_THAT(opened.error().message, Contains(engine.file + ": no sound journal") && Contains("backup"));
    CHECK(text_of(engine.file) == content);  // nobody tried to mend it
    CHECK_FALSE(engine.reader());
  }
  write_text(engine.file, sound);
  CHECK(rows_of(*engine.leading(), 1) == 4001);
}

TEST_CASE("store: sqlite: a path that cannot be") {
  const Folder folder;
  write_text(folder.path("file"), "");
  for (const std::string& path : {folder.path("file/journal.db"), folder.path("file/below/journal.db")}) {
    const auto opened = Store::open({.sqlite = path}, Env{});
    REQUIRE_FALSE(opened);
    CHECK_THAT(opened.error().message, Contains(folder.path("file")));
  }
  REQUIRE_FALSE(Store::open({}, Env{}));
  std::filesystem::create_directory(folder.path("journal.db"));
  CHECK_FALSE(Store::open({.sqlite = folder.path("journal.db")}, Env{}));
  const auto none = Store::open({.sqlite = folder.path("no/journal.db"), .reads_only = true}, Env{});
  REQUIRE_FALSE(none);
  CHECK(none.error().code == Errc::no_data);
  CHECK_FALSE(std::filesystem::exists(folder.path("no")));
}

namespace {

// One commit: an incident, two alerts, three lines, one delivery and a counter, all of one number.
Changes numbered(std::int64_t n) {
  return {.incidents = {incident_of(n)},
          .alerts = {alert_of("a" + std::to_string(n), n), alert_of("b" + std::to_string(n), n)},
          .timeline = {entry_of(n, "fired"), entry_of(n, "classified"), entry_of(n, "assigned", std::string(3000, 'n'))},
          .deliveries = {delivery_of(n, n)},
          .counters = {{{"commits_total", ""}, static_cast<double>(n)}}};
}

// Commits from `n` on until it is killed, and says each number once the commit has returned.
[[noreturn]] void commit_for_ever(const SqliteEngine& engine, std::int64_t n, int pipe) {
  auto store = engine.open();
  if (!store) ::_exit(1);
  for (;; ++n) {
    if (!(*store)->commit(numbered(n))) ::_exit(2);
    if (::write(pipe, &n, sizeof n) != sizeof n) ::_exit(3);
  }
}

}  // namespace

TEST_CASE("store: sqlite: killed at any time, every commit that returned is there and none is half") {
  const SqliteEngine engine;
  const unsigned seed = std::random_device{}();
  std::mt19937 random(seed);
  CAPTURE(seed);
  static_cast<void>(engine.leading());
  std::int64_t acknowledged = 0;
  for (int round = 0; round < 8; ++round) {
    int pipe[2];
    REQUIRE(::pipe(pipe) == 0);
    const std::int64_t begin = must(engine.leading()->load(at(0), at(0))).next_incident;
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) commit_for_ever(engine, begin, pipe[1]);
    ::close(pipe[1]);
    // Some commits, and then some microseconds into the next.
    std::int64_t said = 0;
    const auto wanted = static_cast<unsigned>(random() % 6 + 1);
    for (unsigned i = 0; i < wanted && ::read(pipe[0], &said, sizeof said) == sizeof said; ++i) acknowledged = said;
    ::usleep(static_cast<useconds_t>(random() % 3000));
    REQUIRE(::kill(child, SIGKILL) == 0);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(WIFSIGNALED(status));
    while (::read(pipe[0], &said, sizeof said) == sizeof said) acknowledged = said;
    ::close(pipe[0]);

    const auto store = engine.leading();
    const Saved saved = must(store->load(at(0), at(0)));
    const std::int64_t there = saved.next_incident - 1;
    CHECK(there >= acknowledged);
    CHECK(there <= acknowledged + 1);  // one may have been on disk and not yet said
    CHECK(saved.incidents.size() == static_cast<std::size_t>(there));
    CHECK(saved.counters == Counters{{{"commits_total", ""}, static_cast<double>(there)}});
    for (std::int64_t n = begin; n <= there + 1; ++n) CHECK(rows_of(*store, n) == (n <= there ? 7 : 0));
  }
  CHECK(acknowledged > 8);
}

}  // namespace finwatch::notifier::test
