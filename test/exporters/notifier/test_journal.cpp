#include "fake_figures.h"

namespace finwatch::notifier {
extern const NotifierCollector journal_collector;

TEST_CASE("journal: who leads, what was written and how large it is") {
  FakeFigures fake;
  fake.figures.last_commit = fake.now - 2s;
  fake.figures.commits_failed = 3;
  fake.figures.journal = {.bytes = 1'048'576, .oldest = fake.now - 24h};
  CHECK(fake.samples(journal_collector) ==
        "finwatch_notifier_leads 1\n"
        "finwatch_notifier_last_commit_timestamp_seconds 1699999998\n"
        "finwatch_journal_commits_failed_total 3\n"
        "finwatch_journal_bytes 1048576\n"
        "finwatch_journal_oldest_timestamp_seconds 1699913600\n");
}

TEST_CASE("journal: what is not known has no sample") {
  FakeFigures fake;
  fake.figures.leads = false;
  CHECK(fake.samples(journal_collector) ==
        "finwatch_notifier_leads 0\nfinwatch_journal_commits_failed_total 0\nfinwatch_journal_bytes 0\n");
}

}  // namespace finwatch::notifier
