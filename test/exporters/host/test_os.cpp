#include "support/catch.h"
#include "support/collector_test.h"

#include "host/sources/os_release.h"

namespace finwatch::host {
extern const CollectorInfo os_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::host::os_collector;

namespace {

bool has(const Collected& got, std::string_view line) { return got.samples.find(line) != std::string::npos; }

}  // namespace

TEST_CASE("os: the system of the fixture machine") {
  const Collected got = collect(os_collector, fixture_host());
  REQUIRE(got.status);
  CHECK(compare_golden("host/os.prom", got.page).empty());
}

TEST_CASE("os: quoting as in a shell") {
  using host::unquote;
  CHECK(unquote("debian") == "debian");
  CHECK(unquote("") == "");
  CHECK(unquote("\"\"") == "");
  CHECK(unquote("'it is \\n \"so\"'") == "it is \\n \"so\"");
  CHECK(unquote(R"("a \"b\" \\ \$c \` \t")") == R"(a "b" \ $c ` \t)");
  CHECK(unquote(R"('a'"b"c)") == "abc");
  CHECK(unquote(R"(de\"bian)") == "de\"bian");
  CHECK(unquote("Red Hat  # no quotes") == "Red Hat");
  CHECK(unquote("\"12\" # the version") == "12");
  CHECK(unquote("a#b") == "a#b");
  CHECK(unquote("\\") == "\\");
  CHECK_FALSE(unquote("\"open"));
  CHECK_FALSE(unquote("'open"));
  CHECK_FALSE(unquote("\"open\\"));
}

TEST_CASE("os: numbers and dates") {
  using host::major_minor;
  using host::parse_date;
  CHECK(major_minor("22.03") == 22.03);
  CHECK(major_minor("12") == 12);
  CHECK(major_minor("12.") == 12);
  CHECK(major_minor("15.5.1") == 15.5);
  CHECK(major_minor("7 SP4") == 7);
  CHECK_FALSE(major_minor("V10"));
  CHECK_FALSE(major_minor(""));
  CHECK_FALSE(major_minor(".5"));
  CHECK(parse_date("1970-01-02") == std::chrono::sys_days{std::chrono::days{1}});
  CHECK(parse_date("2028-02-29"));
  CHECK_FALSE(parse_date("2026-02-29"));
  CHECK_FALSE(parse_date("2031-13-40"));
  CHECK_FALSE(parse_date("31.03.2026"));
  CHECK_FALSE(parse_date("2026-3-31"));
  CHECK_FALSE(parse_date("2026-03-31T00:00"));
}

TEST_CASE("os: usr/lib when etc has none, also when etc is a link that leads nowhere") {
  const TemporaryTree tree;
  tree.write("root/usr/lib/os-release", "ID=kylin\nNAME=\"Kylin Linux Advanced Server\"\nVERSION_ID=\"V10\"\n");
  KeptCollector collector(os_collector, tree.env());
  Collected got = collector.collect();
  REQUIRE(got.status);
  CHECK(has(got, "id=\"kylin\""));
  CHECK_FALSE(has(got, "node_os_version"));
  CHECK_FALSE(has(got, "support_end"));

  tree.write("root/etc/hostname", "erp\n");
  tree.link("root/etc/os-release", "../nowhere/os-release");
  CHECK(has(collector.collect(), "id=\"kylin\""));
  tree.remove("root/etc/os-release");
  tree.write("root/etc/os-release", "ID=debian\nVERSION_ID=\"13\"\nSUPPORT_END=2030-06-30\n");
  got = collector.collect();
  CHECK(has(got, "node_os_version{id=\"debian\",id_like=\"\",name=\"\"} 13\n"));
  CHECK(has(got, "node_os_support_end_timestamp_seconds 1909008000\n"));
}

TEST_CASE("os: an upgrade shows at the next scrape") {
  const TemporaryTree tree;
  tree.write("root/etc/os-release", "ID=debian\nVERSION_ID=\"12\"\n");
  KeptCollector collector(os_collector, tree.env());
  CHECK(has(collector.collect(), "node_os_version{id=\"debian\",id_like=\"\",name=\"\"} 12\n"));
  tree.write("root/etc/os-release", "ID=debian\nVERSION_ID=\"12.11\"\n");
  CHECK(has(collector.collect(), "node_os_version{id=\"debian\",id_like=\"\",name=\"\"} 12.11\n"));
}

TEST_CASE("os: a line that makes no sense costs that line only") {
  const TemporaryTree tree;
  tree.write("root/etc/os-release",
             "# comment\n\nNAME=\"open\nbroken line\n9X=1\n=1\nID=rhel\r\nID_LIKE='\xff'\nVERSION_ID=9.4\nSUPPORT_END=soon\n");
  const Collected got = collect(os_collector, tree.env());
  REQUIRE(got.status);
  CHECK(has(got, "node_os_version{id=\"rhel\",id_like=\"\xEF\xBF\xBD\",name=\"\"} 9.4\n"));
  CHECK_FALSE(has(got, "support_end"));
}

TEST_CASE("os: no source is no data, no line of it is malformed") {
  const TemporaryTree tree;
  CHECK(collect(os_collector, tree.env()).status.error().code == Errc::no_data);
  tree.write("root/etc/os-release", "Debian GNU/Linux 12\n");
  CHECK(collect(os_collector, tree.env()).status.error().code == Errc::malformed);
}
