#include "core/shared_text.h"

#include <mutex>
#include <unordered_map>

#include "core/text_hash.h"

namespace finwatch {
namespace {

// Its nodes stay where they are.
struct Table {
  std::mutex mutex;
  std::unordered_map<std::string, std::atomic<std::uint32_t>, TextHash, std::equal_to<>> texts;
};

// Never taken down: a static of somebody else may hold a text until the very end.
Table& table() {
  static Table& table = *new Table;
  return table;
}

}  // namespace

const std::string SharedText::kEmpty;

SharedText::Kept* SharedText::keep(std::string_view text) {
  if (text.empty()) return nullptr;
  const std::lock_guard lock(table().mutex);
  auto kept = table().texts.find(text);
  if (kept == table().texts.end()) kept = table().texts.try_emplace(std::string(text), 0).first;
  kept->second.fetch_add(1, std::memory_order_relaxed);
  return &*kept;
}

// The last one goes under the lock, under which nobody else finds the text meanwhile.
void SharedText::let_go() const {
  std::uint32_t holders = kept_->second.load(std::memory_order_relaxed);
  while (holders > 1)
    if (kept_->second.compare_exchange_weak(holders, holders - 1, std::memory_order_release, std::memory_order_relaxed)) return;
  const std::lock_guard lock(table().mutex);
  if (kept_->second.fetch_sub(1, std::memory_order_acq_rel) > 1) return;
  table().texts.erase(table().texts.find(kept_->first));
}

}  // namespace finwatch
