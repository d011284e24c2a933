#include "database/assembly.h"

#include <algorithm>
#include <map>
#include <thread>

#include "core/exposition.h"
#include "core/text.h"
#include "database/collectors.h"
#include "database/targets/custom_query.h"
#include "database/targets/lock_page.h"
#include "web/query.h"

namespace finwatch::database {
namespace {

// Targets that /probe named by host, with the module that logs in: kept while they are asked for, each has a session or two.
constexpr std::size_t kMostProbed = 100;
constexpr std::chrono::minutes kUnused{10};
constexpr std::chrono::seconds kProbeTime{10};
constexpr std::size_t kMostWaiting = 64;

constexpr MetricDesc kDisabled{MetricType::gauge, "finwatch_config_queries_disabled",
                               "Queries of the configuration file that are wrong and not asked; the log says which and why."};

// The runner's one entry.
class AllTargets final : public Collector {
 public:
  AllTargets(std::vector<std::shared_ptr<Target>> targets, std::size_t disabled)
      : hub_(std::move(targets)), disabled_(disabled) {}
  Status collect(const Scrape& scrape, MetricSink& sink) override {
    hub_.collect(scrape.deadline, sink);
    sink.add(kDisabled, disabled_);
    return ok();
  }

 private:
  Hub hub_;
  const std::size_t disabled_;
};

const std::vector<MetricRef> kEveryPage = [] {
  std::vector<MetricRef> all(Hub::metrics().begin(), Hub::metrics().end());
  all.emplace_back(kDisabled);
  return all;
}();

// What a reader may go on using when the configuration it came from is gone and its thread still hangs.
struct Kept {
  std::shared_ptr<const Tree> file;  // the settings point into it
  std::shared_ptr<const Settings> settings;
};

class NoSettings final : public Settings {
  std::string_view text(std::string_view) const override { return {}; }
  bool boolean(std::string_view) const override { return false; }
  long long integer(std::string_view) const override { return 0; }
  std::chrono::nanoseconds duration(std::string_view) const override { return {}; }
  std::span<const std::string> list(std::string_view) const override { return {}; }
  const Tree* section() const override { return nullptr; }
};

const CollectorInfo kTargets{
    .name = "targets", .summary = "Whether each server is up, why not, and how its collectors went.", .metrics = kEveryPage};

// `10.1.2.*` or `db1.example`.
bool host_fits(std::string_view pattern, std::string_view host) {
  return pattern == host || (pattern.find('*') != std::string_view::npos && name_matches(pattern, host));
}

// The family names of pg_* and mysql_*, whose label `target` stands first: {target="nc",datname="x"} becomes {datname="x"}.
std::string without_target(std::string_view page, std::string_view target) {
  const FirstLabels<1> first = first_labels<1>({{"target", target}});
  std::string out;
  out.reserve(page.size());
  for (FieldReader lines(page, '\n'); !lines.done();) {
    const std::string_view line = lines.next();
    const std::size_t brace = line.find('{');
    const bool established = is_established(line);
    if (!established || brace == std::string_view::npos || !line.substr(brace).starts_with(first.text.view())) {
      out.append(line);
    } else {
      out.append(line.substr(0, brace));
      const std::string_view rest = line.substr(brace + first.text.view().size());
      if (rest.starts_with(","))
        out.append("{").append(rest.substr(1));
      else
        out.append(rest.substr(1));  // it was the only label
    }
    out += '\n';
  }
  while (out.ends_with("\n\n")) out.pop_back();
  return out;
}

}  // namespace

struct Assembler::World {
  std::vector<std::shared_ptr<Target>> targets;
  std::vector<AuthModule> modules;
  std::vector<ChosenCollector> collectors;
  Env env;

  struct Probed {
    std::shared_ptr<Target> target;
    SteadyTime used;
  };
  std::mutex mutex;
  std::map<std::string, Probed, std::less<>> probed;  // by module and place
  void forget_unused(SteadyTime now) {
    std::erase_if(probed, [&](const auto& each) { return now - each.second.used > kUnused; });
  }

  /// A configured target, or the one that a module makes; config when there is neither.
  Result<std::shared_ptr<Target>> find(const std::string& name, const std::string& module);
  /// The configured ones in their order, then those that are probed.
  std::vector<std::shared_ptr<Target>> all();
};

std::span<const CollectorInfo* const> Assembler::collector_infos() {
  static const std::vector<const CollectorInfo*> infos = [] {
    std::vector<const CollectorInfo*> list;
    for (const DatabaseCollector* row : collectors()) list.push_back(&row->info);
    return list;
  }();
  return infos;
}

std::span<const CollectorInfo* const> Assembler::always() {
  static const CollectorInfo* const infos[] = {&kTargets};
  return infos;
}

Result<std::vector<RunnerEntry>> Assembler::assemble(const Assembly& assembly, const Env& env) {
  Result<DatabaseOptions> options = read_options(assembly.file->find("targets"), assembly.file->find("auth_modules"));
  if (!options) return options.error();
  if (options->targets.empty() && options->auth_modules.empty())
    return {Errc::config,
            "no targets: give a file with --config.file; deploy/finwatch-database.yml is an example to start from"};
  auto world = std::make_shared<World>();
  world->env = env;
  world->modules = std::move(options->auth_modules);
  for (const Assembly::Chosen& chosen : assembly.chosen)
    for (const DatabaseCollector* row : collectors())
      if (&row->info == chosen.info) {
        auto kept = std::make_shared<const Kept>(Kept{assembly.file, chosen.settings});
        world->collectors.push_back({row, std::shared_ptr<const Settings>(kept, kept->settings.get())});
      }
  static const NoSettings none;
  const auto queries = std::make_shared<const CustomQueries>(read_queries(assembly.file->find("queries"), *env.log));
  for (const DatabaseCollector& row : queries->rows)
    world->collectors.push_back({&row, std::shared_ptr<const Settings>(queries, &none)});
  for (TargetOptions& target : options->targets) {
    std::vector<ChosenCollector> wanted = world->collectors;
    if (!target.established_names)
      std::erase_if(wanted, [](const ChosenCollector& c) { return is_established(c.row->info.name); });
    world->targets.push_back(std::make_shared<Target>(std::move(target), wanted, env));
  }
  std::vector<RunnerEntry> entries;
  entries.push_back({&kTargets, std::make_unique<AllTargets>(world->targets, queries->broken.size()), false});
  const std::lock_guard lock(mutex_);
  world_ = std::move(world);
  return entries;
}

std::shared_ptr<Assembler::World> Assembler::world() const {
  const std::lock_guard lock(mutex_);
  return world_;
}

Result<std::shared_ptr<Target>> Assembler::World::find(const std::string& name, const std::string& module_name) {
  if (module_name.empty()) {
    for (const auto& target : targets)
      if (target->name() == name) return target;
    return {Errc::config, "no target is called '" + name + "'; a host can be probed with auth_module=…"};
  }
  const auto module = std::find_if(modules.begin(), modules.end(), [&](const AuthModule& m) { return m.name == module_name; });
  if (module == modules.end()) return {Errc::config, "no auth_module is called '" + module_name + "'"};
  const std::size_t colon = name.rfind(':');
  const bool has_port = colon != std::string::npos && name.find(']', colon) == std::string::npos &&
                        (name.starts_with("[") || name.find(':') == colon);
  std::string host = name.substr(0, has_port ? colon : std::string::npos);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  const int port = has_port ? to_number<int>(std::string_view(name).substr(colon + 1)).value_or(-1) : 0;
  if (host.empty() || port < 0 || port > 65535) return {Errc::config, "target must be host or host:port"};
  if (std::none_of(module->hosts.begin(), module->hosts.end(),
                   [&](const std::string& pattern) { return host_fits(pattern, host); }))
    return {Errc::permission, "auth_module '" + module_name + "' may not log in to '" + host + "': see its hosts"};
  const SteadyTime now = std::chrono::steady_clock::now();
  const std::lock_guard lock(mutex);
  forget_unused(now);
  const std::string key = module_name + " " + name;
  if (const auto kept = probed.find(key); kept != probed.end()) {
    kept->second.used = now;
    return kept->second.target;
  }
  if (probed.size() >= kMostProbed)
    return {Errc::unavailable, "too many hosts are probed at once; at most " + std::to_string(kMostProbed)};
  TargetOptions options = module->options;
  options.name = name;
  options.address.host = host;
  options.address.port = port;
  auto target = std::make_shared<Target>(std::move(options), collectors, env);
  probed.emplace(key, Probed{target, now});
  return target;
}

std::vector<std::shared_ptr<Target>> Assembler::World::all() {
  std::vector<std::shared_ptr<Target>> list = targets;
  const std::lock_guard lock(mutex);
  forget_unused(std::chrono::steady_clock::now());
  for (const auto& [key, each] : probed) list.push_back(each.target);
  return list;
}

/// Answers /probe on threads of its own: a handler must not block.
class Assembler::ProbeThreads {
 public:
  bool run(std::function<void()> work) {
    const std::lock_guard lock(state_->mutex);
    if (state_->running >= kMostWaiting) return false;
    ++state_->running;
    std::thread([state = state_, work = std::move(work)] {
      work();
      const std::lock_guard guard(state->mutex);
      --state->running;
    }).detach();
    return true;
  }

 private:
  struct State {
    std::mutex mutex;
    std::size_t running = 0;
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

namespace {

// As the scraper asks for it, with a quarter of a second for the way back, and never longer than a probe may take.
SteadyTime deadline_of(const WebRequest& request) {
  const double offered = to_number<double>(request.header("X-Prometheus-Scrape-Timeout-Seconds")).value_or(0);
  std::chrono::duration<double> budget = kProbeTime;
  if (offered > 0)
    budget =
        std::min<std::chrono::duration<double>>(budget, std::chrono::duration<double>(std::max(offered - 0.25, offered / 2)));
  return std::chrono::steady_clock::now() + std::chrono::duration_cast<SteadyTime::duration>(budget);
}

void send_probe(Target& target, SteadyTime deadline, Format format, WebReply reply) {
  MetricSink sink;
  collect_one(target, deadline, sink);
  const Buffer page = whole_page(sink, format);
  reply.send({.code = 200,
              .content_type = std::string(content_type(format)),
              .body = without_target(page.view(), target.name()),
              .headers = {}});
}

LockView lock_view(const Target& target) {
  const TargetView seen = target.last_view();
  LockView view{.target = target.name(),
                .engine = std::string(to_string(target.engine())),
                .up = seen.up,
                .reason = seen.reason == SqlReason::none ? std::string() : std::string(to_string(seen.reason)),
                .problem = {},
                .picture = picture_of(target.name())};
  for (const CollectorView& collector : seen.collectors)
    if (collector.row->info.name == "locks" && collector.attempted && !collector.success && view.up)
      view.problem = to_string(collector.reason);
  return view;
}

}  // namespace

void Assembler::answer_probe(const WebRequest& request, WebReply reply, ProbeThreads& threads) const {
  std::string target_name;
  std::string module;
  QueryReader query(request.query());
  while (query.next()) {
    if (query.name() == "target") target_name = query.value();
    if (query.name() == "auth_module") module = query.value();
  }
  if (query.malformed() || target_name.empty()) {
    reply.send({.code = 400, .body = "give ?target=name, or ?target=host:port&auth_module=name\n", .headers = {}});
    return;
  }
  const auto found = world()->find(target_name, module);
  if (!found) {
    const Errc code = found.error().code;
    reply.send({.code = code == Errc::permission    ? 403
                        : code == Errc::unavailable ? 503
                                                    : 404,
                .body = found.error().message + "\n",
                .headers = {}});
    return;
  }
  const SteadyTime deadline = deadline_of(request);
  const Format format = negotiate_format(request.header("Accept"));
  auto kept = std::make_shared<WebReply>(std::move(reply));
  if (!threads.run([target = *found, deadline, format, kept] { send_probe(*target, deadline, format, std::move(*kept)); }))
    kept->send({.code = 503, .body = "too many probes at once\n", .headers = {{"Retry-After", "1"}}});
}

void Assembler::answer_locks(const WebRequest& request, WebReply reply) const {
  const std::optional<PageRequest> asked = read_page_request(request);
  if (!asked) {
    reply.send({.code = 400, .body = "give ?format=json or html, ?lang=zh or en, ?target=name\n", .headers = {}});
    return;
  }
  const std::string_view only = (*asked)["target"];
  std::vector<LockView> views;
  if (const auto now = world())
    for (const auto& target : now->all())
      if (only.empty() || target->name() == only) views.push_back(lock_view(*target));
  const int code = views.empty() && !only.empty() ? 404 : 200;
  const WallTime when = std::chrono::system_clock::now();
  reply.send(page_answer(code, *asked,
                         asked->json ? lock_page_json(views, when) : lock_page_html(views, when, asked->language, only)));
}

std::vector<Route> Assembler::routes() {
  const auto threads = std::make_shared<ProbeThreads>();
  const auto probe = [this, threads](const WebRequest& request, WebReply reply) {
    answer_probe(request, std::move(reply), *threads);
  };
  const auto locks = [this](const WebRequest& request, WebReply reply) { answer_locks(request, std::move(reply)); };
  std::vector<Route> routes;
  routes.push_back({.verb = Route::Verb::get,
                    .path = "/locks",
                    .summary = "who blocks whom",
                    .summary_zh = "谁阻塞了谁",
                    .most_body = 0,
                    .handler = locks});
  routes.push_back({.verb = Route::Verb::get,
                    .path = "/probe",
                    .summary = "one target: /probe?target=name",
                    .summary_zh = "单个目标：/probe?target=名称",
                    .most_body = 0,
                    .handler = probe});
  return routes;
}

}  // namespace finwatch::database
