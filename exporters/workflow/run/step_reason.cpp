#include "workflow/run/step_reason.h"

namespace finwatch::workflow {

Reason reason_of(NetError error) {
  switch (error) {
    case NetError::dns: return Reason::dns;
    case NetError::connect: return Reason::connect;
    case NetError::tls: return Reason::tls;
    case NetError::timeout: return Reason::timeout;
    case NetError::too_large:
    case NetError::mismatch: return Reason::assertion;
    case NetError::protocol: return Reason::unavailable;
    case NetError::none:
    case NetError::invalid:
    case NetError::permission:  // of HTTP: a host that is not allowed
    case NetError::cancelled: return Reason::internal;
  }
  return Reason::internal;
}

bool came_first(NetError error) {
  return error == NetError::dns || error == NetError::connect || error == NetError::tls || error == NetError::invalid ||
         error == NetError::permission;
}

bool looks_at_status(const Checks& checks) {
  for (const Condition& condition : checks.expect)
    for (const Part& part : condition.parts)
      if (!part.statuses.empty() || part.source.kind() == Source::Kind::status) return true;
  return false;
}

Reason reason_of_status(int status) {
  switch (status) {
    case 401: return Reason::authentication;
    case 403: return Reason::permission;
    case 429: return Reason::throttled;
    case 502:
    case 503:
    case 504: return Reason::unavailable;
    default: return Reason::status;
  }
}

}  // namespace finwatch::workflow
