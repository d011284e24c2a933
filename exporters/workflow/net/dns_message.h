// DNS messages as RFC 1035 writes them: a question to bytes, bytes to an answer in words.
//
//   const std::string query = write_dns_query({.name = "erp.example", .type = "A"}, 4711);
//   std::optional<DnsMessage> answer = read_dns_message(bytes);
//   answer->answers[0].text          // "192.0.2.7", "10 mail.example."
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace finwatch::workflow {

struct DnsQuestion {
  std::string name;
  std::string type = "A";    // or AAAA, SOA, …, TYPE123
  std::string klass = "IN";  // or CH, HS
  bool recursion = true;
};

struct DnsRecord {
  std::string name;
  std::string type;
  std::string klass;
  std::uint32_t ttl = 0;
  std::string text;  // as in a zone file; RFC 3597's form for a type that is not known here

  /// "erp.example. 300 IN A 192.0.2.7": what expressions are matched against.
  std::string line() const;
};

struct DnsMessage {
  std::uint16_t id = 0;
  bool response = false;
  bool authoritative = false;
  bool truncated = false;
  bool recursion_available = false;
  int rcode = 0;
  std::string question;  // "erp.example. IN A"
  std::vector<DnsRecord> answers;
  std::vector<DnsRecord> authority;
  std::vector<DnsRecord> additional;
  std::optional<std::uint32_t> serial;  // of the first SOA among the answers, else among the authority
};

/// config when the name or one of the words is none.
Result<std::string> write_dns_query(const DnsQuestion& question, std::uint16_t id);

/// Nothing for what is no whole message.
std::optional<DnsMessage> read_dns_message(std::string_view bytes);

/// As DnsMessage::question says it.
std::string question_line(const DnsQuestion& question);

/// "NOERROR", "NXDOMAIN", …
std::string dns_rcode_text(int rcode);
bool is_dns_rcode(std::string_view text);  // one of these, in capitals

}  // namespace finwatch::workflow
