#include "fake_figures.h"

namespace finwatch::notifier {
extern const NotifierCollector duty_collector;

namespace {

Duty on_call(std::string_view lines) {
  auto rota = read_rota("from,person\n" + std::string(lines), "rota.csv", std::chrono::hours{9});
  if (!rota) FAIL(rota.error().message);
  return {.id = "on_call", .name = {}, .people = {}, .rota = std::move(*rota)};
}

}  // namespace

TEST_CASE("duty: who is told now, the next gap and the end of the plan") {
  FakeFigures fake;  // 15 November, 06:13 in Shanghai
  fake.contract.duties["team"] = {.id = "team", .name = {}, .people = {"zhang.wei", "wang.fang"}, .rota = {}};
  fake.contract.duties["on_call"] = on_call("2023-11-01,zhang.wei\n2023-11-20,\n2023-11-21,wang.fang\n2023-12-01,li.na\n");
  CHECK(fake.samples(duty_collector) ==
        "finwatch_on_call{duty=\"on_call\",person=\"zhang.wei\"} 1\n"
        "finwatch_on_call{duty=\"team\",person=\"zhang.wei\"} 1\n"
        "finwatch_on_call{duty=\"team\",person=\"wang.fang\"} 1\n"
        "finwatch_rota_next_gap_timestamp_seconds{duty=\"on_call\"} 1700442000\n"         // 20 November, 09:00
        "finwatch_rota_planned_until_timestamp_seconds{duty=\"on_call\"} 1701392400\n");  // 1 December, 09:00
}

TEST_CASE("duty: in a gap nobody is told, and the gap is now") {
  FakeFigures fake;
  fake.contract.duties["on_call"] = on_call("2023-11-01,zhang.wei\n2023-11-14,\n2023-11-16,wang.fang\n");
  const std::string page = fake.samples(duty_collector);
  CHECK(lines_of(page, "finwatch_on_call").empty());
  CHECK(lines_of(page, "finwatch_rota_next_gap") == "finwatch_rota_next_gap_timestamp_seconds{duty=\"on_call\"} 1700000000\n");
}

TEST_CASE("duty: a gap beyond thirty days, or none, has no sample") {
  FakeFigures fake;
  const std::string_view gap = GENERATE("2023-12-16,\n", "2023-12-16,li.na\n");
  fake.contract.duties["on_call"] = on_call("2023-11-01,zhang.wei\n" + std::string(gap));
  CHECK(lines_of(fake.samples(duty_collector), "finwatch_rota_next_gap").empty());
  fake.now += 26h;  // 08:13: the gap begins at 09:00
  CHECK(lines_of(fake.samples(duty_collector), "finwatch_rota_next_gap").empty());
  fake.now += 1h;
  CHECK(lines_of(fake.samples(duty_collector), "finwatch_rota_next_gap").empty() == (gap == "2023-12-16,li.na\n"));
}

TEST_CASE("duty: a standby says it too, for it is the contract's word") {
  FakeFigures fake;
  fake.figures.leads = false;
  fake.contract.duties["on_call"] = on_call("2023-11-01,zhang.wei\n");
  CHECK(lines_of(fake.samples(duty_collector), "finwatch_on_call") ==
        "finwatch_on_call{duty=\"on_call\",person=\"zhang.wei\"} 1\n");
}

}  // namespace finwatch::notifier
