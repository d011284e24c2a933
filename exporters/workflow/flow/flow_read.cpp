#include "workflow/flow/flow_read.h"

#include <algorithm>
#include <array>

#include "conf/words.h"
#include "workflow/flow/step_read.h"

namespace finwatch::workflow {
namespace {

using std::chrono::seconds;

constexpr double kDefaultBuckets[] = {0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60};

/// What every flow of one file shares: parameters and secrets, as the file declares them and the configuration gives them.
struct Givens {
  std::vector<std::pair<std::string, Value>> values;

  void add_to(Flow& flow) const {
    for (const auto& [name, value] : values) flow.givens.emplace_back(flow.scope->add(name), value);
  }
};

Error unknown_given(const FlowFile& file, std::string_view kind, std::string_view name,
                    const std::vector<std::string_view>& declared) {
  return {Errc::config, file.where.text() + ": " + file.path + " has no " + std::string(kind) + " '" + std::string(name) + "'" +
                            did_you_mean(name, declared)};
}

Status read_parameters(MapReader& top, const FlowFile& file, Givens& givens) {
  const Tree* map = top.map("parameters");
  std::vector<std::string_view> declared;
  for (std::size_t i = 0; map != nullptr && i < map->items.size(); ++i) {
    const std::string& name = map->keys[i];
    declared.push_back(name);
    if (!Scope::is_name(name))
      return {Errc::config, map->key_where[i].text() + ": parameters." + name + ": a name is letters, digits and _"};
    MapReader one(map->items[i], "parameters." + name);
    const bool has_default = one.has("default");
    const std::string fallback = one.text("default");
    one.text("help");
    if (Status status = one.finish(); !status) return status;
    const auto given = file.parameters.find(name);
    if (given == file.parameters.end() && !has_default)
      return {Errc::config,
              file.where.text() + ": " + file.path + " needs the parameter '" + name + "': give it under parameters"};
    givens.values.emplace_back(name, Value::of_text(given == file.parameters.end() ? fallback : given->second));
  }
  for (const auto& [name, value] : file.parameters)
    if (std::find(declared.begin(), declared.end(), name) == declared.end())
      return unknown_given(file, "parameter", name, declared);
  return ok();
}

Status read_secrets(MapReader& top, const FlowFile& file, Givens& givens) {
  const std::vector<std::string> names = top.texts("secrets");
  const std::vector<std::string_view> declared(names.begin(), names.end());
  for (const std::string& name : names) {
    const auto given = file.secrets.find(name);
    if (given == file.secrets.end())
      return {Errc::config, file.where.text() + ": " + file.path + " needs the secret '" + name +
                                "': give it under secrets, as text or " + name + "_file"};
    givens.values.emplace_back(name, Value::of_text(std::string(given->second.reveal()), true));
  }
  for (const auto& [name, value] : file.secrets)
    if (std::find(declared.begin(), declared.end(), name) == declared.end())
      return unknown_given(file, "secret", name, declared);
  return ok();
}

void read_budget(MapReader& reader, Flow& flow, Status& status) {
  flow.total = seconds{60};
  flow.cleanup = seconds{30};
  flow.buckets.assign(std::begin(kDefaultBuckets), std::end(kDefaultBuckets));
  const Tree* map = reader.map("budget");
  if (map == nullptr) return;
  MapReader budget(*map, reader.path_of("budget"));
  flow.total = budget.duration("total", flow.total);
  flow.cleanup = budget.duration("cleanup", flow.cleanup);
  flow.target_seconds = std::chrono::duration<double>(budget.duration("slo", {})).count();
  if (flow.total < std::chrono::milliseconds{100}) budget.fail("total", budget.path_of("total") + ": at least 100ms");
  if (Status read = budget.finish(); !read && status) status = read;
  // The budget is a bucket's bound, so that "within budget" is counted and not guessed between two bounds.
  if (flow.target_seconds > 0) {
    flow.buckets.push_back(flow.target_seconds);
    std::sort(flow.buckets.begin(), flow.buckets.end());
    flow.buckets.erase(std::unique(flow.buckets.begin(), flow.buckets.end()), flow.buckets.end());
  }
}

// Whatever a step creates, a step that always runs must remove.
Status check_cleaning(const Flow& flow) {
  const auto removes = [&](std::string_view record) {
    return std::any_of(flow.finally.begin(), flow.finally.end(),
                       [&](const Step& step) { return step.effect == Effect::remove && step.record == record; });
  };
  for (const Step& step : flow.steps)
    if (step.effect == Effect::create && !removes(step.record))
      return {Errc::config, step.where.text() + ": step '" + step.id + "' creates a " + step.record +
                                ": add a step under finally that says removes: " + step.record};
  for (const Step& step : flow.finally)
    if (step.effect == Effect::create)
      return {Errc::config, step.where.text() + ": step '" + step.id + "': a step under finally creates nothing"};
  for (const Step& step : flow.sweep)
    if (step.effect != Effect::read && step.effect != Effect::remove)
      return {Errc::config,
              step.where.text() + ": step '" + step.id + "': a step under sweep looks for leftovers or removes them"};
  for (const auto* part : {&flow.login, &flow.logout})
    for (const Step& step : *part)
      if (step.effect != Effect::read && step.effect != Effect::login)
        return {Errc::config, step.where.text() + ": step '" + step.id +
                                  "': a step under login or logout says effect: login (or read), and touches no record"};
  return ok();
}

// A run that finds another product must have done nothing yet.
Status check_self_tests(const Flow& flow) {
  bool first = true;
  for (const Section section : kSections)
    for (const Step& step : flow.part(section)) {
      first = first && step.self_test;
      if (step.self_test && !first)
        return {Errc::config,
                step.where.text() + ": step '" + step.id + "': a self-test comes before every other step of a run"};
    }
  return ok();
}

Status read_all_steps(MapReader& reader, Flow& flow) {
  std::vector<std::string> ids;
  for (const Section section : kSections) {
    const std::string_view key = to_string(section);
    Result<std::vector<Step>> steps = read_steps(reader.list(key), reader.path_of(key), *flow.scope, flow.mode, ids);
    if (!steps) return steps.error();
    flow.part(section) = std::move(*steps);
  }
  if (flow.steps.empty()) reader.fail("steps", reader.path_of("steps") + ": must be given, with at least one step");
  if (Status status = check_self_tests(flow); !status) return status;
  return check_cleaning(flow);
}

Result<std::shared_ptr<const Flow>> read_flow(const Tree& tree, const std::string& path, const FlowFile& file,
                                              const Givens& givens, const Almanac& almanac, const Context& context) {
  auto flow = std::make_shared<Flow>();
  Status status = ok();
  MapReader reader(tree, path);
  flow->where = tree.where;
  flow->name = file.prefix + reader.required_text("name");
  flow->account = file.prefix + file.path;
  if (const Tree* title = reader.map("title")) flow->title = read_words(*title, reader.path_of("title"), status);
  flow->mode = read_mode(reader).value_or(Mode::write);  // so that no step complains before this does
  flow->only_by_name = reader.boolean("only_by_name", false);
  flow->grant = file.grant;
  flow->calendar = file.calendar;
  Context its_own = context;
  if (file.calendar) its_own.calendar = file.calendar.get();
  flow->scope = std::make_unique<Scope>(its_own);
  givens.add_to(*flow);
  flow->run_id = flow->scope->add("run_id");
  flow->tag = flow->scope->add("tag");
  flow->trace_id = flow->scope->add("trace_id");
  flow->leftover = flow->scope->add("leftover");
  read_budget(reader, *flow, status);
  if (const Tree* map = reader.map("session")) {
    MapReader session(*map, reader.path_of("session"));
    flow->keep_session = session.duration("keep", {});
    if (Status read = session.finish(); !read && status) status = read;
  }
  const Tree* own = reader.child("schedule");
  const auto given = file.schedules.find(reader.text("name"));
  const Tree* schedule = given != file.schedules.end() ? &given->second : own;
  if (schedule == nullptr)
    reader.fail(tree, reader.path_of("schedule") + ": must be given: {every: 60s} or {cron: …}");
  else if (Result<SchedulePlan> plan = read_schedule(*schedule, reader.path_of("schedule"), almanac))
    flow->schedule = std::move(*plan);
  else if (status)
    status = plan.error();
  if (const Tree* ledger = reader.child("ledger")) {
    Result<Template> made = Template::compile(*ledger, *flow->scope);
    if (made)
      flow->ledger = std::move(*made);
    else if (status)
      status = made.error();
  }
  if (flow->mode == Mode::write && !flow->ledger)
    reader.fail(tree, reader.path_of("ledger") + ": a flow that writes says which ledger (账套) it writes to");
  if (Status read = read_all_steps(reader, *flow); !read && status) status = read;
  if (const Tree* release = reader.child("release")) {
    Result<Template> made = Template::compile(*release, *flow->scope);
    if (made)
      flow->release = std::move(*made);
    else if (status)
      status = made.error();
  }
  if (!status) return status.error();  // before the reader complains about what was not read because of it
  if (Status read = reader.finish(); !read) return read.error();
  return std::shared_ptr<const Flow>(std::move(flow));
}

// The flows of the file, taken out of its tree: each goes once it is read, and the next one is read into its memory.
std::vector<Tree> take_flows(MapReader& top, Tree& tree) {
  if (top.list("flows") == nullptr) return {};
  const auto key = std::find(tree.keys.begin(), tree.keys.end(), "flows");
  return std::move(tree.items[static_cast<std::size_t>(key - tree.keys.begin())].items);
}

}  // namespace

std::optional<Mode> read_mode(MapReader& reader) {
  const std::string word = reader.text("mode", "read_only");
  const auto found = std::find(std::begin(kModeNames), std::end(kModeNames), word);
  if (found != std::end(kModeNames)) return static_cast<Mode>(found - std::begin(kModeNames));
  reader.fail("mode", reader.path_of("mode") + ": expected read_only, simulate or write, found '" + word + "'");
  return std::nullopt;
}

std::string Flow::refusal() const {
  if (!grant.allows(mode))
    return "it needs mode: " + std::string(to_string(mode)) + ", and the configuration grants " +
           std::string(to_string(grant.mode));
  if (mode != Mode::write) return {};
  if (grant.hosts.empty()) return "it writes, and allow.hosts names no host";
  if (grant.writes_per_day <= 0) return "it writes, and allow.writes_per_day is 0";
  Variables variables(*scope);
  for (const auto& [place, value] : givens) variables.set(place, value);
  std::string written;
  if (Status status = ledger->render(variables, Escape::none, written); !status)
    return "its ledger is not known: " + status.error().message;
  if (std::find(grant.ledgers.begin(), grant.ledgers.end(), written) == grant.ledgers.end())
    return "it writes to the ledger '" + variables.masker().mask(written) + "', which allow.ledgers does not name";
  return {};
}

Result<std::vector<std::shared_ptr<const Flow>>> read_flows(const FlowFile& file, const Almanac& almanac,
                                                            const Context& context) {
  // `${…}` belongs to the templates.
  Result<Tree> tree = load_yaml(file.path, {.substitute_environment = false});
  if (!tree) return tree.error();
  MapReader top(*tree, "");
  Givens givens;
  if (Status status = read_parameters(top, file, givens); !status) return status.error();
  if (Status status = read_secrets(top, file, givens); !status) return status.error();
  std::vector<std::shared_ptr<const Flow>> flows;
  std::vector<std::string> names;
  std::vector<Tree> trees = take_flows(top, *tree);
  for (std::size_t i = 0; i < trees.size(); ++i) {
    const Tree its_own = std::move(trees[i]);
    Result<std::shared_ptr<const Flow>> flow =
        read_flow(its_own, "flows[" + std::to_string(i) + "]", file, givens, almanac, context);
    if (!flow) return flow.error();
    const std::string plain = (*flow)->name.substr(file.prefix.size());
    if (std::find(names.begin(), names.end(), plain) != names.end())
      return {Errc::config, (*flow)->where.text() + ": a second flow is called '" + plain + "'; names must differ"};
    names.push_back(plain);
    const bool named = std::find(file.only.begin(), file.only.end(), plain) != file.only.end();
    if (named || (file.only.empty() && !(*flow)->only_by_name)) flows.push_back(std::move(*flow));
  }
  if (Status status = top.finish(); !status) return status.error();
  const std::vector<std::string_view> known(names.begin(), names.end());
  for (const std::string& wanted : file.only)
    if (std::find(names.begin(), names.end(), wanted) == names.end()) return unknown_given(file, "flow", wanted, known);
  return flows;
}

}  // namespace finwatch::workflow
