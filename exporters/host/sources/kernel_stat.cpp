#include "host/sources/kernel_stat.h"

#include "core/text.h"
#include "host/sources/cpu_numbers.h"

namespace finwatch::host {
namespace {

// "cpu3 78869 71135 25593 530803 160 0 79 84 0 0"
bool parse_cpu(std::string_view line, KernelStat& stat) {
  FieldReader fields(line);
  const auto number = parse_cpu_name(fields.next(), "cpu");
  if (!number || (!stat.cpus.empty() && stat.cpus.back().number >= *number)) return false;
  CpuTicks cpu;
  cpu.number = *number;
  while (cpu.modes < CpuTicks::kModes && !fields.done()) {
    const auto ticks = fields.next_number<std::uint64_t>();
    if (!ticks) return false;
    cpu.ticks[cpu.modes++] = *ticks;
  }
  if (cpu.modes < CpuTicks::kLeastModes) return false;
  stat.cpus.push_back(cpu);
  return true;
}

// "softirq 1140291 0 178742 4 …": the sum, then one number for each vector.
void parse_softirqs(FieldReader fields, KernelStat& stat) {
  fields.skip(1);
  while (stat.softirq_count < KernelStat::kSoftirqs) {
    const auto number = fields.next_number<std::uint64_t>();
    if (!number) return;
    stat.softirqs[stat.softirq_count++] = *number;
  }
}

void parse_other(std::string_view line, KernelStat& stat) {
  FieldReader fields(line);
  const std::string_view name = fields.next();
  if (name == "softirq") return parse_softirqs(fields, stat);
  const std::pair<std::string_view, std::optional<std::uint64_t>*> known[] = {
      {"intr", &stat.interrupts}, {"ctxt", &stat.context_switches}, {"btime", &stat.boot_time},
      {"processes", &stat.forks}, {"procs_running", &stat.running}, {"procs_blocked", &stat.blocked},
  };
  for (const auto& [word, into] : known)
    if (name == word) *into = fields.next_number<std::uint64_t>();
}

}  // namespace

std::string_view parse_kernel_stat(std::string_view text, KernelStat& stat) {
  KernelStat fresh;
  fresh.cpus.swap(stat.cpus);
  fresh.cpus.clear();
  stat = std::move(fresh);
  for (LineReader lines(text); const auto line = lines.next();) {
    if (line->starts_with("cpu ")) continue;  // the sum of all others
    if (!line->starts_with("cpu"))
      parse_other(*line, stat);
    else if (!parse_cpu(*line, stat))
      return *line;
  }
  return {};
}

Result<std::shared_ptr<const KernelStat>> KernelStatFile::read(std::uint64_t scrape) {
  const std::lock_guard lock(mutex_);
  if (scrape == scrape_ && scrape != 0) return current_;
  scrape_ = scrape;
  current_ = Errc::no_data;  // lets go of the table
  // Somebody who was left behind may still read the old table: then it stays his.
  if (!table_ || table_.use_count() > 1) table_ = std::make_shared<KernelStat>();
  const Status status = refill(*table_);
  if (status)
    current_ = std::shared_ptr<const KernelStat>(table_);
  else
    current_ = status.error();
  return current_;
}

Status KernelStatFile::refill(KernelStat& stat) {
  const Result<std::string_view> text = file_.read();
  if (!text) return text.error();
  const std::string_view bad = parse_kernel_stat(*text, stat);
  if (bad.empty()) return ok();
  return {Errc::malformed, file_.path() + ": expected 'cpu', a rising number and at least 4 numbers, found '" +
                               valid_utf8(bad.substr(0, 80)) + "'"};
}

}  // namespace finwatch::host
