#include <sys/resource.h>

#include <csignal>

#include "core/json.h"
#include "engines.h"
#include "notifier/store/archive.h"

namespace finwatch::notifier::test {
namespace {

using Catch::Matchers::Contains;

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  for (LineReader reader(text); const auto line = reader.next();) lines.emplace_back(*line);
  return lines;
}

std::string member(const std::string& line, std::string_view name) {
  const auto json = Json::parse(line);
  REQUIRE(json);
  const auto found = json->root().find(name);
  return found ? found->written() : "missing";
}

// Incidents 1 to 5, of which 1, 2 and 4 are closed: 2 first.
Changes five() {
  Changes changes;
  for (std::int64_t id = 1; id <= 5; ++id) {
    changes.incidents.push_back(incident_of(id, id == 3 || id == 5 ? State::resolved : State::closed));
    changes.alerts.push_back(alert_of("f" + std::to_string(id), id));
    changes.timeline.push_back(entry_of(id, "fired", "'quoted'"));
    changes.deliveries.push_back(delivery_of(id, id, DeliveryState::delivered));
  }
  changes.incidents[1].closed = at(10);
  return changes;
}

template <class Engine>
void removes_oldest() {
  const Engine engine;
  const auto store = engine.leading();
  must(store->commit(five()));
  std::string kept;
  const auto keep = [&](std::string_view lines) {
    kept = lines;
    return ok();
  };
  const auto refuse = [&](std::string_view lines) {
    kept = lines;
    return Status{Errc::unavailable, "the disk is full"};
  };
  const Result<int> refused = store->remove_closed(at(1'000'000), 2, refuse);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message == "the disk is full");
  CHECK(lines_of(kept).size() == 2);
  for (std::int64_t id = 1; id <= 5; ++id) CHECK(rows_of(*store, id) == 4);

  CHECK(must(store->remove_closed(at(10), 2, keep)) == 0);  // until, and without
  CHECK(must(store->remove_closed(at(1'000'000), 0, keep)) == 0);
  CHECK(must(store->remove_closed(at(1'000'000), 2, keep)) == 2);
  const auto lines = lines_of(kept);
  REQUIRE(lines.size() == 2);
  CHECK(member(lines[0], "number") == R"("INC-2")");
  CHECK(member(lines[1], "id") == "1");
  CHECK(member(lines[0], "closed") == R"("2026-05-01T01:46:50Z")");
  CHECK(member(lines[0], "acknowledged") == "null");
  CHECK(member(lines[0], "state") == R"("closed")");
  CHECK_THAT(member(lines[0], "alerts"), Contains(R"("starts":"2026-05-01T01:46:42.123456789Z")") &&
                                             Contains(R"("labels":{"alertname":"VoucherSlow","target":"erp"})"));
  CHECK_THAT(member(lines[0], "timeline"), Contains(R"("note":"'quoted'")") && Contains(R"("sequence":2)"));
  CHECK_THAT(member(lines[0], "deliveries"), Contains(R"("channel":"sms")") && Contains(R"("state":"delivered")"));
  for (const std::int64_t id : {1, 2}) CHECK(rows_of(*store, id) == 0);
  for (const std::int64_t id : {3, 4, 5}) CHECK(rows_of(*store, id) == 4);

  CHECK(must(store->remove_closed(at(1'000'000), 10, keep)) == 1);
  kept.clear();
  CHECK(must(store->remove_closed(at(1'000'000), 10, keep)) == 0);
  CHECK(kept.empty());  // nobody was asked
}
STORE_TEST(removes_oldest, "what is old leaves, the oldest first, and only when it is kept elsewhere")

template <class Engine>
void numbers_stay() {
  const Engine engine;
  auto store = engine.leading();
  Changes changes{.incidents = {incident_of(41, State::closed)}, .deliveries = {delivery_of(77, 41, DeliveryState::failed)}};
  must(store->commit(changes));
  CHECK(must(store->remove_closed(at(1'000'000), 10, [](std::string_view) { return ok(); })) == 1);
  store.reset();
  store = engine.leading();
  const Saved saved = must(store->load(at(0), at(0)));
  CHECK(saved.incidents.empty());
  CHECK(saved.next_incident == 42);
  CHECK(saved.next_delivery == 78);
}
STORE_TEST(numbers_stay, "the number of an incident that was removed never comes again")

std::string line_of(std::int64_t id, std::string_view closed) {
  return R"({"id":)" + std::to_string(id) + R"(,"closed":")" + std::string(closed) + "\"}\n";
}

}  // namespace

TEST_CASE("store: archive: a file for each month in which incidents were closed") {
  const Folder folder;
  const std::string place = folder.path("a/archive/");
  auto archive = must(Archive::open(place));
  CHECK(mode_of(place) == 0700);
  const std::string may = line_of(1, "2026-05-31T23:59:59.9Z"), june = line_of(2, "2026-06-01T00:00:00Z");
  must(archive.add(may + june));
  must(archive.add(may));
  CHECK(text_of(place + "incidents-2026-05.jsonl") == may + may);
  CHECK(text_of(place + "incidents-2026-06.jsonl") == june);
  CHECK(mode_of(place + "incidents-2026-05.jsonl") == 0600);
  must(archive.add(""));
  for (const std::string bad :
       {"x\n", "{}\n", R"({"closed":null})", R"({"closed":"../../etc"})", R"({"closed":"2026-13-01T"})"}) {
    const Status status = archive.add(may + bad);
    CAPTURE(bad);
    REQUIRE_FALSE(status);
    CHECK(status.error().code == Errc::malformed);
  }
  CHECK(text_of(place + "incidents-2026-05.jsonl") == may + may);
}

TEST_CASE("store: archive: half a line that a crash left is cut off") {
  const Folder folder;
  const std::string file = folder.path("incidents-2026-05.jsonl"), line = line_of(1, "2026-05-01T00:00:00Z");
  auto archive = must(Archive::open(folder.path()));
  for (const std::string& half : {std::string(R"({"id":1,"clo)"), std::string(10'000, 'x')}) {
    write_text(file, line + half);
    must(archive.add(line));
    CHECK(text_of(file) == line + line);
    write_text(file, half);
    must(archive.add(line));
    CHECK(text_of(file) == line);
  }
}

TEST_CASE("store: archive: a full disk removes nothing, and leaves no half line") {
  const SqliteEngine engine;
  const auto store = engine.leading();
  must(store->commit(five()));
  auto archive = must(Archive::open(engine.folder.path("archive")));
  const std::string file = engine.folder.path("archive/incidents-2026-05.jsonl"), line = line_of(9, "2026-05-01T00:00:00Z");
  must(archive.add(line));
  const auto keep = [&](std::string_view lines) { return archive.add(lines); };
  // A file may not grow past so many bytes: the first write ends in the middle of a line.
  struct rlimit before {};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  auto* const handler = std::signal(SIGXFSZ, SIG_IGN);
  struct rlimit small = before;
  small.rlim_cur = line.size() + 100;
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  const Result<int> removed = store->remove_closed(at(1'000'000), 10, keep);
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
  std::signal(SIGXFSZ, handler);
  REQUIRE_FALSE(removed);
  CHECK(removed.error().code == Errc::unavailable);
  CHECK_THAT(removed.error().message, Contains(file) && Contains("nothing was removed"));
  CHECK(text_of(file) == line);
  for (std::int64_t id = 1; id <= 5; ++id) CHECK(rows_of(*store, id) == 4);
  CHECK(must(store->remove_closed(at(1'000'000), 10, keep)) == 3);
  CHECK(lines_of(text_of(file)).size() == 4);
}

TEST_CASE("store: archive: a folder that cannot be") {
  const Folder folder;
  write_text(folder.path("file"), "");
  CHECK_FALSE(Archive::open(folder.path("file")));
  CHECK_FALSE(Archive::open(folder.path("file/archive")));
}

}  // namespace finwatch::notifier::test
