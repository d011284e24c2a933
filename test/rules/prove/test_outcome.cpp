#include "rules/tool/prove/outcome.h"

#include "rules/tool/prove/prove.h"
#include "support/catch.h"

using namespace finwatch;
using namespace finwatch::rules;

namespace {

const std::vector<Outcome> kOutcomes = {
    {"host", "HostHot: firing", {"rules/alerts/host.yaml", 37, 7}, Verdict::passed, {}},
    {"dashboards", "Host / CPU \"busy\" <a&b>", {"host.json", 3, 5}, Verdict::failed, "up{\n1:4: expected a label\x01\xff\n"},
    {"host", "HostHot: silent", {"rules/alerts/host.yaml", 41, 7}, Verdict::failed, "expr: up\n  got: 1\n"},
    {"dashboards", "Host / Memory", {"host.json", 9, 5}, Verdict::skipped, "no data in this Prometheus"},
};

}  // namespace

TEST_CASE("outcomes: failures with their place, then a line a group") {
  CHECK(summary_text(kOutcomes) ==
        "host.json:3:5: Host / CPU \"busy\" <a&b>\n    up{\n    1:4: expected a label\x01\xff\n"
        "rules/alerts/host.yaml:41:7: HostHot: silent\n    expr: up\n      got: 1\n"
        "host: 1 passed, 1 failed\n"
        "dashboards: 0 passed, 1 failed, 1 skipped (no data in this Prometheus)\n");
  CHECK(summary_text({}).empty());
  CHECK(count(kOutcomes, Verdict::failed) == 2);
}

TEST_CASE("outcomes: JUnit's XML, a suite a group, with nothing in it that XML has no word for") {
  CHECK(junit_xml(kOutcomes) ==
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<testsuites name=\"finwatch test\" tests=\"4\" failures=\"2\" skipped=\"1\">\n"
        "  <testsuite name=\"host\" tests=\"2\" failures=\"1\" skipped=\"0\">\n"
        "    <testcase classname=\"finwatch.host\" name=\"HostHot: firing\" file=\"rules/alerts/host.yaml\" line=\"37\"/>\n"
        "    <testcase classname=\"finwatch.host\" name=\"HostHot: silent\" file=\"rules/alerts/host.yaml\" line=\"41\">\n"
        "      <failure message=\"expr: up\">expr: up&#10;  got: 1&#10;</failure>\n"
        "    </testcase>\n"
        "  </testsuite>\n"
        "  <testsuite name=\"dashboards\" tests=\"2\" failures=\"1\" skipped=\"1\">\n"
        "    <testcase classname=\"finwatch.dashboards\" name=\"Host / CPU &quot;busy&quot; &lt;a&amp;b&gt;\" "
        "file=\"host.json\" line=\"3\">\n"
        "      <failure message=\"up{\">up{&#10;1:4: expected a label?\xEF\xBF\xBD&#10;</failure>\n"
        "    </testcase>\n"
        "    <testcase classname=\"finwatch.dashboards\" name=\"Host / Memory\" file=\"host.json\" line=\"9\">\n"
        "      <skipped message=\"no data in this Prometheus\"/>\n"
        "    </testcase>\n"
        "  </testsuite>\n"
        "</testsuites>\n");
}
