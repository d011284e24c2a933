// What runs use and do not own: one loop, and what calls over it.
#pragma once

#include <memory>

#include "core/log.h"
#include "crypto/crypto.h"
#include "workflow/flow/flow.h"
#include "workflow/net/http.h"
#include "workflow/net/loop.h"
#include "workflow/net/resolver.h"
#include "workflow/net/tls.h"
#include "workflow/run/journal.h"
#include "workflow/run/sql_pool.h"

namespace finwatch::workflow {

struct Machines {
  Loop& loop;
  Resolver& resolver;
  TlsStore& tls;
  HttpClient& http;
  std::shared_ptr<SqlPool> sql = nullptr;  // nullptr: no connection is configured
  Journal* journal = nullptr;              // nullptr: no flow writes
  Log* log = &silent_log();
};

/// What the steps of one run share.
struct Conversation {
  const Flow& flow;
  Variables& variables;
  CookieJar& cookies;
  const std::string& run_id;
  const std::string& trace_id;
};

}  // namespace finwatch::workflow
