#include "workflow/world.h"

#include <algorithm>
#include <future>

namespace finwatch::workflow {
namespace {

// What cleans up when the program ends has this long, whatever its budgets say: systemd waits 90 s.
constexpr std::chrono::seconds kLongestEnd{60};

}  // namespace

World::World(std::unique_ptr<Loop> loop, Boards& boards, const Env& env)
    : env_(env), boards_(boards), loop_(std::move(loop)), resolver_(*loop_), http_(*loop_, resolver_, tls_) {}

Result<std::unique_ptr<World>> World::start(const std::shared_ptr<const Setup>& setup, Boards& boards, const Env& env) {
  Result<std::unique_ptr<Loop>> loop = Loop::make(*env.clock);
  if (!loop) return loop.error();
  std::unique_ptr<World> world(new World(std::move(*loop), boards, env));
  if (Status status = world->open_journal(*setup); !status) return status.error();
  world->take(*setup);
  world->thread_ = std::thread([raw = world.get()] { raw->loop_->run(); });
  return world;
}

World::~World() { stop(); }

Status World::open_journal(const Setup& setup) {
  if (journal_ && setup.state != state_)
    return {Errc::config, "state: the journal stays in " + state_ + " until the program is started anew"};
  if (journal_ || setup.state.empty()) return ok();
  Result<std::unique_ptr<Journal>> journal = Journal::open(setup.state, setup.almanac.zone, *env_.clock);
  if (!journal) return journal.error();
  journal_ = std::move(*journal);
  state_ = setup.state;
  return ok();
}

// On the loop's thread, or before there is one.
void World::take(const Setup& setup) {
  checks_.reset();
  sql_ = std::make_shared<SqlPool>(*loop_, setup.connections, env_);
  if (!engine_) {
    Machines machines{.loop = *loop_, .resolver = resolver_, .tls = tls_, .http = http_};
    machines.journal = journal_.get();
    machines.log = env_.log;
    engine_ = std::make_unique<FlowEngine>(machines, boards_.flows);
  }
  engine_->set_journal(journal_.get());
  engine_->apply(setup.flows, sql_);
  boards_.checks.set_books(setup.books);
  checks_ = std::make_unique<CheckRunner>(*loop_, *sql_, boards_.checks, env_);
  checks_->start(setup.books);
}

Status World::apply(const std::shared_ptr<const Setup>& setup) {
  std::promise<Status> taken;
  loop_->post([&] {
    const Status status = open_journal(*setup);
    if (status) take(*setup);
    taken.set_value(status);
  });
  return taken.get_future().get();
}

void World::stop() {
  if (!thread_.joinable()) return;
  const auto ended = std::make_shared<std::promise<void>>();
  std::future<void> end = ended->get_future();
  loop_->post([this, ended] {
    checks_.reset();
    engine_->stop([ended] { ended->set_value(); });
  });
  if (end.wait_for(kLongestEnd) == std::future_status::timeout)
    env_.log->warn("a flow did not end in time; its journal knows what it may have left behind");
  loop_->stop();
  thread_.join();
}

}  // namespace finwatch::workflow
