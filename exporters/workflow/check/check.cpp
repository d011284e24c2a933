#include "workflow/check/check.h"

#include <algorithm>

#include "conf/words.h"
#include "conf/yaml.h"
#include "core/text.h"
#include "workflow/value/decimal.h"

namespace finwatch::workflow {
namespace {

using std::chrono::hours;
using std::chrono::nanoseconds;
using std::chrono::seconds;

bool consists_of(std::string_view text, std::string_view others) {
  return !text.empty() && text.size() <= 128 && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           others.find(c) != std::string_view::npos;
  });
}

std::string expected_one_of(const std::string& path, std::span<const std::string_view> words, std::string_view found) {
  std::string text = path + ": expected";
  for (std::size_t i = 0; i < words.size(); ++i)
    text.append(i == 0 ? " " : i + 1 == words.size() ? " or " : ", ").append(words[i]);
  return text + ", found '" + std::string(found) + "'";
}

std::vector<CheckValue> read_values(MapReader& reader) {
  std::vector<CheckValue> values;
  const Tree* map = reader.map("values");
  for (std::size_t i = 0; map != nullptr && i < map->items.size(); ++i) {
    const std::string& word = map->items[i].scalar;
    const auto* const found = std::find(std::begin(kUnitNames), std::end(kUnitNames), word);
    if (found == std::end(kUnitNames))
      reader.fail(map->items[i], expected_one_of(reader.path_of("values." + map->keys[i]), kUnitNames, word));
    else
      values.push_back({map->keys[i], static_cast<Unit>(found - std::begin(kUnitNames))});
  }
  if (map == nullptr || map->items.empty())
    reader.fail("values", reader.path_of("values") + ": must be given, as {column: count}");
  return values;
}

// A plain number of the file is a number in the statement, anything else a quoted text.
Value value_of(const Tree& tree) {
  return !tree.quoted && is_json_number(tree.scalar) ? Value::of_number(tree.scalar) : Value::of_text(tree.scalar);
}

using Givens = std::vector<std::pair<std::string, Value>>;

Status read_variables(MapReader& top, const CheckFile& file, Givens& givens) {
  const Tree* map = top.map("variables");
  std::vector<std::string_view> declared;
  for (std::size_t i = 0; map != nullptr && i < map->items.size(); ++i) {
    const std::string& name = map->keys[i];
    declared.push_back(name);
    if (!Scope::is_name(name) || name == "window")
      return {Errc::config, map->key_where[i].text() + ": variables." + name +
                                ": a name is letters, digits and _, and `window` is the check's own"};
    Value value = value_of(map->items[i]);
    if (const auto given = file.variables.find(name); given != file.variables.end()) {
      const bool number = value.kind == Value::Kind::number;
      value = value_of(given->second);
      if (number && value.kind != Value::Kind::number)
        return {Errc::config, given->second.where.text() + ": variables." + name + ": expected a number"};
      if (!number) value = Value::of_text(given->second.scalar);
    }
    givens.emplace_back(name, std::move(value));
  }
  for (const auto& [name, tree] : file.variables)
    if (std::find(declared.begin(), declared.end(), name) == declared.end())
      return {Errc::config,
              tree.where.text() + ": " + file.path + " has no variable '" + name + "'" + did_you_mean(name, declared)};
  return ok();
}

Result<std::shared_ptr<const Check>> read_check(const Tree& tree, const std::string& path, const CheckFile& file,
                                                const Givens& givens, const Context& context) {
  auto check = std::make_shared<Check>();
  Status status = ok();
  MapReader reader(tree, path);
  check->id = reader.required_text("id");
  if (!check->id.empty() && !consists_of(check->id, "_-"))
    reader.fail("id", reader.path_of("id") + ": letters, digits, '_' and '-'");
  check->title = required_words(reader, "title", status);
  check->text = required_words(reader, "text", status);
  check->interval = reader.duration("interval", hours{1});
  check->timeout = reader.duration("timeout", seconds{10});
  if (const auto given = file.intervals.find(check->id); given != file.intervals.end()) check->interval = given->second;
  if (check->timeout < std::chrono::milliseconds{100}) reader.fail("timeout", reader.path_of("timeout") + ": at least 100ms");
  if (check->interval <= check->timeout)
    reader.fail("interval", reader.path_of("interval") + ": longer than the timeout, or runs would meet");
  check->labels = reader.texts("labels");
  check->values = read_values(reader);
  auto scope = std::make_unique<Scope>(context);
  for (const auto& [name, value] : givens) check->givens.emplace_back(scope->add(name), value);
  if (reader.has("window")) {
    const auto window = std::chrono::duration_cast<seconds>(reader.duration("window", hours{1}));
    if (window < seconds{1}) reader.fail("window", reader.path_of("window") + ": at least 1s");
    check->givens.emplace_back(scope->add("window"), Value::of_number(static_cast<long long>(window.count())));
  }
  if (const Tree* sql = reader.child("sql")) {
    Result<Template> made = Template::compile_sql(*sql, *scope);
    if (made)
      check->sql = std::move(*made);
    else if (status)
      status = made.error();
  } else {
    reader.fail("sql", reader.path_of("sql") + ": must be given");
  }
  check->scope = std::move(scope);
  if (!status) return status.error();
  if (Status read = reader.finish(); !read) return read.error();
  return std::shared_ptr<const Check>(std::move(check));
}

Status read_checks(MapReader& top, const CheckFile& file, const Givens& givens, const Context& context, Book& book) {
  std::vector<std::string> ids;
  const Tree* list = top.list("checks");
  if (list == nullptr || list->items.empty()) top.fail("checks", "checks: must be given, with at least one check");
  for (std::size_t i = 0; list != nullptr && i < list->items.size(); ++i) {
    auto check = read_check(list->items[i], "checks[" + std::to_string(i) + "]", file, givens, context);
    if (!check) return check.error();
    const std::string& id = (*check)->id;
    if (std::find(ids.begin(), ids.end(), id) != ids.end())
      return {Errc::config, list->items[i].where.text() + ": a second check is called '" + id + "'; ids must differ"};
    ids.push_back(id);
    if (file.only.empty() || std::find(file.only.begin(), file.only.end(), id) != file.only.end())
      book.checks.push_back(std::move(*check));
  }
  const std::vector<std::string_view> known(ids.begin(), ids.end());
  std::vector<std::string> named = file.only;
  for (const auto& [id, interval] : file.intervals) named.push_back(id);
  for (const std::string& id : named)
    if (std::find(ids.begin(), ids.end(), id) == ids.end())
      return {Errc::config, file.where.text() + ": " + file.path + " has no check '" + id + "'" + did_you_mean(id, known)};
  return ok();
}

}  // namespace

Result<std::vector<CheckFile>> read_check_files(const Tree* section, const std::string& path) {
  std::vector<CheckFile> files;
  if (section == nullptr || section->kind == Tree::Kind::null) return files;
  if (section->kind != Tree::Kind::list)
    return {Errc::config, section->where.text() + ": " + path + ": expected a list of files of checks"};
  for (std::size_t i = 0; i < section->items.size(); ++i) {
    const Tree& item = section->items[i];
    const std::string inner = path + "[" + std::to_string(i) + "]";
    if (item.kind != Tree::Kind::map)
      return {Errc::config, item.where.text() + ": " + inner + ": expected a map with file, name and connection"};
    MapReader reader(item, inner);
    CheckFile file;
    file.where = item.where;
    file.path = reader.required_text("file");
    file.name = reader.required_text("name");
    if (!file.name.empty() && !consists_of(file.name, "_-."))
      reader.fail("name", reader.path_of("name") + ": letters, digits, '_', '-' and '.'");
    file.connection = reader.required_text("connection");
    file.only = reader.texts("only");
    if (const Tree* map = reader.map("variables"))
      for (std::size_t j = 0; j < map->items.size(); ++j) {
        if (map->items[j].kind != Tree::Kind::scalar)
          reader.fail(map->items[j], reader.path_of("variables." + map->keys[j]) + ": expected a text or a number");
        file.variables[map->keys[j]] = map->items[j];
      }
    Status status = ok();
    if (const Tree* map = reader.map("intervals")) {
      MapReader intervals(*map, reader.path_of("intervals"));
      for (const std::string& id : map->keys) file.intervals[id] = intervals.duration(id, {});
      status = intervals.finish();
    }
    if (Status read = reader.finish(); !read) return read.error();
    if (!status) return status.error();
    for (const CheckFile& other : files)
      if (other.name == file.name)
        return {Errc::config, item.where.text() + ": a second book is called '" + file.name + "'; names must differ"};
    files.push_back(std::move(file));
  }
  return files;
}

Result<Book> read_book(const CheckFile& file, const std::vector<SqlConnection>& connections, const Context& context) {
  const auto connection = std::find_if(connections.begin(), connections.end(),
                                       [&](const SqlConnection& one) { return one.name == file.connection; });
  if (connection == connections.end()) {
    std::vector<std::string_view> names;
    for (const SqlConnection& one : connections) names.push_back(one.name);
    return {Errc::config, file.where.text() + ": there is no connection '" + file.connection + "'" +
                              did_you_mean(file.connection, names) + " (see `connections`)"};
  }
  // `${…}` belongs to the statements.
  const Result<Tree> tree = load_yaml(file.path, {.substitute_environment = false});
  if (!tree) return {tree.error().code, file.where.text() + ": " + tree.error().message};
  MapReader top(*tree, "");
  Book book{.name = file.name, .connection = file.connection};
  book.product = top.required_text("product");
  constexpr std::string_view kEngines[] = {"postgresql", "mysql", "mariadb"};
  const std::string engine = top.required_text("engine");
  const auto* const found = std::find(std::begin(kEngines), std::end(kEngines), engine);
  if (found == std::end(kEngines)) {
    if (!engine.empty()) top.fail("engine", expected_one_of("engine", kEngines, engine));
  } else {
    book.engine = static_cast<Engine>(found - std::begin(kEngines));
    const Engine other = connection->login.address.engine;
    if ((book.engine == Engine::postgresql) != (other == Engine::postgresql))
      return {Errc::config, file.where.text() + ": " + file.path + " is written for " + engine + ", and the connection '" +
                                file.connection + "' is to " + std::string(to_string(other))};
  }
  book.needs = top.texts("requires");
  for (const std::string& name : book.needs)
    if (!consists_of(name, "_-.$")) top.fail("requires", "requires: '" + name + "' is no name of a table or view");
  Givens givens;
  if (Status status = read_variables(top, file, givens); !status) return status.error();
  if (Status status = read_checks(top, file, givens, context, book); !status) return status.error();
  if (Status status = top.finish(); !status) return status.error();
  return book;
}

Status Check::statement(std::string& out) const {
  Variables variables(*scope);
  for (const auto& [place, value] : givens) variables.set(place, value);
  return sql.render(variables, Escape::sql, out);
}

std::string Book::self_test() const {
  std::string text;
  for (const std::string& relation : needs) {
    const std::size_t dot = relation.find('.');
    const std::string schema = dot == std::string::npos ? "" : relation.substr(0, dot);
    const std::string table = relation.substr(dot == std::string::npos ? 0 : dot + 1);
    text += (text.empty() ? "SELECT '" : " UNION ALL SELECT '") + relation + "' AS relation ";
    if (engine == Engine::postgresql)
      text += "WHERE to_regclass('" + (schema.empty() ? "" : "\"" + schema + "\".") + "\"" + table + "\"') IS NULL";
    else
      text += "FROM DUAL WHERE NOT EXISTS (SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = " +
              (schema.empty() ? "DATABASE()" : "'" + schema + "'") + " AND TABLE_NAME = '" + table + "')";
  }
  return text;
}

}  // namespace finwatch::workflow
