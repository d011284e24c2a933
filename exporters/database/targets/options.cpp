#include "database/targets/options.h"

#include <algorithm>

#include "conf/yaml.h"

namespace finwatch::database {
namespace {

bool is_label_word(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.' || c >= 0x80;
  });
}

void read_target_login(MapReader& reader, const Tree& map, TargetOptions& target) {
  read_login(reader, map, target);
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
  read_place(reader, target.address);
  target.reserved_port = static_cast<int>(reader.integer("reserved_port", 0, 1, 65535));
  read_target_login(reader, map, target);
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
    read_target_login(reader, map, module.options);
    module.hosts = reader.texts("hosts");
    if (module.hosts.empty()) reader.fail(map, "hosts is missing: the hosts that /probe may log in to with this module");
    if (Status status = reader.finish(); !status) return status.error();
    options.auth_modules.push_back(std::move(module));
  }
  return options;
}

}  // namespace finwatch::database
