#include <linux/ethtool.h>

#include <cerrno>
#include <cstring>

#include "host/sources/ethtool.h"
#include "support/catch.h"
#include "support/collector_test.h"

namespace finwatch::host {
extern const CollectorInfo ethtool_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::host::ethtool_collector;

namespace {

/// A driver with these counters, whose values are 1, 2, 3 …
struct Card {
  std::vector<std::string> counters;
  bool refuses_statistics = false;

  int answer(void* command) const {
    std::uint32_t code = 0;
    std::memcpy(&code, command, sizeof code);
    const auto put = [&](const auto& value) { return std::memcpy(command, &value, sizeof value), 0; };
    if (code == ETHTOOL_GSET) {
      ethtool_cmd link{};
      link.supported = 1U << 5 | 1U << 6 | 1U << 7 | 1U << 12 | 1U << 13;
      link.advertising = 1U << 12 | 1U << 14;
      link.autoneg = 1;
      return put(link);
    }
    if (code == ETHTOOL_GDRVINFO) {
      ethtool_drvinfo driver{};
      std::strcpy(driver.driver, "ixgbe");
      std::strcpy(driver.version, "6.1.0");
      std::memset(driver.fw_version, 'f', sizeof driver.fw_version);  // no zero at its end
      std::strcpy(driver.bus_info, "0000:03:00.0");
      driver.n_stats = static_cast<std::uint32_t>(counters.size());
      return put(driver);
    }
    if (refuses_statistics) return EOPNOTSUPP;
    auto* bytes = static_cast<char*>(command);
    for (std::size_t i = 0; i < counters.size(); ++i) {
      if (code == ETHTOOL_GSTRINGS) counters[i].copy(bytes + sizeof(ethtool_gstrings) + i * ETH_GSTRING_LEN, ETH_GSTRING_LEN);
      const std::uint64_t value = i + 1;
      if (code == ETHTOOL_GSTATS) std::memcpy(bytes + sizeof(ethtool_stats) + i * sizeof value, &value, sizeof value);
    }
    return code == ETHTOOL_GSTRINGS || code == ETHTOOL_GSTATS ? 0 : EOPNOTSUPP;
  }
};

Env with_card(const Env& env, const Card* card) {
  env.shared<host::Ethtool>()->stand_in(
      [card](std::string_view device, void* command) { return device == "eth0" ? card->answer(command) : EOPNOTSUPP; });
  return env;
}

std::string line_with(const Collected& got, std::string_view part) {
  const std::size_t at = got.samples.find(part);
  return at == std::string::npos ? std::string() : got.samples.substr(at, got.samples.find('\n', at) - at);
}

}  // namespace

TEST_CASE("ethtool: the page of the fixture machine") {
  const Card card{{"rx_packets", "tx_packets", "rx_no_dma_resources", "tx_tx_rx", "port.rx_errors", "Queue[0] AllocFails",
                   "[3]: tx_bytes", "     err"}};
  const Collected got = collect(ethtool_collector, with_card(fixture_host(), &card));
  REQUIRE(got.status);
  CHECK(compare_golden("host/ethtool.prom", got.page) == "");
}

TEST_CASE("ethtool: a tree without a kernel is no data") {
  const TemporaryTree tree;
  const Collected got = collect(ethtool_collector, tree.env());
  REQUIRE_FALSE(got.status);
  CHECK(got.status.error().code == Errc::no_data);
}

TEST_CASE("ethtool: two counters that would get one name are left out") {
  const Card card{{"a.b", "a b", "c", "", "___", "info", "\xff"}};
  const Collected got = collect(ethtool_collector, with_card(fixture_host(), &card));
  CHECK(line_with(got, "node_ethtool_a_b").empty());
  CHECK(line_with(got, "node_ethtool_c{") == "node_ethtool_c{device=\"eth0\"} 3");
  CHECK(line_with(got, "node_ethtool_info{device").empty());
}

TEST_CASE("ethtool: counters and interfaces can be chosen") {
  const Card card{{"rx_a", "rx_b"}};
  const Env env = with_card(fixture_host(), &card);
  CHECK(line_with(collect(ethtool_collector, env, {{"collector.ethtool.metrics-include", "_b$"}}), "node_ethtool_received") ==
        "node_ethtool_received_b{device=\"eth0\"} 2");
  CHECK(collect(ethtool_collector, env, {{"collector.ethtool.device-exclude", "^eth0$"}}).series == 0);
}

TEST_CASE("ethtool: a driver that grows, shrinks or stops answering between two scrapes") {
  Card card{{"one", "two"}};
  KeptCollector ethtool(ethtool_collector, with_card(fixture_host(), &card));
  CHECK(line_with(ethtool.collect(), "node_ethtool_two{") == "node_ethtool_two{device=\"eth0\"} 2");
  card.counters = {"zero", "one", "two"};
  CHECK(line_with(ethtool.collect(), "node_ethtool_two{") == "node_ethtool_two{device=\"eth0\"} 3");
  card.counters = {"two"};
  CHECK(line_with(ethtool.collect(), "node_ethtool_two{") == "node_ethtool_two{device=\"eth0\"} 1");
  card.refuses_statistics = true;
  const Collected got = ethtool.collect();
  CHECK(got.status);
  CHECK(line_with(got, "node_ethtool_two{").empty());
  CHECK_FALSE(line_with(got, "node_ethtool_info{").empty());
}

TEST_CASE("ethtool: the running kernel answers") {
  const Collected got = collect(ethtool_collector, Env{});
  if (!got.status) WARN("skipped: no interfaces here");
}
