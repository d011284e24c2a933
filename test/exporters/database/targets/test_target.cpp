#include <atomic>
#include <condition_variable>
#include <mutex>

#include "core/exposition.h"
#include "database/targets/hub.h"
#include "support/catch.h"
#include "support/collector_test.h"
#include "support/fake_sql.h"
#include "support/page_check.h"

using namespace finwatch;
using namespace finwatch::database;
using namespace finwatch::test;
using namespace std::chrono_literals;

namespace {

constexpr MetricDesc kFast{
    MetricType::gauge, "finwatch_db_test_fast", "What the fast lane reads, from the test.", "target", "engine", "row"};
constexpr MetricDesc kSlow{MetricType::gauge, "finwatch_db_test_slow", "What the slow lane reads, from the test.", "target",
                           "engine"};
constexpr MetricDesc kOld{
    Established{}, MetricType::counter, "pg_test_rows", "Under an established name, from the test.", "target", "row"};
constexpr MetricRef kFastMetrics[] = {kFast};
constexpr MetricRef kSlowMetrics[] = {kSlow};
constexpr MetricRef kOldMetrics[] = {kOld};

// A server whose answers are the test's to give: it can hang, and it can be gone.
struct World {
  std::mutex mutex;
  std::condition_variable changed;
  bool hangs = false;
  SqlReason refuses = SqlReason::none;
  int reserved_port = 0;  // that takes sessions also while the others are refused
  int connected = 0;
  int open = 0;
  int fast_rows = 2;
} world;

class WorldSql final : public Sql {
 public:
  WorldSql() {
    const std::lock_guard lock(world.mutex);
    ++world.connected;
    ++world.open;
  }
  ~WorldSql() override {
    const std::lock_guard lock(world.mutex);
    --world.open;
  }
  Status query(std::string_view, SteadyTime deadline, SqlTable& rows) override {
    std::unique_lock lock(world.mutex);
    if (!world.changed.wait_until(lock, deadline, [] { return !world.hangs; })) {
      reason_ = SqlReason::timeout;
      return Errc::timeout;
    }
    rows.clear();
    rows.add_column("row");
    for (int i = 0; i < world.fast_rows; ++i) rows.add_cell(std::to_string(i));
    return ok();
  }
  bool usable() const override { return reason_ == SqlReason::none; }
  SqlReason reason() const override { return reason_; }
  Engine engine() const override { return Engine::postgresql; }
  int version() const override { return 150000; }
  std::string_view version_text() const override { return "15.0 of the test"; }

 private:
  SqlReason reason_ = SqlReason::none;
};

SqlConnected connect(const SqlAddress& address, SteadyTime) {
  {
    const std::lock_guard lock(world.mutex);
    if (world.refuses != SqlReason::none && (world.reserved_port == 0 || address.port != world.reserved_port))
      return {nullptr, world.refuses, "refused by the test"};
  }
  return {std::make_unique<WorldSql>(), SqlReason::none, {}};
}

class One final : public Reader {
  Status read(Session& session, DatabasePage& page) override {
    if (Status status = session.query("one"); !status) return status;
    page.family(kSlow).add(1);
    return ok();
  }
};

class OldRows final : public Reader {
  Status read(Session& session, DatabasePage& page) override {
    if (Status status = session.query("rows"); !status) return status;
    auto family = page.established(kOld);
    for (std::size_t row = 0; row < session.rows().rows(); ++row) family.add(7, session.rows().text(row, 0));
    return ok();
  }
};
class FastRows final : public Reader {
  Status read(Session& session, DatabasePage& page) override {
    if (Status status = session.query("rows"); !status) return status;
    auto family = page.family(kFast);
    for (std::size_t row = 0; row < session.rows().rows(); ++row) family.add(row, session.rows().text(row, 0));
    return ok();
  }
};

const DatabaseCollector kFastRow{
    .info = {.name = "fast", .summary = "Fast.", .metrics = kFastMetrics}, .lane = Lane::fast, .make = make_reader<FastRows>};
const DatabaseCollector kSlowRow{
    .info = {.name = "slow", .summary = "Slow.", .metrics = kSlowMetrics}, .lane = Lane::slow, .make = make_reader<One>};
const DatabaseCollector kOldRow{
    .info = {.name = "pg_test", .summary = "Old.", .metrics = kOldMetrics}, .lane = Lane::fast, .make = make_reader<OldRows>};
const DatabaseCollector kMysqlRow{.info = {.name = "mysql_only", .summary = "None.", .metrics = kSlowMetrics},
                                  .lane = Lane::fast,
                                  .engines = kMysqlKin,
                                  .make = make_reader<One>};

std::vector<ChosenCollector> chosen() {
  std::vector<ChosenCollector> list;
  for (const DatabaseCollector* row : {&kFastRow, &kSlowRow, &kOldRow, &kMysqlRow})
    list.push_back({row, std::make_shared<FakeSettings>(row->info)});
  return list;
}

TargetOptions named(const char* name, std::size_t budget = 2000) {
  TargetOptions options;
  options.name = name;
  options.timeout = 200ms;
  options.series_budget = budget;
  return options;
}

struct Fresh {
  Fresh() {
    const std::lock_guard lock(world.mutex);
    world.hangs = false;
    world.refuses = SqlReason::none;
    world.connected = 0;
    world.fast_rows = 2;
    world.reserved_port = 0;
  }
};

std::string page_of(Hub& hub) {
  MetricSink sink;
  hub.collect(std::chrono::steady_clock::now() + 2s, sink);
  Buffer text;
  write_page(sink, Format::text, text);
  return std::string(text.view());
}
bool has(const std::string& page, const std::string& line) { return page.find("\n" + line + "\n") != std::string::npos; }
void set(bool hangs, SqlReason refuses = SqlReason::none) {
  const std::lock_guard lock(world.mutex);
  world.hangs = hangs;
  world.refuses = refuses;
  world.changed.notify_all();
}

}  // namespace

TEST_CASE("targets: families of two targets are one piece each, and the page is valid") {
  const Fresh fresh;
  Hub hub({std::make_shared<Target>(named("a"), chosen(), Env{}, connect),
           std::make_shared<Target>(named("b"), chosen(), Env{}, connect)});
  const std::string page = page_of(hub);
  CHECK(check_page(page).first_duplicate == "");
  CHECK(has(page, "finwatch_db_up{target=\"a\",engine=\"postgresql\"} 1"));
  CHECK(page.find(R"(# TYPE finwatch_db_test_fast gauge
finwatch_db_test_fast{target="a",engine="postgresql",row="0"} 0
finwatch_db_test_fast{target="a",engine="postgresql",row="1"} 1
finwatch_db_test_fast{target="b",engine="postgresql",row="0"} 0
finwatch_db_test_fast{target="b",engine="postgresql",row="1"} 1
)") != std::string::npos);
  CHECK(has(page, "finwatch_db_test_slow{target=\"b\",engine=\"postgresql\"} 1"));
  CHECK(has(page, "pg_test_rows{target=\"b\",row=\"1\"} 7"));
  CHECK(has(page, "finwatch_db_version_info{target=\"a\",engine=\"postgresql\",version=\"15.0 of the test\"} 1"));
  CHECK(page.find("mysql_only") == std::string::npos);
  // Two sessions each, and no more logins however often it is asked.
  for (int i = 0; i < 5; ++i) CHECK(has(page_of(hub), "finwatch_db_own_sessions{target=\"a\",engine=\"postgresql\"} 2"));
  CHECK(world.connected == 4);
}

TEST_CASE("targets: who looks last takes what the fast lane wrote away; the slow values stay") {
  const Fresh fresh;
  Target target(named("a"), chosen(), Env{}, connect);
  const auto late = std::chrono::steady_clock::now() + 2s;
  const auto shows = [](const TargetView& view, std::string_view collector) {
    for (const CollectorView& one : view.collectors)
      if (one.row->info.name == collector) return one.published != nullptr;
    return false;
  };
  const auto first = target.begin(late);
  const auto second = target.begin(late);
  target.wait(second, late);
  target.wait_for_first_round(late);
  for (const auto run : {first, second}) {
    const TargetView view = target.take(run);
    CHECK(view.up);
    CHECK(shows(view, "fast"));
    CHECK(shows(view, "slow"));
  }
  CHECK_FALSE(shows(target.last_view(), "fast"));
  CHECK(shows(target.last_view(), "slow"));
  CHECK(target.last_view().up);
  const auto third = target.begin(late);
  target.wait(third, late);
  CHECK(shows(target.take(third), "fast"));
}

TEST_CASE("targets: while the server hangs the page says so, keeps slow values with their time, and holds nothing more") {
  const Fresh fresh;
  Hub hub({std::make_shared<Target>(named("a"), chosen(), Env{}, connect)});
  REQUIRE(has(page_of(hub), "finwatch_db_up{target=\"a\",engine=\"postgresql\"} 1"));
  set(true);
  for (int i = 0; i < 3; ++i) {
    const std::string page = page_of(hub);
    CHECK(has(page, "finwatch_db_up{target=\"a\",engine=\"postgresql\"} 0"));
    CHECK(has(page, "finwatch_db_down_reason{target=\"a\",engine=\"postgresql\",reason=\"timeout\"} 1"));
    CHECK(page.find("finwatch_db_test_fast{") == std::string::npos);
    CHECK(has(page, "finwatch_db_test_slow{target=\"a\",engine=\"postgresql\"} 1"));
    CHECK(page.find(
              "finwatch_db_collector_last_success_timestamp_seconds{target=\"a\",engine=\"postgresql\",collector=\"fast\"} ") !=
          std::string::npos);
    const std::lock_guard lock(world.mutex);
    CHECK(world.open <= 2);
  }
  set(false);
  bool up = false;
  for (int i = 0; i < 200 && !up; ++i, std::this_thread::sleep_for(10ms))
    up = has(page_of(hub), "finwatch_db_up{target=\"a\",engine=\"postgresql\"} 1");
  CHECK(up);
}

TEST_CASE("targets: why there is no session is named, and a hanging one holds up nobody else") {
  const Fresh fresh;
  set(false, SqlReason::saturated);
  Hub hub({std::make_shared<Target>(named("a"), chosen(), Env{}, connect)});
  const std::string page = page_of(hub);
  CHECK(has(page, "finwatch_db_up{target=\"a\",engine=\"postgresql\"} 0"));
  CHECK(has(page, "finwatch_db_down_reason{target=\"a\",engine=\"postgresql\",reason=\"saturated\"} 1"));
  CHECK(has(page, "finwatch_db_down_reason{target=\"a\",engine=\"postgresql\",reason=\"timeout\"} 0"));
  CHECK(has(page, "finwatch_db_own_sessions{target=\"a\",engine=\"postgresql\"} 0"));
}

TEST_CASE("targets: when every slot is taken, the fast lane watches from the reserved one, and gives it back") {
  const Fresh fresh;
  set(false, SqlReason::saturated);
  world.reserved_port = 3307;
  TargetOptions options = named("a");
  options.address.engine = Engine::mariadb;
  options.reserved_port = 3307;
  options.medium = 20ms;
  Hub hub({std::make_shared<Target>(options, chosen(), Env{}, connect)});
  const std::string page = page_of(hub);
  CHECK(has(page, "finwatch_db_up{target=\"a\",engine=\"mariadb\"} 1"));
  CHECK(has(page, "finwatch_db_own_reserved_slot{target=\"a\",engine=\"mariadb\"} 1"));
  set(false);
  bool given_back = false;
  for (int i = 0; i < 200 && !given_back; ++i, std::this_thread::sleep_for(10ms))
    given_back = has(page_of(hub), "finwatch_db_own_reserved_slot{target=\"a\",engine=\"mariadb\"} 0");
  CHECK(given_back);
  CHECK(has(page_of(hub), "finwatch_db_up{target=\"a\",engine=\"mariadb\"} 1"));
  CHECK(world.open <= 2);
}

TEST_CASE("targets: the budget cuts established families first, at whole lines, and says how many") {
  const Fresh fresh;
  {
    const std::lock_guard lock(world.mutex);
    world.fast_rows = 40;
  }
  Hub hub({std::make_shared<Target>(named("a", 50), chosen(), Env{}, connect)});
  const std::string page = page_of(hub);
  CHECK(check_page(page).first_duplicate == "");
  CHECK(has(page, "finwatch_db_test_fast{target=\"a\",engine=\"postgresql\",row=\"39\"} 39"));
  CHECK(has(page, "pg_test_rows{target=\"a\",row=\"8\"} 7"));
  CHECK_FALSE(has(page, "pg_test_rows{target=\"a\",row=\"9\"} 7"));
  CHECK(has(page, "finwatch_db_series_cut{target=\"a\",engine=\"postgresql\",collector=\"pg_test\"} 31"));
}
