#include "workflow/assembly.h"

#include "workflow/collectors.h"
#include "workflow/page/flow_page.h"
#include "workflow/run_once.h"

namespace finwatch::workflow {
namespace {

constexpr FlagSpec kFlags[] = {
    {FlagKind::text, "run-once", "", "Run this flow now, show each step with its time and what it saw, and exit."},
    {.kind = FlagKind::text,
     .name = "dry-run",
     .default_value = "",
     .help = "Show what this flow (or all) would send, with secrets masked, and exit. Nothing is sent.",
     .bare_value = "all"},
};

class Shown final : public Collector {
 public:
  Shown(const WorkflowCollector& row, const Boards& boards, std::shared_ptr<const Setup> setup, const Clock& clock)
      : row_(row), boards_(boards), setup_(std::move(setup)), clock_(clock) {}
  Status collect(const Scrape&, MetricSink& sink) override {
    row_.write({boards_.flows, boards_.checks, setup_->almanac, clock_.wall()}, sink);
    return ok();
  }

 private:
  const WorkflowCollector& row_;
  const Boards& boards_;
  const std::shared_ptr<const Setup> setup_;
  const Clock& clock_;
};

}  // namespace

std::span<const FlagSpec> Assembler::flags() { return kFlags; }

std::span<const CollectorInfo* const> Assembler::collector_infos() {
  static const std::vector<const CollectorInfo*> infos = [] {
    std::vector<const CollectorInfo*> list;
    for (const WorkflowCollector* row : collectors()) list.push_back(&row->info);
    return list;
  }();
  return infos;
}

Result<std::vector<RunnerEntry>> Assembler::assemble(const Assembly& assembly, const Env& env) {
  Result<std::shared_ptr<const Setup>> setup = read_setup(*assembly.file);
  if (!setup) return setup.error();
  if ((*setup)->flows.empty() && (*setup)->books.empty() && (*setup)->probing->modules.empty())
    return {Errc::config,
            "no flows, no checks and no modules: give a file with --config.file; deploy/finwatch-workflow.yml is an example to "
            "start from"};
  const std::lock_guard lock(mutex_);
  if (world_)
    if (Status status = world_->apply(*setup); !status) return status.error();
  setup_ = std::move(*setup);
  zone_ = setup_->almanac.zone;
  probes_.set(setup_->probing);
  env_ = env;
  std::vector<RunnerEntry> entries;
  for (const Assembly::Chosen& chosen : assembly.chosen)
    for (const WorkflowCollector* row : collectors())
      if (&row->info == chosen.info)
        entries.push_back({chosen.info, std::make_unique<Shown>(*row, boards_, setup_, *env.clock), false});
  return entries;
}

std::optional<int> Assembler::answer(const Flags& flags) const {
  const std::lock_guard lock(mutex_);
  if (const std::string_view flow = flags.text("run-once"); !flow.empty()) return run_once(*setup_, flow, env_, stdout);
  if (const std::string_view flow = flags.text("dry-run"); !flow.empty()) return dry_run(*setup_, flow, stdout);
  return std::nullopt;
}

Status Assembler::begin() {
  const std::lock_guard lock(mutex_);
  Result<std::unique_ptr<World>> world = World::start(setup_, boards_, env_);
  if (!world) return world.error();
  world_ = std::move(*world);
  probes_.open({world_->loop(), world_->resolver(), world_->tls(), world_->http()});
  return ok();
}

void Assembler::stop() {
  const std::lock_guard lock(mutex_);
  probes_.close();
  if (world_) world_->stop();
}

void Assembler::answer_flows(const WebRequest& request, WebReply reply) const {
  const std::optional<PageRequest> asked = read_page_request(request);
  if (!asked) {
    reply.send({.code = 400, .body = "give ?format=json or html, ?lang=zh or en, ?flow=name, ?run=id\n", .headers = {}});
    return;
  }
  const FlowPage page = see_flows(boards_.flows, boards_.checks, {std::string((*asked)["flow"]), std::string((*asked)["run"])},
                                  zone_, std::chrono::system_clock::now());
  reply.send(page_answer(page.found() ? 200 : 404, *asked, asked->json ? flow_page_json(page) : flow_page_html(page, *asked)));
}

std::vector<Route> Assembler::routes() {
  std::vector<Route> routes;
  routes.push_back({.verb = Route::Verb::get,
                    .path = "/flows",
                    .summary = "how each flow does, and its last runs step by step",
                    .summary_zh = "各业务流程的状态，及最近运行的逐步耗时",
                    .most_body = 0,
                    .handler = [this](const WebRequest& request, WebReply reply) { answer_flows(request, std::move(reply)); }});
  routes.push_back(probes_.route());
  return routes;
}

}  // namespace finwatch::workflow
