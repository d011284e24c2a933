#include "run/own_metrics.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <thread>

#include "core/exposition.h"
#include "core/files.h"
#include "core/text.h"
#include "support/catch.h"
#include "support/page_check.h"

using namespace finwatch;
using namespace finwatch::test;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

std::string page_of(Collector& collector) {
  MetricSink sink;
  REQUIRE(collector.collect({}, sink));
  Buffer page;
  write_page(sink, Format::text, page);
  return std::string(page.view());
}

double value_of(const std::string& page, const std::string& series) {
  const std::size_t at = page.find("\n" + series + " ");
  REQUIRE(at != std::string::npos);
  const std::string_view rest = std::string_view(page).substr(at + series.size() + 2);
  return to_number<double>(rest.substr(0, rest.find('\n'))).value();
}

}  // namespace

TEST_CASE("own metrics: the page is sound, declared, and says who this is") {
  OwnMetrics own({.program = "finwatch-test", .compatible_build_info = "node_exporter_build_info"}, Env{});
  own.reloaded(true);
  const std::string page = page_of(*own.make_collector());
  const CheckedPage checked = check_page(page);
  CHECK(checked.problem == "");
  CHECK(checked.first_duplicate == "");
  for (const auto& [name, family] : checked.families) {
    CAPTURE(name);
    bool declared = false;
    for (const MetricRef& metric : OwnMetrics::info().metrics) declared = declared || name_matches(metric.name, name);
    CHECK(declared);
  }
  CHECK(checked.families.size() == OwnMetrics::info().metrics.size());
  CHECK_THAT(page, Contains("finwatch_build_info{program=\"finwatch-test\",version=\"") &&
                       Contains("node_exporter_build_info{version=\""));
  CHECK_THAT(page_of(*OwnMetrics({.program = "x"}, Env{}).make_collector()), !Contains("node_exporter"));
}

TEST_CASE("own metrics: requests by code, every code counted in a bounded label") {
  OwnMetrics own({.program = "x"}, Env{});
  CHECK(value_of(page_of(*own.make_collector()), "finwatch_http_requests_total{code=\"200\"}") == 0);  // there from the start
  for (const int code : {200, 200, 404, 503, 418, 451, 201, 599}) own.answered(code);
  own.answered(999);
  own.answered(0);
  const std::string page = page_of(*own.make_collector());
  CHECK(value_of(page, "finwatch_http_requests_total{code=\"200\"}") == 3);
  CHECK(value_of(page, "finwatch_http_requests_total{code=\"404\"}") == 1);
  CHECK(value_of(page, "finwatch_http_requests_total{code=\"400\"}") == 2);
  CHECK(value_of(page, "finwatch_http_requests_total{code=\"500\"}") == 1);
  CHECK(value_of(page, "finwatch_http_requests_total{code=\"503\"}") == 1);
  CHECK_THAT(page, !Contains("code=\"999\"") && !Contains("code=\"418\""));
}

TEST_CASE("own metrics: reloads, and when the configuration in force was read") {
  ManualClock clock;
  OwnMetrics own({.program = "x"}, Env{.clock = &clock});
  const auto collector = own.make_collector();
  CHECK_THAT(page_of(*collector), !Contains("reload_success_timestamp"));  // never is no time
  own.reloaded(true);
  clock.advance(1h);
  own.reloaded(false);
  CHECK(value_of(page_of(*collector), "finwatch_config_last_reload_successful") == 0);
  CHECK(value_of(page_of(*collector), "finwatch_config_last_reload_success_timestamp_seconds") == 1'700'000'000.0);
  own.reloaded(true);
  CHECK(value_of(page_of(*collector), "finwatch_config_last_reload_successful") == 1);
  CHECK(value_of(page_of(*collector), "finwatch_config_last_reload_success_timestamp_seconds") == 1'700'003'600.0);
}

TEST_CASE("own metrics: what the process uses is what it uses") {
  OwnMetrics own({.program = "x"}, Env{});
  const auto collector = own.make_collector();
  page_of(*collector);  // opens the files that it keeps
  const std::string before = page_of(*collector);
  const double open_before = value_of(before, "process_open_fds");
  CHECK(open_before == static_cast<double>(list_folder("/proc/self/fd")->size() - 1));  // the listing itself has one open
  const Descriptor one(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  CHECK(value_of(page_of(*collector), "process_open_fds") == open_before + 1);

  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  CHECK(value_of(before, "process_max_fds") == static_cast<double>(files.rlim_cur));
  std::thread other([&] {
    CHECK(value_of(page_of(*collector), "process_threads") == static_cast<double>(list_folder("/proc/self/task")->size()));
  });
  other.join();
  CHECK(value_of(before, "process_resident_memory_bytes") > 1e6);
  CHECK(value_of(before, "process_virtual_memory_bytes") > value_of(before, "process_resident_memory_bytes"));
  const double now = to_seconds(system_clock().wall());
  CHECK(value_of(before, "process_start_time_seconds") > now - 3600);
  CHECK(value_of(before, "process_start_time_seconds") < now + 2);
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  CHECK(value_of(before, "process_cpu_seconds_total") <=
        static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + 2.1);
}

TEST_CASE("own metrics: without the exporter's own, build and configuration stay") {
  OwnMetrics own({.program = "x", .scope = OwnMetrics::Scope::configuration}, Env{});
  const std::string page = page_of(*own.make_collector());
  CHECK_THAT(page, Contains("finwatch_build_info") && Contains("finwatch_config_last_reload_successful"));
  CHECK_THAT(page, !Contains("process_") && !Contains("http_requests"));
}
