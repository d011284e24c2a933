#include "app.h"
#include "host/collectors.h"
#include "host/compatibility.h"

int main(int argc, char** argv) {
  return finwatch::run_program({.name = "finwatch-host",
                                .summary = "Metrics of a Linux server for Prometheus, under the names of node_exporter.",
                                .summary_zh = "以 node_exporter 的指标名向 Prometheus 提供 Linux 服务器指标。",
                                .listen_address = "127.0.0.1:19600",
                                .meta_prefix = "node",
                                .peer = finwatch::host::kNodeExporter,
                                .collectors = finwatch::host::collectors(),
                                .reads_host_trees = true},
                               argc, argv);
}
