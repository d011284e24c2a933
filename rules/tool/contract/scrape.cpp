#include "rules/tool/contract/scrape.h"

#include <algorithm>

#include "core/text.h"
#include "rules/tool/contract/read.h"

namespace finwatch::rules {
namespace {

using namespace std::chrono_literals;

// What a label may be called; job and instance are Prometheus' own, and what begins with __ is gone before a sample is stored.
bool is_label(std::string_view name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  return !name.empty() && letter(name[0]) && !name.starts_with("__") && name != "job" && name != "instance" &&
         std::all_of(name.begin(), name.end(), [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

std::vector<std::string> read_addresses(MapReader& reader, std::string_view key, bool anything = false) {
  std::vector<std::string> addresses = reader.texts(key);
  for (const std::string& address : addresses)
    if (anything ? address.empty() : !is_address(address))
      reader.fail(key,
                  reader.path_of(key) + ": expected host:port such as 127.0.0.1:19600, found '" + valid_utf8(address) + "'");
  return addresses;
}

void read_labels(MapReader& reader, ScrapeJob& job) {
  const Tree* labels = reader.map("labels");
  for (std::size_t i = 0; labels != nullptr && i < labels->keys.size(); ++i) {
    if (!is_label(labels->keys[i]) || labels->items[i].kind != Tree::Kind::scalar)
      reader.fail("labels", reader.path_of("labels") + ": expected labels such as {site: hq}, other than job and instance");
    job.labels[labels->keys[i]] = labels->items[i].scalar;
  }
}

std::optional<nanoseconds> optional_duration(MapReader& reader, std::string_view key) {
  if (!reader.has(key)) return std::nullopt;
  return reader.duration(key, nanoseconds{});
}

std::string whole_path(MapReader& reader, std::string_view key) {
  std::string path = reader.text(key);
  if (!path.empty() && !path.starts_with('/'))
    reader.fail(key, reader.path_of(key) + ": expected a whole path, found '" + valid_utf8(path) + "'");
  return path;
}

Result<ScrapeJob> read_job(const std::string& id, const Tree& value, const std::string& path, const Scrape& scrape) {
  MapReader reader(value, path);
  ScrapeJob job;
  job.id = id;
  job.where = value.where;
  job.through = reader.text("through");
  job.targets = read_addresses(reader, "targets", !job.through.empty());
  job.files = reader.texts("files");
  read_labels(reader, job);
  job.path = reader.text("path");
  job.scheme = reader.text("scheme");
  if (const Tree* params = reader.map("params")) {
    MapReader below(*params, reader.path_of("params"));
    for (const std::string& name : params->keys) job.params[name] = below.texts(name);
    if (Status status = below.finish(); !status) return status.error();
  }
  job.interval = optional_duration(reader, "interval");
  job.timeout = optional_duration(reader, "timeout");
  job.user = reader.text("user");
  job.password_file = whole_path(reader, "password_file");
  job.ca_file = whole_path(reader, "ca_file");
  job.cert_file = whole_path(reader, "cert_file");
  job.key_file = whole_path(reader, "key_file");
  job.server_name = reader.text("server_name");
  if (reader.has("password"))
    reader.fail("password", path + ".password: no secret belongs here: put it into a file and name that with 'password_file'");
  if (job.targets.empty() && job.files.empty()) reader.fail(value, path + ": expected 'targets', 'files' or both");
  if (!job.through.empty() && !is_address(job.through))
    reader.fail("through", path + ".through: expected host:port, found '" + valid_utf8(job.through) + "'");
  if (!job.path.empty() && !job.path.starts_with('/')) reader.fail("path", path + ".path: expected it to begin with /");
  if (!job.scheme.empty() && job.scheme != "http" && job.scheme != "https")
    reader.fail("scheme", path + ".scheme: expected http or https, found '" + valid_utf8(job.scheme) + "'");
  if (job.user.empty() != job.password_file.empty() && !reader.has("password"))
    reader.fail(value, path + ": 'user' and 'password_file' go together");
  if (job.cert_file.empty() != job.key_file.empty()) reader.fail(value, path + ": 'cert_file' and 'key_file' go together");
  if (job.timeout.value_or(scrape.timeout) > job.interval.value_or(scrape.interval))
    reader.fail(value, path + ": the timeout is longer than the interval");
  if (Status status = reader.finish(); !status) return status.error();
  return job;
}

}  // namespace

bool is_address(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0 || text.find_first_of("/ \t") != std::string_view::npos) return false;
  const auto port = to_number<unsigned>(text.substr(colon + 1));
  const std::string_view host = text.substr(0, colon);
  return port && *port >= 1 && *port <= 65535 && (host.find(':') == std::string_view::npos || host.starts_with('['));
}

Status read_scrape(const Tree& value, Contract& contract) {
  MapReader reader(value, "scrape");
  Scrape& scrape = contract.scrape.emplace();
  scrape.where = value.where;
  scrape.interval = reader.duration("interval", 30s);
  scrape.timeout = reader.duration("timeout", std::min<nanoseconds>(10s, scrape.interval));
  scrape.alertmanagers = read_addresses(reader, "alertmanagers");
  const Tree* jobs = reader.map("jobs");
  if (scrape.interval < 1s)
    reader.fail("interval", "scrape.interval: expected 1s or more");
  else if (scrape.timeout < 1s || scrape.timeout > scrape.interval)
    reader.fail("timeout", "scrape.timeout: expected 1s or more, and no more than the interval");
  if (jobs == nullptr || jobs->keys.empty())
    reader.fail(value, "scrape.jobs: expected at least one, such as {finwatch-host: {targets: [\"127.0.0.1:19600\"]}}");
  if (Status status = reader.finish(); !status) return status;
  return for_each_named(*jobs, "scrape.jobs", [&](const std::string& id, const Tree& job, const std::string& path) -> Status {
    Result<ScrapeJob> read = read_job(id, job, path, scrape);
    if (!read) return read.error();
    scrape.jobs.emplace(id, std::move(*read));
    return ok();
  });
}

}  // namespace finwatch::rules
