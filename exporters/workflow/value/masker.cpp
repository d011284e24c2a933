#include "workflow/value/masker.h"

#include <algorithm>
#include <array>
#include <optional>

#include "core/text.h"
#include "workflow/value/encode.h"

namespace finwatch::workflow {
namespace {

constexpr std::size_t kMostSecrets = 1000;
constexpr std::size_t kShortestDerived = 4;
constexpr std::size_t kShortestForm = 4;  // of an encoded part: three letters of base64 stand in any text

// The byte with which `text` begins when it is percent-encoded, and how many characters that takes.
struct Decoded {
  char byte = 0;
  std::size_t length = 1;
};
Decoded first_byte(std::string_view text) {
  if (text[0] == '+') return {' ', 1};
  if (text[0] != '%' || text.size() < 3) return {text[0], 1};
  const std::optional<unsigned> code = to_number<unsigned>(text.substr(1, 2), 16);
  return code ? Decoded{static_cast<char>(*code), 3} : Decoded{'%', 1};
}

// How many characters at the beginning of `text` are `secret`, percent-encoded; 0 when they are not. Encoders differ in what they leave
// as it is, so each byte may be either.
std::size_t percent_encoded(std::string_view text, std::string_view secret) {
  std::size_t at = 0;
  for (const char byte : secret) {
    if (at >= text.size()) return 0;
    const Decoded next = first_byte(text.substr(at));
    if (next.byte != byte && text[at] != byte) return 0;
    at += next.byte == byte ? next.length : 1;
  }
  return at;
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

// The letters of base64 that depend on `secret` alone when `before` bytes stand before it.
std::string base64_inside(std::string_view secret, std::size_t before) {
  const std::string all = to_base64(std::string(before, '\0') + std::string(secret));
  const std::size_t first = before == 0 ? 0 : before + 1;     // of the first letter without a bit from before
  const std::size_t last = (before + secret.size()) * 8 / 6;  // behind the last letter that is full of it
  return last > first ? all.substr(first, last - first) : std::string();
}

// As writers of pure ASCII do: every character beyond it as \uXXXX.
std::string json_ascii(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  if (utf8_prefix(text) != text.size()) return {};
  std::string out;
  const auto unit = [&](std::uint32_t value) {
    out += "\\u";
    for (int shift = 12; shift >= 0; shift -= 4) out += kDigits[value >> shift & 15];
  };
  for (std::size_t i = 0; i < text.size();) {
    const auto first = static_cast<unsigned char>(text[i]);
    const std::size_t length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (length == 1) {
      out += escaped(text.substr(i, 1), Escape::json);
    } else {
      std::uint32_t point = first & (0xffU >> (length + 1));
      for (std::size_t j = 1; j < length; ++j) point = point << 6 | (static_cast<unsigned char>(text[i + j]) & 0x3fU);
      if (point < 0x10000) {
        unit(point);
      } else {
        unit(0xd800 + ((point - 0x10000) >> 10));
        unit(0xdc00 + ((point - 0x10000) & 0x3ff));
      }
    }
    i += length;
  }
  return out;
}

std::string upper(std::string text) {
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - ('a' - 'A'));
  return text;
}

std::vector<std::string> forms_of(const std::string& secret) {
  std::vector<std::string> forms{secret};
  const auto add = [&](std::string form, std::size_t shortest) {
    if (form.size() >= shortest) forms.push_back(std::move(form));
  };
  const std::string json = escaped(secret, Escape::json);
  add(json, 1);
  add(replaced(json, "/", "\\/"), 1);
  add(json_ascii(secret), 1);
  add(escaped(secret, Escape::xml), 1);
  add(to_hex(secret), kShortestForm);
  add(upper(to_hex(secret)), kShortestForm);
  for (std::size_t before = 0; before < 3; ++before) {
    const std::string inside = base64_inside(secret, before);
    add(inside, kShortestForm);
    add(replaced(replaced(inside, "+", "-"), "/", "_"), kShortestForm);
    add(escaped(inside, Escape::percent), kShortestForm);
  }
  add(to_base64(secret), kShortestForm);
  return forms;
}

}  // namespace

void Masker::add(std::string_view secret) {
  if (secret.empty() || secrets_.contains(secret)) return;
  if (secrets_.size() < kMostSecrets) {
    secrets_.emplace(secret);
  } else {
    overflown_ = true;
  }
}

void Masker::add_derived(std::string_view value) {
  if (value.size() >= kShortestDerived) add(value);
}

void Masker::prepare() const {
  if (prepared_ == secrets_.size()) return;
  forms_.clear();
  for (const std::string& secret : secrets_)
    for (std::string& form : forms_of(secret)) forms_.push_back(std::move(form));
  std::sort(forms_.begin(), forms_.end(), [](const std::string& one, const std::string& other) {
    if (one.front() != other.front()) return one.front() < other.front();
    return one.size() != other.size() ? one.size() > other.size() : one < other;
  });
  forms_.erase(std::unique(forms_.begin(), forms_.end()), forms_.end());
  for (const std::string& form : forms_) longest_ = std::max(longest_, form.size());
  for (const std::string& secret : secrets_) longest_ = std::max(longest_, secret.size() * 3);  // percent-encoded
  prepared_ = secrets_.size();
}

std::string Masker::mask(std::string_view text) const {
  if (overflown_) return std::string(kMask);
  prepare();
  std::array<std::pair<std::size_t, std::size_t>, 256> beginning_with{};
  for (std::size_t i = 0; i < forms_.size(); ++i) {
    auto& [begin, end] = beginning_with[static_cast<unsigned char>(forms_[i].front())];
    if (end == 0) begin = i;
    end = i + 1;
  }
  std::string out;
  out.reserve(text.size());
  std::size_t hidden_to = 0;  // secrets that overlap are one stretch
  for (std::size_t at = 0; at < text.size(); ++at) {
    const std::string_view rest = text.substr(at);
    std::size_t length = 0;
    const auto [begin, end] = beginning_with[static_cast<unsigned char>(rest[0])];
    for (std::size_t i = begin; i < end && length == 0; ++i)
      if (rest.starts_with(forms_[i])) length = forms_[i].size();  // the longest comes first
    for (const char first : {rest[0], first_byte(rest).byte}) {
      if (beginning_with[static_cast<unsigned char>(first)].second == 0) continue;  // each secret is a form of its own
      for (auto secret = secrets_.lower_bound(std::string_view(&first, 1));
           secret != secrets_.end() && secret->front() == first; ++secret)
        length = std::max(length, percent_encoded(rest, *secret));
    }
    if (length > 0 && at + length > hidden_to) {
      if (at >= hidden_to) out += kMask;
      hidden_to = at + length;
    }
    if (at >= hidden_to) out += text[at];
  }
  return out;
}

std::string Masker::excerpt(std::string_view text, std::size_t most) const {
  if (!overflown_) prepare();
  // A secret that begins inside the excerpt must be seen whole to be hidden.
  std::string shown = valid_utf8(mask(text.substr(0, most + longest_)));
  for (char& c : shown)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  const bool cut = shown.size() > most || text.size() > most + longest_;
  if (shown.size() > most) shown.resize(utf8_prefix(std::string_view(shown).substr(0, most)));
  return cut ? shown + "…" : shown;
}

}  // namespace finwatch::workflow
