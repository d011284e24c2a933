#include "rules/tool/prove/promtool.h"

#include "support/catch.h"

using namespace finwatch::rules;

TEST_CASE("promtool: what 2.42 says of good and bad files, one after another") {
  const std::vector<FileVerdict> files = read_test_output(
      "Unit Testing:  a.test.yml\n"
      "  FAILED:\n"
      "    expr: \"ALERTS{alertname=\\\"HostHot\\\",alertstate=\\\"firing\\\"} # line 37\", time: 7m,\n"
      "        exp: nil\n"
      "        got: {__name__=\"ALERTS\", alertname=\"HostHot\"} 1E+00\n"
      "    expr: \"ALERTS{alertname=\\\"HostHot\\\",alertstate=\\\"firing\\\"} # line 41\", time: 7m,\n"
      "        exp: {__name__=\"ALERTS\", alertname=\"HostHot\"} 1E+00\n"
      "        got: nil\n"
      "\n"
      "Unit Testing:  b.test.yml\n"
      "  SUCCESS\n"
      "\n");
  REQUIRE(files.size() == 2);
  CHECK(files[0].path == "a.test.yml");
  CHECK_FALSE(files[0].passed);
  CHECK(files[0].rest.empty());
  REQUIRE(files[0].complaints.size() == 2);
  CHECK(files[0].complaints[0].alert == "HostHot");
  CHECK(files[0].complaints[0].line == 37);
  CHECK_FALSE(files[0].complaints[0].is_rule);
  CHECK(files[0].complaints[0].text ==
        "expr: \"ALERTS{alertname=\\\"HostHot\\\",alertstate=\\\"firing\\\"} # line 37\", time: 7m,\n"
        "  exp: nil\n"
        "  got: {__name__=\"ALERTS\", alertname=\"HostHot\"} 1E+00\n");
  CHECK(files[0].complaints[1].line == 41);
  CHECK(files[1].passed);
  CHECK(files[1].complaints.empty());
}

TEST_CASE("promtool: a rule that cannot be worked out, a series that cannot be read, a file that is none") {
  const std::vector<FileVerdict> files = read_test_output(
      "Unit Testing:  a.test.yml\n  FAILED:\n"
      "    rule: HostHot, time: 0s, err: found duplicate series for the match group {} on the right hand-side\n"
      "1:9: parse error: unexpected character inside braces: '9'\n"
      "    expr: \"up # line nine\", time: 7m,\n        exp: nil\n\n"
      "Unit Testing:  b.test.yml\n  FAILED:\nyaml: unmarshal errors:\n  line 3: field intrval not found in type "
      "main.testGroup\n\n");
  REQUIRE(files.size() == 2);
  REQUIRE(files[0].complaints.size() == 2);
  CHECK(files[0].complaints[0].alert == "HostHot");
  CHECK(files[0].complaints[0].is_rule);
  CHECK(files[0].complaints[0].line == 0);
  CHECK(files[0].complaints[1].alert.empty());
  CHECK(files[0].complaints[1].line == 0);
  CHECK(files[0].rest == "1:9: parse error: unexpected character inside braces: '9'\n");
  CHECK(files[1].complaints.empty());
  CHECK(files[1].rest == "yaml: unmarshal errors:\nline 3: field intrval not found in type main.testGroup\n");
}

TEST_CASE("promtool: it calls a success what has no rules at all; we do not") {
  const std::vector<FileVerdict> files =
      read_test_output("Unit Testing:  a.test.yml\n  WARNING: no file match pattern none.rules.yml\n  SUCCESS\n\n");
  REQUIRE(files.size() == 1);
  CHECK_FALSE(files[0].passed);
  CHECK(files[0].rest == "WARNING: no file match pattern none.rules.yml\n");
}

TEST_CASE("promtool: later ones name the case before the expression") {
  const std::vector<FileVerdict> files = read_test_output(
      "Unit Testing:  a.test.yml\n  FAILED:\n    name: HostHot: firing (line 3),\n"
      "    expr: \"ALERTS{alertname=\\\"A\\\"} # line 3\", time: 7m, \n        exp: nil\n        got: nil\n\n");
  REQUIRE(files.size() == 1);
  CHECK(files[0].rest.empty());
  REQUIRE(files[0].complaints.size() == 1);
  CHECK(files[0].complaints[0].alert == "A");
  CHECK(files[0].complaints[0].line == 3);
}

TEST_CASE("promtool: what is no output of it is nothing") {
  CHECK(read_test_output("").empty());
  CHECK(read_test_output("promtool: error: path 'missing.test.yml' does not exist, try --help\n").empty());
  const std::vector<FileVerdict> broken_off = read_test_output("Unit Testing:  a.test.yml\n  FAILED:\n    expr: \"ALER");
  REQUIRE(broken_off.size() == 1);
  CHECK_FALSE(broken_off[0].passed);
}
