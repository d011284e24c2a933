// The page /locks: for each target the last picture of who blocks whom, as HTML for people and as JSON for tools.
//
//   std::shared_ptr<LockBoard> board = open_lock_board("nc");      // the collector's, as long as it lives
//   board->put(std::make_shared<LockPicture>(…));                  // at each scrape
//   lock_page_html({{.target = "nc", …, .picture = picture_of("nc")}}, now, Language::chinese);
//
// A page never asks a database: what it shows was seen at the last scrape, and it says when that was.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "database/targets/lock_chain.h"
#include "web/page.h"

namespace finwatch::database {

struct LockSession {
  std::int64_t pid = 0;  // 0: a prepared transaction, which no session holds any more
  std::string user, application, client, database;
  std::string state;      // "active", "idle in transaction", …
  std::string table;      // it waits for a lock on this one, "schema.table"; of a root: what its first waiter waits for
  std::string statement;  // without literals; of an idle session its last one
  std::optional<double> wait_seconds;
  std::optional<double> transaction_seconds;
};

struct LockPicture {
  WallTime seen{};
  std::size_t waiting = 0;  // sessions that wait, drawn or not
  LockChain chain;
  std::vector<LockSession> sessions;  // one a node of the chain, in the same order
};

/// Where one target's collector puts its pictures.
class LockBoard {
 public:
  void put(std::shared_ptr<const LockPicture> picture) {
    const std::lock_guard lock(mutex_);
    picture_ = std::move(picture);
  }
  std::shared_ptr<const LockPicture> get() const {
    const std::lock_guard lock(mutex_);
    return picture_;
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const LockPicture> picture_;
};

/// The board of that name from now on. It is taken away when its owner lets it go.
std::shared_ptr<LockBoard> open_lock_board(const std::string& target);
/// nullptr when the target has no board, or nothing was put on it yet.
std::shared_ptr<const LockPicture> picture_of(const std::string& target);

/// What the page shows of one target.
struct LockView {
  std::string target, engine;
  bool up = false;
  std::string reason;   // why not
  std::string problem;  // why the collector failed, when the server is up
  std::shared_ptr<const LockPicture> picture;
};

/// `only`: the target that was asked for, which the page's links keep; empty for all.
std::string lock_page_html(const std::vector<LockView>& targets, WallTime now, Language language, std::string_view only = {});
std::string lock_page_json(const std::vector<LockView>& targets, WallTime now);

}  // namespace finwatch::database
