// From samples to a page: the header lines of text 0.0.4 or OpenMetrics 1.0.0 put around what a MetricSink holds.
//
//   Buffer page;
//   write_page(sink, Format::open_metrics, page);      // appends
//   page.append(end_of_page(Format::open_metrics));   // "# EOF"
#pragma once

#include <string_view>

#include "core/buffer.h"
#include "core/sink.h"

namespace finwatch {

enum class Format : unsigned char { text, open_metrics };

std::string_view content_type(Format format);

/// What a scraper's `Accept` header prefers: OpenMetrics 1.0.0 or 0.0.1 when its q-value is at least that of the text
/// formats, text 0.0.4 in every other case (also when it is absent or unreadable).
Format negotiate_format(std::string_view accept);

/// True when `Accept-Encoding` allows gzip with a q-value above 0.
bool accepts_gzip(std::string_view accept_encoding);

/// Takes a page in pieces, where its text need not stand in one place.
class PageTaker {
 public:
  virtual void append(std::string_view piece) = 0;

 protected:
  ~PageTaker() = default;
};

void write_page(const MetricSink& sink, Format format, Buffer& out);
void write_page(const MetricSink& sink, Format format, PageTaker& out);
std::string_view end_of_page(Format format);
/// A page of one sink alone.
Buffer whole_page(const MetricSink& sink, Format format);

}  // namespace finwatch
