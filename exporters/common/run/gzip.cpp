#include "run/gzip.h"

#include <isa-l/igzip_lib.h>

#include <algorithm>
#include <cstring>
#include <new>

namespace finwatch {
namespace {

constexpr std::size_t kGathered = 8192;     // of pieces that are too short to be handed over one by one
constexpr std::size_t kWorthItself = 1024;  // a longer piece is not copied
constexpr std::size_t kLeastRoom = 4096;    // of compressed text

}  // namespace

struct Gzip::Compressor {
  isal_zstream stream;
  std::uint8_t tables[ISAL_DEF_LVL1_SMALL];
  char gathered[kGathered];
  std::size_t length = 0;
  Buffer* out = nullptr;

  void begin(Buffer& to) {
    out = &to;
    length = 0;
    isal_deflate_init(&stream);
    stream.gzip_flag = IGZIP_GZIP;
    stream.level = 1;
    stream.level_buf = tables;
    stream.level_buf_size = sizeof tables;
  }

  // With these arguments it has no way to fail: it ends when the text is used up, or there is no room for what comes of it.
  void compress(std::string_view text, bool is_last) {
    stream.next_in = reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
    stream.avail_in = static_cast<std::uint32_t>(text.size());
    stream.end_of_stream = is_last ? 1 : 0;
    do {
      char* room = out->room(kLeastRoom);
      const std::size_t most = out->capacity() - out->size();
      stream.next_out = reinterpret_cast<std::uint8_t*>(room);
      stream.avail_out = static_cast<std::uint32_t>(most);
      isal_deflate(&stream);
      out->commit(most - stream.avail_out);
    } while (stream.avail_in > 0 || (is_last && stream.internal_state.state != ZSTATE_END));
  }

  void hand_over() {
    if (length > 0) compress({gathered, length}, false);
    length = 0;
  }

  void add(std::string_view text) {
    if (text.empty()) return;  // it may have no place in memory
    if (text.size() > std::min(kWorthItself, kGathered - length)) hand_over();
    if (text.size() > kWorthItself) return compress(text, false);
    std::memcpy(gathered + length, text.data(), text.size());
    length += text.size();
  }
};

Gzip::Gzip() = default;
Gzip::~Gzip() = default;

bool Gzip::begin(Buffer& out) {
  out.clear();
  if (!compressor_) compressor_.reset(new (std::nothrow) Compressor);
  if (!compressor_) return false;
  compressor_->begin(out);
  return true;
}

void Gzip::add(std::string_view text) { compressor_->add(text); }

void Gzip::end() {
  compressor_->compress({compressor_->gathered, compressor_->length}, true);
  compressor_->out = nullptr;
}

}  // namespace finwatch
