#include <algorithm>

#include "support/catch.h"
#include "workflow/collector.h"

namespace finwatch::workflow {
extern const WorkflowCollector checks_collector;
}

using namespace finwatch;
using namespace finwatch::workflow;

namespace {

std::shared_ptr<const Book> make_book(const std::string& name) {
  auto check = std::make_shared<Check>();
  check->id = "all";
  check->interval = std::chrono::minutes{5};
  check->labels = {"period"};
  check->values = {{"n", Unit::count}, {"oldest", Unit::seconds}, {"closed", Unit::ratio}, {"difference", Unit::amount}};
  auto book = std::make_shared<Book>();
  book->name = name;
  book->checks.push_back(std::move(check));
  return book;
}

}  // namespace

TEST_CASE("checks: the page of a check that went well once and failed since, and of a book that is not supported") {
  CheckBoard board;
  board.set_books({make_book("tryton"), make_book("other")});
  board.change([](std::vector<BookState>& books) {
    books[0].supported = true;
    CheckState& state = books[0].checks[0];
    state.rows = {{"2026-10", {3, 7200.5, 0.5, -1.25}}, {"2026-11", {0, std::nullopt, 1, 0}}};
    state.cut_rows = 2;
    state.last_success = WallTime{std::chrono::seconds{1'795'000'000}};
    state.last_run = WallTime{std::chrono::seconds{1'795'000'300}};
    state.duration = std::chrono::milliseconds{250};
    state.success = false;
    state.failures[static_cast<std::size_t>(Reason::lock)] = 2;
    books[1].supported = false;
    books[1].missing = {"account_move"};
    books[1].checks[0].success = true;  // from before the table went
  });
  const FlowBoard flows;
  const Almanac almanac;
  MetricSink sink;
  checks_collector.write({.flows = flows, .checks = board, .almanac = almanac, .now = {}}, sink);
  CHECK(sink.samples() == R"(finwatch_integrity_records{book="tryton",check="all",value="n",item="2026-10"} 3
finwatch_integrity_records{book="tryton",check="all",value="n",item="2026-11"} 0
finwatch_integrity_time_seconds{book="tryton",check="all",value="oldest",item="2026-10"} 7200.5
finwatch_integrity_ratio{book="tryton",check="all",value="closed",item="2026-10"} 0.5
finwatch_integrity_ratio{book="tryton",check="all",value="closed",item="2026-11"} 1
finwatch_integrity_amount{book="tryton",check="all",value="difference",item="2026-10"} -1.25
finwatch_integrity_amount{book="tryton",check="all",value="difference",item="2026-11"} 0
finwatch_integrity_supported{book="tryton"} 1
finwatch_integrity_supported{book="other"} 0
finwatch_integrity_missing{book="other",relation="account_move"} 1
finwatch_integrity_check_success{book="tryton",check="all"} 0
finwatch_integrity_check_last_run_timestamp_seconds{book="tryton",check="all"} 1795000300
finwatch_integrity_check_last_success_timestamp_seconds{book="tryton",check="all"} 1795000000
finwatch_integrity_check_interval_seconds{book="tryton",check="all"} 300
finwatch_integrity_check_duration_seconds{book="tryton",check="all"} 0.25
finwatch_integrity_check_cut_rows{book="tryton",check="all"} 2
finwatch_integrity_check_failures_total{book="tryton",check="all",reason="lock"} 2
)");
  const auto declared = checks_collector.info.metrics;
  CHECK(sink.marks().size() == declared.size());
  for (const MetricSink::Mark& mark : sink.marks())
    CHECK(std::any_of(declared.begin(), declared.end(),
                      [&](const MetricRef& metric) { return metric.name == sink.name_of(mark); }));
}
