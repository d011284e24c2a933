#include "database/targets/options.h"

#include <algorithm>
#include <array>

#include "conf/yaml.h"
#include "core/files.h"
#include "core/text.h"

namespace finwatch::database {
namespace {

constexpr std::array<std::string_view, 3> kEngines = {"postgresql", "mysql", "mariadb"};
constexpr std::array<std::string_view, 5> kTls = {"off", "prefer", "require", "verify_ca", "verify_full"};

template <std::size_t N>
std::size_t choice(MapReader& reader, std::string_view key, const std::array<std::string_view, N>& words,
                   std::size_t fallback) {
  const std::string text = reader.text(key);
  if (text.empty()) return fallback;
  const auto found = std::find(words.begin(), words.end(), text);
  if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
  std::string expected = "expected one of";
  for (const std::string_view word : words) expected.append(" ").append(word);
  reader.fail(key, expected + ", found '" + text + "'");
  return fallback;
}

bool is_label_word(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.' || c >= 0x80;
  });
}

void read_login(MapReader& reader, const Tree& map, TargetOptions& target) {
  SqlAddress& address = target.address;
  address.engine = static_cast<Engine>(choice(reader, "engine", kEngines, 0));
  if (!reader.has("engine")) reader.fail(map, "engine is missing: postgresql, mysql or mariadb");
  address.user = reader.text("user");
  address.password = Secret(reader.text("password"));
  target.password_file = reader.text("password_file");
  if (!address.password.empty() && !target.password_file.empty())
    reader.fail("password_file", "password and password_file are both set: keep one");
  target.my_cnf = reader.text("my_cnf");
  if (address.user.empty() && target.my_cnf.empty()) reader.fail(map, "user is missing (or my_cnf, for MySQL and MariaDB)");
  address.database = reader.text("database");
  address.tls = static_cast<SqlTls>(choice(reader, "tls", kTls, static_cast<std::size_t>(SqlTls::prefer)));
  address.tls_ca = reader.text("tls_ca");
  address.tls_certificate = reader.text("tls_certificate");
  address.tls_key = reader.text("tls_key");
  if (address.tls >= SqlTls::verify_ca && address.tls_ca.empty())
    reader.fail(map, "tls: " + std::string(kTls[static_cast<std::size_t>(address.tls)]) +
                         " needs tls_ca, the file of the authority's certificate");
  target.timeout = reader.duration("timeout", target.timeout);
  target.medium = reader.duration("medium_interval", target.medium);
  target.slow = reader.duration("slow_interval", target.slow);
  target.slow_timeout = reader.duration("slow_timeout", target.slow_timeout);
  target.series_budget = static_cast<std::size_t>(reader.integer("series_budget", 2000, 50, 1'000'000));
  target.established_names = reader.boolean("established_names", true);
  target.tables = reader.texts("tables");
  target.collectors = reader.texts("collectors");
  for (const auto& [key, value] : {std::pair{"timeout", target.timeout},
                                   {"medium_interval", target.medium},
                                   {"slow_interval", target.slow},
                                   {"slow_timeout", target.slow_timeout}})
    if (value < std::chrono::milliseconds{100}) reader.fail(key, std::string(key) + ": at least 100ms");
}

Status read_target(const Tree& map, TargetOptions& target, const std::string& path) {
  if (map.kind != Tree::Kind::map)
    return {Errc::config, map.where.text() + ": " + path + ": expected a map with name, engine, host, user"};
  MapReader reader(map, path);
  target.name = reader.required_text("name");
  if (!target.name.empty() && !is_label_word(target.name))
    reader.fail("name", "name: letters, digits, '-', '_' and '.', at most 64 bytes");
  target.address.host = reader.text("host", "localhost");
  target.address.port = static_cast<int>(reader.integer("port", 0, 1, 65535));
  target.address.socket = reader.text("socket");
  target.reserved_port = static_cast<int>(reader.integer("reserved_port", 0, 1, 65535));
  read_login(reader, map, target);
  if (target.reserved_port != 0 && target.address.engine == Engine::postgresql)
    reader.fail("reserved_port",
                "reserved_port: PostgreSQL has no such port; since version 16 it keeps slots for roles with "
                "pg_use_reserved_connections");
  return reader.finish();
}

}  // namespace

Result<DatabaseOptions> read_options(const Tree* targets, const Tree* auth_modules) {
  DatabaseOptions options;
  for (std::size_t i = 0; targets != nullptr && i < targets->items.size(); ++i) {
    const Tree& item = targets->items[i];
    TargetOptions target;
    if (Status status = read_target(item, target, "targets[" + std::to_string(i) + "]"); !status) return status.error();
    for (const TargetOptions& other : options.targets)
      if (other.name == target.name)
        return {Errc::config, item.where.text() + ": a second target is called '" + target.name + "'; names must differ"};
    options.targets.push_back(std::move(target));
  }
  for (std::size_t i = 0; auth_modules != nullptr && i < auth_modules->items.size(); ++i) {
    const std::string& name = auth_modules->keys[i];
    const Tree& map = auth_modules->items[i];
    const std::string path = "auth_modules." + name;
    if (map.kind != Tree::Kind::map)
      return {Errc::config, map.where.text() + ": " + path + ": expected a map with engine, user, hosts"};
    AuthModule module{.name = name};
    MapReader reader(map, path);
    read_login(reader, map, module.options);
    module.hosts = reader.texts("hosts");
    if (module.hosts.empty()) reader.fail(map, "hosts is missing: the hosts that /probe may log in to with this module");
    if (Status status = reader.finish(); !status) return status.error();
    options.auth_modules.push_back(std::move(module));
  }
  return options;
}

namespace {

std::string without_quotes(std::string_view value) {
  if (value.size() >= 2 && (value.front() == '"' || value.front() == '\'') && value.back() == value.front())
    value = value.substr(1, value.size() - 2);
  return std::string(value);
}

// The [client] section of a client option file: what `mysql` itself would take from it.
Status take_my_cnf(const std::string& path, SqlAddress& address) {
  const Result<std::string> text = read_file(path);
  if (!text) return {text.error().code, "my_cnf: " + text.error().message};
  bool ours = false;
  for (FieldReader lines(*text, '\n'); !lines.done();) {
    const std::string_view line = trim(lines.next());
    if (line.empty() || line[0] == '#' || line[0] == ';') continue;
    if (line[0] == '[') {
      ours = line == "[client]" || line == "[client-mariadb]";
      continue;
    }
    if (!ours) continue;
    const std::size_t equals = line.find('=');
    const std::string key(trim(line.substr(0, equals)));
    const std::string value = equals == std::string_view::npos ? "" : without_quotes(trim(line.substr(equals + 1)));
    if (key == "user" && address.user.empty()) address.user = value;
    if (key == "password" && address.password.empty()) address.password = Secret(value);
    if (key == "socket" && address.socket.empty() && address.host == "localhost") address.socket = value;
    if (key == "host" && address.host == "localhost") address.host = value;
    if (key == "port" && address.port == 0) address.port = to_number<int>(value).value_or(0);
    if (key == "ssl-ca" && address.tls_ca.empty()) address.tls_ca = value;
  }
  return ok();
}

}  // namespace

Result<SqlAddress> with_credentials(const TargetOptions& target) {
  SqlAddress address = target.address;
  if (!target.password_file.empty()) {
    Result<std::string> text = read_file(target.password_file);
    if (!text) return {text.error().code, "password_file: " + text.error().message};
    while (!text->empty() && (text->back() == '\n' || text->back() == '\r')) text->pop_back();
    address.password = Secret(std::move(*text));
  }
  if (!target.my_cnf.empty())
    if (Status status = take_my_cnf(target.my_cnf, address); !status) return status.error();
  return address;
}

}  // namespace finwatch::database
