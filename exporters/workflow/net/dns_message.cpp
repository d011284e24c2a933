#include "workflow/net/dns_message.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <utility>

#include "core/text.h"

namespace finwatch::workflow {
namespace {

struct Word {
  std::string_view name;
  std::uint16_t number;
};
constexpr Word kTypes[] = {{"A", 1},     {"NS", 2},   {"CNAME", 5}, {"SOA", 6},    {"PTR", 12},    {"MX", 15},   {"TXT", 16},
                           {"AAAA", 28}, {"SRV", 33}, {"DS", 43},   {"RRSIG", 46}, {"DNSKEY", 48}, {"ANY", 255}, {"CAA", 257}};
constexpr Word kClasses[] = {{"IN", 1}, {"CH", 3}, {"HS", 4}, {"ANY", 255}};
constexpr std::string_view kRcodes[] = {"NOERROR",  "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED",
                                        "YXDOMAIN", "YXRRSET", "NXRRSET",  "NOTAUTH",  "NOTZONE"};

std::string upper(std::string_view text) {
  std::string copy(text);
  std::transform(copy.begin(), copy.end(), copy.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return copy;
}

template <std::size_t N>
std::optional<std::uint16_t> number_of(const Word (&words)[N], std::string_view prefix, const std::string& name) {
  const std::string wanted = upper(name);
  for (const Word& word : words)
    if (word.name == wanted) return word.number;
  if (!wanted.starts_with(prefix)) return std::nullopt;
  return to_number<std::uint16_t>(std::string_view(wanted).substr(prefix.size()));
}

template <std::size_t N>
std::string name_of(const Word (&words)[N], std::string_view prefix, std::uint16_t number) {
  for (const Word& word : words)
    if (word.number == number) return std::string(word.name);
  return std::string(prefix) + std::to_string(number);
}

std::string type_name(std::uint16_t number) { return name_of(kTypes, "TYPE", number); }
std::string class_name(std::uint16_t number) { return name_of(kClasses, "CLASS", number); }

void put16(std::string& out, unsigned value) {
  out += static_cast<char>(value >> 8 & 0xff);
  out += static_cast<char>(value & 0xff);
}

// Reads a message from front to back and never past its end: after the first fault everything is empty and good() is false.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  bool good() const { return good_; }
  std::size_t place() const { return place_; }
  std::uint32_t number(int bytes) {
    std::uint32_t value = 0;
    for (int i = 0; i < bytes; ++i) value = value << 8 | byte();
    return value;
  }
  std::uint16_t number16() { return static_cast<std::uint16_t>(number(2)); }
  std::string_view take(std::size_t count) {
    if (!good_ || count > bytes_.size() - place_) {
      good_ = false;
      return {};
    }
    place_ += count;
    return bytes_.substr(place_ - count, count);
  }
  std::string name();

 private:
  unsigned char byte() {
    const std::string_view one = take(1);
    return one.empty() ? static_cast<unsigned char>(0) : static_cast<unsigned char>(one.front());
  }

  std::string_view bytes_;
  std::size_t place_ = 0;
  bool good_ = true;
};

void append_escaped(std::string& out, std::string_view text, std::string_view special) {
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    if (code < 32 || code > 126) {
      const std::string digits = std::to_string(code);
      out.append("\\").append(3 - digits.size(), '0').append(digits);
      continue;
    }
    if (c == '\\' || special.find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
}

// A name may point back into the message; each pointer must lead further back, so none can lead in circles.
std::string Reader::name() {
  std::string text;
  std::size_t resume = 0;
  std::size_t before = place_;
  while (true) {
    const std::size_t here = place_;
    const unsigned char length = byte();
    if (!good_) return {};
    if (length >= 0xc0) {
      const std::size_t target = (length & 0x3fU) << 8 | byte();
      if (resume == 0) resume = place_;
      if (!good_ || target >= std::min(before, here)) {
        good_ = false;
        return {};
      }
      before = target;
      place_ = target;
      continue;
    }
    if (length == 0) break;
    const std::string_view label = take(length);
    if (length > 63 || text.size() + length > 1'024) good_ = false;
    if (!good_) return {};
    append_escaped(text, label, ".");
    text += '.';
  }
  if (resume != 0) place_ = resume;
  return text.empty() ? "." : text;
}

std::string address(int family, std::string_view bytes) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (bytes.size() != (family == AF_INET ? 4 : 16)) return {};
  return ::inet_ntop(family, bytes.data(), text.data(), text.size()) != nullptr ? text.data() : "";
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  append_escaped(out, text, "\"");
  return out + "\"";
}

// RFC 3597: what can be said of any record.
std::string unknown(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text = "\\# " + std::to_string(bytes.size()) + (bytes.empty() ? "" : " ");
  for (const char c : bytes) {
    text += kDigits[static_cast<unsigned char>(c) >> 4];
    text += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return text;
}

std::string strings(Reader& reader, std::size_t end) {
  std::string text;
  while (reader.good() && reader.place() < end) {
    const std::size_t length = reader.number(1);
    text += (text.empty() ? "" : " ") + quoted(reader.take(length));
  }
  return text;
}

std::string soa(Reader& reader, DnsMessage& message) {
  const std::string server = reader.name();
  const std::string mailbox = reader.name();
  const std::uint32_t serial = reader.number(4);
  std::string text = server + " " + mailbox + " " + std::to_string(serial);
  for (int i = 0; i < 4; ++i) text += " " + std::to_string(reader.number(4));
  if (!message.serial && reader.good()) message.serial = serial;
  return text;
}

std::string numbers(Reader& reader, int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += std::to_string(reader.number16()) + " ";
  return text;
}

std::string data_text(std::uint16_t type, Reader& reader, std::size_t length, DnsMessage& message) {
  const std::size_t end = reader.place() + length;
  switch (type) {
    case 1: return address(AF_INET, reader.take(length));
    case 28: return address(AF_INET6, reader.take(length));
    case 2:
    case 5:
    case 12: return reader.name();
    case 6: return soa(reader, message);
    case 15: return numbers(reader, 1) + reader.name();
    case 33: {
      const std::string head = numbers(reader, 3);
      return head + reader.name();
    }
    case 16: return strings(reader, end);
    case 257: {
      const std::string flags = std::to_string(reader.number(1));
      const std::string tag(reader.take(reader.number(1)));
      return flags + " " + tag + " " + quoted(reader.take(end - std::min(end, reader.place())));
    }
    default: return unknown(reader.take(length));
  }
}

bool read_records(Reader& reader, int count, std::vector<DnsRecord>& into, DnsMessage& message) {
  for (int i = 0; i < count; ++i) {
    DnsRecord record;
    record.name = reader.name();
    const std::uint16_t type = reader.number16();
    record.type = type_name(type);
    record.klass = class_name(reader.number16());
    record.ttl = reader.number(4);
    const std::size_t length = reader.number16();
    const std::size_t end = reader.place() + length;
    record.text = data_text(type, reader, length, message);
    if (!reader.good() || reader.place() != end) return false;
    if (type != 41) into.push_back(std::move(record));  // EDNS is of the message, not of the name
  }
  return true;
}

}  // namespace

std::string DnsRecord::line() const { return name + " " + std::to_string(ttl) + " " + klass + " " + type + " " + text; }

std::string question_line(const DnsQuestion& question) {
  std::string name = question.name;
  if (!name.ends_with('.')) name += '.';
  const std::optional<std::uint16_t> type = number_of(kTypes, "TYPE", question.type);
  const std::optional<std::uint16_t> klass = number_of(kClasses, "CLASS", question.klass);
  return name + " " + class_name(klass.value_or(0)) + " " + type_name(type.value_or(0));
}

std::string dns_rcode_text(int rcode) {
  const auto place = static_cast<std::size_t>(rcode);
  return place < std::size(kRcodes) ? std::string(kRcodes[place]) : "RCODE" + std::to_string(rcode);
}

bool is_dns_rcode(std::string_view text) {
  constexpr int kCount = 16;  // four bits
  for (int rcode = 0; rcode < kCount; ++rcode)
    if (dns_rcode_text(rcode) == text) return true;
  return false;
}

Result<std::string> write_dns_query(const DnsQuestion& question, std::uint16_t id) {
  const std::optional<std::uint16_t> type = number_of(kTypes, "TYPE", question.type);
  const std::optional<std::uint16_t> klass = number_of(kClasses, "CLASS", question.klass);
  if (!type) return {Errc::config, "\"" + question.type + "\" is no type of DNS records"};
  if (!klass) return {Errc::config, "\"" + question.klass + "\" is no class of DNS records"};
  std::string out;
  put16(out, id);
  put16(out, question.recursion ? 0x0100 : 0);
  for (const unsigned count : {1U, 0U, 0U, 0U}) put16(out, count);
  std::string_view name = question.name;
  if (name.ends_with('.')) name.remove_suffix(1);
  for (FieldReader labels(name, '.'); !name.empty() && !labels.done();) {
    const std::string_view label = labels.next();
    if (label.empty() || label.size() > 63 || name.size() > 253)
      return {Errc::config, "\"" + question.name + "\" is no name that DNS can ask for"};
    out += static_cast<char>(label.size());
    out += label;
  }
  out += '\0';
  put16(out, *type);
  put16(out, *klass);
  return out;
}

std::optional<DnsMessage> read_dns_message(std::string_view bytes) {
  Reader reader(bytes);
  DnsMessage message;
  message.id = reader.number16();
  const unsigned flags = reader.number16();
  message.response = (flags & 0x8000) != 0;
  message.authoritative = (flags & 0x0400) != 0;
  message.truncated = (flags & 0x0200) != 0;
  message.recursion_available = (flags & 0x0080) != 0;
  message.rcode = static_cast<int>(flags & 0x000f);
  std::array<int, 4> counts{};
  for (int& count : counts) count = reader.number16();
  for (int i = 0; i < counts[0] && reader.good(); ++i) {
    const std::string name = reader.name();
    const std::uint16_t type = reader.number16();
    message.question = name + " " + class_name(reader.number16()) + " " + type_name(type);
  }
  if (!reader.good()) return std::nullopt;
  if (message.truncated) return message;  // what follows may end anywhere
  if (!read_records(reader, counts[1], message.answers, message) ||
      !read_records(reader, counts[2], message.authority, message) ||
      !read_records(reader, counts[3], message.additional, message))
    return std::nullopt;
  return message;
}

}  // namespace finwatch::workflow
