// Reading text and numbers: no reader runs off its end or stands still, and a number written reads back as itself.
#include <bit>
#include <cmath>
#include <string>

#include "core/buffer.h"
#include "core/files.h"
#include "core/sink.h"
#include "core/text.h"
#include "fuzz/fuzz.h"

using namespace finwatch;
using fuzz::require;

namespace {

void lines_and_fields(std::string_view text) {
  std::size_t seen = 0;
  for (LineReader lines(text); const auto line = lines.next();) {
    seen += line->size() + 1;
    require(line->find('\n') == std::string_view::npos, "a line holds no newline");
    std::size_t fields = 0;
    for (FieldReader reader(*line); !reader.done(); ++fields)
      require(!reader.next().empty(), "a field between blanks holds something");
    require(fields <= line->size(), "no more fields than characters");
    std::string joined;
    for (FieldReader reader(*line, ':'); !reader.done();) joined.append(reader.next()).append(":");
    require(joined.size() <= line->size() + 1, "fields at a separator are no longer than their line");
  }
  require(seen == text.size() || seen == text.size() + 1, "the lines make up the text");
}

void utf8(std::string_view text) {
  const std::size_t valid = utf8_prefix(text);
  require(valid <= text.size(), "a prefix is no longer than its text");
  const std::string mended = valid_utf8(text);
  require(utf8_prefix(mended) == mended.size(), "mended text is UTF-8");
  require(valid != text.size() || mended == text, "sound text is left alone");
  const std::string_view inner = trim(text);
  require(inner == trim(inner), "trimmed text is trimmed");
  require(base_name(text).size() <= text.size(), "a last part is no longer than its path");
}

void numbers(std::string_view text) {
  to_number<std::int8_t>(text);
  to_number<std::uint64_t>(text, 16);
  if (const auto whole = to_number<std::int64_t>(text))
    require(to_number<std::int64_t>(std::to_string(*whole)) == whole, "whole");
  if (to_number<double>(text)) require(!text.empty(), "nothing is no number");
}

void round_trip(std::uint64_t bits) {
  const auto value = std::bit_cast<double>(bits);
  Buffer out;
  append_number(out, value);
  if (std::isnan(value)) return require(out.view() == "NaN", "NaN");
  if (std::isinf(value)) return require(out.view() == (value > 0 ? "+Inf" : "-Inf"), "infinity");
  const auto read = to_number<double>(out.view());
  require(read && std::bit_cast<std::uint64_t>(*read) == bits, "a double reads back as itself");
  require(out.size() <= 32, "a number is short");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Bytes bytes(data, size);
  round_trip(bytes.number());
  lines_and_fields(bytes.rest());
  utf8(bytes.rest());
  numbers(bytes.rest());
  return 0;
}
