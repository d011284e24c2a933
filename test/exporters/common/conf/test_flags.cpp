#include "conf/flags.h"

#include "core/text.h"
#include "support/catch.h"

using namespace finwatch;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

std::vector<FlagSpec> specs() {
  return {{FlagKind::boolean, "collector.cpu", "true", "Processors."},
          {FlagKind::boolean, "once", "false", "Once."},
          {FlagKind::text, "config.file", "", "A file."},
          {FlagKind::integer, "web.max-requests", "40", "Requests."},
          {FlagKind::duration, "scrape.timeout", "10s",
           "Longest time for one page, which is a sentence that is too long for one line of a terminal."},
          {FlagKind::regexp, "device-exclude", "^lo$", "Devices."},
          {FlagKind::list, "listen", "127.0.0.1:1,[::1]:1", "Addresses."},
          {FlagKind::list, "nothing", "", "An empty list."},
          {.kind = FlagKind::text, .name = "catalogue", .default_value = "", .help = "Catalogue.", .bare_value = "json"},
          {.kind = FlagKind::integer, .name = "ignored", .default_value = "1", .help = "Ignored.", .hidden = true}};
}

struct Parsed {
  explicit Parsed(const std::vector<const char*>& words) : flags(specs()), status(flags.parse(words)) {}
  std::string error() const { return status ? "" : status.error().message; }
  Flags flags;
  Status status;
};

}  // namespace

TEST_CASE("flags: every kind has its default") {
  const Parsed none({});
  REQUIRE(none.status);
  CHECK(none.flags.boolean("collector.cpu"));
  CHECK_FALSE(none.flags.boolean("once"));
  CHECK(none.flags.text("config.file").empty());
  CHECK(none.flags.integer("web.max-requests") == 40);
  CHECK(none.flags.duration("scrape.timeout") == 10s);
  CHECK(none.flags.list("listen").size() == 2);
  CHECK(none.flags.list("listen")[1] == "[::1]:1");
  CHECK(none.flags.list("nothing").empty());
  CHECK_FALSE(none.flags.given("once"));
  CHECK(none.flags.known("ignored"));
  CHECK_FALSE(none.flags.known("other"));
}

TEST_CASE("flags: a value stands behind = or in the next word, also when it looks like a flag") {
  const Parsed both({"--config.file=a=b", "--web.max-requests", "7", "--device-exclude", "--x"});
  CHECK(both.error() == "");
  CHECK(both.flags.text("config.file") == "a=b");
  CHECK(both.flags.integer("web.max-requests") == 7);
  CHECK(both.flags.text("device-exclude") == "--x");
  const Parsed empty({"--config.file="});
  CHECK(empty.status);
  CHECK(empty.flags.given("config.file"));
}

TEST_CASE("flags: booleans are --name, --no-name or --name=false") {
  CHECK_FALSE(Parsed({"--no-collector.cpu"}).flags.boolean("collector.cpu"));
  CHECK_FALSE(Parsed({"--collector.cpu=false"}).flags.boolean("collector.cpu"));
  CHECK(Parsed({"--once"}).flags.boolean("once"));
  CHECK_THAT(Parsed({"--no-config.file"}).error(), Contains("unknown flag --no-config.file"));
  CHECK_THAT(Parsed({"--no-once=true"}).error(), Contains("unknown flag --no-once"));
  CHECK_THAT(Parsed({"--once=1"}).error(), Contains("--once: expected true or false, found \"1\""));
}

TEST_CASE("flags: a list grows with each mention, anything else is given once") {
  const Parsed list({"--listen=:1", "--listen", ":2"});
  REQUIRE(list.status);
  CHECK(std::vector<std::string>(list.flags.list("listen").begin(), list.flags.list("listen").end()) ==
        std::vector<std::string>{":1", ":2"});
  CHECK(Parsed({"--once", "--no-once"}).error() == "flag --once cannot be repeated");
}

TEST_CASE("flags: a bare value where it may be left out") {
  CHECK(Parsed({"--catalogue"}).flags.text("catalogue") == "json");
  CHECK(Parsed({"--catalogue=markdown"}).flags.text("catalogue") == "markdown");
}

TEST_CASE("flags: what is wrong names the flag, what was found and what was expected") {
  CHECK(Parsed({"--confg.file=x"}).error() == "unknown flag --confg.file; did you mean 'config.file'? --help lists them");
  CHECK_THAT(Parsed({"--zzzzzzzzzz"}).error(), Contains("unknown flag --zzzzzzzzzz --help"));
  CHECK_THAT(Parsed({"--ignore"}).error(), !Contains("did you mean"));  // hidden flags are not recommended
  CHECK_THAT(Parsed({"--config.file"}).error(), Contains("--config.file needs a value"));
  CHECK_THAT(Parsed({"file"}).error(), Contains("found \"file\""));
  CHECK_THAT(Parsed({"--"}).error(), Contains("expected a flag"));
  CHECK_THAT(Parsed({"-v"}).error(), Contains("expected a flag"));
  CHECK_THAT(Parsed({"--web.max-requests=many"}).error(), Contains("a whole number, found \"many\""));
  CHECK_THAT(Parsed({"--scrape.timeout=5"}).error(), Contains("500ms"));
  CHECK_THAT(Parsed({"--device-exclude=["}).error(), Contains("--device-exclude: regular expression '['"));
  CHECK(utf8_prefix(Parsed({"--web.max-requests=\xFF"}).error()) == Parsed({"--web.max-requests=\xFF"}).error().size());
}

TEST_CASE("flags: the help fits 100 columns, shows defaults, and keeps hidden flags to itself") {
  const std::string help = Flags(specs()).help();
  for (LineReader lines(help); const auto line = lines.next();) CHECK(line->size() <= 100);
  CHECK_THAT(help, Contains("  --[no-]collector.cpu\n      Processors. (on)\n"));
  CHECK_THAT(help, Contains("  --web.max-requests=NUMBER\n      Requests. (40)\n"));
  CHECK_THAT(help, Contains("--scrape.timeout=TIME") && Contains("--device-exclude=REGEXP") && Contains("--listen=TEXT …"));
  CHECK_THAT(help, !Contains("ignored"));
}

TEST_CASE("flags: words without dashes are values of one list, where a command takes them") {
  Flags flags(specs());
  const std::vector<const char*> words{"a.yml", "--once", "b.yml", "--nothing=c.yml"};
  REQUIRE(flags.parse(words, "nothing"));
  CHECK(std::vector<std::string>(flags.list("nothing").begin(), flags.list("nothing").end()) ==
        std::vector<std::string>{"a.yml", "b.yml", "c.yml"});
  CHECK(flags.boolean("once"));
}
