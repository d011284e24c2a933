// A letter as RFC 5322 and MIME have it, made of texts that others wrote: none of them can become a header.
//
//   const std::string text = letter_text({.from = {"财务", "finwatch@example.com"}, .to = {{"张伟", "zhang.wei@example.com"}},
//                                         .subject = "【严重】INC-42 …", .message_id = "<D17.inc42@example.com>", …});
//
// Lines end in CRLF; headers are at most 76 letters a line, in encoded words (RFC 2047) where they are not plain ASCII; both bodies
// are base64.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "conf/zone.h"
#include "core/clock.h"

namespace finwatch::notifier {

struct Mailbox {
  std::string name, address;
};

struct Letter {
  Mailbox from;
  std::vector<Mailbox> to;
  std::string subject, date;
  std::string message_id, thread_id;  // in < >; the letters of one thread_id stand together; empty: it stands alone
  std::string plain, html;
};

std::string letter_text(const Letter& letter);

/// "name: text", folded.
std::string header_line(std::string_view name, std::string_view text);

/// "finwatch@example.com" or "Finance <finwatch@example.com>".
Mailbox parse_mailbox(std::string_view text);
/// One that any server takes, without what could end a command or a header.
bool is_address(std::string_view text);

/// "Tue, 01 Dec 2026 22:15:00 +0800"
std::string letter_date(WallTime at, const Zone& zone);

}  // namespace finwatch::notifier
