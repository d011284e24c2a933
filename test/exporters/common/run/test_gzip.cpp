#include "run/gzip.h"

#include <zlib.h>

#include <cstring>
#include <random>

#include "support/catch.h"

using namespace finwatch;

namespace {

// What another library makes of it.
std::string unpack(std::string_view packed, std::size_t most) {
  std::string text(most + 1, '\0');
  z_stream stream{};
  inflateInit2(&stream, 16 + MAX_WBITS);
  std::string input(packed);
  stream.next_in = reinterpret_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = reinterpret_cast<Bytef*>(text.data());
  stream.avail_out = static_cast<uInt>(text.size());
  const int result = inflate(&stream, Z_FINISH);
  text.resize(stream.total_out);
  inflateEnd(&stream);
  return result == Z_STREAM_END && stream.avail_in == 0 ? text : "broken";
}

bool pack(Gzip& gzip, std::string_view text, Buffer& out) {
  if (!gzip.begin(out)) return false;
  gzip.add(text);
  gzip.end();
  return true;
}

}  // namespace

TEST_CASE("gzip: zlib reads what ISA-L wrote, of any size and content") {
  Gzip gzip;
  Buffer out;
  std::mt19937 random(20'240'601);
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{100}, std::size_t{4096}, std::size_t{1'000'000}}) {
    std::string repeated;
    while (repeated.size() < size) repeated += "node_cpu_seconds_total{cpu=\"" + std::to_string(random() % 64) + "\"} 1\n";
    repeated.resize(size);
    std::string noise(size, '\0');
    for (char& byte : noise) byte = static_cast<char>(random());
    for (const std::string& text : {repeated, noise}) {
      REQUIRE(pack(gzip, text, out));
      CHECK(unpack(out.view(), size) == text);
    }
    if (size >= 4096) {
      REQUIRE(pack(gzip, repeated, out));
      CHECK(out.size() < size / 4);
    }
  }
}

TEST_CASE("gzip: what was in the buffer is replaced") {
  Gzip gzip;
  Buffer out;
  out.append("old");
  REQUIRE(pack(gzip, "new", out));
  CHECK(unpack(out.view(), 10) == "new");
  REQUIRE(pack(gzip, "newer", out));
  CHECK(unpack(out.view(), 10) == "newer");
}

TEST_CASE("gzip: pieces of any length come out in their order") {
  Gzip gzip;
  Buffer out;
  std::mt19937 random(20'261'126);
  for (const std::size_t longest : {1U, 40U, 1'024U, 8'192U, 8'193U, 70'000U}) {
    std::string whole;
    REQUIRE(gzip.begin(out));
    while (whole.size() < 300'000) {
      std::string piece(random() % (longest + 1), '\0');
      for (char& byte : piece) byte = static_cast<char>('a' + random() % 16);
      gzip.add(piece);
      whole += piece;
      if (longest == 1 && whole.size() > 20'000) break;
    }
    gzip.end();
    CHECK(unpack(out.view(), whole.size()) == whole);
  }
}

TEST_CASE("gzip: noise, which grows by being packed") {
  Gzip gzip;
  Buffer out;
  std::mt19937 random(7);
  std::string noise(3'000'000, '\0');
  for (char& byte : noise) byte = static_cast<char>(random());
  REQUIRE(gzip.begin(out));
  for (std::size_t at = 0; at < noise.size(); at += 5'000) gzip.add(std::string_view(noise).substr(at, 5'000));
  gzip.end();
  CHECK(unpack(out.view(), noise.size()) == noise);
}

TEST_CASE("gzip: a piece of nothing is nothing") {
  Gzip gzip;
  Buffer out;
  REQUIRE(gzip.begin(out));
  gzip.add({});
  gzip.add("text");
  gzip.add({});
  gzip.end();
  CHECK(unpack(out.view(), 10) == "text");
}
