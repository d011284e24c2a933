#include "workflow/setup.h"

#include <algorithm>

#include "conf/words.h"
#include "conf/yaml.h"
#include "workflow/flow/almanac_calendar.h"
#include "workflow/flow/flow_read.h"

namespace finwatch::workflow {
namespace {

Grant read_grant(MapReader& parent, Status& status) {
  Grant grant;
  const Tree* map = parent.map("allow");
  if (map == nullptr) return grant;
  MapReader reader(*map, parent.path_of("allow"));
  grant.mode = read_mode(reader).value_or(Mode::read_only);
  grant.hosts = reader.texts("hosts");
  grant.ledgers = reader.texts("ledgers");
  grant.writes_per_day = static_cast<int>(reader.integer("writes_per_day", 0, 0, 1'000'000));
  if (Status read = reader.finish(); !read && status) status = read;
  return grant;
}

void read_secrets(const Tree* map, const std::string& path, FlowFile& file, Status& status) {
  if (map == nullptr) return;
  MapReader reader(*map, path);
  for (const std::string& key : map->keys) {
    const std::string name = key.ends_with("_file") ? key.substr(0, key.size() - 5) : key;
    file.secrets.insert_or_assign(name, reader.secret(name));
  }
  if (Status read = reader.finish(); !read && status) status = read;
}

Result<FlowFile> read_flow_file(const Tree& tree, const std::string& path) {
  FlowFile file;
  Status status = ok();
  MapReader reader(tree, path);
  file.where = tree.where;
  file.path = tree.where.beside(reader.required_text("file"));
  file.prefix = reader.text("prefix");
  file.only = reader.texts("only");
  file.grant = read_grant(reader, status);
  read_secrets(reader.map("secrets"), reader.path_of("secrets"), file, status);
  if (const Tree* map = reader.map("parameters")) {
    MapReader parameters(*map, reader.path_of("parameters"));
    for (const std::string& key : map->keys) file.parameters.insert_or_assign(key, parameters.text(key));
    if (Status read = parameters.finish(); !read && status) status = read;
  }
  if (const Tree* map = reader.map("schedules"))
    for (std::size_t i = 0; i < map->keys.size(); ++i) file.schedules.insert_or_assign(map->keys[i], map->items[i]);
  if (!status) return status.error();
  if (Status read = reader.finish(); !read) return read.error();
  return file;
}

Status read_flow_files(const Tree* list, Setup& setup) {
  const std::shared_ptr<const Calendar> calendar = make_calendar(setup.almanac);
  for (std::size_t i = 0; list != nullptr && i < list->items.size(); ++i) {
    Result<FlowFile> file = read_flow_file(list->items[i], "flows[" + std::to_string(i) + "]");
    if (!file) return file.error();
    file->calendar = calendar;
    const auto flows = read_flows(*file, setup.almanac, Context{});
    if (!flows) return flows.error();
    for (const auto& flow : *flows) {
      const bool taken =
          std::any_of(setup.flows.begin(), setup.flows.end(), [&](const auto& other) { return other->name == flow->name; });
      if (taken)
        return {Errc::config, file->where.text() + ": a second flow is called '" + flow->name + "': give this file a prefix"};
      setup.flows.push_back(flow);
    }
  }
  return ok();
}

// A statement names a connection that the configuration has.
Status check_connections(const Setup& setup) {
  std::vector<std::string_view> names;
  for (const SqlConnection& connection : setup.connections) names.push_back(connection.name);
  for (const auto& flow : setup.flows)
    for (const Section section : kSections)
      for (const Step& step : flow->part(section))
        if (const auto* sql = std::get_if<SqlStep>(&step.action);
            sql != nullptr && std::find(names.begin(), names.end(), sql->connection) == names.end())
          return {Errc::config, step.where.text() + ": no connection is called '" + sql->connection + "'" +
                                    did_you_mean(sql->connection, names) + "; name it under connections"};
  return ok();
}

Status read_books(const Tree& file, Setup& setup) {
  Result<std::vector<CheckFile>> files = read_check_files(file.find("checks"), "checks");
  if (!files) return files.error();
  for (CheckFile& one : *files) {
    one.path = one.where.beside(one.path);
    Result<Book> book = read_book(one, setup.connections);
    if (!book) return book.error();
    setup.books.push_back(std::make_shared<const Book>(std::move(*book)));
  }
  return ok();
}

}  // namespace

bool Setup::needs_state() const {
  return std::any_of(flows.begin(), flows.end(),
                     [](const auto& flow) { return flow->mode == Mode::write && flow->refusal().empty(); });
}

Result<std::shared_ptr<const Setup>> read_setup(const Tree& file) {
  auto setup = std::make_shared<Setup>();
  Result<Almanac> almanac = read_almanac(file.find("calendar"), "calendar");
  if (!almanac) return almanac.error();
  setup->almanac = std::move(*almanac);
  Result<std::vector<SqlConnection>> connections = read_connections(file.find("connections"), "connections");
  if (!connections) return connections.error();
  setup->connections = std::move(*connections);
  const Tree* state = file.find("state");
  if (state != nullptr && (state->kind != Tree::Kind::scalar || state->scalar.empty()))
    return {Errc::config, state->where.text() + ": state: expected the path of a folder"};
  if (state != nullptr) setup->state = state->where.beside(state->scalar);
  const Tree* flows = file.find("flows");
  if (flows != nullptr && flows->kind != Tree::Kind::list)
    return {Errc::config, flows->where.text() + ": flows: expected a list of {file: …}"};
  if (Status status = read_flow_files(flows, *setup); !status) return status.error();
  if (Status status = check_connections(*setup); !status) return status.error();
  if (Status status = read_books(file, *setup); !status) return status.error();
  Result<std::shared_ptr<const ProbeSetup>> probing = read_probe_setup(file);
  if (!probing) return probing.error();
  setup->probing = std::move(*probing);
  if (setup->needs_state() && setup->state.empty())
    return {Errc::config,
            flows->where.text() + ": a flow writes: name a folder for its journal, as in state: /var/lib/finwatch/workflow"};
  return std::shared_ptr<const Setup>(std::move(setup));
}

}  // namespace finwatch::workflow
