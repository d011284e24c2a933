// Journals for tests, on both engines. What must hold on each is written once:
//
//   template <class Engine> void comes_back() { Engine engine; auto store = engine.leading(); … }
//   STORE_TEST(comes_back, "what was committed comes back")
//
// The cases of PostgreSQL are hidden ("[postgres]"); they want a server in FINWATCH_TEST_POSTGRES: "host=… port=… user=… dbname=…".
#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>

#include "core/text.h"
#include "notifier/store/journal.h"
#include "notifier/store/store.h"
#include "support/catch.h"

namespace finwatch::notifier::test {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

class Folder {
 public:
  Folder() {
    std::string path = (std::filesystem::temp_directory_path() / "finwatch-store-XXXXXX").string();
    REQUIRE(::mkdtemp(path.data()) != nullptr);
    path_ = path;
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::string path(std::string_view name) const { return path_ + "/" + std::string(name); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

inline std::string text_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}
inline void write_text(const std::string& path, std::string_view text) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
}
inline unsigned mode_of(const std::string& path) {
  struct stat about {};
  REQUIRE(::stat(path.c_str(), &about) == 0);
  return about.st_mode & 07777;
}

/// The value of something that must not fail.
template <class T>
T must(Result<T> result) {
  if (!result) FAIL(to_string(result.error().code) << ": " << result.error().message);
  return std::move(*result);
}
inline void must(const Status& status) {
  if (!status) FAIL(to_string(status.error().code) << ": " << status.error().message);
}

/// SQLite in a folder of its own.
struct SqliteEngine {
  static bool there() { return true; }
  Folder folder;
  std::string file = folder.path("state/journal.db");

  Result<std::unique_ptr<Database>> database(Access access = Access::write) const {
    return open_sqlite({.path = file, .instance = "host1:19605", .access = access});
  }
  StoreOptions options(std::string instance) const { return {.sqlite = file, .instance = std::move(instance)}; }
  Result<std::unique_ptr<Store>> open(const std::string& instance = "host1:19605") const {
    return Store::open(options(instance), Env{});
  }
  Result<std::unique_ptr<Store>> reader() const {
    StoreOptions reads = options("reader");
    reads.reads_only = true;
    return Store::open(reads, Env{});
  }
  std::unique_ptr<Store> leading() const {
    auto store = must(open());
    REQUIRE(must(store->lead(hours{1})));
    return store;
  }
};

/// A schema of its own on the server of the environment.
struct PostgresEngine {
  static bool there() {
    if (std::getenv("FINWATCH_TEST_POSTGRES") != nullptr) return true;
    WARN("skipped: FINWATCH_TEST_POSTGRES names no server");
    return false;
  }
  static SqlAddress address() {
    SqlAddress address;
    const char* text = std::getenv("FINWATCH_TEST_POSTGRES");
    for (FieldReader fields(text == nullptr ? "" : text); !fields.done();) {
      const std::string_view field = fields.next();
      const std::string_view name = field.substr(0, field.find('='));
      const std::string value(field.substr(std::min(name.size() + 1, field.size())));
      if (name == "host") address.host = value;
      if (name == "port") address.port = to_number<int>(value).value_or(0);
      if (name == "user") address.user = value;
      if (name == "password") address.password = Secret(value);
      if (name == "dbname") address.database = value;
    }
    return address;
  }
  static inline std::atomic<int> made = 0;
  std::string schema = "test_" + std::to_string(::getpid()) + "_" + std::to_string(++made);

  ~PostgresEngine() {
    if (auto database = this->database()) static_cast<void>(bool((*database)->execute("DROP SCHEMA " + schema + " CASCADE")));
  }
  Result<std::unique_ptr<Database>> database(Access access = Access::write) const {
    return open_postgres({.address = address(), .schema = schema, .access = access});
  }
  Result<std::unique_ptr<Store>> open(const std::string& instance = "host1:19605") const {
    return open_journal(must(database()), {.instance = instance});
  }
  Result<std::unique_ptr<Store>> reader() const {
    return open_journal(must(database(Access::read)), {.instance = "reader", .reads_only = true});
  }
  std::unique_ptr<Store> leading() const {
    auto store = must(open());
    REQUIRE(must(store->lead(hours{1})));
    return store;
  }
};

#define STORE_TEST(body, name)                                \
  TEST_CASE("store: sqlite: " name) { body<SqliteEngine>(); } \
  TEST_CASE("store: postgresql: " name, "[.postgres]") {      \
    if (PostgresEngine::there()) body<PostgresEngine>();      \
  }

// Records with something in every field.
inline WallTime at(std::int64_t second, std::int64_t nanosecond = 0) {
  return WallTime{seconds{1'777'600'000 + second}} + nanoseconds{nanosecond};  // 2026-05-01 01:46:40 UTC
}

inline Incident incident_of(std::int64_t id, State state = State::received) {
  Incident i;
  i.id = id;
  i.key = "erp/VoucherSlow/" + std::to_string(id);
  i.service = "voucher_entry";
  i.fault_class = "major";
  i.severity = "severe";
  i.alertname = "VoucherSlow";
  i.title = {.zh = "凭证录入变慢", .en = "Voucher entry is slow"};
  i.state = state;
  i.began = at(id);
  i.received = at(id + 1);
  i.escalation_began = i.received;
  i.changed = i.received;
  if (state == State::closed) i.closed = at(id + 1000);
  return i;
}

inline AlertRecord alert_of(std::string fingerprint, std::int64_t incident) {
  AlertRecord a;
  a.fingerprint = std::move(fingerprint);
  a.starts = at(incident, 123'456'789);
  a.incident = incident;
  a.seen = at(incident + 5);
  a.alertname = "VoucherSlow";
  a.severity = "severe";
  a.fault_class = "major";
  a.labels = R"({"alertname":"VoucherSlow","target":"erp"})";
  a.annotations = R"({"summary":"慢"})";
  return a;
}

inline TimelineEntry entry_of(std::int64_t incident, std::string kind, std::string note = {}) {
  return {.incident = incident, .at = at(incident), .kind = std::move(kind), .actor = "finwatch", .note = std::move(note)};
}

inline Delivery delivery_of(std::int64_t id, std::int64_t incident, DeliveryState state = DeliveryState::queued) {
  Delivery d;
  d.id = id;
  d.incident = incident;
  d.channel = ChannelKind::sms;
  d.person = "zhang.wei";
  d.state = state;
  d.created = at(id);
  d.next = at(id + 1);
  if (state == DeliveryState::delivered || state == DeliveryState::failed) d.done = at(id + 2);
  return d;
}

/// As an archive has it: everything that is in a record.
inline std::string shown(const Incident& incident) {
  std::string out;
  append_rows(out, std::vector<Incident>{incident});
  return out;
}
template <class T>
std::string shown(const std::vector<T>& records) {
  std::string out;
  append_rows(out, records);
  return out;
}

/// How many rows a load() would see nothing of.
inline std::size_t rows_of(Store& store, std::int64_t incident) {
  return must(store.alerts(incident, 10'000)).size() + must(store.timeline(incident, 10'000)).size() +
         must(store.deliveries({.incident = incident, .most = 10'000})).size() + (must(store.incident(incident)) ? 1 : 0);
}

}  // namespace finwatch::notifier::test
