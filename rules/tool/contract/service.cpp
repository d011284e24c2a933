#include "rules/tool/contract/read.h"

namespace finwatch::rules {
namespace {

Result<Measure> read_measure(const Tree& value, const std::string& path) {
  MapReader reader(value, path);
  const bool flow = reader.has("flow"), database = reader.has("database"), targets = reader.has("job");
  if (int{flow} + int{database} + int{targets} != 1)
    reader.fail(value, path + ": expected one of 'flow', 'database' and 'job'");
  Measure measure = ByFlow{reader.text("flow")};
  if (database) measure = ByDatabase{reader.text("database")};
  if (targets) {
    measure = ByTargets{reader.text("job"), reader.texts("instances")};
    if (std::get<ByTargets>(measure).instances.empty())
      reader.fail(value, path + ".instances: expected those that must answer; one that nobody expects cannot be missed");
  }
  if (Status status = reader.finish(); !status) return status.error();
  return measure;
}

Result<Availability> read_availability(const Tree& value, const std::string& path) {
  MapReader reader(value, path);
  const Availability read{.objective = reader.number("objective", 99.9, 50, 99.999),
                          .fewest_failures = static_cast<int>(reader.integer("fewest_failures", 2, 1, 1000))};
  if (Status status = reader.finish(); !status) return status.error();
  return read;
}

Result<Latency> read_latency(const Tree& value, const std::string& path) {
  MapReader reader(value, path);
  const Latency read{.within = reader.duration("within", nanoseconds{}),
                     .objective = reader.number("objective", 99, 50, 99.999)};
  if (read.within <= nanoseconds{}) reader.fail("within", path + ".within: expected a length of time such as 3s");
  if (Status status = reader.finish(); !status) return status.error();
  return read;
}

Result<CloseDeadline> read_deadline(const Tree& value, const std::string& path) {
  MapReader reader(value, path);
  CloseDeadline read{.book = reader.required_text("book"),
                     .working_day = static_cast<int>(reader.integer("working_day", 5, 1, 23)),
                     .time = read_time_of_day(reader, "time", minutes{18 * 60})};
  if (Status status = reader.finish(); !status) return status.error();
  return read;
}

// Reads a part of a service when it is there.
template <class T, class Read>
Status read_part(MapReader& reader, std::string_view key, std::optional<T>& into, Read read) {
  const Tree* value = reader.map(key);
  if (value == nullptr) return ok();
  Result<T> part = read(*value, reader.path_of(key));
  if (!part) return part.error();
  into = std::move(*part);
  return ok();
}

}  // namespace

Result<Service> read_service(const Tree& value, const std::string& path) {
  MapReader reader(value, path);
  Service service;
  service.where = value.where;
  service.id = reader.required_text("id");
  service.fault_class = reader.required_text("class");
  if (!is_id(service.id)) reader.fail("id", path + ".id: expected a letter, then letters, digits, _, - and .");
  Status name = ok();
  service.name = required_words(reader, "name", name);
  const Status parts[] = {read_part(reader, "measured_by", service.measured_by, read_measure),
                          read_part(reader, "availability", service.availability, read_availability),
                          read_part(reader, "latency", service.latency, read_latency),
                          read_part(reader, "closed_by", service.closed_by, read_deadline)};
  if (Status status = reader.finish(); !status) return status.error();
  if (!name) return name.error();
  for (const Status& part : parts)
    if (!part) return part.error();
  const auto lacks = [&](std::string_view what) {
    return Error{Errc::config, value.where.text() + ": " + path + ": " + std::string(what)};
  };
  if (!service.availability && !service.latency && !service.closed_by)
    return lacks("promises nothing: give availability, latency or closed_by");
  if ((service.availability || service.latency) && !service.measured_by)
    return lacks("'measured_by' must say what tells whether it works");
  if (service.latency && !std::holds_alternative<ByFlow>(*service.measured_by))
    return lacks("latency needs a flow to measure it");
  return service;
}

}  // namespace finwatch::rules
