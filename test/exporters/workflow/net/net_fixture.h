// A loop with everything that calls need, and a call made as if it were a plain function.
//
//   Net net;
//   const HttpResult result = net.http({.url = server.url()});
#pragma once

#include <optional>
#include <utility>

#include "workflow/net/http.h"
#include "workflow/net/loop.h"
#include "workflow/net/resolver.h"
#include "workflow/net/tls.h"

namespace finwatch::test {

struct Net {
  explicit Net(workflow::ResolverOptions options = {}) : resolver(loop, std::move(options)) {}

  std::unique_ptr<workflow::Loop> owned = std::move(*workflow::Loop::make());
  workflow::Loop& loop = *owned;
  workflow::Resolver resolver;
  workflow::TlsStore tls;
  workflow::HttpClient client{loop, resolver, tls};

  SteadyTime in(std::chrono::milliseconds time) const { return loop.now() + time; }

  /// Runs the loop until `done` says so; false when it does not within a minute.
  template <class Done>
  bool run_until(Done done) {
    const SteadyTime end = in(std::chrono::minutes{1});
    while (!done() && loop.now() < end) loop.run_once(end);
    return done();
  }

  workflow::HttpResult http(workflow::HttpRequest request, std::chrono::milliseconds most = std::chrono::seconds{30}) {
    std::optional<workflow::HttpResult> got;
    workflow::HttpCall call(client);
    call.start(std::move(request), in(most), [&](workflow::HttpResult&& result) { got = std::move(result); });
    run_until([&] { return got.has_value(); });
    return std::move(got).value();
  }
};

}  // namespace finwatch::test
