#include "workflow/run/sql_connection.h"

#include "conf/yaml.h"

namespace finwatch::workflow {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;

constexpr milliseconds kLeastTimeout{100};  // in whose steps a session's limit is set

}  // namespace

Result<std::vector<SqlConnection>> read_connections(const Tree* section, const std::string& path) {
  std::vector<SqlConnection> connections;
  if (section == nullptr || section->kind == Tree::Kind::null) return connections;
  if (section->kind != Tree::Kind::map)
    return {Errc::config, section->where.text() + ": " + path + ": expected a map of connections by their names"};
  for (std::size_t i = 0; i < section->items.size(); ++i) {
    const Tree& map = section->items[i];
    SqlConnection connection{.name = section->keys[i]};
    const std::string inner = path + "." + connection.name;
    if (map.kind != Tree::Kind::map)
      return {Errc::config, map.where.text() + ": " + inner + ": expected a map with engine, host, user"};
    MapReader reader(map, inner);
    SqlAddress& address = connection.login.address;
    read_place(reader, address);
    read_login(reader, map, connection.login);
    const auto milliseconds_of = [&](std::string_view key, milliseconds fallback, milliseconds least) {
      const auto time = std::chrono::duration_cast<milliseconds>(reader.duration(key, fallback));
      if (time < least || time > std::chrono::hours{24})
        reader.fail(key, reader.path_of(key) + ": from " + std::to_string(least.count()) + "ms to 24h");
      return static_cast<int>(time.count());
    };
    address.statement_timeout_ms = milliseconds_of("statement_timeout", minutes{1}, kLeastTimeout);
    address.lock_timeout_ms = milliseconds_of("lock_timeout", milliseconds{200}, milliseconds{1});
    connection.most_sessions = static_cast<int>(reader.integer("most_sessions", 2, 1, 64));
    if (Status status = reader.finish(); !status) return status.error();
    connections.push_back(std::move(connection));
  }
  return connections;
}

}  // namespace finwatch::workflow
