// Asks the checks on the loop, each at its own interval, and keeps what they last said on the board.
//
//   CheckRunner runner(loop, pool, board, env);
//   runner.start(books);                  // again after the configuration was read anew
//
// The first runs are a second apart. A check that failed keeps its last good result and is tried again after a minute, then
// two, four, …, at most its interval. Before a check asks, the tables that its book needs are looked for, every ten minutes at most;
// without one of them the book is not supported and none of its checks is asked, but they look for it at their intervals, at least every
// ten minutes.
#pragma once

#include <chrono>
#include <memory>
#include <vector>

#include "core/environment.h"
#include "workflow/check/board.h"
#include "workflow/net/loop.h"
#include "workflow/run/sql_pool.h"

namespace finwatch::workflow {

class CheckRunner {
 public:
  CheckRunner(Loop& loop, SqlPool& pool, CheckBoard& board, const Env& env);
  ~CheckRunner();
  CheckRunner(const CheckRunner&) = delete;
  CheckRunner& operator=(const CheckRunner&) = delete;

  void start(std::vector<std::shared_ptr<const Book>> books);

 private:
  struct Tested;
  class Task;

  Loop& loop_;
  SqlPool& pool_;
  CheckBoard& board_;
  const Env env_;
  std::vector<std::unique_ptr<Tested>> tested_;
  std::vector<std::unique_ptr<Task>> tasks_;
};

}  // namespace finwatch::workflow
