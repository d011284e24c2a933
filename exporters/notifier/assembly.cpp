#include "notifier/assembly.h"

#include <cstdio>
#include <iostream>

#include "notifier/collectors.h"
#include "web/passwords.h"

namespace finwatch::notifier {
namespace {

constexpr FlagSpec kFlags[] = {{FlagKind::boolean, "hash-password", "false",
                                "Read a password from standard input, print its bcrypt hash for users_file, and exit."}};

int hash_password() {
  std::string password;
  std::getline(std::cin, password);
  const Result<std::string> hash = bcrypt_of(password);
  if (!hash) {
    std::fprintf(stderr, "finwatch-notifier: %s\n", hash.error().message.c_str());
    return 1;
  }
  std::puts(hash->c_str());
  return 0;
}

}  // namespace

// What the engine knows at the moment of the scrape; nothing before it works.
class Assembler::Shown final : public Collector {
 public:
  Shown(const NotifierCollector& row, const Assembler& assembler) : row_(row), assembler_(assembler) {}
  Status collect(const Scrape& scrape, MetricSink& sink) override {
    const std::lock_guard lock(assembler_.mutex_);
    if (assembler_.engine_ == nullptr) return ok();
    const std::shared_ptr<const Setup> setup = assembler_.engine_->setup();
    row_.write({assembler_.figures_of(scrape), *setup->contract, assembler_.env_.clock->wall()}, sink);
    return ok();
  }

 private:
  const NotifierCollector& row_;
  const Assembler& assembler_;
};

// Read once a scrape, by the collector that comes first.
const Figures& Assembler::figures_of(const Scrape& scrape) const {
  if (!figures_ || scrape_ != scrape.number) figures_ = engine_->figures();
  scrape_ = scrape.number;
  return *figures_;
}

std::span<const FlagSpec> Assembler::flags() { return kFlags; }

std::span<const CollectorInfo* const> Assembler::collector_infos() {
  static const std::vector<const CollectorInfo*> infos = [] {
    std::vector<const CollectorInfo*> list;
    for (const NotifierCollector* row : collectors()) list.push_back(&row->info);
    return list;
  }();
  return infos;
}

Result<std::vector<RunnerEntry>> Assembler::assemble(const Assembly& assembly, const Env& env) {
  Result<std::shared_ptr<const Setup>> setup = read_setup(*assembly.file, env);
  if (!setup) return setup.error();
  const std::lock_guard lock(mutex_);
  if (engine_)
    if (Status status = engine_->apply(*setup); !status) return status.error();
  setup_ = std::move(*setup);
  figures_.reset();
  env_ = env;
  std::vector<RunnerEntry> entries;
  for (const Assembly::Chosen& chosen : assembly.chosen)
    for (const NotifierCollector* row : collectors())
      if (&row->info == chosen.info) entries.push_back({chosen.info, std::make_unique<Shown>(*row, *this), false});
  return entries;
}

std::optional<int> Assembler::answer_first(const Flags& flags) {
  if (!flags.boolean("hash-password")) return std::nullopt;
  return hash_password();
}

Status Assembler::begin() {
  const std::lock_guard lock(mutex_);
  Result<std::unique_ptr<Engine>> engine = Engine::start(setup_, env_);
  if (!engine) return engine.error();
  StoreOptions reader = setup_->store;
  reader.reads_only = true;
  const Env env = env_;
  Result<std::unique_ptr<Desk>> desk = Desk::open(
      **engine, [reader, env] { return Store::open(reader, env); }, env_);
  if (!desk) return desk.error();
  engine_ = std::move(*engine);
  desk_ = std::move(*desk);
  return ok();
}

std::vector<Route> Assembler::routes() { return desk_->routes(); }

void Assembler::stop() {
  // Not under the mutex: a scrape may hold it, and the engine takes its time to write down what was being sent.
  engine_->stop();
}

}  // namespace finwatch::notifier
