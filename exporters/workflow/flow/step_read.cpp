#include "workflow/flow/step_read.h"

#include <algorithm>
#include <array>

#include "core/text.h"
#include "workflow/flow/net_step_read.h"
#include "workflow/flow/step_compiler.h"

namespace finwatch::workflow {
namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr std::array<std::string_view, 7> kVerbs = {"get", "post", "put", "patch", "delete", "head", "options"};

bool is_word(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

std::string upper_case(std::string_view word) {
  std::string text(word);
  std::transform(text.begin(), text.end(), text.begin(), to_upper);
  return text;
}

void read_url(MapReader& reader, const Tree& tree, StepCompiler& compiler, HttpStep& step) {
  int verbs = 0;
  for (const std::string_view verb : kVerbs) {
    std::optional<Template> url = compiler.text(reader, verb);
    if (!url) continue;
    ++verbs;
    step.method = upper_case(verb);
    step.url = std::move(*url);
  }
  if (std::optional<Template> url = compiler.text(reader, "url")) {
    ++verbs;
    step.method = upper_case(reader.text("method", "GET"));
    step.url = std::move(*url);
  }
  if (verbs == 0)
    compiler.fail(tree, reader.path_of("get") + ": must be given (or post, put, patch, delete, head; or url with method)");
  if (verbs > 1) compiler.fail(tree, reader.path_of("get") + ": one of get, post, put, patch, delete, head and url is enough");
}

void read_body(MapReader& reader, StepCompiler& compiler, HttpStep& step) {
  struct Kind {
    std::string_view key;
    HttpStep::Body body;
    std::string_view content_type;
  };
  constexpr Kind kKinds[] = {{"json", HttpStep::Body::json, "application/json"},
                             {"form", HttpStep::Body::form, "application/x-www-form-urlencoded"},
                             {"xml", HttpStep::Body::xml, "text/xml; charset=utf-8"},
                             {"text", HttpStep::Body::text, "text/plain; charset=utf-8"},
                             {"multipart", HttpStep::Body::multipart, ""}};
  for (const Kind& kind : kKinds) {
    const Tree* value = reader.child(kind.key);
    if (value == nullptr) continue;
    if (step.body != HttpStep::Body::none) {
      compiler.fail(*value,
                    reader.path_of(kind.key) + ": a request has one body: keep one of json, form, xml, text, multipart");
      return;
    }
    step.body = kind.body;
    step.content_type = kind.content_type;
    if (kind.body == HttpStep::Body::form || kind.body == HttpStep::Body::multipart) {
      if (const Tree* map = reader.map(kind.key)) step.fields = compiler.named(map);
    } else if (std::optional<Template> made =
                   compiler.compiled(*value, kind.body == HttpStep::Body::json && value->kind != Tree::Kind::scalar)) {
      step.content = std::move(*made);
    }
  }
  step.content_type = reader.text("content_type", step.content_type);
}

HttpStep read_http(const Tree& tree, const std::string& path, StepCompiler& compiler) {
  HttpStep step;
  MapReader reader(tree, path);
  read_url(reader, tree, compiler, step);
  step.query = compiler.named(reader.map("query"));
  step.headers = compiler.named(reader.map("headers"));
  read_body(reader, compiler, step);
  step.user = compiler.text(reader, "user");
  step.password = compiler.text(reader, "password");
  step.bearer = compiler.text(reader, "bearer");
  HttpRequest& fixed = step.fixed;
  fixed.proxy = reader.text("proxy");
  fixed.follow_redirects = reader.boolean("follow_redirects", true);
  fixed.most_redirects = static_cast<int>(reader.integer("most_redirects", 10, 0, 50));
  fixed.most_body = static_cast<std::size_t>(reader.integer("most_body", 1 << 20, 1, 64 << 20));
  fixed.compressed = reader.boolean("compressed", true);
  fixed.keep_connection = reader.boolean("keep_connection", true);
  const std::string version = reader.text("version", "1.1");
  if (version != "1.1" && version != "2") reader.fail("version", reader.path_of("version") + ": expected \"1.1\" or \"2\"");
  fixed.version = version == "2" ? HttpVersion::http2 : HttpVersion::http1_1;
  read_family(reader, fixed.family);
  read_tls(reader, fixed.tls, compiler);
  compiler.take(reader.finish());
  return step;
}

SqlStep read_sql(const Tree& tree, const std::string& path, StepCompiler& compiler) {
  SqlStep step;
  MapReader reader(tree, path);
  step.connection = reader.required_text("connection");
  if (std::optional<Template> statement = compiler.statement(reader, "query"))
    step.statement = std::move(*statement);
  else
    compiler.fail(tree, reader.path_of("query") + ": must be given");
  compiler.take(reader.finish());
  return step;
}

void read_action(MapReader& reader, const Tree& tree, StepCompiler& compiler, Step& step) {
  int actions = 0;
  const auto one = [&](std::string_view key, auto&& read) {
    const Tree* map = reader.map(key);
    if (map == nullptr) return;
    ++actions;
    step.action = read(*map, reader.path_of(key), compiler);
  };
  one("http", read_http);
  one("sql", read_sql);
  one("tcp", read_tcp);
  one("tls", read_tls_step);
  one("dns", read_dns);
  one("icmp", read_icmp);
  if (reader.has("wait")) {
    ++actions;
    step.action = WaitStep{reader.duration("wait", seconds{1})};
  }
  if (actions != 1) compiler.fail(tree, reader.path_of("http") + ": a step has one of http, sql, tcp, tls, dns, icmp and wait");
}

// What of the step may change something at the other end, as a message calls it; empty for what only reads.
std::string what_may_write(const Step& step) {
  const auto* http = std::get_if<HttpStep>(&step.action);
  if (http != nullptr && http->method != "GET" && http->method != "HEAD" && http->method != "OPTIONS")
    return "a " + http->method;
  const auto* tcp = std::get_if<TcpStep>(&step.action);
  return tcp != nullptr && tcp->sends() ? "a tcp step that sends" : "";
}

// A step that reads needs no word; whatever else it does is said, so that a person who allows a mode knows what it brings.
void read_effect(MapReader& reader, const Tree& tree, Mode mode, StepCompiler& compiler, Step& step) {
  const std::string creates = reader.text("creates");
  const std::string removes = reader.text("removes");
  const std::string word = reader.text("effect");
  const bool said = !word.empty() || !creates.empty() || !removes.empty();
  if (!creates.empty()) step.effect = Effect::create;
  if (!removes.empty()) step.effect = Effect::remove;
  step.record = creates.empty() ? removes : creates;
  if (!step.record.empty() && !is_word(step.record))
    compiler.fail(tree, reader.path_of("creates") + ": letters, digits, '_' and '-', at most 64");
  if (static_cast<int>(!word.empty()) + static_cast<int>(!creates.empty()) + static_cast<int>(!removes.empty()) > 1)
    compiler.fail(tree, reader.path_of("effect") + ": one of effect, creates and removes is enough");
  if (!word.empty()) {
    const auto found = std::find(std::begin(kEffectNames), std::end(kEffectNames), word);
    step.effect = found == std::end(kEffectNames) ? Effect::read : static_cast<Effect>(found - std::begin(kEffectNames));
    if (found == std::end(kEffectNames) || step.effect == Effect::create || step.effect == Effect::remove)
      compiler.fail(tree, reader.path_of("effect") +
                              ": expected read, login, simulate or change (or creates: / removes: with the kind of record)");
  }
  if (const std::string writer = what_may_write(step); !said && !writer.empty())
    compiler.fail(
        tree,
        reader.path_of("effect") + ": " + writer +
            " says what it does: effect: read, login, simulate or change; or creates: or removes: with the kind of record");
  if (std::holds_alternative<SqlStep>(step.action) && step.effect != Effect::read)
    compiler.fail(
        tree, reader.path_of("sql") + ": a statement only reads: nothing is written to a database behind the program's back");
  if ((std::holds_alternative<TlsStep>(step.action) || std::holds_alternative<DnsStep>(step.action) ||
       std::holds_alternative<IcmpStep>(step.action)) &&
      step.effect != Effect::read)
    compiler.fail(tree, reader.path_of("effect") + ": a handshake, a question to DNS or a ping only reads");
  const Mode needed = step.effect >= Effect::create     ? Mode::write
                      : step.effect == Effect::simulate ? Mode::simulate
                                                        : Mode::read_only;
  if (needed > mode)
    compiler.fail(tree, "this step needs mode: " + std::string(to_string(needed)) +
                            ", the flow says mode: " + std::string(to_string(mode)));
  if (step.effect >= Effect::create && step.effect != Effect::remove && step.idempotent)
    compiler.fail(tree, reader.path_of("idempotent") + ": a step that creates or changes is never repeated");
}

void read_repeats(MapReader& reader, StepCompiler& compiler, Step& step) {
  const bool reads = step.effect == Effect::read;
  step.idempotent = reader.boolean("idempotent", false);
  if (const Tree* map = reader.map("retry")) {
    MapReader retry(*map, reader.path_of("retry"));
    step.retries = static_cast<int>(retry.integer("most", 1, 1, 10));
    step.retry_pause = retry.duration("pause", seconds{1});
    compiler.take(retry.finish());
    if (!step.idempotent)
      compiler.fail(*map, reader.path_of("retry") + ": only a step that says idempotent: true is tried again");
  }
  if (const Tree* map = reader.map("repeat")) {
    MapReader repeat(*map, reader.path_of("repeat"));
    step.repeat_every = repeat.duration("every", seconds{1});
    step.repeat_most = static_cast<int>(repeat.integer("most", 10, 2, 1000));
    compiler.take(repeat.finish());
    if (!reads)
      compiler.fail(*map, reader.path_of("repeat") + ": only a step that reads is repeated until its expectations hold");
    if (step.repeat_every < std::chrono::milliseconds{10})
      compiler.fail(*map, reader.path_of("repeat.every") + ": at least 10ms");
  }
}

void read_exports(MapReader& reader, StepCompiler& compiler, Step& step) {
  const Tree* map = reader.map("export");
  for (std::size_t i = 0; map != nullptr && i < map->items.size(); ++i) {
    const Tree& item = map->items[i];
    if (!Scope::is_name(map->keys[i])) compiler.fail(item, reader.path_of("export") + ": a name is letters, digits and _");
    MapReader one(item, reader.path_of("export." + map->keys[i]));
    Export shown{.name = map->keys[i], .help = one.text("help"), .source = Source::of(Source::Kind::body)};
    if (std::optional<Source> source = Source::read(one))
      shown.source = std::move(*source);
    else
      compiler.fail(item, one.path_of("json") + ": where is the number? json, xpath, header, regex or column");
    compiler.take(one.finish());
    step.exports.push_back(std::move(shown));
  }
}

}  // namespace

Result<Step> read_step(const Tree& tree, const std::string& path, Scope& scope, Mode mode) {
  Step step;
  step.where = tree.where;
  MapReader reader(tree, path);
  StepCompiler compiler(scope);
  step.id = reader.required_text("id");
  if (!step.id.empty() && !is_word(step.id))
    reader.fail("id", reader.path_of("id") + ": letters, digits, '_' and '-', at most 64");
  step.when = compiler.text(reader, "when");
  step.timeout = reader.duration("timeout", seconds{10});
  if (step.timeout < std::chrono::milliseconds{10}) reader.fail("timeout", reader.path_of("timeout") + ": at least 10ms");
  if (const Tree* map = reader.map("set")) {
    Result<std::vector<Setting>> settings = read_settings(*map, reader.path_of("set"), scope);
    if (settings)
      step.set = std::move(*settings);
    else
      compiler.take(settings.error());
  }
  read_action(reader, tree, compiler, step);
  read_repeats(reader, compiler, step);
  read_effect(reader, tree, mode, compiler, step);
  step.self_test = reader.boolean("self_test", false);
  if (step.self_test && step.effect != Effect::read)
    reader.fail("self_test", reader.path_of("self_test") + ": a self-test only reads: add effect: read");
  if (const Tree* map = reader.map("extract")) {
    Result<std::vector<Extraction>> extractions = read_extractions(*map, reader.path_of("extract"), scope);
    if (extractions)
      step.extract = std::move(*extractions);
    else
      compiler.take(extractions.error());
  }
  Result<Checks> checks = read_checks(reader, scope);
  if (checks)
    step.checks = std::move(*checks);
  else
    compiler.take(checks.error());
  read_exports(reader, compiler, step);
  if (Status status = reader.finish(); !status) return status.error();
  if (!compiler.status()) return compiler.status().error();
  return step;
}

Result<std::vector<Step>> read_steps(const Tree* list, const std::string& path, Scope& scope, Mode mode,
                                     std::vector<std::string>& taken) {
  std::vector<Step> steps;
  for (std::size_t i = 0; list != nullptr && i < list->items.size(); ++i) {
    const Tree& item = list->items[i];
    Result<Step> step = read_step(item, path + "[" + std::to_string(i) + "]", scope, mode);
    if (!step) return step.error();
    if (std::find(taken.begin(), taken.end(), step->id) != taken.end())
      return {Errc::config, item.where.text() + ": " + path + ": a second step is called '" + step->id + "'; ids must differ"};
    taken.push_back(step->id);
    steps.push_back(std::move(*step));
  }
  return steps;
}

}  // namespace finwatch::workflow
