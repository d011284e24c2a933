#include "notifier/collector.h"

namespace finwatch::notifier {
namespace {

constexpr MetricDesc kLeads{MetricType::gauge, "finwatch_notifier_leads",
                            "1 for the instance that decides and sends, 0 for one that stands by."};
constexpr MetricDesc kLastCommit{MetricType::gauge, "finwatch_notifier_last_commit_timestamp_seconds",
                                 "When this instance last wrote to the journal; none before the first time."};
constexpr MetricDesc kFailed{
    MetricType::counter, "finwatch_journal_commits_failed_total",
    "Times that the journal could not be written since this instance began; nothing is accepted then."};
constexpr MetricDesc kBytes{MetricType::gauge, "finwatch_journal_bytes", "Size of the journal."};
constexpr MetricDesc kOldest{MetricType::gauge, "finwatch_journal_oldest_timestamp_seconds",
                             "Time of the oldest entry in the journal; none when it is empty."};

const std::vector<MetricRef> kMetrics = {kLeads, kLastCommit, kFailed, kBytes, kOldest};

void write(const Seen& seen, MetricSink& sink) {
  const Figures& figures = seen.figures;
  sink.add(kLeads, figures.leads);
  if (figures.last_commit) sink.add(kLastCommit, to_seconds(*figures.last_commit));
  sink.add(kFailed, figures.commits_failed);
  sink.add(kBytes, figures.journal.bytes);
  if (figures.journal.oldest) sink.add(kOldest, to_seconds(*figures.journal.oldest));
}

}  // namespace

extern const NotifierCollector journal_collector{
    .info = {.name = "journal",
             .summary = "Whether this instance leads and can write its journal, how large that is and how far it reaches back.",
             .metrics = kMetrics},
    .write = write};

}  // namespace finwatch::notifier
