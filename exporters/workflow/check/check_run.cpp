#include "workflow/check/check_run.h"

#include <algorithm>
#include <set>

#include "core/text.h"

namespace finwatch::workflow {
namespace {

using std::chrono::minutes;
using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr seconds kApart{1};       // the first runs
constexpr minutes kMostSpread{1};  // all of them
constexpr minutes kFirstRetry{1};  // after a failure
constexpr minutes kTestedFor{10};  // how long a self-test holds
constexpr seconds kSelfTestTimeout{10};
constexpr std::size_t kMostItem = 120;  // bytes of a row's name
constexpr std::size_t kMostMessage = 400;

std::string shortened(std::string text, std::size_t most) {
  text.resize(utf8_prefix(std::string_view(text).substr(0, most)));
  return text;
}

Result<std::vector<std::size_t>> places(const Rows& rows, const std::vector<std::string>& columns) {
  std::vector<std::size_t> found;
  for (const std::string& column : columns) {
    const auto at = std::find(rows.columns.begin(), rows.columns.end(), column);
    if (at == rows.columns.end()) return {Errc::malformed, "the statement gives no column '" + column + "'"};
    found.push_back(static_cast<std::size_t>(at - rows.columns.begin()));
  }
  return found;
}

/// The rows of an answer as the check's labels and values; malformed when the statement does not give what the file says.
Result<std::vector<CheckRow>> rows_of(const Check& check, const Rows& answer) {
  std::vector<std::string> measured;
  for (const CheckValue& value : check.values) measured.push_back(value.column);
  const auto labels = places(answer, check.labels);
  if (!labels) return labels.error();
  const auto values = places(answer, measured);
  if (!values) return values.error();
  if (check.labels.empty() && answer.cells.size() != 1)
    return {Errc::malformed,
            "the statement gives " + std::to_string(answer.cells.size()) + " rows, and a check without labels has one"};
  std::vector<CheckRow> rows;
  std::set<std::string> items;
  for (std::size_t i = 0; i < std::min(answer.cells.size(), kMostCheckRows); ++i) {
    const auto& cells = answer.cells[i];
    CheckRow& row = rows.emplace_back();
    for (std::size_t j = 0; j < labels->size(); ++j)
      row.item.append(j == 0 ? "" : "/").append(cells[(*labels)[j]].value_or(""));
    row.item = shortened(std::move(row.item), kMostItem);
    if (!items.insert(row.item).second)
      return {Errc::malformed, "two rows are called '" + row.item + "': the labels do not tell them apart"};
    for (std::size_t j = 0; j < values->size(); ++j) {
      const std::optional<std::string>& cell = cells[(*values)[j]];
      row.values.push_back(cell ? to_number<double>(*cell) : std::nullopt);
      if (cell && !row.values.back()) return {Errc::malformed, measured[j] + ": '" + shortened(*cell, 40) + "' is no number"};
    }
  }
  return rows;
}

}  // namespace

// What the self-test of a book said, for all its checks.
struct CheckRunner::Tested {
  std::shared_ptr<const Book> book;
  std::size_t place = 0;    // on the board
  SteadyTime good_until{};  // of the answer
  bool supported = true;
};

/// One check: waits, tests, asks, waits.
class CheckRunner::Task {
 public:
  Task(CheckRunner& runner, Tested& tested, std::size_t place)
      : runner_(runner),
        tested_(tested),
        place_(place),
        check_(tested.book->checks[place]),
        timer_(runner.loop_),
        call_(runner.pool_) {}

  void run_at(SteadyTime when) {
    planned_ = when;
    const WallTime next = runner_.loop_.wall_now() + std::chrono::duration_cast<WallTime::duration>(when - now());
    change([&](CheckState& state) { state.next = next; });
    timer_.start(when, [this] { run(); });
  }

 private:
  SteadyTime now() const { return runner_.loop_.now(); }

  void run() {
    if (now() < tested_.good_until || tested_.book->needs.empty()) return tested_.supported ? ask() : rest_unsupported();
    call_.start({.connection = tested_.book->connection, .statement = tested_.book->self_test()}, now() + kSelfTestTimeout,
                [this](SqlResult&& result) {
                  if (!result.ok) return fail(result.reason, "self-test: " + result.text);
                  tested(result.rows);
                  tested_.supported ? ask() : rest_unsupported();
                });
  }

  void tested(const Rows& found) {
    std::vector<std::string> missing;
    for (const auto& cells : found.cells)
      if (!cells.empty()) missing.push_back(cells[0].value_or(""));
    tested_.supported = missing.empty();
    tested_.good_until = now() + (tested_.supported ? kTestedFor : unsupported_rest());
    runner_.board_.change([&](std::vector<BookState>& books) {
      BookState& book = books[tested_.place];
      if (!missing.empty() && book.supported.value_or(true))
        runner_.env_.log->info("checks are not supported here", {{"book", book.book->name}, {"missing", missing[0]}});
      book.supported = missing.empty();
      book.missing = std::move(missing);
    });
  }

  void ask() {
    std::string statement;
    if (Status status = check_->statement(statement); !status) return fail(Reason::internal, status.error().message);
    call_.start({.connection = tested_.book->connection, .statement = std::move(statement)}, now() + check_->timeout,
                [this](SqlResult&& result) {
                  if (!result.ok) return fail(result.reason, result.text);
                  Result<std::vector<CheckRow>> rows = rows_of(*check_, result.rows);
                  if (!rows) return fail(Reason::internal, rows.error().message);
                  keep(*std::move(rows), result);
                });
  }

  void keep(std::vector<CheckRow> rows, const SqlResult& result) {
    change([&](CheckState& state) {
      state.cut_rows = result.rows.cells.size() - rows.size();
      state.rows = std::move(rows);
      state.last_run = state.last_success = runner_.loop_.wall_now();
      state.duration = result.times[Phase::processing];
      state.success = true;
      state.message.clear();
    });
    rest(true);
  }

  void fail(Reason reason, const std::string& text) {
    if (reason == Reason::internal) tested_.good_until = {};  // a table may have gone
    change([&](CheckState& state) {
      if (state.success.value_or(true))
        runner_.env_.log->warn("check failed", {{"book", tested_.book->name},
                                                {"check", check_->id},
                                                {"reason", to_string(reason)},
                                                {"error", shortened(text, kMostMessage)}});
      state.last_run = runner_.loop_.wall_now();
      state.success = false;
      state.message = shortened(text, kMostMessage);
      ++state.failures[static_cast<std::size_t>(reason)];
    });
    rest(false);
  }

  template <class Work>
  void change(Work work) {
    runner_.board_.change([&](std::vector<BookState>& books) { work(books[tested_.place].checks[place_]); });
  }

  /// Until the next run: on the grid of the interval, or sooner after a failure.
  void rest(bool well) {
    const nanoseconds interval = check_->interval;
    if (!well) {
      retry_ = std::min<nanoseconds>(retry_ == nanoseconds{} ? nanoseconds{kFirstRetry} : retry_ * 2, interval);
      return run_at(now() + retry_);
    }
    retry_ = {};
    run_at(planned_ + interval * ((now() - planned_) / interval + 1));
  }

  nanoseconds unsupported_rest() const { return std::min<nanoseconds>(check_->interval, kTestedFor); }
  void rest_unsupported() { run_at(now() + unsupported_rest()); }

  CheckRunner& runner_;
  Tested& tested_;
  const std::size_t place_;  // in the book
  const std::shared_ptr<const Check> check_;
  SteadyTime planned_{};
  nanoseconds retry_{};
  Timer timer_;
  SqlCall call_;
};

CheckRunner::CheckRunner(Loop& loop, SqlPool& pool, CheckBoard& board, const Env& env)
    : loop_(loop), pool_(pool), board_(board), env_(env) {}

CheckRunner::~CheckRunner() = default;

void CheckRunner::start(std::vector<std::shared_ptr<const Book>> books) {
  tasks_.clear();
  tested_.clear();
  board_.set_books(books);
  for (std::size_t i = 0; i < books.size(); ++i) {
    tested_.push_back(std::make_unique<Tested>(Tested{.book = std::move(books[i]), .place = i}));
    for (std::size_t j = 0; j < tested_.back()->book->checks.size(); ++j)
      tasks_.push_back(std::make_unique<Task>(*this, *tested_.back(), j));
  }
  const auto count = static_cast<std::int64_t>(tasks_.size());
  const nanoseconds spread = std::min<nanoseconds>(kApart * count, kMostSpread);
  for (std::int64_t i = 0; i < count; ++i) tasks_[static_cast<std::size_t>(i)]->run_at(loop_.now() + spread * i / count);
}

}  // namespace finwatch::workflow
