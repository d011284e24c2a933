#include "conf/yaml.h"
#include "rules/tool/contract/contract.h"
#include "support/catch.h"

using namespace finwatch;
using namespace finwatch::rules;

namespace {

Result<Contract> read(const std::string& costs) {
  const Result<Tree> tree = parse_yaml(R"(version: 1
organisation: {name: {zh: 集团, en: Group}}
classes: {major: {name: {zh: 重大, en: Major}, first_diagnosis: 2h}}
services:
  - {id: entry, name: {zh: 录入, en: Entry}, class: major, measured_by: {flow: f}, availability: {objective: 99.9}}
  - {id: close, name: {zh: 结账, en: Close}, class: major, closed_by: {book: b}}
costs:
)" + costs,
                                       "sla.yaml");
  REQUIRE(tree);
  return read_contract(*tree);
}

std::string refused(const std::string& costs) {
  const auto contract = read(costs);
  CAPTURE(costs);
  REQUIRE_FALSE(contract);
  CHECK(contract.error().code == Errc::config);
  return contract.error().message;
}

}  // namespace

TEST_CASE("contract: prices are read") {
  const auto contract = read(
      "  {currency: CNY, hour_of_work: 180, hour_of_downtime: {entry: 20000}, sms: 0.045, "
      "monthly: [{name: {zh: 云, en: Cloud}, amount: 3000.5}]}\n");
  INFO((contract ? std::string() : contract.error().message));
  REQUIRE(contract);
  REQUIRE(contract->costs);
  const Costs& costs = *contract->costs;
  CHECK(costs.currency == "CNY");
  CHECK(costs.hour_of_work == 180);
  CHECK(costs.hour_of_downtime.at("entry") == 20000);
  CHECK(costs.sms == 0.045);
  CHECK_FALSE(costs.voice);
  REQUIRE(costs.monthly.size() == 1);
  CHECK(costs.monthly[0].name.zh == "云");
  CHECK(costs.monthly[0].amount == 3000.5);
}

TEST_CASE("contract: prices that cannot be right are refused where they stand") {
  CHECK(refused("  {hour_of_work: 180}\n").starts_with("sla.yaml:8:3: costs.currency: "));
  CHECK(refused("  {currency: thirteen signs}\n") ==
        "sla.yaml:8:14: costs.currency: expected a short word such as CNY or 元, found 'thirteen signs'");
  CHECK(refused("  {currency: CNY, sms: -1}\n").starts_with("sla.yaml:8:24: costs.sms: "));
  CHECK(refused("  {currency: CNY, sms: cheap}\n").starts_with("sla.yaml:8:24: costs.sms: "));
  CHECK(refused("  {currency: CNY, mms: 1}\n").starts_with("sla.yaml:8:"));
  CHECK(refused("  {currency: CNY, hour_of_downtime: {entri: 1}}\n") ==
        "sla.yaml:8:38: costs.hour_of_downtime: no service with an availability 'entri'; did you mean 'entry'?");
  CHECK(refused("  {currency: CNY, hour_of_downtime: {close: 1}}\n") ==
        "sla.yaml:8:38: costs.hour_of_downtime: no service with an availability 'close'; there are entry");
  CHECK(refused("  {currency: CNY, hour_of_downtime: {entry: none}}\n")
            .starts_with("sla.yaml:8:45: costs.hour_of_downtime.entry: "));
  CHECK(refused("  {currency: CNY, monthly: [{name: {zh: 云, en: Cloud}}]}\n").find("costs.monthly[0].amount: must be given") !=
        std::string::npos);
  CHECK(refused("  {currency: CNY, monthly: [{name: {zh: 云}, amount: 1}]}\n").find("costs.monthly[0].name.en") !=
        std::string::npos);
}
