// Is there somebody on duty at every hour of the next thirty days?
#include <algorithm>

#include "rules/tool/check/subject.h"
#include "rules/tool/contract/read.h"

namespace finwatch::rules {
namespace {

constexpr std::chrono::days kAhead{30};

// The line that leaves a gap: the last one before it, or the first of all.
const Rota::Line& line_of(const Rota& rota, LocalTime gap) {
  const Rota::Line* found = &rota.lines().front();
  for (const Rota::Line& line : rota.lines())
    if (line.from <= gap) found = &line;
  return *found;
}

void check_rota(const Subject& subject, const Duty& duty, const Rota& rota, Problems& problems) {
  for (const Rota::Line& line : rota.lines())
    if (!line.person.empty())
      if (Status known = check_known(line.where, "the rota", "person", line.person, subject.contract.people); !known)
        problems.error(line.where, known.error().message.substr(line.where.text().size() + 2));
  const LocalTime now = subject.input.now, until = now + kAhead;
  for (const Rota::Gap& gap : rota.gaps(now, until))
    problems.error(line_of(rota, gap.from).where, "duties." + duty.id + ": nobody is on duty from " + shown_time(gap.from) +
                                                      " to " + shown_time(gap.to) + ". Write somebody into the rota");
  if (rota.lines().size() < 2) return;
  // Whoever stands last stays on duty: for as long as the shift before lasted nobody is surprised.
  const Rota::Line& last = rota.lines().back();
  const auto shift = last.from - rota.lines()[rota.lines().size() - 2].from;
  if (!last.person.empty() && last.from + shift < until)
    problems.warning(last.where, "duties." + duty.id + ": the plan ends, and " + last.person + " stays on duty after " +
                                     shown_time(last.from + shift) + ". Write down who follows");
}

}  // namespace

void read_rotas(Subject& subject, Problems& problems) {
  for (const auto& [id, duty] : subject.contract.duties) {
    if (duty.rota.empty()) continue;
    Result<Rota> rota = load_rota(duty);
    if (rota)
      subject.rotas.emplace(id, std::move(*rota));
    else
      problems.error(duty.where, "duties." + id + ".rota: " + rota.error().message);
  }
}

void check_rotas(const Subject& subject, Problems& problems) {
  for (const auto& [id, rota] : subject.rotas) check_rota(subject, subject.contract.duties.at(id), rota, problems);
}

}  // namespace finwatch::rules
