// From what is to be said to the message that a channel puts into words: facts as they stand now, people with their links and codes.
#pragma once

#include "notifier/channel/message.h"
#include "notifier/engine/outbox.h"
#include "notifier/incident/casebook.h"
#include "notifier/setup.h"

namespace finwatch::notifier {

/// "D17-6928b1c0": of one delivery, the same for each attempt, and another after the journal was begun anew.
std::string reference_of(const Delivery& delivery);

Message compose(const Job& job, const Outbox& outbox, const Casebook& casebook, const Setup& setup, WallTime now);

/// What {instance} and {target} stand for.
struct LinkPlace {
  std::string_view instance, target;
};
/// A link of LinkSetup with its parts filled in, percent-encoded; empty when `pattern` is.
std::string fill_link(std::string_view pattern, const Incident& incident, const LinkPlace& place, std::string_view language);

}  // namespace finwatch::notifier
