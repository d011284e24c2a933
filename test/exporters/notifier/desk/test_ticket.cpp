// Signed links, codes, and actions as text.
#include "notifier/incident/ticket.h"

#include "notifier/incident/action.h"
#include "support/catch.h"

using namespace finwatch;
using namespace finwatch::notifier;

namespace {

const WallTime kThen{std::chrono::seconds{1'800'000'000}};
const Secret kKey(std::string(32, 'a'));

}  // namespace

TEST_CASE("desk: a link says again what was signed, until its time is over") {
  const Ticket ticket{.incident = 42, .person = "zhang.wei", .until = kThen};
  const std::string token = sign_ticket(kKey, ticket);
  CHECK(token.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") == std::string::npos);
  const auto read = read_ticket(kKey, token, kThen);
  REQUIRE(read);
  CHECK(read->incident == 42);
  CHECK(read->person == "zhang.wei");
  CHECK(read->until == kThen);
  CHECK_FALSE(read_ticket(kKey, token, kThen + std::chrono::seconds{1}));
}

TEST_CASE("desk: a link that was changed anywhere, cut, or signed by another key is none") {
  const std::string token = sign_ticket(kKey, {.incident = 42, .person = "zhang.wei", .until = kThen});
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    CHECK_FALSE(read_ticket(kKey, changed, kThen));
    CHECK_FALSE(read_ticket(kKey, token.substr(0, i), kThen));
  }
  CHECK_FALSE(read_ticket(Secret(std::string(32, 'b')), token, kThen));
  CHECK_FALSE(read_ticket(Secret(), token, kThen));
  for (const std::string& wrong : {std::string(), std::string("=" + token), token + "=", token + "A", std::string(5000, 'A')})
    CHECK_FALSE(read_ticket(kKey, wrong, kThen));
}

TEST_CASE("desk: a code is six digits, of one incident and person, for ever") {
  const std::string code = ticket_code(kKey, 42, "zhang.wei");
  CHECK(code.size() == 6);
  CHECK(code.find_first_not_of("0123456789") == std::string::npos);
  CHECK(code == ticket_code(kKey, 42, "zhang.wei"));
  CHECK(code != ticket_code(kKey, 43, "zhang.wei"));
  CHECK(code != ticket_code(kKey, 42, "li.na"));
  CHECK(code != ticket_code(Secret(std::string(32, 'b')), 42, "zhang.wei"));
  for (int incident = 1; incident < 300; ++incident) CHECK(ticket_code(kKey, incident, "x").size() == 6);
}

TEST_CASE("desk: an action comes back from its text as it was") {
  const Action action{.kind = ActionKind::merge,
                      .incident = 42,
                      .actor = "zhang.wei",
                      .channel = "page",
                      .note = "重复 \"quoted\"\nline",
                      .target = "INC-41"};
  const Result<Action> back = action_from_json(to_json(action));
  REQUIRE(back);
  CHECK(back->kind == action.kind);
  CHECK(back->incident == action.incident);
  CHECK(back->actor == action.actor);
  CHECK(back->channel == action.channel);
  CHECK(back->note == action.note);
  CHECK(back->target == action.target);
  for (const std::string_view name : kActionNames) CHECK(to_string(*action_kind(name)) == name);
}

TEST_CASE("desk: a text that is no action says what is wrong with it") {
  CHECK_FALSE(action_kind("explode"));
  for (const char* wrong :
       {"", "[]", "7", "{", R"({"incident":42})", R"({"action":"explode","incident":42})", R"({"action":"note"})",
        R"({"action":"note","incident":0})", R"({"action":"note","incident":"x"})"}) {
    const Result<Action> read = action_from_json(wrong);
    REQUIRE_FALSE(read);
    CHECK(read.error().code == Errc::malformed);
    CHECK_FALSE(read.error().message.empty());
  }
}
