// What is known of the checks: their runner writes it down, pages read it, from any thread.
//
//   CheckBoard board;
//   board.set_books(books);                   // keeps what is known of checks that stay
//   write_checks(board, sink);
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/metric.h"
#include "core/sink.h"
#include "workflow/check/check.h"
#include "workflow/value/reason.h"

namespace finwatch::workflow {

inline constexpr std::size_t kMostCheckRows = 200;  // of one check; the rest is cut and counted

struct CheckRow {
  std::string item;                           // its labels, joined by '/'
  std::vector<std::optional<double>> values;  // in the order of the check's; NULL is nothing
};

struct CheckState {
  std::shared_ptr<const Check> check;
  std::vector<CheckRow> rows;  // of the last good run
  std::size_t cut_rows = 0;
  WallTime last_run{}, last_success{};  // the epoch: never
  WallTime next{};                      // the next run
  std::chrono::nanoseconds duration{};  // of the statement in the last good run
  std::optional<bool> success;          // of the last run; nothing before the first
  std::string message;                  // why it was none
  std::array<std::uint64_t, std::size(kReasonNames)> failures{};
};

struct BookState {
  std::shared_ptr<const Book> book;
  std::optional<bool> supported;     // nothing before the first self-test
  std::vector<std::string> missing;  // relations, when it is not
  std::vector<CheckState> checks;
};

class CheckBoard {
 public:
  /// Of a configuration that was read anew. What is known of a check stays while book, id, labels and values are the same.
  void set_books(const std::vector<std::shared_ptr<const Book>>& books);

  void change(const std::function<void(std::vector<BookState>&)>& work);
  void read(const std::function<void(const std::vector<BookState>&)>& work) const;

 private:
  mutable std::mutex mutex_;
  std::vector<BookState> books_;
};

/// Every family that write_checks() may write.
std::span<const MetricRef> check_metrics();
void write_checks(const CheckBoard& board, MetricSink& sink);

}  // namespace finwatch::workflow
