// An HTTP step as the request that is sent: its templates worked out, and a guard on where it may go.
//
//   Result<HttpRequest> request = http_request_of(step, conversation);
//   if (!request) return request.error();
#pragma once

#include <cstdint>
#include <string>

#include "workflow/run/machines.h"

namespace finwatch::workflow {

/// The request of an HTTP step as it would be sent now. unavailable and malformed as Template::render, permission for a host that is
/// not allowed.
Result<HttpRequest> http_request_of(const HttpStep& step, Conversation& conversation);

/// "127.0.0.1" or "127.0.0.1:8000" among those that the grant names; an empty list allows every host.
bool may_visit(const Grant& grant, const std::string& host, std::uint16_t port);

}  // namespace finwatch::workflow
