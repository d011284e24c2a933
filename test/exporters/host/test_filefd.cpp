#include "support/catch.h"
#include "support/collector_test.h"

namespace finwatch::host {
extern const CollectorInfo filefd_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::host::filefd_collector;

TEST_CASE("filefd: the open files of the fixture machine; a limit of 2^63-1 is not rounded") {
  const Collected got = collect(filefd_collector, fixture_host());
  REQUIRE(got.status);
  CHECK(compare_golden("host/filefd.prom", got.page).empty());
}

TEST_CASE("filefd: a new count at every scrape, separated by blanks as well as tabs") {
  const TemporaryTree tree;
  tree.write("proc/sys/fs/file-nr", "1024\t0\t1631329\n");
  KeptCollector collector(filefd_collector, tree.env());
  CHECK(collector.collect().samples == "node_filefd_allocated 1024\nnode_filefd_maximum 1631329\n");
  tree.write("proc/sys/fs/file-nr", "1056 0 1631329\n");
  CHECK(collector.collect().samples == "node_filefd_allocated 1056\nnode_filefd_maximum 1631329\n");
}

TEST_CASE("filefd: no source is no data, a short or wordy line is malformed") {
  const TemporaryTree tree;
  CHECK(collect(filefd_collector, tree.env()).status.error().code == Errc::no_data);
  for (const char* text : {"", "1024\n", "1024\t0\n", "a b c\n", "1024\t0\t-1\n"}) {
    CAPTURE(text);
    tree.write("proc/sys/fs/file-nr", text);
    CHECK(collect(filefd_collector, tree.env()).status.error().code == Errc::malformed);
  }
}
