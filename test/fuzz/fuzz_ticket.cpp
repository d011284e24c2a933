// What stands in links, forms and the inbox of the notifier: read, or refused; and what we write is read again.
#include "fuzz/fuzz.h"
#include "notifier/desk/silence.h"
#include "notifier/incident/action.h"
#include "notifier/incident/incident.h"
#include "notifier/incident/ticket.h"
#include "web/query.h"

using namespace finwatch;
using namespace finwatch::notifier;
using fuzz::require;

namespace {

constexpr WallTime kNow{std::chrono::seconds{1'795'788'960}};

void try_ticket(std::string_view text, fuzz::Bytes bytes) {
  const Secret key(std::string("a key of thirty-two bytes or more"));
  require(!read_ticket(key, text, kNow), "nobody guesses a signature");
  const Ticket ticket{.incident = static_cast<std::int64_t>(bytes.number()),
                      .person = std::string(bytes.piece()),
                      .until = kNow + std::chrono::seconds{bytes.byte()}};
  std::string token = sign_ticket(key, ticket);
  const std::optional<Ticket> read = read_ticket(key, token, kNow);
  require(token.size() > 512 ||
              (read && read->incident == ticket.incident && read->person == ticket.person && read->until == ticket.until),
          "what was signed is read");
  require(!read_ticket(key, token, ticket.until + std::chrono::seconds{1}), "it ends in its time");
  require(!read_ticket(Secret(std::string("another key")), token, kNow), "another key opens nothing");
  const std::size_t place = bytes.byte() % token.size();
  token[place] = token[place] == 'A' ? 'B' : 'A';
  require(!read_ticket(key, token, kNow), "who changes a letter has nothing");
  require(ticket_code(key, ticket.incident, ticket.person).size() == 6, "a code has six digits");
}

void try_action(std::string_view text) {
  const Result<Action> action = action_from_json(text);
  if (!action) return fuzz::require_text(action.error().message);
  require(action->incident > 0, "an action is about an incident");
  const Result<Action> again = action_from_json(to_json(*action));
  require(again && again->kind == action->kind && again->incident == action->incident && again->actor == action->actor &&
              again->channel == action->channel && again->note == action->note && again->target == action->target,
          "an action comes back as it was");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try_ticket(text, fuzz::Bytes(data, size));
  try_action(text);
  if (const auto id = incident_id(text)) require(*id > 0 && incident_id("INC-" + std::to_string(*id)) == id, "a number is one");
  if (const auto length = silence_length(text))
    require(*length >= std::chrono::minutes{1} && *length <= std::chrono::days{30}, "a silence is bounded");
  QueryReader fields(text);
  while (fields.next()) require(fields.name().size() + fields.value().size() <= size, "a field is no longer than its text");
  return 0;
}
