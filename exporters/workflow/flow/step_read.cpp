#include "workflow/flow/step_read.h"

#include <algorithm>
#include <array>

#include "conf/words.h"
#include "core/text.h"

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

/// Compiles values of a map, and keeps the first error.
class Compiler {
 public:
  explicit Compiler(const Scope& scope) : scope_(scope) {}

  std::optional<Template> text(MapReader& reader, std::string_view key) {
    const Tree* value = reader.child(key);
    if (value == nullptr) return std::nullopt;
    return compiled(*value, false);
  }
  std::optional<Template> compiled(const Tree& value, bool json) {
    return kept(json ? Template::compile_json(value, scope_) : Template::compile(value, scope_));
  }
  std::optional<Template> statement(MapReader& reader, std::string_view key) {
    const Tree* value = reader.child(key);
    if (value == nullptr) return std::nullopt;
    return kept(Template::compile_sql(*value, scope_));
  }
  std::optional<Template> kept(Result<Template> made) {
    if (made) return std::move(*made);
    if (status_) status_ = made.error();
    return std::nullopt;
  }
  std::vector<NamedTemplate> named(const Tree* map) {
    std::vector<NamedTemplate> all;
    for (std::size_t i = 0; map != nullptr && i < map->items.size(); ++i)
      if (std::optional<Template> made = compiled(map->items[i], false)) all.push_back({map->keys[i], std::move(*made)});
    return all;
  }
  void fail(const Tree& at, const std::string& message) {
    if (status_) status_ = Error{Errc::config, at.where.text() + ": " + message};
  }
  void take(const Status& status) {
    if (status_ && !status) status_ = status;
  }
  const Status& status() const { return status_; }

 private:
  const Scope& scope_;
  Status status_ = ok();
};

std::string upper_case(std::string_view word) {
  std::string text(word);
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return text;
}

void read_url(MapReader& reader, const Tree& tree, Compiler& compiler, HttpStep& step) {
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

void read_body(MapReader& reader, Compiler& compiler, HttpStep& step) {
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

void read_tls(MapReader& parent, TlsOptions& tls, Compiler& compiler) {
  const Tree* map = parent.map("tls");
  if (map == nullptr) return;
  MapReader reader(*map, parent.path_of("tls"));
  tls.verify = reader.boolean("verify", tls.verify);
  tls.ca_file = reader.text("ca_file");
  tls.certificate_file = reader.text("certificate_file");
  tls.key_file = reader.text("key_file");
  tls.server_name = reader.text("server_name");
  tls.resume = reader.boolean("resume", tls.resume);
  const std::string minimum = reader.text("minimum", "1.2");
  constexpr std::array<std::string_view, 4> kVersions = {"1.0", "1.1", "1.2", "1.3"};
  const auto found = std::find(kVersions.begin(), kVersions.end(), minimum);
  if (found == kVersions.end())
    reader.fail("minimum", reader.path_of("minimum") + ": expected \"1.0\", \"1.1\", \"1.2\" or \"1.3\"");
  else
    tls.minimum = static_cast<TlsVersion>(found - kVersions.begin());
  compiler.take(reader.finish());
}

HttpStep read_http(const Tree& tree, const std::string& path, Compiler& compiler) {
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
  const std::string family = reader.text("ip", "any");
  constexpr std::array<std::string_view, 5> kFamilies = {"any", "ipv4", "ipv6", "prefer_ipv4", "prefer_ipv6"};
  const auto found = std::find(kFamilies.begin(), kFamilies.end(), family);
  if (found == kFamilies.end())
    reader.fail("ip", reader.path_of("ip") + ": expected any, ipv4, ipv6, prefer_ipv4 or prefer_ipv6");
  else
    fixed.family = static_cast<IpFamily>(found - kFamilies.begin());
  read_tls(reader, fixed.tls, compiler);
  compiler.take(reader.finish());
  return step;
}

SqlStep read_sql(const Tree& tree, const std::string& path, Compiler& compiler) {
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

void read_action(MapReader& reader, const Tree& tree, Compiler& compiler, Step& step) {
  int actions = 0;
  if (const Tree* map = reader.map("http")) {
    ++actions;
    step.action = read_http(*map, reader.path_of("http"), compiler);
  }
  if (const Tree* map = reader.map("sql")) {
    ++actions;
    step.action = read_sql(*map, reader.path_of("sql"), compiler);
  }
  if (reader.has("wait")) {
    ++actions;
    step.action = WaitStep{reader.duration("wait", seconds{1})};
  }
  if (actions != 1) compiler.fail(tree, reader.path_of("http") + ": a step has one of http, sql and wait");
}

// A step that reads needs no word; whatever else it does is said, so that a person who allows a mode knows what it brings.
void read_effect(MapReader& reader, const Tree& tree, Mode mode, Compiler& compiler, Step& step) {
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
  const HttpStep* http = std::get_if<HttpStep>(&step.action);
  const bool may_write = http != nullptr && http->method != "GET" && http->method != "HEAD" && http->method != "OPTIONS";
  if (!said && may_write)
    compiler.fail(
        tree,
        reader.path_of("effect") + ": a " + http->method +
            " says what it does: effect: read, login, simulate or change; or creates: or removes: with the kind of record");
  if (std::holds_alternative<SqlStep>(step.action) && step.effect != Effect::read)
    compiler.fail(
        tree, reader.path_of("sql") + ": a statement only reads: nothing is written to a database behind the program's back");
  const Mode needed = step.effect >= Effect::create     ? Mode::write
                      : step.effect == Effect::simulate ? Mode::simulate
                                                        : Mode::read_only;
  if (needed > mode)
    compiler.fail(tree, "this step needs mode: " + std::string(to_string(needed)) +
                            ", the flow says mode: " + std::string(to_string(mode)));
  if (step.effect >= Effect::create && step.effect != Effect::remove && step.idempotent)
    compiler.fail(tree, reader.path_of("idempotent") + ": a step that creates or changes is never repeated");
}

void read_repeats(MapReader& reader, Compiler& compiler, Step& step) {
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

void read_exports(MapReader& reader, Compiler& compiler, Step& step) {
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
  Compiler compiler(scope);
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
