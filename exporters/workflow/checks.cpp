#include "workflow/collector.h"

namespace finwatch::workflow {

extern const WorkflowCollector checks_collector{
    .info = {.name = "checks",
             .summary = "What the integrity checks of the books last found, how old that is, and how the checks went.",
             .metrics = check_metrics()},
    .write = [](const Seen& seen, MetricSink& sink) { write_checks(seen.checks, sink); }};

}  // namespace finwatch::workflow
