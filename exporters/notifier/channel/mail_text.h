// What a message is as a letter: its subject, both bodies, and the names by which mail programs put letters together.
//
//   const Letter letter = letter_of(message, parse_mailbox(setup.from));
//   letter.message_id;      // "<D17.inc42@example.com>", the same for every attempt
//   letter.thread_id;       // "<inc-42@example.com>": all letters of an incident stand in one thread
//
// The words are those of text.h; a digest and the heartbeat stand alone.
#pragma once

#include "notifier/channel/letter.h"
#include "notifier/channel/message.h"

namespace finwatch::notifier {

/// To those in `to` that have an address.
Letter letter_of(const Message& message, const Mailbox& from);

}  // namespace finwatch::notifier
