#include "conf/settings.h"

#include "conf/yaml.h"
#include "support/catch.h"

using namespace finwatch;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

constexpr FlagSpec kFlags[] = {
    {FlagKind::regexp, "collector.disk.device-exclude", "^ram", "Devices."},
    {FlagKind::duration, "collector.disk.wait", "1s", "Time."},
    {FlagKind::integer, "collector.disk.most", "4", "Number."},
    {FlagKind::boolean, "collector.disk.info", "false", "Info."},
    {FlagKind::list, "collector.disk.ports", "1,2", "Ports."},
};
constexpr std::string_view kSections[] = {"groups"};
const CollectorInfo kOn{.name = "disk", .summary = "Disks.", .flags = kFlags, .sections = kSections};
const CollectorInfo kOff{
    .name = "disk", .summary = "Disks.", .by_default = ByDefault::off, .flags = kFlags, .sections = kSections};

// Flags, a section, and what comes of them.
struct Case {
  Case(const CollectorInfo& info, std::vector<const char*> words, const char* yaml) : flags(specs()) {
    REQUIRE(flags.parse(words));
    if (yaml != nullptr) tree = *parse_yaml(yaml, "c.yml");
    auto made = CollectorSettings::make(info, flags, yaml == nullptr ? nullptr : &tree);
    if (made)
      settings = std::move(*made);
    else
      error = made.error().message;
  }
  static std::vector<FlagSpec> specs() {
    std::vector<FlagSpec> all(std::begin(kFlags), std::end(kFlags));
    all.push_back({FlagKind::boolean, "collector.disk", "true", "Disks."});
    all.push_back({FlagKind::boolean, "collector.disable-defaults", "false", "Off."});
    return all;
  }
  bool enabled() const { return settings->enabled(); }

  Flags flags;
  Tree tree;
  std::unique_ptr<CollectorSettings> settings;
  std::string error;
};

}  // namespace

TEST_CASE("settings: who decides whether a collector runs") {
  CHECK(Case(kOn, {}, nullptr).enabled());
  CHECK_FALSE(Case(kOff, {}, nullptr).enabled());
  CHECK_FALSE(Case(kOn, {"--collector.disable-defaults"}, nullptr).enabled());
  CHECK(Case(kOff, {}, "most: 1\n").enabled());  // a section is a wish
  CHECK(Case(kOn, {"--collector.disable-defaults"}, "most: 1\n").enabled());
  CHECK_FALSE(Case(kOn, {}, "enabled: false\n").enabled());
  CHECK(Case(kOff, {"--collector.disk"}, "enabled: false\n").enabled());  // the command line has the last word
  CHECK_FALSE(Case(kOn, {"--no-collector.disk"}, "enabled: true\n").enabled());
}

TEST_CASE("settings: flags win over the file, the file over the defaults") {
  const char* yaml = "device-exclude: ^loop\nwait: 2s\nmost: 9\ninfo: true\nports: [7, 8, 9]\n";
  const Case file(kOn, {}, yaml);
  REQUIRE(file.error == "");
  CHECK(file.settings->text("collector.disk.device-exclude") == "^loop");
  CHECK(file.settings->duration("collector.disk.wait") == 2s);
  CHECK(file.settings->integer("collector.disk.most") == 9);
  CHECK(file.settings->boolean("collector.disk.info"));
  CHECK(file.settings->list("collector.disk.ports").size() == 3);
  const Case flags(kOn, {"--collector.disk.device-exclude=^sd", "--collector.disk.ports=5", "--no-collector.disk.info"}, yaml);
  CHECK(flags.settings->text("collector.disk.device-exclude") == "^sd");
  CHECK(flags.settings->list("collector.disk.ports").size() == 1);
  CHECK_FALSE(flags.settings->boolean("collector.disk.info"));
  const Case none(kOn, {}, nullptr);
  CHECK(none.settings->text("collector.disk.device-exclude") == "^ram");
  CHECK(none.settings->duration("collector.disk.wait") == 1s);
  CHECK(none.settings->list("collector.disk.ports").size() == 2);
  CHECK(none.settings->section() == nullptr);
  CHECK(Case(kOn, {}, "most:\n").settings->integer("collector.disk.most") == 4);  // a key without a value
  CHECK(Case(kOn, {}, "ports: 7\n").settings->list("collector.disk.ports").size() == 1);
  CHECK(Case(kOn, {}, "ports: []\n").settings->list("collector.disk.ports").empty());
}

TEST_CASE("settings: what does not fit is named by its place in the file") {
  const auto error = [](const char* yaml) { return Case(kOn, {}, yaml).error; };
  CHECK(error("most: many\n") == "c.yml:1:7: collectors.disk.most: expected a whole number, found \"many\"");
  CHECK_THAT(error("wait: 5\n"), Contains("c.yml:1:7: collectors.disk.wait: expected a length of time"));
  CHECK_THAT(error("device-exclude: '['\n"), Contains("c.yml:1:17: collectors.disk.device-exclude: regular expression '['"));
  CHECK_THAT(error("info: yes\n"), Contains("expected true or false, found \"yes\""));
  CHECK_THAT(error("most: [1, 2]\n"), Contains("collectors.disk.most: expected one value"));
  CHECK_THAT(error("most: {a: 1}\n"), Contains("expected a list of texts, found a map") || Contains("expected one value"));
  CHECK_THAT(error("mots: 1\n"), Contains("c.yml:1:1: collectors.disk: unknown key 'mots'; did you mean 'most'?"));
  CHECK_THAT(error("enabled: 1\n"), Contains("collectors.disk.enabled: expected true or false"));
  CHECK(error("groups: [anything]\n") == "");  // a section of the collector's own: it reads that itself
}

TEST_CASE("settings: what the environment filled in is not shown") {
  ::setenv("FINWATCH_TEST_SECRET", "h1dden", 1);
  CHECK(Case(kOn, {}, "most: ${FINWATCH_TEST_SECRET}\n").error ==
        "c.yml:1:7: collectors.disk.most: what the environment makes of \"${FINWATCH_TEST_SECRET}\" does not fit");
  CHECK_THAT(Case(kOn, {}, "enabled: ${FINWATCH_TEST_SECRET}\n").error,
             Contains("found \"${FINWATCH_TEST_SECRET}\"") && !Contains("h1dden"));
  ::setenv("FINWATCH_TEST_NUMBER", "12", 1);
  CHECK(Case(kOn, {}, "most: ${FINWATCH_TEST_NUMBER}\n").settings->integer("collector.disk.most") == 12);
}

TEST_CASE("settings: the key of a flag") {
  CHECK(section_key("collector.cpu.info.flags-include") == "info.flags-include");
  CHECK(section_key("collector.cpu.info") == "info");
  CHECK(section_key("collector.cpu") == "collector.cpu");
  CHECK(section_key("once") == "once");
}
