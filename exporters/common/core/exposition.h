// From samples to a page: the header lines of text 0.0.4 or OpenMetrics 1.0.0 put around what a MetricSink holds.
//
//   Buffer page;
//   write_page(sink, Format::open_metrics, page);      // appends; finish_page() ends it ("# EOF")
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

void write_page(const MetricSink& sink, Format format, Buffer& out);
void finish_page(Format format, Buffer& out);

}  // namespace finwatch
