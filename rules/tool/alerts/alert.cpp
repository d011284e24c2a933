#include "rules/tool/alerts/alert.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "core/text.h"
#include "rules/tool/contract/read.h"
#include "rules/tool/promql/print.h"

namespace finwatch::rules {
namespace {

Result<AlertCase> read_case(const Tree& value, const std::string& path, bool fires) {
  MapReader reader(value, path);
  AlertCase read{.series = {},
                 .every = reader.duration("every", minutes{1}),
                 .at = reader.duration("at", nanoseconds{}),
                 .firing = {},
                 .where = value.where};
  const Tree* series = reader.map("series");
  if (series == nullptr)
    reader.fail(value, path + ".series: expected series and their values, such as {'up{job=\"a\"}': \"1 0x5\"}");
  for (std::size_t i = 0; series != nullptr && i < series->keys.size(); ++i) {
    if (series->items[i].kind != Tree::Kind::scalar)
      reader.fail(series->items[i], path + ".series: expected values such as \"1 0x5\"");
    read.series.emplace_back(series->keys[i], series->items[i].scalar);
  }
  const Tree* labels = fires ? reader.child("labels") : nullptr;
  const auto take = [&](const Tree& map) {
    if (map.kind != Tree::Kind::map)
      return reader.fail(map, path + ".labels: expected the labels of the alert, or a list of such maps");
    std::map<std::string, std::string>& one = read.firing.emplace_back();
    for (std::size_t i = 0; i < map.keys.size(); ++i) one.emplace(map.keys[i], map.items[i].scalar);
  };
  if (labels != nullptr && labels->kind == Tree::Kind::list)
    for (const Tree& item : labels->items) take(item);
  else if (labels != nullptr)
    take(*labels);
  else if (fires)
    read.firing.emplace_back();
  if (Status status = reader.finish(); !status) return status.error();
  return read;
}

Status take_speed(const Tree& value, const std::string& path, std::string_view text, Speed& speed) {
  if (Status known = check_known(value.where, path + ".speed", "speed", text, kSpeeds); !known) return known;
  speed = static_cast<Speed>(std::find(kSpeeds.begin(), kSpeeds.end(), text) - kSpeeds.begin());
  return ok();
}

Result<Recording> read_recording(const Tree& value, const std::string& path) {
  MapReader reader(value, path);
  Recording recording{.name = reader.required_text("record"),
                      .expression = reader.required_text("expr"),
                      .expression_where = value.where,
                      .speed = Speed::fast,
                      .where = value.where};
  const std::string speed = reader.text("speed", "fast");
  if (std::count(recording.name.begin(), recording.name.end(), ':') != 2)
    reader.fail("record", path + ".record: expected level:metric:operations, such as instance:node_cpu_busy:ratio_rate5m");
  if (Status status = reader.finish(); !status) return status.error();
  if (const Tree* expression = value.find("expr")) recording.expression_where = expression->where;
  if (Status status = take_speed(value, path, speed, recording.speed); !status) return status.error();
  return recording;
}

Result<Inhibition> read_inhibition(const Tree& value, const std::string& path) {
  MapReader reader(value, path);
  Inhibition read{
      .area = reader.text("area"), .alerts = reader.texts("alerts"), .same = reader.texts("same"), .where = value.where};
  if (read.area.empty() == read.alerts.empty()) reader.fail(value, path + ": expected either 'area' or 'alerts'");
  if (read.same.empty()) reader.fail(value, path + ".same: expected the labels that both have alike, such as [target]");
  if (Status status = reader.finish(); !status) return status.error();
  return read;
}

Result<Alert> read_alert(const Tree& value, const std::string& path) {
  MapReader reader(value, path);
  Alert alert;
  alert.where = value.where;
  alert.id = reader.required_text("id");
  Status words = ok();
  alert.title = required_words(reader, "title", words);
  alert.text = required_words(reader, "text", words);
  alert.expression = reader.required_text("expr");
  alert.expression_where = value.find("expr") != nullptr ? value.find("expr")->where : value.where;
  alert.after = reader.duration("for", nanoseconds{});
  alert.keep_firing_for = reader.duration("keep_firing_for", nanoseconds{});
  const std::string speed = reader.text("speed", "fast");
  alert.severity = reader.required_text("severity");
  alert.fault_class = reader.required_text("class");
  alert.awaits = reader.text("awaits");
  alert.lost_probe = reader.text("lost_probe");
  alert.heartbeat = reader.boolean("heartbeat", false);
  const Tree* inhibits = reader.list("inhibits");
  if (const Tree* parameters = reader.map("parameters")) {
    MapReader values(*parameters, reader.path_of("parameters"));
    for (const std::string& name : parameters->keys) alert.parameters[name] = values.number(name, 0, -1e300, 1e300);
    if (Status status = values.finish(); !status) return status.error();
  }
  if (const Tree* equivalents = reader.map("equivalents"))
    for (std::size_t i = 0; i < equivalents->keys.size(); ++i) {
      if (trim(equivalents->items[i].scalar).empty())
        reader.fail(equivalents->items[i], reader.path_of("equivalents") + ": expected the reason why no case can notice '" +
                                               equivalents->keys[i] + "'");
      alert.equivalents.emplace(equivalents->keys[i], equivalents->items[i].scalar);
    }
  const Tree* firing = reader.list("firing");
  const Tree* silent = reader.list("silent");
  if (!is_id(alert.id))
    reader.fail("id", path + ".id: expected a letter, then letters and digits, such as DatabaseDisconnected");
  if (Status status = reader.finish(); !status) return status.error();
  if (!words) return words.error();
  if (Status status = take_speed(value, path, speed, alert.speed); !status) return status.error();
  if (Status status = read_each(inhibits, path + ".inhibits", alert.inhibits, read_inhibition); !status) return status.error();
  const auto case_reader = [](bool fires) {
    return [fires](const Tree& item, const std::string& below) { return read_case(item, below, fires); };
  };
  const auto lacks = [&](std::string_view what) {
    return Error{Errc::config, value.where.text() + ": " + path + ": expected a case under " + std::string(what)};
  };
  if (Status status = read_each(firing, path + ".firing", alert.cases, case_reader(true)); !status) return status.error();
  const std::size_t fires = alert.cases.size();
  if (fires == 0) return lacks("'firing': proof that it can fire");
  if (Status status = read_each(silent, path + ".silent", alert.cases, case_reader(false)); !status) return status.error();
  if (alert.cases.size() == fires) return lacks("'silent': proof that it keeps silent when all is well");
  for (const AlertCase& one : alert.cases)
    if (one.every <= nanoseconds{}) return {Errc::config, one.where.text() + ": every: expected more than nothing"};
  // At the very beginning nothing has been worked out that a case could tell from nothing at all.
  for (const AlertCase& one : alert.cases)
    if (one.at < interval_of(alert.speed))
      return {Errc::config, one.where.text() + ": at: a " + std::string(to_string(alert.speed)) +
                                " alert is worked out every " + std::to_string(interval_of(alert.speed).count()) +
                                " s; expected a later moment"};
  return alert;
}

}  // namespace

Result<Area> read_area(const Tree& file) {
  MapReader reader(file, "");
  Area area;
  area.where = file.where;
  area.id = reader.required_text("area");
  Status name = ok();
  area.name = required_words(reader, "name", name);
  const Tree* recordings = reader.list("recordings");
  const Tree* alerts = reader.list("alerts");
  if (!is_id(area.id)) reader.fail("area", "area: expected a letter, then letters, digits, _, - and .");
  if (Status status = reader.finish(); !status) return status.error();
  if (!name) return name.error();
  if (Status status = read_each(recordings, "recordings", area.recordings, read_recording); !status) return status.error();
  if (Status status = read_each(alerts, "alerts", area.alerts, read_alert); !status) return status.error();
  return area;
}

Result<std::vector<Area>> load_areas(const std::string& folder) {
  std::vector<std::string> paths;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(folder, failed))
    if (entry.path().extension() == ".yaml") paths.push_back(entry.path().string());
  if (failed) return {Errc::config, folder + ": " + failed.message()};
  if (paths.empty()) return {Errc::config, folder + ": no file of alerts (*.yaml) in it"};
  std::sort(paths.begin(), paths.end());
  std::vector<Area> areas;
  std::set<std::string> seen;
  for (const std::string& path : paths) {
    const Result<Tree> file = load_yaml(path, {.substitute_environment = false});  // ${…} are an alert's own parameters
    if (!file) return file.error();
    Result<Area> area = read_area(*file);
    if (!area) return area.error();
    for (const Alert& alert : area->alerts)
      if (!seen.insert(alert.id).second) return {Errc::config, alert.where.text() + ": a second alert '" + alert.id + "'"};
    areas.push_back(std::move(*area));
  }
  return areas;
}

Result<std::string> expression_of(const Alert& alert, const Contract& contract) {
  const auto own = contract.thresholds.find(alert.id);
  std::string out;
  std::size_t from = 0;
  for (std::size_t at = alert.expression.find("${"); at != std::string::npos; at = alert.expression.find("${", from)) {
    const std::size_t end = alert.expression.find('}', at);
    const std::string subject = "the expression of " + alert.id;
    if (end == std::string::npos)
      return Error{Errc::config, alert.expression_where.text() + ": " + subject + ": a ${ without its }"};
    const std::string name = alert.expression.substr(at + 2, end - at - 2);
    if (Status there = check_known(alert.expression_where, subject, "parameter", name, alert.parameters); !there)
      return there.error();
    const bool overruled = own != contract.thresholds.end() && own->second.values.contains(name);
    out.append(alert.expression, from, at - from)
        .append(print_number(overruled ? own->second.values.at(name) : alert.parameters.at(name)));
    from = end + 1;
  }
  return out.append(alert.expression, from);
}

}  // namespace finwatch::rules
