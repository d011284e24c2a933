#include "workflow/run/journal.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "core/text.h"

namespace finwatch::workflow {
namespace {

constexpr std::string_view kHeader = "# finwatch-workflow: what was created and not yet removed\n";
constexpr std::size_t kMostAppended = std::size_t{64} << 10;
constexpr std::size_t kMostText = 200;  // of an id, which comes from the system under probe

std::string field(std::string_view text) {
  std::string out(text.substr(0, kMostText));
  std::replace_if(
      out.begin(), out.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
  return out;
}

std::string line_of(std::string_view event, std::string_view flow, std::string_view run_id, std::string_view record,
                    std::string_view id, WallTime at) {
  std::string line = std::to_string(std::chrono::duration_cast<std::chrono::seconds>(at.time_since_epoch()).count());
  for (const std::string_view text : {event, flow, run_id, record, id}) line += '\t' + field(text);
  return line + '\n';
}

Error trouble(const std::string& what) {
  Error error = error_from_errno(errno, what);
  error.code = Errc::config;
  return error;
}

}  // namespace

Result<std::unique_ptr<Journal>> Journal::open(const std::string& folder, const Zone& zone, const Clock& clock) {
  std::error_code code;
  std::filesystem::create_directories(folder, code);
  if (code) return {Errc::config, "state folder " + folder + ": " + code.message() + "; make it, writable for this user"};
  std::unique_ptr<Journal> journal(new Journal(folder, zone, clock));
  journal->lock_ = Descriptor(::open((folder + "/lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!journal->lock_) return trouble("state folder " + folder);
  if (::flock(journal->lock_.get(), LOCK_EX | LOCK_NB) != 0)
    return {Errc::config, "state folder " + folder +
                              ": another finwatch-workflow works with it; stop that one, or name another folder under state"};
  if (Status status = journal->load(); !status) return status.error();
  if (Status status = journal->rewrite(); !status) return status.error();
  return journal;
}

Status Journal::load() {
  KeptFile file(folder_ + "/journal", ReadMode::to_end);
  const Result<std::string_view> text = file.read();
  if (!text) {
    if (text.error().code == Errc::no_data) return ok();
    return {Errc::config, "journal " + folder_ + "/journal: " + text.error().message};
  }
  std::string_view rest = *text;
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos) break;  // cut off by a crash
    take(rest.substr(0, end));
    rest.remove_prefix(end + 1);
  }
  return ok();
}

void Journal::take(std::string_view line) {
  if (line.starts_with('#')) return;
  FieldReader fields(line, '\t');
  const auto seconds = to_number<long long>(fields.next());
  const std::string_view event = fields.next(), flow = fields.next(), run_id = fields.next(), record = fields.next(),
                         id = fields.next();
  if (seconds && !flow.empty()) apply(event, flow, run_id, record, id, WallTime{std::chrono::seconds{*seconds}});
}

void Journal::apply(std::string_view event, std::string_view flow, std::string_view run_id, std::string_view record,
                    std::string_view id, WallTime at) {
  const auto is_it = [&](const Leftover& each) { return each.run_id == run_id && each.record == record; };
  if (event == "intend" || event == "change") {
    Writes& writes = writes_[std::string(flow)];
    const Day today = day_of(zone_.local(at));
    if (writes.day != today) writes = {today, 0};
    ++writes.count;
  }
  if (event == "intend") {
    open_[std::string(flow)].push_back({std::string(run_id), std::string(record), {}, at});
    return;
  }
  if (event == "writes") {  // of a day, when the file was written anew
    writes_[std::string(flow)] = {day_of(zone_.local(at)), to_number<int>(id).value_or(0)};
    return;
  }
  const auto found = open_.find(flow);
  if (found == open_.end()) {
    if (event == "created") open_[std::string(flow)].push_back({std::string(run_id), std::string(record), std::string(id), at});
    return;
  }
  std::vector<Leftover>& list = found->second;
  if (event == "created") {
    const auto entry = std::find_if(list.begin(), list.end(), is_it);
    if (entry == list.end())
      list.push_back({std::string(run_id), std::string(record), std::string(id), at});
    else
      entry->id = id;
  } else if (event == "removed" || event == "withdrawn") {
    std::erase_if(list, is_it);
  } else if (event == "swept") {
    std::erase_if(list, [&](const Leftover& each) { return each.run_id != run_id; });
  }
  if (list.empty()) open_.erase(found);
}

// Only what still matters: the file stays small however long the program runs.
Status Journal::rewrite() {
  const std::string path = folder_ + "/journal", fresh_path = path + ".new";
  Descriptor fresh(::open(fresh_path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600));
  if (!fresh) return trouble("journal " + fresh_path);
  std::string text(kHeader);
  for (const auto& [flow, writes] : writes_)
    text += line_of("writes", flow, {}, {}, std::to_string(writes.count), zone_.instant(LocalTime{writes.day}));
  for (const auto& [flow, list] : open_)
    for (const Leftover& each : list) text += line_of("created", flow, each.run_id, each.record, each.id, each.since);
  if (Status status = write_out(fresh.get(), text, fresh_path); !status) return status;
  if (::rename(fresh_path.c_str(), path.c_str()) != 0) return trouble("journal " + path);
  const Descriptor folder(::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder) (void)::fsync(folder.get());
  file_ = std::move(fresh);
  appended_ = 0;
  torn_ = false;
  return ok();
}

Status Journal::write_out(int file, std::string_view text, const std::string& path) {
  const ssize_t written = ::write(file, text.data(), text.size());
  if (written >= 0 && written != static_cast<ssize_t>(text.size())) errno = ENOSPC;
  if (written != static_cast<ssize_t>(text.size()) || ::fdatasync(file) != 0) return trouble("journal " + path);
  return ok();
}

Status Journal::append(std::string_view event, std::string_view flow, std::string_view run_id, std::string_view record,
                       std::string_view id) {
  std::string line = line_of(event, flow, run_id, record, id, clock_.wall());
  if (torn_) line.insert(0, 1, '\n');
  const Status status = write_out(file_.get(), line, folder_ + "/journal");
  torn_ = !status;
  if (!status) ++write_errors_;
  appended_ += line.size();
  return status;
}

Status Journal::intend(std::string_view flow, std::string_view run_id, std::string_view record) {
  if (Status status = append("intend", flow, run_id, record); !status) return status;
  apply("intend", flow, run_id, record, {}, clock_.wall());
  return ok();
}

Status Journal::change(std::string_view flow, std::string_view run_id) {
  if (Status status = append("change", flow, run_id); !status) return status;
  apply("change", flow, run_id, {}, {}, clock_.wall());
  return ok();
}

void Journal::note(std::string_view event, std::string_view flow, std::string_view run_id, std::string_view record,
                   std::string_view id) {
  (void)append(event, flow, run_id, record, id);
  apply(event, flow, run_id, record, field(id), clock_.wall());
  if (appended_ > kMostAppended && !rewrite()) ++write_errors_;
}

void Journal::created(std::string_view flow, std::string_view run_id, std::string_view record, std::string_view id) {
  note("created", flow, run_id, record, id);
}
void Journal::withdraw(std::string_view flow, std::string_view run_id, std::string_view record) {
  note("withdrawn", flow, run_id, record);
}
void Journal::removed(std::string_view flow, std::string_view run_id, std::string_view record) {
  note("removed", flow, run_id, record);
}
void Journal::swept(std::string_view flow, std::string_view current_run_id) {
  if (open_.find(flow) != open_.end()) note("swept", flow, current_run_id);
}

std::vector<Leftover> Journal::leftovers(std::string_view flow) const {
  const auto found = open_.find(flow);
  return found == open_.end() ? std::vector<Leftover>{} : found->second;
}

int Journal::writes_today(std::string_view flow) const {
  const auto found = writes_.find(flow);
  if (found == writes_.end() || found->second.day != day_of(zone_.local(clock_.wall()))) return 0;
  return found->second.count;
}

}  // namespace finwatch::workflow
