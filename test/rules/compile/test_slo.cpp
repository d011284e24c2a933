#include "rules/tool/compile/slo.h"

#include "conf/yaml.h"
#include "core/files.h"
#include "rules/tool/compile/compile.h"
#include "support/catch.h"
#include "support/changed.h"
#include "support/test_folder.h"

using namespace finwatch;
using namespace finwatch::rules;
using namespace finwatch::test;

namespace {

constexpr std::string_view kServices = R"(services:
  - id: voucher
    name: {zh: 凭证, en: Voucher}
    class: major
    measured_by: {flow: nc_voucher}
    availability: {objective: 99.9, fewest_failures: 2}
    latency: {within: 3s, objective: 99}
  - id: erp
    name: {zh: 主机, en: Hosts}
    class: ordinary
    measured_by: {job: node, instances: ["a:9100", "b:9100"]}
    availability: {objective: 99.5, fewest_failures: 4}
  - id: database
    name: {zh: 库, en: Database}
    class: major
    measured_by: {database: "db$1"}
    availability: {objective: 99.9, fewest_failures: 2}
  - id: close
    name: {zh: 结账, en: Close}
    class: major
    closed_by: {book: tryton, working_day: 5, time: "18:00"}
)";

constexpr std::string_view kPlanned =
    "planned: [{id: M1, services: [voucher, erp], from: 2026-12-06T22:00, to: 2026-12-07T02:00}, "
    "{id: M2, from: 2027-01-01T00:00, to: 2027-01-01T01:00}]";

Contract contract_of(std::string_view services, std::string_view planned = "planned: []") {
  const Result<std::string> shipped = read_file(test_folder("../rules/sla.yaml"), 1 << 20);
  REQUIRE(shipped);
  std::string text = shipped->substr(0, shipped->find("\nservices:") + 1) + std::string(services);
  text = changed(text, "planned: []", planned);
  const Result<Tree> tree = parse_yaml(text, "sla.yaml", {.substitute_environment = false});
  REQUIRE(tree);
  Result<Contract> contract = read_contract(*tree);
  if (!contract) FAIL(contract.error().message);
  return *contract;
}

std::string rules_of(const Contract& contract) {
  const Result<std::vector<File>> files = compile_slo(contract, {});
  if (!files) FAIL(files.error().message);
  REQUIRE(files->size() == 2);
  return files->front().text;
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

std::string error_of(const Contract& contract) {
  const Result<std::vector<File>> files = compile_slo(contract, {});
  REQUIRE_FALSE(files);
  return files.error().message;
}

std::size_t count(const std::string& text, std::string_view part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

}  // namespace

TEST_CASE("slo: services of every measure become recordings and their tests") {
  const Result<std::vector<File>> files = compile_slo(contract_of(kServices, kPlanned), {});
  if (!files) FAIL(files.error().message);
  REQUIRE(files->size() == 2);
  CHECK((*files)[0].path == "rules/slo-recordings.rules.yml");
  CHECK((*files)[0].text == *read_file(test_folder("golden/rules/slo-recordings.rules.yml"), 1 << 20));
  CHECK((*files)[1].path == "tests/slo-recordings.test.yml");
  CHECK((*files)[1].text == *read_file(test_folder("golden/rules/slo-recordings.test.yml"), 1 << 20));
}

TEST_CASE("slo: rules do not grow with the services but for their rows") {
  Contract contract = contract_of(kServices);
  const std::size_t before = count(rules_of(contract), "- record: ");
  for (int i = 0; i < 100; ++i) {
    Service service = contract.services.front();
    service.id = "more" + std::to_string(i);
    service.measured_by = ByFlow{"flow" + std::to_string(i)};
    contract.services.push_back(service);
  }
  const std::string text = rules_of(contract);
  CHECK(count(text, "- record: ") == before + 100);
  CHECK(count(text, "- record: service:finwatch_info") == 105);
}

TEST_CASE("slo: rows of another contract are told by their revision") {
  const auto revision = [](const std::string& text) {
    const std::size_t at = text.find("revision=\\\"");
    REQUIRE(at != std::string::npos);
    return text.substr(at, 20);
  };
  const std::string first = revision(rules_of(contract_of(kServices)));
  CHECK(first == revision(rules_of(contract_of(kServices, kPlanned))));
  CHECK(first != revision(rules_of(contract_of(changed(kServices, "flow: nc_voucher", "flow: nc_voucher2")))));
}

TEST_CASE("slo: planned maintenance is an instant, whatever the zone") {
  const std::string text = rules_of(contract_of(kServices, kPlanned));
  // 22:00 of 6 December in Shanghai is 14:00 UTC.
  CHECK(has(text, "vector(time()) >= 1796565600 < 1796580000"));
  CHECK(has(text, "service:finwatch_measure:count{service=~\\\"voucher|erp\\\"}"));
  // The new year begins eight hours before that of UTC; all services.
  CHECK(has(text, "vector(1) and on () vector(time()) >= 1798732800 < 1798736400"));
  CHECK_FALSE(has(rules_of(contract_of(kServices)), "finwatch_maintenance"));
}

TEST_CASE("slo: days of the close window are those of the organisation's clock") {
  Contract contract = contract_of(kServices);
  CHECK(has(rules_of(contract), "day_of_month(vector(time() + 28800)) >= 26 <= 31"));
  contract.close_window.days_of_month = {{28, 31}, {26, 29}, {1, 1}};
  CHECK(has(rules_of(contract),
            "(day_of_month(vector(time() + 28800)) >= 1 <= 1 or day_of_month(vector(time() + 28800)) >= 26 <= 31)"));
  contract.close_window.weight = 1;
  CHECK_FALSE(has(rules_of(contract), "day_of_month"));
  // Summer time is a step at its instant; days are cut at midnight of standard time.
  contract.close_window.weight = 5;
  contract.time_zone = "Europe/Berlin";
  const std::string berlin = rules_of(contract);
  CHECK(has(berlin, "time() + 3600 + 3600 * (time() >= bool 1711846800) - 3600 * (time() >= bool 1729990800)"));
  CHECK(has(berlin, "vector((time() + 3600) % 86400) < 600"));
  contract.time_zone = "America/New_York";
  CHECK(has(rules_of(contract), "vector((time() - 18000) % 86400) < 600"));
  contract.time_zone = "UTC";
  CHECK(has(rules_of(contract), "vector(time() % 86400) < 600"));
}

TEST_CASE("slo: what cannot be compiled is named") {
  Contract contract = contract_of(kServices);
  contract.time_zone = "Asia/Shanghia";
  CHECK(error_of(contract).find("organisation.time_zone: unknown time zone 'Asia/Shanghia'") != std::string::npos);
  contract.time_zone = "../etc/passwd";
  CHECK(error_of(contract).find("organisation.time_zone: unknown time zone") != std::string::npos);
  contract = contract_of(changed(kServices, "\"b:9100\"", "\"a:9100\""));
  CHECK(has(error_of(contract), "the service erp: the instance 'a:9100' is there twice"));
}

TEST_CASE("slo: a contract without an availability makes no file") {
  Contract contract = contract_of(kServices);
  contract.services.erase(contract.services.begin(), contract.services.end() - 1);
  const Result<std::vector<File>> files = compile_slo(contract, {});
  REQUIRE(files);
  CHECK(files->empty());
}

TEST_CASE("slo: the limit of the latency is named as the exporter names its bucket") {
  using namespace std::chrono_literals;
  CHECK(bucket_of(3s) == "3.0");
  CHECK(bucket_of(300ms) == "0.3");
  CHECK(bucket_of(2500ms) == "2.5");
}
