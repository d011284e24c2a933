#include "run/runner.h"

#include <malloc.h>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "core/files.h"
#include "support/catch.h"

using namespace finwatch;
using namespace std::chrono_literals;

namespace {

constexpr MetricDesc kValue{MetricType::gauge, "test_value", "A value.", "from"};

class Scripted final : public Collector {
 public:
  using Script = std::function<Status(const Scrape&, MetricSink&)>;
  explicit Scripted(Script script) : script_(std::move(script)) {}
  Status collect(const Scrape& scrape, MetricSink& sink) override { return script_(scrape, sink); }

 private:
  Script script_;
};

const CollectorInfo kAlpha{.name = "alpha", .summary = "The first."};
const CollectorInfo kBeta{.name = "beta", .summary = "The second."};
const CollectorInfo kGamma{.name = "gamma", .summary = "The third."};
const CollectorInfo kSelf{.name = "self", .summary = "The program's own."};

RunnerEntry entry(const CollectorInfo& info, Scripted::Script script, bool always = false) {
  return {&info, std::make_unique<Scripted>(std::move(script)), always};
}
Scripted::Script says(const std::string& from) {
  return [from](const Scrape&, MetricSink& sink) {
    sink.family(kValue).add(1, from);
    return ok();
  };
}
template <class... Entries>
void fill(Runner& runner, Entries... entries) {
  std::vector<RunnerEntry> all;
  (all.push_back(std::move(entries)), ...);
  runner.replace(std::move(all));
}
bool has(const std::string& page, std::string_view text) { return page.find(text) != std::string::npos; }

// Holds whoever calls wait() until open() is called.
struct Gate {
  std::mutex mutex;
  std::condition_variable opened;
  bool is_open = false;
  std::atomic<int> inside{0};
  void wait() {
    std::unique_lock lock(mutex);
    ++inside;
    opened.wait(lock, [&] { return is_open; });
    --inside;
  }
  void open() {
    const std::lock_guard lock(mutex);
    is_open = true;
    opened.notify_all();
  }
};

template <class Condition>
bool eventually(Condition condition) {
  for (const SteadyTime end = std::chrono::steady_clock::now() + 10s; std::chrono::steady_clock::now() < end;
       std::this_thread::sleep_for(1ms))
    if (condition()) return true;
  return false;
}

struct Answer final : Runner::Waiter {
  std::mutex mutex;
  std::condition_variable ready;
  PageRef page;
  void page_ready(PageRef made) noexcept override {
    const std::lock_guard lock(mutex);
    page = std::move(made);
    ready.notify_one();
  }
  std::string text(PageShape shape = {}) {
    std::unique_lock lock(mutex);
    ready.wait(lock, [&] { return static_cast<bool>(page); });
    return std::string(page->body(shape));
  }
};

}  // namespace

TEST_CASE("runner: the page holds every collector and how it went") {
  Runner runner({.name_prefix = "node"}, Env{});
  fill(runner, entry(kAlpha, says("alpha")), entry(kSelf, says("self"), true));
  const std::string page = runner.scrape_now();
  CHECK(has(page, "test_value{from=\"alpha\"} 1\n"));
  CHECK(has(page, "test_value{from=\"self\"} 1\n"));
  CHECK(has(page, "# TYPE node_scrape_collector_success gauge\nnode_scrape_collector_success{collector=\"alpha\"} 1\n"));
  CHECK(has(page, "node_scrape_collector_duration_seconds{collector=\"alpha\"} "));
  CHECK(has(page, "finwatch_collector_supported{collector=\"alpha\"} 1\n"));
  CHECK_FALSE(has(page, "collector=\"self\""));
  CHECK_FALSE(has(page, "finwatch_collector_failed"));
}

TEST_CASE("runner: what fails, throws or is absent loses its own families and says why") {
  Runner runner({}, Env{});
  fill(runner,
       entry(kAlpha,
             [](const Scrape&, MetricSink& sink) -> Status {
               sink.family(kValue).add(1, "half");
               return {Errc::malformed, "line 3"};
             }),
       entry(kBeta,
             [](const Scrape&, MetricSink& sink) -> Status {
               sink.family(kValue).add(1, "thrown");
               throw std::runtime_error("oh");
             }),
       entry(kGamma, [](const Scrape&, MetricSink&) -> Status { return Errc::no_data; }));
  runner.scrape_now();
  const std::string page = runner.scrape_now();
  CHECK_FALSE(has(page, "half"));
  CHECK_FALSE(has(page, "thrown"));
  CHECK(has(page, "finwatch_scrape_collector_success{collector=\"alpha\"} 0\n"));
  CHECK(has(page, "finwatch_collector_failed{collector=\"alpha\",reason=\"malformed\"} 1\n"));
  CHECK(has(page, "finwatch_collector_failed{collector=\"beta\",reason=\"internal\"} 1\n"));
  CHECK(has(page, "finwatch_collector_failures_total{collector=\"beta\",reason=\"internal\"} 2\n"));
  CHECK(has(page, "finwatch_collector_supported{collector=\"gamma\"} 0\n"));
  CHECK(has(page, "finwatch_collector_supported{collector=\"alpha\"} 1\n"));
  CHECK_FALSE(has(page, "finwatch_collector_failed{collector=\"gamma\""));
}

TEST_CASE("runner: one that hangs costs itself only, is never started twice, and comes back at the next scrape") {
  Gate gate;
  std::atomic<int> started{0};
  Runner runner({.timeout = 200ms, .patience = 10ms}, Env{});
  fill(runner, entry(kAlpha, says("alpha")),
       entry(kBeta,
             [&](const Scrape&, MetricSink& sink) {
               ++started;
               gate.wait();
               sink.family(kValue).add(1, "beta");
               return ok();
             }),
       entry(kGamma, says("gamma")));
  for (int scrape = 0; scrape < 20; ++scrape) {
    const std::string page = runner.scrape_now();
    CHECK(has(page, "test_value{from=\"alpha\"} 1\n"));
    CHECK(has(page, "test_value{from=\"gamma\"} 1\n"));
    CHECK(has(page, "finwatch_collector_failed{collector=\"beta\",reason=\"timeout\"} 1\n"));
    CHECK(has(page, "finwatch_collector_stuck_threads 1\n"));
  }
  CHECK(started == 1);
  gate.open();
  REQUIRE(eventually([&] { return runner.stuck_threads() == 0; }));
  const std::string page = runner.scrape_now();
  CHECK(has(page, "test_value{from=\"beta\"} 1\n"));
  CHECK(has(page, "finwatch_scrape_collector_success{collector=\"beta\"} 1\n"));
  CHECK(started == 2);
}

TEST_CASE("runner: scrapers that come together share one run, one page and its compression") {
  Gate gate;
  std::atomic<int> runs{0};
  Runner runner({.patience = 10s}, Env{});
  fill(runner, entry(kAlpha, [&](const Scrape&, MetricSink& sink) {
         ++runs;
         gate.wait();
         sink.family(kValue).add(1, "alpha");
         return ok();
       }));
  std::vector<std::unique_ptr<Answer>> answers;
  const PageShape packed{Format::open_metrics, Encoding::gzip};
  for (int i = 0; i < 64; ++i) {
    answers.push_back(std::make_unique<Answer>());
    runner.scrape({.selection = {}, .deadline = runner.deadline(0), .shape = i % 2 == 0 ? PageShape{} : packed},
                  *answers.back());
  }
  REQUIRE(eventually([&] { return gate.inside == 1; }));
  gate.open();
  const std::string first = answers[0]->text();
  const std::string second = answers[1]->text(packed);
  CHECK(has(first, "test_value{from=\"alpha\"} 1\n"));
  CHECK(second.starts_with("\x1F\x8B"));
  for (auto& answer : answers) answer->text();
  CHECK(runs == 1);
  CHECK(&*answers[0]->page == &*answers[63]->page);
}

TEST_CASE("runner: a page of megabytes lives as long as its readers, and what it borrowed goes back at once") {
  Runner runner({}, Env{});
  auto lender = std::make_shared<MetricSink>();
  for (int i = 0; i < 100'000; ++i) lender->family(kValue).add(i, "row");
  const std::string lines(lender->samples());
  REQUIRE(lines.size() > (std::size_t{2} << 20));
  fill(runner, entry(kAlpha, [&](const Scrape&, MetricSink& sink) {
         sink.keep(lender);
         sink.open_family(MetricType::gauge, "test_value", "A value.");
         sink.borrow_lines(lender->samples(), 100'000);
         return ok();
       }));
  const PageShape packed{Format::text, Encoding::gzip};
  Answer first;
  Answer second;
  runner.scrape({.selection = {}, .deadline = runner.deadline(0), .shape = {}}, first);
  CHECK(has(first.text(), lines));
  CHECK(eventually([&] { return lender.use_count() == 1; }));
  runner.scrape({.selection = {}, .deadline = runner.deadline(0), .shape = packed}, second);
  const std::string small = second.text(packed);
  CHECK((small.size() > 1000 && small.size() < lines.size() / 4));
  CHECK(second.page->body({}).empty());  // nobody asked for it
  CHECK(has(first.text(), lines));
  first.page = {};
  second.page = {};
  CHECK(has(runner.scrape_now(), lines));
}

TEST_CASE("runner: a scraper in a hurry shortens the run it joins") {
  const auto gate = std::make_shared<Gate>();  // outlives the runner, as a stuck collector does
  Runner runner({.timeout = 1h, .patience = 5ms}, Env{});
  fill(runner,
       entry(kAlpha,
             [gate](const Scrape&, MetricSink&) {
               gate->wait();
               return ok();
             }),
       entry(kBeta, says("beta")));
  Answer patient;
  Answer hasty;
  runner.scrape({.selection = {}, .deadline = runner.deadline(0), .shape = {}}, patient);
  REQUIRE(eventually([&] { return gate->inside == 1; }));
  runner.scrape({.selection = {}, .deadline = runner.deadline(0.4), .shape = {}}, hasty);
  CHECK(has(hasty.text(), "test_value{from=\"beta\"} 1\n"));
  CHECK(has(patient.text(), "reason=\"timeout\""));
  gate->open();
}

TEST_CASE("runner: collect[] and exclude[] choose, and refuse what they do not know") {
  Runner runner({}, Env{});
  fill(runner, entry(kAlpha, says("alpha")), entry(kBeta, says("beta")), entry(kSelf, says("self"), true));
  const std::string_view alpha[] = {"alpha"};
  const std::string_view unknown[] = {"omega"};
  const std::string page = runner.scrape_now({}, alpha);
  CHECK(has(page, "from=\"alpha\""));
  CHECK_FALSE(has(page, "from=\"beta\""));
  CHECK(has(page, "from=\"self\""));
  const Result<Selection> without = runner.select({}, alpha);
  REQUIRE(without);
  CHECK_FALSE(without->places[0]);
  CHECK(without->places[1]);
  CHECK(without->places[2]);
  CHECK(runner.select(unknown, {}).error().code == Errc::config);
  CHECK(runner.select(alpha, alpha).error().code == Errc::config);
}

TEST_CASE("runner: a new set of collectors takes over, counters go on, a selection made before it gets everything") {
  Runner runner({}, Env{});
  const auto fails = [](const Scrape&, MetricSink&) -> Status { return Errc::unavailable; };
  fill(runner, entry(kAlpha, fails));
  const std::string_view alpha[] = {"alpha"};
  const Result<Selection> old = runner.select(alpha, {});
  runner.scrape_now();
  fill(runner, entry(kBeta, says("beta")), entry(kAlpha, fails));
  Answer answer;
  runner.scrape({.selection = *old, .deadline = runner.deadline(0), .shape = {}}, answer);
  const std::string page = answer.text();
  CHECK(has(page, "from=\"beta\""));
  CHECK(has(page, "finwatch_collector_failures_total{collector=\"alpha\",reason=\"unavailable\"} 2\n"));
}

TEST_CASE(
    "runner: however often the set is replaced while a collector hangs, one thread hangs, and its successor comes at last") {
  const auto gate = std::make_shared<Gate>();
  const auto started = std::make_shared<std::atomic<int>>(0);
  const auto hangs = [gate, started](const Scrape&, MetricSink& sink) {
    ++*started;
    gate->wait();
    sink.family(kValue).add(1, "alpha");
    return ok();
  };
  Runner runner({.timeout = 100ms, .patience = 5ms}, Env{});
  fill(runner, entry(kAlpha, hangs), entry(kBeta, says("beta")));
  runner.scrape_now();
  for (int reload = 0; reload < 20; ++reload) {
    fill(runner, entry(kBeta, says("beta")), entry(kAlpha, hangs));
    if (reload % 3 == 0) continue;  // two reloads without a scrape between them
    const std::string page = runner.scrape_now();
    CHECK(has(page, "from=\"beta\""));
    CHECK(has(page, "finwatch_collector_failed{collector=\"alpha\",reason=\"timeout\"} 1\n"));
    CHECK(has(page, "finwatch_scrape_collector_success{collector=\"alpha\"} 0\n"));
    CHECK_FALSE(has(page, "finwatch_scrape_collector_duration_seconds{collector=\"alpha\"} 0\n"));  // it has been running
    CHECK(has(page, "finwatch_collector_stuck_threads 1\n"));
  }
  CHECK(*started == 1);
  gate->open();
  REQUIRE(eventually([&] { return runner.stuck_threads() == 0; }));
  CHECK(has(runner.scrape_now(), "test_value{from=\"alpha\"} 1\n"));
  CHECK(*started == 2);
}

TEST_CASE("runner: nothing leaks however long something hangs") {
  const auto gate = std::make_shared<Gate>();
  Runner runner({.timeout = 50ms, .patience = 5ms}, Env{});
  fill(runner,
       entry(kAlpha,
             [gate](const Scrape&, MetricSink&) {
               gate->wait();
               return ok();
             }),
       entry(kBeta, says("beta")));
  for (int scrape = 0; scrape < 20; ++scrape) runner.scrape_now();
  const auto count = [](const char* folder) { return list_folder(folder)->size(); };
  const std::size_t threads = count("/proc/self/task");
  const std::size_t descriptors = count("/proc/self/fd");
  const auto memory = [] { return ::mallinfo2().uordblks; };
  const std::size_t before = memory();
  for (int scrape = 0; scrape < 2000; ++scrape) REQUIRE(has(runner.scrape_now(), "from=\"beta\""));
  CHECK(count("/proc/self/task") == threads);
  CHECK(count("/proc/self/fd") == descriptors);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  CHECK(memory() <= before + 16 * 1024);
#else
  CHECK(before <= memory());
#endif
  gate->open();
}

TEST_CASE("runner: the deadline is the smaller of the configured and the scraper's, less the way back") {
  Runner runner({.timeout = 10s}, Env{});
  // The clock is read before and after: the true budget lies between the two differences.
  const auto is = [&](double scraper, std::chrono::milliseconds budget) {
    const SteadyTime before = std::chrono::steady_clock::now();
    const SteadyTime deadline = runner.deadline(scraper);
    return deadline - before >= budget && deadline - std::chrono::steady_clock::now() <= budget;
  };
  CHECK(is(0, 10s));
  CHECK(is(60, 10s));
  CHECK(is(5, 4750ms));
  CHECK(is(0.3, 150ms));
}

TEST_CASE("runner: it goes away while a collector hangs, and answers who waits") {
  auto gate = std::make_shared<Gate>();
  Answer answer;
  {
    Runner runner({.timeout = 1h, .patience = 5ms}, Env{});
    fill(runner,
         entry(kAlpha,
               [gate](const Scrape&, MetricSink&) {
                 gate->wait();
                 return ok();
               }),
         entry(kBeta, says("beta")));
    runner.scrape({.selection = {}, .deadline = runner.deadline(0), .shape = {}}, answer);
    REQUIRE(eventually([&] { return gate->inside == 1; }));
  }
  CHECK(has(answer.text(), "finwatch_scrape_collector_success{collector=\"alpha\"} 0"));
  gate->open();
  CHECK(eventually([&] { return gate->inside == 0; }));
}
