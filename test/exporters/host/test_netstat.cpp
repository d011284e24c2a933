#include "support/catch.h"
#include "support/collector_test.h"

namespace finwatch::host {
extern const CollectorInfo netstat_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::host::netstat_collector;

TEST_CASE("netstat: the page of the fixture machine") {
  const Collected got = collect(netstat_collector, fixture_host());
  REQUIRE(got.status);
  CHECK(compare_golden("host/netstat.prom", got.page) == "");
}

TEST_CASE("netstat: no source is no data") {
  const TemporaryTree tree;
  const Collected got = collect(netstat_collector, tree.env());
  REQUIRE_FALSE(got.status);
  CHECK(got.status.error().code == Errc::no_data);
}

TEST_CASE("netstat: only the fields that were asked for, also when a header changes between two scrapes") {
  const TemporaryTree tree;
  tree.write("proc/net/snmp", "Tcp: MaxConn InSegs OutSegs\nTcp: -1 10 20\nIcmpMsg: InType3\nIcmpMsg: 5\n");
  tree.write("proc/net/snmp6", "Ip6InOctets \t7\nOdd\t1\nUdp6InDatagrams\n");
  KeptCollector netstat(netstat_collector, tree.env(),
                        {{"collector.netstat.fields", "^(Tcp_(MaxConn|OutSegs)|Icmp.*|Ip6_.*)$"}});
  CHECK(netstat.collect().samples ==
        "node_netstat_Tcp_MaxConn -1\nnode_netstat_Tcp_OutSegs 20\nnode_netstat_IcmpMsg_InType3 5\nnode_netstat_Ip6_InOctets "
        "7\n");
  tree.write("proc/net/snmp", "Tcp: MaxConn InSegs OutSegs\nTcp: -1 11 21\nIcmpMsg: InType0 InType3\nIcmpMsg: 1 6\n");
  CHECK(netstat.collect().samples ==
        "node_netstat_Tcp_MaxConn -1\nnode_netstat_Tcp_OutSegs 21\nnode_netstat_IcmpMsg_InType0 1\n"
        "node_netstat_IcmpMsg_InType3 6\nnode_netstat_Ip6_InOctets 7\n");
}

TEST_CASE("netstat: numbers as large as the kernel's counters, and a name given twice") {
  const TemporaryTree tree;
  tree.write("proc/net/netstat", "IpExt: InOctets InOctets\nIpExt: 18446744073709551615 1\n");
  CHECK(collect(netstat_collector, tree.env()).samples == "node_netstat_IpExt_InOctets 18446744073709551615\n");
}

TEST_CASE("netstat: fewer values than names, or no pairs at all, is malformed") {
  const TemporaryTree tree;
  for (const char* text : {"Tcp: InSegs OutSegs\nTcp: 1\n", "Tcp: InSegs\nUdp: 1\n", "Tcp: InSegs\n", "\xff\xfe\n"}) {
    tree.write("proc/net/snmp", text);
    CHECK(collect(netstat_collector, tree.env()).status.error().code == Errc::malformed);
  }
}

TEST_CASE("netstat: a pattern that does not compile is the operator's error") {
  const TemporaryTree tree;
  CHECK_THROWS(collect(netstat_collector, tree.env(), {{"collector.netstat.fields", "("}}));
}
