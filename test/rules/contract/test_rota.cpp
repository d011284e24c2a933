#include "rules/tool/contract/rota.h"

#include "support/catch.h"
#include "support/test_folder.h"

using namespace finwatch;
using namespace finwatch::rules;
using namespace std::chrono_literals;

namespace {

constexpr minutes kNine = 9h;

LocalTime at(std::string_view text) { return parse_local_time(text).value(); }

Rota read(std::string_view lines, minutes hand_over = kNine) {
  Result<Rota> rota = read_rota("# kept by hand\nfrom,person\n" + std::string(lines), "rota.csv", hand_over);
  if (!rota) FAIL(rota.error().message);
  return std::move(*rota);
}

std::string refused(std::string_view text) {
  const Result<Rota> rota = read_rota(text, "rota.csv", kNine);
  REQUIRE_FALSE(rota);
  CHECK(rota.error().code == Errc::config);
  return rota.error().message;
}

}  // namespace

TEST_CASE("rota: a day begins at the hand-over") {
  const Rota rota = read("2026-11-23,zhang.wei\n2026-11-30, wang.fang\n");
  CHECK_FALSE(rota.on_duty(at("2026-11-23 08:59")));
  CHECK(rota.on_duty(at("2026-11-23 09:00")) == "zhang.wei");
  CHECK(rota.on_duty(at("2026-11-30 08:59")) == "zhang.wei");
  CHECK(rota.on_duty(at("2026-11-30 09:00")) == "wang.fang");
  CHECK(rota.on_duty(at("2027-11-30 09:00")) == "wang.fang");
  CHECK(rota.planned_until() == at("2026-11-30 09:00"));
  CHECK(rota.next_change(at("2026-11-23 09:00")) == at("2026-11-30 09:00"));
  CHECK_FALSE(rota.next_change(at("2026-11-30 09:00")));
  CHECK(read("2026-11-23,a\n2026-11-24,b\n", 0min).on_duty(at("2026-11-24 00:00")) == "b");
}

TEST_CASE("rota: a swap for one night, and who takes over from himself") {
  const Rota rota = read("2026-11-23,a\n2026-11-25 18:00,b\n2026-11-26,a\n2026-11-30,a\n");
  CHECK(rota.on_duty(at("2026-11-25 17:59")) == "a");
  CHECK(rota.on_duty(at("2026-11-26 08:59")) == "b");
  CHECK(rota.on_duty(at("2026-11-26 09:00")) == "a");
  CHECK_FALSE(rota.next_change(at("2026-11-26 09:00")));
}

TEST_CASE("rota: times with nobody on duty") {
  const Rota rota = read("2026-11-23,a\n2026-11-25,\n2026-11-26,\n2026-11-27,b\n");
  CHECK(rota.gaps(at("2026-11-20 00:00"), at("2026-12-20 00:00")) ==
        std::vector<Rota::Gap>{{at("2026-11-20 00:00"), at("2026-11-23 09:00")},
                               {at("2026-11-25 09:00"), at("2026-11-27 09:00")}});
  CHECK(rota.gaps(at("2026-11-26 00:00"), at("2026-11-26 06:00")) ==
        std::vector<Rota::Gap>{{at("2026-11-26 00:00"), at("2026-11-26 06:00")}});
  CHECK(rota.gaps(at("2026-11-27 09:00"), at("2027-01-01 00:00")).empty());
  CHECK(rota.gaps(at("2026-11-26 00:00"), at("2026-11-26 00:00")).empty());
}

TEST_CASE("rota: what a spreadsheet makes of it is read") {
  const Result<Rota> rota = read_rota(
      "\xEF\xBB\xBF"
      "from,person\r\n2026-11-23,zhang.wei\r\n\r\n2026-11-24T18:00,b",
      "rota.csv", kNine);
  REQUIRE(rota);
  CHECK(rota->lines().size() == 2);
  CHECK(rota->on_duty(at("2026-11-24 18:00")) == "b");
}

TEST_CASE("rota: what is wrong is said with its line") {
  CHECK(refused("2026-11-23,a\n") == "rota.csv:1: expected the heading 'from,person', found '2026-11-23,a'");
  CHECK(refused("from,person\n2026-11-31,a\n") ==
        "rota.csv:2: expected a day such as 2026-11-23, or a day and a time such as 2026-11-23 18:00, found '2026-11-31'");
  CHECK(refused("from,person\n2026-11-23\n") ==
        "rota.csv:2: expected 'from,person' such as 2026-11-23,zhang.wei, found '2026-11-23'");
  CHECK(refused("from,person\n2026-11-23,a,b\n").find("expected 'from,person'") != std::string::npos);
  CHECK(refused("from,person\n2026-11-23,Zhang Wei\n") == "rota.csv:2: expected the id of a person, found 'Zhang Wei'");
  CHECK(refused("from,person\n2026-11-23,a\n# again\n2026-11-23,b\n") == "rota.csv:4: not later than the line before it");
  CHECK(refused("from,person\n").find("nobody is on duty") != std::string::npos);
  CHECK(refused("").find("nobody is on duty") != std::string::npos);
}

TEST_CASE("rota: the one that ships is beside the contract and knows its people") {
  Result<Contract> contract = load_contract(test::test_folder("../rules/sla.yaml"));
  REQUIRE(contract);
  const Result<Rota> rota = load_rota(contract->duties.at("on_call"));
  REQUIRE(rota);
  CHECK(rota->on_duty(at("2026-11-23 09:00")) == "zhang.wei");
  CHECK(check_people(*rota, *contract));
  contract->people.erase("wang.fang");
  const Status unknown = check_people(*rota, *contract);
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().message.find("rota.csv:5:1: the rota: no person 'wang.fang'; there are li.na, zhang.wei") !=
        std::string::npos);
  Duty lost = contract->duties.at("on_call");
  lost.rota = "lost.csv";
  const Result<Rota> none = load_rota(lost);
  REQUIRE_FALSE(none);
  CHECK(none.error().code == Errc::no_data);
  CHECK(none.error().message.find("lost.csv") != std::string::npos);
}
