// The one script of the desk: clocks that run count on each second between two loads of their page. Without it they stand still.
//
//   page += clock_bars(view, sheet) + … + ticking_script();
//
// The Content-Security-Policy names its digest, so that no other script runs, whatever an alert brings onto a page.
#pragma once

#include <string>

namespace finwatch::notifier {

/// The element, for the end of a page.
const std::string& ticking_script();
/// 'sha256-…', for the policy's script-src.
const std::string& ticking_source();

}  // namespace finwatch::notifier
