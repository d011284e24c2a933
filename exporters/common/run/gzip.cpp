#include "run/gzip.h"

#include <libdeflate.h>

namespace finwatch {
namespace {

constexpr int kFastest = 1;

}  // namespace

struct Gzip::Compressor {
  libdeflate_compressor* handle = libdeflate_alloc_compressor(kFastest);
  ~Compressor() {
    if (handle != nullptr) libdeflate_free_compressor(handle);
  }
};

Gzip::Gzip() = default;
Gzip::~Gzip() = default;

bool Gzip::compress(std::string_view text, Buffer& out) {
  out.clear();
  if (!compressor_) compressor_ = std::make_unique<Compressor>();
  if (compressor_->handle == nullptr) return false;
  const std::size_t bound = libdeflate_gzip_compress_bound(compressor_->handle, text.size());
  out.commit(libdeflate_gzip_compress(compressor_->handle, text.data(), text.size(), out.room(bound), bound));
  return !out.empty();
}

}  // namespace finwatch
