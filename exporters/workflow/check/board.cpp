#include "workflow/check/board.h"

#include <algorithm>

namespace finwatch::workflow {
namespace {

constexpr MetricDesc kRecords{MetricType::gauge,
                              "finwatch_integrity_records",
                              "Records that a check counted when it last went well: what `value` says.",
                              "book",
                              "check",
                              "value",
                              "item"};
constexpr MetricDesc kTime{
    MetricType::gauge,
    "finwatch_integrity_time_seconds",
    "An age or a time left that a check measured when it last went well, in seconds; negative once it is past.",
    "book",
    "check",
    "value",
    "item"};
constexpr MetricDesc kRatio{MetricType::gauge,
                            "finwatch_integrity_ratio",
                            "A share, from 0 to 1, that a check measured when it last went well.",
                            "book",
                            "check",
                            "value",
                            "item"};
constexpr MetricDesc kAmount{MetricType::gauge,
                             "finwatch_integrity_amount",
                             "An amount of money, in the currency of the books, that a check measured when it last went well.",
                             "book",
                             "check",
                             "value",
                             "item"};
constexpr MetricDesc kSupported{MetricType::gauge, "finwatch_integrity_supported",
                                "1 when all tables that the checks of a book read are there.", "book"};
constexpr MetricDesc kMissing{MetricType::gauge, "finwatch_integrity_missing",
                              "1 for each table that the checks of a book read and that is not there.", "book", "relation"};
constexpr MetricDesc kSuccess{MetricType::gauge, "finwatch_integrity_check_success",
                              "1 when the last run of a check went well.", "book", "check"};
constexpr MetricDesc kLastRun{MetricType::gauge, "finwatch_integrity_check_last_run_timestamp_seconds",
                              "When a check last ran, in seconds since 1970.", "book", "check"};
constexpr MetricDesc kLastSuccess{MetricType::gauge, "finwatch_integrity_check_last_success_timestamp_seconds",
                                  "When the shown results of a check were found, in seconds since 1970.", "book", "check"};
constexpr MetricDesc kInterval{MetricType::gauge, "finwatch_integrity_check_interval_seconds",
                               "How often a check runs, in seconds.", "book", "check"};
constexpr MetricDesc kDuration{MetricType::gauge, "finwatch_integrity_check_duration_seconds",
                               "What the statement of a check took when it last went well, in seconds.", "book", "check"};
constexpr MetricDesc kFailures{MetricType::counter,
                               "finwatch_integrity_check_failures_total",
                               "Runs of a check that gave no result, by reason.",
                               "book",
                               "check",
                               "reason"};
constexpr MetricDesc kCut{MetricType::gauge, "finwatch_integrity_check_cut_rows",
                          "Rows that a check gave and that are not shown, because it has more than 200.", "book", "check"};

constexpr MetricRef kAll[] = {kRecords, kTime,        kRatio,    kAmount,   kSupported, kMissing, kSuccess,
                              kLastRun, kLastSuccess, kInterval, kDuration, kFailures,  kCut};

using Books = std::vector<BookState>;

bool same_shape(const Check& one, const Check& other) {
  return one.labels == other.labels &&
         std::equal(one.values.begin(), one.values.end(), other.values.begin(), other.values.end(),
                    [](const CheckValue& a, const CheckValue& b) { return a.column == b.column && a.unit == b.unit; });
}

/// `work` with each book and check that is supported, as far as is known.
template <class Work>
void each_check(const Books& books, Work work) {
  for (const BookState& book : books)
    if (book.supported.value_or(true))
      for (const CheckState& check : book.checks) work(book.book->name, check);
}

void write_values(const Books& books, Unit unit, const MetricDesc<4>& desc, MetricSink& sink) {
  auto family = sink.family(desc);
  each_check(books, [&](const std::string& book, const CheckState& state) {
    for (std::size_t i = 0; i < state.check->values.size(); ++i) {
      const CheckValue& value = state.check->values[i];
      if (value.unit != unit) continue;
      for (const CheckRow& row : state.rows)
        if (row.values[i]) family.add(*row.values[i], book, state.check->id, value.column, row.item);
    }
  });
}

void write_runs(const Books& books, MetricSink& sink) {
  const auto write = [&](const MetricDesc<2>& desc, auto value_of) {
    auto family = sink.family(desc);
    each_check(books, [&](const std::string& book, const CheckState& state) {
      if (const std::optional<double> value = value_of(state)) family.add(*value, book, state.check->id);
    });
  };
  const auto when = [](WallTime time) { return time == WallTime{} ? std::nullopt : std::optional(to_seconds(time)); };
  const auto length = [](std::chrono::nanoseconds time) { return std::optional(std::chrono::duration<double>(time).count()); };
  const auto once_good = [](const CheckState& state, std::optional<double> value) {
    return state.last_success == WallTime{} ? std::nullopt : value;
  };
  write(kSuccess, [](const CheckState& state) { return state.success ? std::optional<double>(*state.success) : std::nullopt; });
  write(kLastRun, [&](const CheckState& state) { return when(state.last_run); });
  write(kLastSuccess, [&](const CheckState& state) { return when(state.last_success); });
  write(kInterval, [&](const CheckState& state) { return length(state.check->interval); });
  write(kDuration, [&](const CheckState& state) { return once_good(state, length(state.duration)); });
  write(kCut, [&](const CheckState& state) { return once_good(state, static_cast<double>(state.cut_rows)); });
  auto failures = sink.family(kFailures);
  each_check(books, [&](const std::string& book, const CheckState& state) {
    for (std::size_t i = 0; i < state.failures.size(); ++i)
      if (state.failures[i] > 0) failures.add(state.failures[i], book, state.check->id, kReasonNames[i]);
  });
}

}  // namespace

void CheckBoard::set_books(const std::vector<std::shared_ptr<const Book>>& books) {
  const std::lock_guard lock(mutex_);
  Books next;
  for (const std::shared_ptr<const Book>& book : books) {
    BookState& state = next.emplace_back();
    state.book = book;
    const auto old =
        std::find_if(books_.begin(), books_.end(), [&](const BookState& one) { return one.book->name == book->name; });
    if (old != books_.end() && old->book->needs == book->needs) {
      state.supported = old->supported;
      state.missing = old->missing;
    }
    for (const std::shared_ptr<const Check>& check : book->checks) {
      CheckState& added = state.checks.emplace_back();
      if (old != books_.end())
        for (CheckState& known : old->checks)
          if (known.check->id == check->id && same_shape(*known.check, *check)) added = known;
      added.check = check;
    }
  }
  books_ = std::move(next);
}

void CheckBoard::change(const std::function<void(Books&)>& work) {
  const std::lock_guard lock(mutex_);
  work(books_);
}

void CheckBoard::read(const std::function<void(const Books&)>& work) const {
  const std::lock_guard lock(mutex_);
  work(books_);
}

std::span<const MetricRef> check_metrics() { return kAll; }

void write_checks(const CheckBoard& board, MetricSink& sink) {
  board.read([&](const Books& books) {
    write_values(books, Unit::count, kRecords, sink);
    write_values(books, Unit::seconds, kTime, sink);
    write_values(books, Unit::ratio, kRatio, sink);
    write_values(books, Unit::amount, kAmount, sink);
    auto supported = sink.family(kSupported);
    for (const BookState& book : books)
      if (book.supported) supported.add(*book.supported, book.book->name);
    auto missing = sink.family(kMissing);
    for (const BookState& book : books)
      for (const std::string& relation : book.missing) missing.add(1, book.book->name, relation);
    write_runs(books, sink);
  });
}

}  // namespace finwatch::workflow
