#include "core/files.h"
#include "core/text.h"
#include "run/collector.h"

namespace finwatch::host {
namespace {

constexpr MetricDesc kAllocated{MetricType::gauge, "node_filefd_allocated",
                                "Open files of the whole machine, the first number in /proc/sys/fs/file-nr."};
constexpr MetricDesc kMaximum{
    MetricType::gauge, "node_filefd_maximum",
    "Open files that the kernel allows for the whole machine, the third number in /proc/sys/fs/file-nr."};
constexpr MetricRef kMetrics[] = {kAllocated, kMaximum};

class FileDescriptors final : public Collector {
 public:
  explicit FileDescriptors(const Env& env) : file_(env.proc("sys/fs/file-nr")) {}

  Status collect(const Scrape&, MetricSink& sink) override {
    const Result<std::string_view> text = file_.read();
    if (!text) return text.error();
    FieldReader fields(trim(*text));
    const auto allocated = fields.next_number<std::uint64_t>();
    const auto maximum = fields.skip(1).next_number<std::uint64_t>();  // between them: free ones, always 0 since Linux 2.6
    if (!allocated || !maximum) return {Errc::malformed, file_.path() + ": expected three numbers"};
    sink.add(kAllocated, *allocated);
    sink.add(kMaximum, *maximum);
    return ok();
  }

 private:
  KeptFile file_;
};

}  // namespace

extern const CollectorInfo filefd_collector{
    .name = "filefd",
    .summary = "Open files of the whole machine and their limit, from /proc/sys/fs/file-nr.",
    .metrics = kMetrics,
    .make = make_collector<FileDescriptors>,
};

}  // namespace finwatch::host
