#include "workflow/probe/desk.h"

#include <algorithm>
#include <atomic>
#include <future>
#include <list>

#include "conf/yaml.h"
#include "core/exposition.h"
#include "core/text.h"
#include "web/query.h"

namespace finwatch::workflow {
namespace {

using Seconds = std::chrono::duration<double>;

constexpr std::size_t kMostProbes = 1'000;  // at a time
constexpr Seconds kWayBack{0.5};            // of what the scraper gives, as blackbox_exporter leaves it
constexpr Seconds kLongest{80};             // the web gives a request 90 s

WebAnswer plain(int code, std::string text) { return {.code = code, .body = std::move(text) + "\n", .headers = {}}; }

struct Question {
  std::string module = "http_2xx";
  std::string target;
  std::string hostname;
  bool debug = false;
  Format format = Format::text;
};

// What the scraper and the module leave; nothing when the header is no number.
std::optional<Seconds> time_for(std::string_view offered, const Module& module) {
  Seconds time = kLongest;
  if (!offered.empty()) {
    const auto number = to_number<double>(offered);
    if (!number || !(*number >= 0)) return std::nullopt;
    if (*number > 0) time = std::min(time, std::max(Seconds(*number) - kWayBack, Seconds(*number / 2)));
  }
  return module.timeout.count() > 0 ? std::min(time, Seconds(module.timeout)) : time;
}

WebAnswer answer_of(const Question& question, const Module& module, ProbePage&& page) {
  const Buffer text = whole_page(page.metrics, question.format);
  if (!question.debug)
    return {.code = 200,
            .content_type = std::string(content_type(question.format)),
            .body = std::string(text.view()),
            .headers = {}};
  return plain(200, "Log of the probe, in seconds:\n" + page.log + "\nMetrics that would have been returned:\n" +
                        std::string(text.view()) + "\nModule:\n  " + module.name + ":" + module.shown);
}

Result<Modules> read_modules_file(const Tree& value) {
  if (value.kind != Tree::Kind::scalar || value.scalar.empty())
    return {Errc::config, value.where.text() + ": modules_file: expected the path of a module file of blackbox_exporter"};
  // Its dollars are those of regular expressions.
  Result<Tree> file = load_yaml(value.where.beside(value.scalar), {.substitute_environment = false});
  if (!file) return {Errc::config, value.where.text() + ": modules_file: " + file.error().message};
  MapReader reader(*file, "");
  const Tree* modules = reader.map("modules");
  if (Status status = reader.finish(); !status) return status.error();
  return modules == nullptr ? Modules{} : read_modules(*modules, "modules");
}

}  // namespace

Result<std::shared_ptr<const ProbeSetup>> read_probe_setup(const Tree& file) {
  auto setup = std::make_shared<ProbeSetup>();
  if (const Tree* from = file.find("modules_file")) {
    Result<Modules> modules = read_modules_file(*from);
    if (!modules) return modules.error();
    setup->modules = std::move(*modules);
  }
  if (const Tree* own = file.find("modules")) {
    Result<Modules> modules = read_modules(*own, "modules");
    if (!modules) return modules.error();
    for (auto& [name, module] : *modules)
      if (!setup->modules.emplace(name, module).second)
        return {Errc::config, own->where.text() + ": modules." + name + ": modules_file has a module of that name as well"};
  }
  if (const Tree* probe = file.find("probe")) {
    MapReader reader(*probe, "probe");
    std::vector<std::string> hosts = reader.texts("hosts");
    for (const std::string& host : hosts)
      if (host.empty() || std::count(host.begin(), host.end(), '*') > 1)
        reader.fail("hosts", "probe.hosts: expected a host with at most one *, found '" + host + "'");
    if (Status status = reader.finish(); !status) return status.error();
    setup->hosts = HostList(std::move(hosts));
  }
  return std::shared_ptr<const ProbeSetup>(std::move(setup));
}

// What is under way. A task that was posted may find it closed.
struct ProbeDesk::Running {
  struct One {
    Question question;
    std::shared_ptr<const Module> module;
    WebReply reply;
    std::unique_ptr<Probe> probe;
  };
  std::list<One> probes;
  bool closed = false;
  std::atomic<std::size_t> count{0};

  void start(const Network& network, ProbeOrder order, Question question, WebReply reply) {
    if (closed) return reply.send(plain(503, "the program is stopping"));
    const auto place = probes.insert(probes.end(), {std::move(question), order.module, std::move(reply), nullptr});
    place->probe = make_probe(network, std::move(order));
    place->probe->start([this, place](ProbePage&& page) {
      One one = std::move(*place);
      probes.erase(place);
      --count;
      one.reply.send(answer_of(one.question, *one.module, std::move(page)));
    });
  }
  void close() {
    closed = true;
    for (One& one : probes) one.reply.send(plain(503, "the program is stopping"));
    probes.clear();
  }
};

ProbeDesk::ProbeDesk() : running_(std::make_shared<Running>()) {}
ProbeDesk::~ProbeDesk() = default;

void ProbeDesk::set(std::shared_ptr<const ProbeSetup> setup) {
  const std::lock_guard lock(mutex_);
  setup_ = std::move(setup);
}

void ProbeDesk::open(const Network& network) {
  const std::lock_guard lock(mutex_);
  network_.emplace(network);
}

void ProbeDesk::close() {
  std::future<void> closed;
  {
    const std::lock_guard lock(mutex_);
    if (!network_) return;
    const auto done = std::make_shared<std::promise<void>>();
    closed = done->get_future();
    network_->loop.post([running = running_, done] {
      running->close();
      done->set_value();
    });
    network_.reset();
  }
  closed.wait();
}

void ProbeDesk::answer(const WebRequest& request, WebReply reply) {
  Question question{.format = negotiate_format(request.header("Accept"))};
  QueryReader query(request.query());
  while (query.next()) {
    if (query.name() == "module" && !query.value().empty()) question.module = query.value();
    if (query.name() == "target") question.target = query.value();
    if (query.name() == "hostname") question.hostname = query.value();
    if (query.name() == "debug") question.debug = query.value() == "true";
  }
  const std::lock_guard lock(mutex_);
  if (query.malformed()) return reply.send(plain(400, "The query is malformed"));
  const auto module = setup_->modules.find(question.module);
  if (module == setup_->modules.end()) return reply.send(plain(400, "Unknown module \"" + question.module + "\""));
  if (question.target.empty()) return reply.send(plain(400, "Target parameter is missing"));
  if ((question.target + question.hostname).find_first_of("\r\n") != std::string::npos)
    return reply.send(plain(400, "target and hostname are one line each"));
  const std::optional<Seconds> time = time_for(request.header("X-Prometheus-Scrape-Timeout-Seconds"), *module->second);
  if (!time) return reply.send(plain(400, "X-Prometheus-Scrape-Timeout-Seconds is no number of seconds"));
  if (const Result<std::string> host = host_of(*module->second, question.target); host && !setup_->hosts.allows(*host))
    return reply.send(plain(403, "probing '" + *host +
                                     "' is not allowed: list it in the configuration file as probe: {hosts: [\"" + *host +
                                     "\"]}, or \"*\" for every host, as blackbox_exporter does"));
  if (!network_) return reply.send(plain(503, "the program is stopping"));
  if (running_->count >= kMostProbes) {
    WebAnswer busy = plain(503, "too many probes at once");
    busy.headers = {{"Retry-After", "1"}};
    return reply.send(std::move(busy));
  }
  ++running_->count;
  ProbeOrder order{.module = module->second,
                   .target = question.target,
                   .hostname = question.hostname,
                   .deadline = network_->loop.now() + std::chrono::duration_cast<SteadyTime::duration>(*time),
                   .hosts = std::shared_ptr<const HostList>(setup_, &setup_->hosts)};
  const auto kept = std::make_shared<WebReply>(std::move(reply));
  network_->loop.post([running = running_, network = *network_, order = std::move(order), question = std::move(question),
                       kept] { running->start(network, order, question, std::move(*kept)); });
}

Route ProbeDesk::route() {
  return {.verb = Route::Verb::get,
          .path = "/probe",
          .summary = "one probe: /probe?module=name&target=host",
          .summary_zh = "单次拨测：/probe?module=模块&target=主机",
          .most_body = 0,
          .handler = [this](const WebRequest& request, WebReply reply) { answer(request, std::move(reply)); }};
}

}  // namespace finwatch::workflow
