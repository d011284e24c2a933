#include "sql/login.h"

#include <algorithm>
#include <array>

#include "core/files.h"
#include "core/text.h"

namespace finwatch {
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

void read_place(MapReader& reader, SqlAddress& address) {
  address.host = reader.text("host", "localhost");
  address.port = static_cast<int>(reader.integer("port", 0, 1, 65535));
  address.socket = reader.text("socket");
}

void read_login(MapReader& reader, const Tree& map, SqlLogin& login) {
  SqlAddress& address = login.address;
  address.engine = static_cast<Engine>(choice(reader, "engine", kEngines, 0));
  if (!reader.has("engine")) reader.fail(map, "engine is missing: postgresql, mysql or mariadb");
  address.user = reader.text("user");
  address.password = Secret(reader.text("password"));
  login.password_file = reader.text("password_file");
  if (!address.password.empty() && !login.password_file.empty())
    reader.fail("password_file", "password and password_file are both set: keep one");
  login.my_cnf = reader.text("my_cnf");
  if (address.user.empty() && login.my_cnf.empty()) reader.fail(map, "user is missing (or my_cnf, for MySQL and MariaDB)");
  address.database = reader.text("database");
  address.tls = static_cast<SqlTls>(choice(reader, "tls", kTls, static_cast<std::size_t>(SqlTls::prefer)));
  address.tls_ca = reader.text("tls_ca");
  address.tls_certificate = reader.text("tls_certificate");
  address.tls_key = reader.text("tls_key");
  if (address.tls >= SqlTls::verify_ca && address.tls_ca.empty())
    reader.fail(map, "tls: " + std::string(kTls[static_cast<std::size_t>(address.tls)]) +
                         " needs tls_ca, the file of the authority's certificate");
}

Result<SqlAddress> with_credentials(const SqlLogin& login) {
  SqlAddress address = login.address;
  if (!login.password_file.empty()) {
    Result<std::string> text = read_file(login.password_file);
    if (!text) return {text.error().code, "password_file: " + text.error().message};
    while (!text->empty() && (text->back() == '\n' || text->back() == '\r')) text->pop_back();
    address.password = Secret(std::move(*text));
  }
  if (!login.my_cnf.empty())
    if (Status status = take_my_cnf(login.my_cnf, address); !status) return status.error();
  return address;
}

}  // namespace finwatch
